//! The bot behind the proxy, as the assistant of one turn.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use warmline::core::turn::Action;
use warmline::llm::{Chat, Completion, Dialect, human_part};
use warmline::{Ask, Assistant, AssistantError, Citation, Draft};

use super::asked::Asked;

/// A request of the client, where a call of tools goes, and where sentences go as they are
/// released, if that is wanted.
pub(super) struct Exchange {
    pub(super) asked: Asked,
    pub(super) reply: oneshot::Sender<Came>,
    pub(super) released: Option<mpsc::UnboundedSender<String>>,
}

/// An answer of the bot, to one request.
#[derive(Clone)]
pub(super) struct Came {
    /// As it came.
    pub(super) raw: Value,
    pub(super) text: String,
    /// What of the text was not released before the answer was complete.
    pub(super) rest: String,
}

/// The bot's last answer.
#[derive(Clone, Default)]
pub(super) struct Last(Arc<Mutex<Option<Came>>>);

impl Last {
    /// The answer, if there was one.
    pub(super) fn get(&self) -> Option<Came> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn put(&self, came: Came) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
    }
}

/// The bot behind the proxy. Its drafts take as many requests of the client as tools are called.
pub(super) struct Relay {
    chat: Arc<Chat>,
    dialect: Dialect,
    exchanges: tokio::sync::Mutex<Exchanges>,
    last: Last,
    budget: Duration,
}

struct Exchanges {
    received: mpsc::Receiver<Exchange>,
    /// The one that is worked on: it is worked on again where the customer said more meanwhile.
    current: Option<Current>,
}

struct Current {
    asked: Asked,
    reply: Option<oneshot::Sender<Came>>,
    released: Option<mpsc::UnboundedSender<String>>,
}

impl Relay {
    pub(super) fn new(
        chat: Arc<Chat>,
        dialect: Dialect,
        received: mpsc::Receiver<Exchange>,
        last: Last,
        budget: Duration,
    ) -> Self {
        Self {
            chat,
            dialect,
            exchanges: tokio::sync::Mutex::new(Exchanges {
                received,
                current: None,
            }),
            last,
            budget,
        }
    }

    /// The bot's answer, and what of it is not released yet.
    async fn complete(
        &self,
        ask: &Ask,
        current: &Current,
    ) -> Result<(Completion, String), AssistantError> {
        let asked = &current.asked;
        let body = resumed(self.dialect, ask, asked);
        let payer = Some(&ask.conversation);
        let Some(released) = current.released.as_ref().filter(|_| asked.stream) else {
            let completion = match asked.stream {
                true => {
                    let listener = &mut |_: &str| {};
                    let answer = self.chat.stream(payer, self.dialect, &body, listener);
                    answer.await?
                }
                false => self.chat.complete(payer, self.dialect, &body).await?,
            };
            let rest = completion.text.clone();
            return Ok((completion, rest));
        };
        let say = |sentences: String| async move {
            let part = draft(&sentences, asked);
            ask.permission.to_say(part).await?;
            // A client that has gone reads it in the journal.
            let _ = released.send(sentences);
            Ok(())
        };
        self.chat.spoken(payer, self.dialect, &body, say).await
    }
}

impl Assistant for Relay {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        let mut exchanges = self.exchanges.lock().await;
        if exchanges.current.is_none() {
            exchanges.next().await?;
        }
        loop {
            let gone = || AssistantError::failed("the client has gone");
            let current = exchanges.current.as_mut().ok_or_else(gone)?;
            let (completion, rest) = self.complete(&ask, current).await?;
            let came = Came {
                raw: completion.raw,
                text: completion.text,
                rest,
            };
            if completion.tool_calls.is_empty() {
                let draft = Draft {
                    actions: current.asked.actions.clone(),
                    token_probability: completion.token_probability,
                    ..draft(&came.rest, &current.asked)
                };
                self.last.put(came);
                return Ok(draft);
            }
            if !came.rest.trim().is_empty() {
                // What is said beside a call is said: it is examined as everything is.
                let beside = draft(&came.rest, &current.asked);
                ask.permission.to_say(beside).await?;
            }
            let calls = completion.tool_calls.iter().map(|call| Action {
                name: call.name.clone(),
                input: call.arguments.clone(),
                result: None,
            });
            ask.permission.to_do(calls.collect()).await?;
            let called = current.asked.body.clone();
            current.give(&came);
            exchanges.next().await?;
            // A client that did not receive the calls sends the same request again.
            while let Some(again) = exchanges.current.as_mut()
                && again.asked.body == called
            {
                again.give(&came);
                exchanges.next().await?;
            }
        }
    }

    fn budget(&self) -> Option<Duration> {
        Some(self.budget)
    }
}

impl Current {
    /// Gives the client the calls that `came`, once.
    fn give(&mut self, came: &Came) {
        if let Some(reply) = self.reply.take() {
            // One that has gone comes back.
            let _ = reply.send(came.clone());
        }
    }
}

impl Exchanges {
    /// Waits for the client's next request.
    async fn next(&mut self) -> Result<(), AssistantError> {
        let gone = || AssistantError::failed("the client has gone");
        let exchange = self.received.recv().await.ok_or_else(gone)?;
        self.current = Some(Current {
            asked: exchange.asked,
            reply: Some(exchange.reply),
            released: exchange.released,
        });
        Ok(())
    }
}

/// What the bot says, with what it was given. One that marks no passage cites all of them: its
/// format knows no marks.
fn draft(text: &str, asked: &Asked) -> Draft {
    let passages = &asked.passages;
    let text = text.trim();
    let marks = |citation: usize| text.contains(&format!("[{citation}]"));
    let citations: Vec<Citation> = match (1..=passages.len()).any(marks) {
        // Marks count from 1 through what the bot was given: the order must stay.
        true => {
            let last = (1..=passages.len()).rfind(|number| marks(*number));
            passages[..last.unwrap_or_default()].to_vec()
        }
        false => passages.clone(),
    };
    Draft {
        text: text.to_owned(),
        citations,
        passages: passages.clone(),
        ..Draft::default()
    }
}

/// The body, with what humans told the customer and the client does not know, and their note, in
/// front of the customer's last words.
fn resumed(dialect: Dialect, ask: &Ask, asked: &Asked) -> Value {
    let known = |text: &str| asked.answers.iter().any(|answer| answer.contains(text));
    let turns = ask.turns.iter().map(AsRef::as_ref);
    let part = human_part(turns.filter(|t| !known(&t.text)), ask.note.as_deref());
    let mut body = asked.body.clone();
    if part.is_empty() {
        return body;
    }
    let field = match dialect {
        Dialect::Chat => "messages",
        Dialect::Responses => "input",
    };
    if let Some(text) = body[field].as_str() {
        body[field] = json!([{"role": "user", "content": text}]);
    }
    if let Some(messages) = body[field].as_array_mut() {
        let is_customer = |message: &Value| message["role"] == "user";
        // Messages between two answers are one turn: the line stands before all of them.
        let last = messages.iter().rposition(is_customer).unwrap_or(0);
        let from = messages[..last].iter().rposition(|m| !is_customer(m));
        let at = from.map_or(0, |from| from + 1);
        messages.splice(at..at, part);
    }
    body
}
