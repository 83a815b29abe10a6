//! The interface from outside: requests in, answers out, on a journal in memory.

mod access;
mod assist;
mod baton;
mod description;
mod policy;
mod proxy;
mod refusals;
mod scope;
mod streams;
mod tenants;
mod visitors;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use futures::StreamExt;
use serde_json::Value;
use tower::ServiceExt;
use warmline::core::source::Source;
use warmline::detect::HashedEncoder;
use warmline::{
    Ask, Assistant, AssistantError, Citation, Clock, Config, Disk, Draft, SystemClock, Timestamp,
    Warmline,
};

use super::assemble;
use crate::app::App;
use crate::{
    Access, Metrics, Policing, ServerConfig, Settings, SetupKey, Token, VisitorKey, Webhooks,
};

const TOKEN: &str = "a token for tests only";
/// Only what is asked for hands off, so that every story goes as it is told.
const CONFIG: &str = r#"
[thresholds]
out_of_domain = "off"
scope_pivot = "off"
sentiment = "off"
repeat_loop = "off"
commitment = "off"
grounding = "off"
citation_density = "off"

[server]
embed_from = ["https://shop.example"]
"#;

/// Answers everything from one document; fails where it is told to.
struct Scripted;

impl Assistant for Scripted {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        let question = ask.question();
        if question.contains("fail") {
            return Err(AssistantError::Failed("told to".to_owned()));
        }
        Ok(Draft {
            text: format!("You asked: {question}"),
            citations: vec![Citation {
                document: "returns".to_owned(),
                title: "Returns".to_owned(),
                passage: "You have 30 days.".to_owned(),
            }],
            ..Draft::default()
        })
    }
}

/// The system's clock, put forward.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicU64>);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

/// A server without a socket.
struct Server {
    router: Router,
    app: App,
    warmline: Warmline,
    clock: Ahead,
    setup: Option<SetupKey>,
}

impl Server {
    async fn start() -> Self {
        Self::with(Access::Token(Token::new(TOKEN).unwrap())).await
    }

    async fn with(access: Access) -> Self {
        Self::configured(access, "", "/").await
    }

    /// With more lines of configuration, under paths that begin with `base`.
    async fn configured(access: Access, more: &str, base: &str) -> Self {
        Self::policed(access, more, base, Policing::default()).await
    }

    /// With what keeps its policy true.
    async fn policed(access: Access, more: &str, base: &str, policing: Policing) -> Self {
        let source = Source::new("test.toml", format!("{CONFIG}{more}"));
        let config = Config::parse(&source, Path::new(""), &Disk).unwrap();
        let server = ServerConfig::parse(&config.source).unwrap();
        let clock = Ahead::default();
        let warmline = Warmline::builder()
            .config(config)
            .assistant(Scripted)
            .encoder(Arc::new(HashedEncoder))
            .clock(clock.clone())
            .start()
            .await
            .unwrap();
        let setup = SetupKey::if_needed(&warmline).unwrap();
        let settings = Settings {
            config: server,
            access,
            visitors: VisitorKey::new([7; 32]),
            metrics: Metrics::none().unwrap(),
            webhooks: Webhooks::default(),
            setup: setup.clone(),
            policing,
        };
        let app = App::start(warmline.clone(), settings, base.to_owned()).unwrap();
        Self {
            router: assemble(&app),
            app,
            warmline,
            clock,
            setup,
        }
    }

    /// Lets time pass.
    fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    async fn send(&self, call: Call<'_>) -> Response<Body> {
        let mut request = Request::builder().method(call.method).uri(call.path);
        for (name, value) in &call.headers {
            request = request.header(*name, *value);
        }
        let mut request = match call.body {
            Some(body) => request
                .header("content-type", "application/json")
                .header("content-length", body.len())
                .body(Body::from(body)),
            None => request.body(Body::empty()),
        }
        .unwrap();
        if let Some(peer) = call.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// The answer with its JSON; null where it has none.
    async fn json(&self, call: Call<'_>) -> (StatusCode, Value) {
        let (status, _, value) = self.whole(call).await;
        (status, value)
    }

    async fn whole(&self, call: Call<'_>) -> (StatusCode, HeaderMap, Value) {
        let response = self.send(call).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (
            status,
            headers,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    /// What a customer says through their channel, and the answer to it.
    async fn say(&self, conversation: &str, text: &str) -> Value {
        let path = format!("/v1/conversations/{conversation}/messages");
        let body = serde_json::json!({ "text": text });
        let (status, answer) = self.json(post(&path).body(&body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// A stream of events.
    async fn stream(&self, call: Call<'_>) -> Events {
        let response = self.send(call).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }
}

/// A request, by a machine with the token where nothing else is said.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<String>,
    peer: Option<SocketAddr>,
}

const BEARER: &str = "Bearer a token for tests only";

fn call<'a>(method: &'a str, path: &'a str) -> Call<'a> {
    let headers = vec![("authorization", BEARER)];
    Call {
        method,
        path,
        headers,
        body: None,
        peer: None,
    }
}

fn get(path: &str) -> Call<'_> {
    call("GET", path)
}

fn post(path: &str) -> Call<'_> {
    call("POST", path)
}

impl<'a> Call<'a> {
    fn body(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    fn raw(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// From this address.
    fn from(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// As this operator.
    fn by(self, operator: &'a str) -> Self {
        self.header("x-warmline-operator", operator)
    }

    /// With another token, or with none.
    fn bearer(mut self, value: Option<&'a str>) -> Self {
        self.headers.retain(|(name, _)| *name != "authorization");
        match value {
            Some(value) => self.header("authorization", value),
            None => self,
        }
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    id: String,
    event: String,
    data: Value,
}

struct Events {
    body: BodyDataStream,
    text: String,
}

impl Events {
    /// The next event, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim().to_owned()
                };
                let data = field("data:");
                let sent = Sent {
                    id: field("id:"),
                    event: field("event:"),
                    data: serde_json::from_str(&data).unwrap_or(Value::Null),
                };
                self.text = rest.to_owned();
                if !data.is_empty() {
                    return Some(sent);
                }
                continue;
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Sent> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.expect("another event"));
        }
        events
    }
}
