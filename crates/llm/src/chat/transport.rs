//! The wire: one HTTP client, answers of bounded length, failures told from answers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::StreamExt;
use reqwest::{Body, Client, Response, header};

/// Longest answer, in bytes: a hundred times what the longest turn has.
const MOST: usize = 2 << 20;
/// Most bytes of a refusal that are read, to say why.
const REASON: usize = 2048;

/// An endpoint answered that it would not.
#[derive(Debug, Clone, thiserror::Error)]
#[error("answered {status}: {reason}")]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) reason: String,
    /// When it wants to be asked again.
    pub(super) retry_after: Option<Duration>,
}

/// An answer that would not end.
#[derive(Debug, thiserror::Error)]
#[error("sent more than {MOST} bytes")]
pub(super) struct TooLong;

/// Sends requests; nothing longer than [`MOST`] comes back.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    http: Client,
}

impl Transport {
    /// A client that gives up on an endpoint that sends nothing for `silence`.
    pub(super) fn new(silence: Duration) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .connect_timeout(silence.min(Duration::from_secs(5)))
            .read_timeout(silence)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http })
    }
}

impl tower::Service<HttpRequestFactory> for Transport {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let http = self.http.clone();
        Box::pin(async move {
            let response = http.execute(request.build().await?).await?;
            match response.status().is_success() {
                true => Ok(bounded(response)),
                false => Err(OpenAIError::Boxed(Box::new(refusal(response).await))),
            }
        })
    }
}

/// `response`, which fails once it has sent too much.
fn bounded(response: Response) -> Response {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut left = MOST;
    let pieces = response.bytes_stream().map(move |piece| {
        let piece = piece.map_err(Into::<tower::BoxError>::into)?;
        left = left.checked_sub(piece.len()).ok_or(TooLong)?;
        Ok::<_, tower::BoxError>(piece)
    });
    let mut bounded = http::Response::new(Body::wrap_stream(pieces));
    *bounded.status_mut() = status;
    *bounded.headers_mut() = headers;
    bounded.into()
}

async fn refusal(response: Response) -> Refusal {
    let status = response.status().as_u16();
    let seconds = response.headers().get(header::RETRY_AFTER);
    let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        body.extend_from_slice(&piece);
        if body.len() >= REASON {
            break;
        }
    }
    body.truncate(REASON);
    Refusal {
        status,
        reason: reason(&String::from_utf8_lossy(&body)),
        retry_after: seconds.map(Duration::from_secs),
    }
}

/// What a body says in its `error.message`, else its beginning.
fn reason(body: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let message = parsed
        .as_ref()
        .and_then(|value| value.pointer("/error/message")?.as_str());
    warmline_core::card::quoted(message.unwrap_or(body), 200)
}
