//! The server as its callers see it: HTTP, with a second try where one is due.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Options;
use crate::Error;

/// Longest wait for one answer. A server decides within its budgets, which are shorter.
const PATIENCE: Duration = Duration::from_secs(60);
/// First and longest wait before a request is sent again.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Calls the server.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    /// Requests sent again because the server had too much to do.
    pub(super) overloads: AtomicU64,
    /// Requests sent again because a connection was lost or refused.
    pub(super) lost: AtomicU64,
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Outcome<T> {
    /// The answer, and how long the server took for it.
    Done(T, Duration),
    /// The state does not allow it.
    Conflict,
    /// Time was up before the server answered.
    TimeUp,
}

/// The part of problem details that a person needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
}

impl Client {
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        let url = reqwest::Url::parse(&options.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                let url = &options.url;
                Error::Option(format!("`{url}` is no url such as http://127.0.0.1:7717"))
            })?;
        let mut http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(options.concurrency + options.operators);
        // A proxy of the environment is for the world outside.
        if matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http
                .build()
                .map_err(|source| unreachable(&options.url, source))?,
            base: options.url.trim_end_matches('/').to_owned(),
            token: options.token.clone(),
            overloads: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        })
    }

    /// Finds out whether the server is there and lets us in.
    pub(super) async fn greet(&self) -> Result<(), Error> {
        let path = "/v1/conversations?limit=1";
        let answer = self
            .request(Method::GET, path, None)
            .send()
            .await
            .map_err(|source| unreachable(&self.base, source))?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(refused(path, answer).await),
        }
    }

    /// Sends `body` until the server has taken it, or time is up at `deadline`.
    ///
    /// Whatever it says, the same request is sent again after an overload and after a lost
    /// connection, so `body` must name its message if it has one.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        operator: Option<&str>,
        body: &Value,
        deadline: Instant,
    ) -> Result<Outcome<T>, Error> {
        let request = || {
            let request = self.request(Method::POST, path, operator);
            match body {
                Value::Null => request,
                body => request.json(body),
            }
        };
        self.insist(path, request, deadline).await
    }

    /// Reads `path` until the server has answered, or time is up at `deadline`.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Instant,
    ) -> Result<Outcome<T>, Error> {
        let request = || self.request(Method::GET, path, None);
        self.insist(path, request, deadline).await
    }

    async fn insist<T: DeserializeOwned>(
        &self,
        path: &str,
        request: impl Fn() -> RequestBuilder,
        deadline: Instant,
    ) -> Result<Outcome<T>, Error> {
        let mut pause = AGAIN.0;
        while Instant::now() < deadline {
            let asked = Instant::now();
            let wait = match request().send().await {
                Ok(answer) if answer.status().is_success() => match answer.json().await {
                    Ok(value) => return Ok(Outcome::Done(value, asked.elapsed())),
                    // The connection was lost with half of the answer.
                    Err(error) if !error.is_decode() || Instant::now() >= deadline => {
                        self.lost.fetch_add(1, Ordering::Relaxed);
                        pause
                    }
                    Err(error) => {
                        self.lost.fetch_add(1, Ordering::Relaxed);
                        if pause >= AGAIN.1 {
                            return Err(unreachable(&self.base, error));
                        }
                        pause
                    }
                },
                Ok(answer) => match answer.status() {
                    StatusCode::CONFLICT => return Ok(Outcome::Conflict),
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                        self.overloads.fetch_add(1, Ordering::Relaxed);
                        retry_after(&answer).unwrap_or(pause)
                    }
                    _ => return Err(refused(path, answer).await),
                },
                Err(error) if error.is_builder() => return Err(unreachable(&self.base, error)),
                Err(_) => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    pause
                }
            };
            let left = deadline.saturating_duration_since(Instant::now());
            tokio::time::sleep(wait.min(left)).await;
            pause = (pause * 2).min(AGAIN.1);
        }
        Ok(Outcome::TimeUp)
    }

    fn request(&self, method: Method, path: &str, operator: Option<&str>) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        match operator {
            Some(operator) => request.header("x-warmline-operator", operator),
            None => request,
        }
    }
}

/// How long the server asks to wait.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?;
    let seconds: u64 = seconds.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(PATIENCE.as_secs())))
}

async fn refused(what: &str, answer: Response) -> Error {
    let status = answer.status().as_u16();
    let problem: Problem = answer.json().await.unwrap_or_default();
    Error::Refused {
        what: what.to_owned(),
        status,
        detail: match problem.detail {
            detail if detail.is_empty() => "no reason given".to_owned(),
            detail => detail,
        },
    }
}

fn unreachable(url: &str, source: reqwest::Error) -> Error {
    Error::Unreachable {
        url: url.to_owned(),
        source,
    }
}
