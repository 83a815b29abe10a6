//! One endpoint: its address, its key, its state of health.

use std::future::Future;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::traits::RequestOptionsBuilder;
use futures::StreamExt;
use serde_json::{Value, json};

use super::breaker::Breaker;
use super::completion::Completion;
use super::dialect::{Dialect, Pieces};
use super::transport::{Refusal, Transport};
use crate::Error;
use crate::config::{EndpointConfig, RoleConfig};

/// Where the words of an answer go while it comes in.
pub type Listener<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Why an endpoint gave no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: String,
    /// Whether the same request may succeed if it is sent again.
    pub(super) passes: bool,
    /// When the endpoint wants to be asked again.
    pub(super) retry_after: Option<Duration>,
}

/// An endpoint of a role.
pub(super) struct Endpoint {
    pub(super) config: EndpointConfig,
    pub(super) breaker: Breaker,
    client: Client<OpenAIConfig>,
    timeout: Duration,
}

impl Endpoint {
    pub(super) fn new(config: &EndpointConfig, role: &RoleConfig) -> Result<Self, Error> {
        let transport = Transport::new(role.silence).map_err(Error::failed)?;
        let address = OpenAIConfig::new()
            .with_api_base(&config.base_url)
            .with_api_key(key(config)?);
        Ok(Self {
            client: Client::with_config(address).with_http_service(transport),
            breaker: Breaker::new(role.failures.get(), role.pause),
            timeout: role.timeout,
            config: config.clone(),
        })
    }

    /// Sends `request`, and waits for the answer; with a `listener`, for its pieces.
    pub(super) async fn ask(
        &self,
        dialect: Dialect,
        request: &Value,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Failure> {
        let mut request = request.clone();
        if let Some(model) = &self.config.model {
            request["model"] = Value::String(model.clone());
        }
        request["stream"] = Value::Bool(listener.is_some());
        match listener {
            None => within(self.timeout, self.whole(dialect, &request)).await,
            Some(listener) => {
                if dialect == Dialect::Chat {
                    let options = &mut request["stream_options"];
                    match options.is_object() {
                        true => options["include_usage"] = Value::Bool(true),
                        false => *options = json!({"include_usage": true}),
                    }
                }
                within(self.timeout, self.pieces(dialect, &request, listener)).await
            }
        }
    }

    async fn whole(&self, dialect: Dialect, request: &Value) -> Result<Completion, Failure> {
        let chat = self.client.chat().path(dialect.path())?;
        let raw: Value = chat.create_byot(request).await?;
        dialect.read(raw).map_err(Failure::broken)
    }

    async fn pieces(
        &self,
        dialect: Dialect,
        request: &Value,
        listener: Listener<'_>,
    ) -> Result<Completion, Failure> {
        let chat = self.client.chat().path(dialect.path())?;
        let mut stream = chat.create_stream_byot::<_, Value>(request).await?;
        let mut pieces = Pieces::new(dialect);
        while let Some(piece) = stream.next().await {
            let words = pieces.take(&piece?).map_err(Failure::broken)?;
            if !words.is_empty() {
                listener(&words);
            }
        }
        pieces.whole().map_err(Failure::broken)
    }
}

/// The endpoint's key; without one nothing secret is sent.
fn key(config: &EndpointConfig) -> Result<String, Error> {
    let unavailable = |reason: String| Error::Unavailable(reason);
    if let Some(file) = &config.key_file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| unavailable(format!("key_file {}: {error}", file.display())))?;
        return Ok(text.trim().to_owned());
    }
    match &config.key_env {
        None => Ok(String::new()),
        Some(name) => std::env::var(name)
            .map_err(|_| unavailable(format!("key_env: the environment has no variable `{name}`"))),
    }
}

async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = || Failure::broken(format!("took longer than {} s", time.as_secs_f32()));
    tokio::time::timeout(time, work)
        .await
        .unwrap_or_else(|_| Err(late()))
}

impl Failure {
    /// The endpoint is there and what it says makes no sense.
    fn broken(reason: String) -> Self {
        Self {
            reason,
            passes: true,
            retry_after: None,
        }
    }
}

impl From<OpenAIError> for Failure {
    fn from(error: OpenAIError) -> Self {
        let refusal = match &error {
            OpenAIError::Boxed(source) => source.downcast_ref::<Refusal>(),
            // What could not be read may hold a customer's words: it is not repeated.
            OpenAIError::JSONDeserialize(source, _) => {
                return Self::broken(format!("answered what is not JSON: {source}"));
            }
            _ => None,
        };
        match refusal {
            None => Self::broken(chain(&error)),
            Some(refusal) => Self {
                reason: refusal.to_string(),
                passes: matches!(refusal.status, 408 | 409 | 425 | 429 | 500..),
                retry_after: refusal.retry_after,
            },
        }
    }
}

/// An error with its causes, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
