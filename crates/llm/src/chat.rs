//! How a role reaches its model: endpoints in order of preference, with retries, limits and a
//! budget.

mod breaker;
mod budget;
mod completion;
mod dialect;
mod endpoint;
mod spoken;
mod transport;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tracing::Instrument;
use warmline_core::ConversationId;
use warmline_core::privacy::{Kinds, mask_json};

pub use budget::{Budget, Spent};
pub use completion::{Completion, ToolCall, Usage};
pub use dialect::Dialect;
pub use endpoint::Listener;

use crate::Error;
use crate::config::RoleConfig;
use endpoint::{Endpoint, Failure};

/// The first pause before a request is sent again; each further one is twice as long, with up to
/// half of it taken off by chance, so that many do not come back at once.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(8);

/// What is never masked in a request: names that something else refers to.
const KEPT: [&str; 6] = ["id", "call_id", "tool_call_id", "name", "role", "type"];

/// A role's way to its model.
///
/// A request goes to the first endpoint that may be asked; one that is busy or broken is asked
/// again after a pause, and then the next one is. Dropping the future gives up.
pub struct Chat {
    role: &'static str,
    config: RoleConfig,
    endpoints: Vec<Endpoint>,
    places: Semaphore,
    budget: Arc<Budget>,
    masked: Kinds,
}

impl Chat {
    /// The way that `config` describes for `role`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a key is not where the configuration says.
    pub fn new(
        role: &'static str,
        config: &RoleConfig,
        budget: Arc<Budget>,
    ) -> Result<Self, Error> {
        let endpoints = config
            .endpoints
            .iter()
            .enumerate()
            .map(|(number, endpoint)| {
                Endpoint::new(endpoint, config).map_err(|error| {
                    Error::Unavailable(format!("models.{role}.endpoints[{number}]: {error}"))
                })
            });
        Ok(Self {
            role,
            endpoints: endpoints.collect::<Result<_, _>>()?,
            places: Semaphore::new(config.at_once.get() as usize),
            config: config.clone(),
            budget,
            masked: Kinds::default(),
        })
    }

    /// Personal data of these kinds never reaches the model.
    pub fn masking(mut self, kinds: Kinds) -> Self {
        self.masked = kinds;
        self
    }

    /// What the configuration says of the role.
    pub fn config(&self) -> &RoleConfig {
        &self.config
    }

    /// Sends `request` and waits for the whole answer. The endpoint's model takes the place of the
    /// one in the request. `conversation` is who pays.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the budget is used up, [`Error::Failed`] when no endpoint gave
    /// an answer, with the last one's reason.
    pub async fn complete(
        &self,
        conversation: Option<&ConversationId>,
        dialect: Dialect,
        request: &Value,
    ) -> Result<Completion, Error> {
        self.ask(conversation, dialect, request, None).await
    }

    /// Like [`complete`](Self::complete); `listener` hears the words as they come. A request is
    /// not sent again once there was a word.
    pub async fn stream(
        &self,
        conversation: Option<&ConversationId>,
        dialect: Dialect,
        request: &Value,
        listener: Listener<'_>,
    ) -> Result<Completion, Error> {
        self.ask(conversation, dialect, request, Some(listener))
            .await
    }

