//! The running system, and what callers see of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinHandle;
use warmline_core::event::Requester;
use warmline_core::turn::MAX_TEXT;
use warmline_core::workflow::Owner;
use warmline_core::{
    ConfigVersion, ConversationId, CustomerContext, Entry, Epoch, Event, HandbackNote, MessageId,
    OperatorId, Outcome, State, StateName, Timestamp, Trigger, Turn, TurnNumber, Workflow,
};
use warmline_journal::Cursor;

use crate::activation::{Registry, quarantined};
use crate::builder::{Builder, Parts};
use crate::config::Config;
use crate::conversation::Message;
use crate::error::Error;
use crate::seat::Seat;
use crate::setup::Shared;

/// Longest value of a field of [`CustomerContext`], in bytes.
const MAX_FACT: usize = 128;
/// How long a shutdown waits for what is under way.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// What a customer says, as their channel brings it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbound {
    /// The words: not empty, at most [`MAX_TEXT`] bytes.
    pub text: String,
    /// The sender's id of the message: a second one with the same id is not heard again.
    pub message: Option<MessageId>,
    /// What the channel tells of the customer.
    pub context: CustomerContext,
}

impl Inbound {
    /// Words without anything else.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// What was decided about a customer's turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its state after the decision.
    pub state: StateName,
    /// Who may speak now.
    pub owner: Owner,
    /// The epoch after the decision.
    pub epoch: Epoch,
    /// The customer's turn.
    pub turn: TurnNumber,
    /// The assistant's reply. Absent when a human has the conversation or gets it, and for all but
    /// the last turn of a burst, which are answered together.
    pub reply: Option<Turn>,
    /// Why the conversation was handed over, if this turn led to it.
    pub trigger: Option<Trigger>,
    /// What else the customer was told since their turn.
    pub notices: Vec<Turn>,
}

/// A conversation as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// The conversation.
    pub conversation: ConversationId,
    /// All that is remembered of it.
    pub state: State,
    /// Who may speak now.
    pub owner: Owner,
    /// How many entries its journal has.
    pub seq: u64,
    /// The configuration that decides for it.
    pub config: ConfigVersion,
}

/// A recorded step, told to whoever listens.
#[derive(Debug, Clone)]
pub struct Happening {
    /// The conversation.
    pub conversation: ConversationId,
    /// The step.
    pub entry: Arc<Entry>,
    /// Who may speak after it.
    pub owner: Owner,
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its state.
    pub state: StateName,
    /// Since when.
    pub since: Timestamp,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<String>,
}

/// The running system. Clones are handles to the same one.
#[derive(Clone)]
pub struct Warmline {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    parts: Parts,
    turns: Arc<Semaphore>,
    stop: watch::Sender<bool>,
    services: Mutex<Vec<JoinHandle<()>>>,
}

impl Warmline {
    /// Begins to put a runtime together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(
        shared: Arc<Shared>,
        registry: Arc<Registry>,
        parts: Parts,
        stop: watch::Sender<bool>,
        services: Vec<JoinHandle<()>>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(shared.current().runtime.turns_under_way));
        let services = Mutex::new(services);
        Self {
            inner: Arc::new(Inner {
                shared,
                registry,
                parts,
                turns,
                stop,
                services,
            }),
        }
    }

    /// Hears a customer and waits for the decision: the assistant's reply, or a handoff.
    ///
    /// The turn is on disk before anything is done with it; dropping the future takes nothing
    /// back. Sent again with the same message id, it is not heard again, and gets the same answer.
    ///
    /// # Errors
    /// [`Error::Invalid`] for words that are empty or too long, [`Error::Overloaded`] when too much
    /// is under way, [`Error::Quarantined`], [`Error::Journal`].
    pub async fn customer_says(
        &self,
        id: &ConversationId,
        inbound: Inbound,
    ) -> Result<Answer, Error> {
        check_text(&inbound.text)?;
        check_context(&inbound.context)?;
        let _under_way = self
            .inner
            .turns
            .try_acquire()
            .map_err(|_| Error::Overloaded {
                retry_after: Duration::from_secs(1),
            })?;
        self.ask(id, |reply, place| Message::Customer {
            inbound,
            reply,
            place,
        })
        .await
    }

    /// Asks for a human.
    pub async fn request_handoff(
        &self,
        id: &ConversationId,
        requester: Requester,
        reason: &str,
    ) -> Result<View, Error> {
        if reason.len() > MAX_TEXT {
            return Err(too_long(reason));
        }
        let reason = reason.to_owned();
        self.command(id, Event::HandoffRequested { requester, reason })
            .await
    }

    /// Gives the conversation to an operator. Claiming what one has already is no error.
    pub async fn claim(&self, id: &ConversationId, operator: &OperatorId) -> Result<View, Error> {
        self.command(
            id,
            Event::OperatorClaimed {
                operator: operator.clone(),
            },
        )
        .await
    }

    /// Puts the conversation back into a queue, a named one where the workflow has a rule for it.
    pub async fn release(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        queue: Option<&str>,
    ) -> Result<View, Error> {
        let (operator, queue) = (operator.clone(), queue.map(str::to_owned));
        self.command(id, Event::OperatorReleased { operator, queue })
            .await
    }

    /// Says something to the customer, as the operator who has the conversation.
    ///
    /// Sent again with the same message id, it is not said again: the turn that was is returned.
    pub async fn reply(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        text: &str,
        message: Option<MessageId>,
    ) -> Result<(View, Turn), Error> {
        check_text(text)?;
        if let Some(message) = &message
            && let Some(turn) = self.said(id, message)?
        {
            return Ok((self.view(id).await?, turn));
        }
        let (operator, text) = (operator.clone(), text.to_owned());
        let event = Event::OperatorReplied {
            operator,
            text,
            message,
        };
        match self
            .ask(id, |reply, place| Message::Command {
                event,
                reply,
                place,
            })
            .await?
        {
            (view, Some(turn)) => Ok((view, turn)),
            (_, None) => Err(Error::Interrupted(id.clone())),
        }
    }

    /// The turn that was recorded for an earlier message.
    fn said(&self, id: &ConversationId, message: &MessageId) -> Result<Option<Turn>, Error> {
        let Some(seq) = self.inner.shared.journal.seen(id, message)? else {
            return Ok(None);
        };
        let entries = self.entries(id, seq, 1)?;
        Ok(entries
            .into_iter()
            .flat_map(|entry| entry.decided.turns)
            .next())
    }

    /// Gives the conversation back to the assistant, with a note of what is left to do.
    ///
    /// # Errors
    /// [`Error::NoAssistant`] when there is none, [`Error::Refused`] for a note that says nothing
    /// or when the conversation was handed back as often as is allowed.
    pub async fn hand_back(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        note: HandbackNote,
    ) -> Result<View, Error> {
        self.command(
            id,
            Event::HandedBack {
                operator: operator.clone(),
                note,
            },
        )
        .await
    }

    /// Ends the conversation. It opens again when the customer speaks.
    pub async fn close(
        &self,
        id: &ConversationId,
        requester: Requester,
        outcome: Outcome,
    ) -> Result<View, Error> {
        self.command(id, Event::Closed { requester, outcome }).await
    }

    /// Records the customer's rating, 1 (worst) to 5 (best).
    pub async fn rate(&self, id: &ConversationId, score: u8) -> Result<View, Error> {
        self.command(id, Event::Rated { score }).await
    }

    /// The conversation as it stands.
    pub async fn view(&self, id: &ConversationId) -> Result<View, Error> {
        if self.inner.registry.get(id).is_none() {
            // Looking at a conversation is no reason to bring it into memory.
            let seat = Seat::take(&self.inner.shared, id).map_err(quarantined)?;
            if seat.is_new() {
                return Err(Error::NotFound(id.clone()));
            }
            return Ok(seat.view());
        }
        self.ask(id, |reply, place| Message::Look { reply, place })
            .await
    }

    /// Up to `limit` recorded steps, from the sequence number `from` on.
    pub fn entries(
        &self,
        id: &ConversationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let entries = self.inner.shared.journal.entries(id, from, limit);
        entries.map_err(|error| quarantined(error.into()))
    }

    /// Conversations by state, those in it the longest first. `after` is the
    /// [`next`](Page::next) of the page before.
    pub fn list(
        &self,
        state: Option<&StateName>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Error> {
        let cursor = after
            .map(str::parse::<Cursor>)
            .transpose()
            .map_err(|error| Error::Invalid(error.to_string()))?;
        let page = self
            .inner
            .shared
            .journal
            .list(state, cursor.as_ref(), limit)?;
        let rows = page.rows.into_iter().map(|row| Row {
            conversation: row.conversation,
            state: row.listing.state,
            since: row.listing.since,
        });
        Ok(Page {
            rows: rows.collect(),
            next: page.next.map(|next| next.to_string()),
        })
    }

    /// Erases everything recorded of a conversation.
    pub async fn erase(&self, id: &ConversationId) -> Result<(), Error> {
        if let Some(active) = self.inner.registry.get(id) {
            self.inner.registry.forget(id, &active.actor);
            active.actor.stop_and_wait(None, Some(SHUTDOWN)).await.ok();
        }
        match self.inner.shared.journal.erase(id).await?.conversations {
            0 => Err(Error::NotFound(id.clone())),
            _ => Ok(()),
        }
    }

    /// Every step from now on, after it is on disk. Who falls behind finds what they missed in
    /// [`entries`](Self::entries).
    pub fn subscribe(&self) -> broadcast::Receiver<Happening> {
        self.inner.shared.feed.subscribe()
    }

    /// The workflow in force.
    pub fn workflow(&self) -> Arc<Workflow> {
        self.inner.shared.current().workflow.clone()
    }

    /// How many conversations are in memory.
    pub fn active(&self) -> usize {
        self.inner.registry.len()
    }

    /// Puts another configuration in force. Conversations move to it at their next turn if it has
    /// their state, and otherwise finish on the old one.
    pub async fn reload(&self, config: Config) -> Result<ConfigVersion, Error> {
        let setup = self.inner.parts.setup(&config).await?;
        self.inner.shared.record(&config).await?;
        self.inner.shared.install(setup);
        Ok(config.workflow.version.clone())
    }

    /// Whether the system can take turns; if not, why.
    pub fn ready(&self) -> Result<(), Error> {
        if self.inner.registry.is_stopped() {
            return Err(Error::Stopped);
        }
        Ok(self.inner.shared.journal.health()?)
    }

    /// Lets what is under way finish for a while, then puts everything away. What is recorded and
    /// unfinished is taken up at the next start.
    pub async fn shutdown(&self) {
        self.inner.registry.stop();
        self.inner.stop.send_replace(true);
        let finished = self.inner.shared.current().runtime.turns_under_way;
        let all = u32::try_from(finished).unwrap_or(u32::MAX);
        // Every turn under way holds a permit: all of them together mean that none is.
        let _ = tokio::time::timeout(SHUTDOWN, self.inner.turns.acquire_many(all)).await;
        for actor in self.inner.registry.actors() {
            actor.drain_and_wait(Some(SHUTDOWN)).await.ok();
        }
        for shard in self.inner.registry.shards() {
            shard.stop(None);
        }
        let services = {
            let mut services = self
                .inner
                .services
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *services)
        };
        for service in services {
            // A service that panicked has ended as well.
            let _ = service.await;
        }
    }

    async fn command(&self, id: &ConversationId, event: Event) -> Result<View, Error> {
        let done = self
            .ask(id, |reply, place| Message::Command {
                event,
                reply,
                place,
            })
            .await;
        done.map(|(view, _)| view)
    }

    async fn ask<T>(
        &self,
        id: &ConversationId,
        message: impl FnOnce(
            tokio::sync::oneshot::Sender<Result<T, Error>>,
            crate::conversation::Place,
        ) -> Message,
    ) -> Result<T, Error> {
        let Inner {
            shared, registry, ..
        } = &*self.inner;
        let limit = shared.current().runtime.waiting;
        registry.ask(id, shared.clock.now(), limit, message).await
    }
}

fn check_text(text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::Invalid("`text` must not be empty".to_owned()));
    }
    if text.len() > MAX_TEXT {
        return Err(too_long(text));
    }
    Ok(())
}

fn too_long(text: &str) -> Error {
    Error::Invalid(format!(
        "a text has at most {MAX_TEXT} bytes, this one has {}",
        text.len()
    ))
}

fn check_context(context: &CustomerContext) -> Result<(), Error> {
    for (name, value) in [
        ("customer", &context.customer),
        ("channel", &context.channel),
        ("segment", &context.segment),
        ("language", &context.language),
    ] {
        if value.as_ref().is_some_and(|value| value.len() > MAX_FACT) {
            return Err(Error::Invalid(format!(
                "`{name}` has at most {MAX_FACT} bytes"
            )));
        }
    }
    Ok(())
}