    async fn ask(
        &self,
        conversation: Option<&ConversationId>,
        dialect: Dialect,
        request: &Value,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Error> {
        let span = self.span(conversation);
        let asked = self.ask_each(conversation, dialect, request, listener);
        let answer = asked.instrument(span.clone()).await;
        match &answer {
            Ok(completion) => {
                span.record("gen_ai.usage.input_tokens", completion.usage.read);
                span.record("gen_ai.usage.output_tokens", completion.usage.written);
            }
            Err(_) => {
                span.record("error.type", "no_answer");
            }
        }
        answer
    }

    /// The request in traces, after the semantic conventions for generative AI: what it costs, and
    /// not a word of what is said.
    fn span(&self, conversation: Option<&ConversationId>) -> tracing::Span {
        let model = self
            .endpoints
            .first()
            .and_then(|e| e.config.model.as_deref());
        let model = model.unwrap_or("unnamed");
        tracing::info_span!(
            target: "warmline_trace",
            "chat",
            otel.name = %format_args!("chat {model}"),
            otel.kind = "client",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = "openai",
            gen_ai.request.model = model,
            gen_ai.conversation.id = conversation.map(ConversationId::as_str),
            gen_ai.usage.input_tokens = tracing::field::Empty,
            gen_ai.usage.output_tokens = tracing::field::Empty,
            "error.type" = tracing::field::Empty,
            warmline.role = self.role,
        )
    }

    async fn ask_each(
        &self,
        conversation: Option<&ConversationId>,
        dialect: Dialect,
        request: &Value,
        mut listener: Option<Listener<'_>>,
    ) -> Result<Completion, Error> {
        self.budget
            .admits(conversation)
            .map_err(Error::Unavailable)?;
        let _place = self.places.acquire().await.map_err(Error::failed)?;
        let request = &self.masked(request);
        let began = Instant::now();
        let mut last = "every endpoint failed lately, and is left alone for a while".to_owned();
        for endpoint in &self.endpoints {
            for attempt in 0..=self.config.retries {
                if !endpoint.breaker.admits() {
                    break;
                }
                let mut spoken = false;
                let mut heard = listener.as_mut().map(|listener| {
                    |words: &str| {
                        spoken = true;
                        listener(words);
                    }
                });
                let listener = heard.as_mut().map(|heard| heard as Listener<'_>);
                let failure = match endpoint.ask(dialect, request, listener).await {
                    Ok(completion) => {
                        endpoint.breaker.succeeded();
                        self.count("ok", began);
                        return Ok(self.paid(conversation, request, endpoint, completion));
                    }
                    Err(failure) => failure,
                };
                self.count("failed", began);
                if failure.passes {
                    endpoint.breaker.failed();
                }
                tracing::warn!(role = self.role, endpoint = %endpoint.config.base_url,
                    reason = %failure.reason, "a model gave no answer");
                last = format!("{}: {}", endpoint.config.base_url, failure.reason);
                if spoken {
                    return Err(Error::Failed(last));
                }
                if !failure.passes || attempt == self.config.retries {
                    break;
                }
                tokio::time::sleep(pause(attempt, &failure)).await;
            }
        }
        Err(Error::Failed(last))
    }

    /// `request` as the model may see it.
    fn masked<'r>(&self, request: &'r Value) -> Cow<'r, Value> {
        if self.masked.is_empty() {
            return Cow::Borrowed(request);
        }
        let mut masked = request.clone();
        // What people wrote, what tools were called with and what they answered: numbers outside are
        // settings.
        for part in ["messages", "input", "instructions", "prediction"] {
            if let Some(part) = masked.get_mut(part) {
                mask_json(part, self.masked, &|name| KEPT.contains(&name));
                for message in part.as_array_mut().into_iter().flatten() {
                    mask_name(message, self.masked);
                }
            }
        }
        // What programs tell of whom they ask for.
        for part in ["user", "safety_identifier", "metadata", "prompt"] {
            if let Some(part) = masked.get_mut(part) {
                mask_json(part, self.masked, &|name| name == "id");
            }
        }
        Cow::Owned(masked)
    }

    fn paid(
        &self,
        conversation: Option<&ConversationId>,
        request: &Value,
        endpoint: &Endpoint,
        mut completion: Completion,
    ) -> Completion {
        if completion.usage == Usage::default() {
            completion.usage = completion.estimated(request);
        }
        self.budget
            .spend(self.role, conversation, completion.usage, &endpoint.config);
        completion
    }

    fn count(&self, outcome: &'static str, began: Instant) {
        let role = self.role;
        metrics::counter!("warmline_model_requests_total", "role" => role, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("warmline_model_seconds", "role" => role).record(began.elapsed());
    }
}

/// Masks the name of the person who said `message`, if it has one; a tool's is referred to.
fn mask_name(message: &mut Value, kinds: Kinds) {
    let role = message.get("role").and_then(Value::as_str);
    if role.is_none_or(|role| matches!(role, "tool" | "function")) {
        return;
    }
    if let Some(name) = message.get_mut("name") {
        let before = name.clone();
        mask_json(name, kinds, &|_| false);
        if let Some(masked) = name.as_str().filter(|_| *name != before) {
            // The interface takes no name with a space.
            *name = Value::String(masked.replace(' ', "_"));
        }
    }
}

/// How long to wait before the next attempt.
fn pause(attempt: u32, failure: &Failure) -> Duration {
    let usual = PAUSE * 2_u32.saturating_pow(attempt);
    let jittered = usual.min(LONGEST).mul_f64(1.0 - fastrand::f64() / 2.0);
    failure
        .retry_after
        .map_or(jittered, |wanted| wanted.min(LONGEST).max(jittered))
}
