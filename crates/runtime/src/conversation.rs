//! The actor of one conversation: a thin shell that decides, records, performs, in this order.
//!
//! It awaits the journal and nothing else. Detectors, assistant and summarizer work beside it, and
//! what they come to arrives as another event.

mod answering;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use warmline_core::card::CardSource;
use warmline_core::state::Awaiting;
use warmline_core::{ConversationId, Effect, Entry, Event, Refused, Speaker, Turn, TurnNumber};
use warmline_journal::Error as JournalError;

use crate::activation::Registry;
use crate::error::Error;
use crate::seat::Seat;
use crate::setup::Shared;
use crate::warmline::{Answer, Inbound, View};

/// A place among the commands that wait for one conversation; given back when dropped.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    /// Takes one of `limit` places, or none if all are taken.
    pub(crate) fn take(waiting: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        if waiting.fetch_add(1, Ordering::AcqRel) >= limit {
            waiting.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(Self(waiting.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What a command comes to: the conversation after it, and the turn that it added.
pub(crate) type Done = Result<(View, Option<Turn>), Error>;

/// What the actor is told.
pub(crate) enum Message {
    /// The customer said something; answer when it is decided upon.
    Customer {
        inbound: Inbound,
        reply: oneshot::Sender<Result<Answer, Error>>,
        place: Place,
    },
    /// Somebody commands; answer when it is recorded.
    Command {
        event: Event,
        reply: oneshot::Sender<Done>,
        place: Place,
    },
    /// An effect has come to something.
    Happened(Event),
    /// Somebody looks.
    Look {
        reply: oneshot::Sender<Result<View, Error>>,
        place: Place,
    },
    /// Nothing has happened for a while.
    Rest,
}

/// The behaviour of every conversation; what differs is in [`Running`].
pub(crate) struct Conversation;

/// A customer's turn whose sender waits for the decision.
struct Waiter {
    turn: TurnNumber,
    reply: oneshot::Sender<Result<Answer, Error>>,
    since: Instant,
}

/// One conversation in memory.
pub(crate) struct Running {
    seat: Seat,
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    waiters: Vec<Waiter>,
    /// The examination or the draft that is under way.
    answer: Option<AbortHandle>,
}

impl Actor for Conversation {
    type Msg = Message;
    type State = Running;
    type Arguments = (ConversationId, Arc<Shared>, Arc<Registry>);

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        (id, shared, registry): Self::Arguments,
    ) -> Result<Running, ActorProcessingErr> {
        let seat = Seat::take(&shared, &id)?;
        let mut running = Running {
            seat,
            shared,
            registry,
            waiters: Vec::new(),
            answer: None,
        };
        running.resume(&myself);
        Ok(running)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        let failed = match message {
            Message::Customer {
                inbound,
                reply,
                place,
            } => {
                let failed = running.customer(&myself, inbound, reply).await;
                drop(place);
                failed
            }
            Message::Command {
                event,
                reply,
                place,
            } => {
                let done = running.commit(&myself, event).await;
                let failed = done.as_ref().is_err_and(is_fatal);
                let done = done.map(|entries| (running.seat.view(), turn_of(&entries)));
                drop(place);
                // The caller may have gone: what was asked is recorded all the same.
                let _ = reply.send(done);
                failed
            }
            Message::Happened(event) => {
                let name = event.name();
                match running.commit(&myself, event).await {
                    Ok(_) => false,
                    Err(Error::Refused(Refused::Stale { .. })) => false,
                    Err(error) => {
                        tracing::warn!(conversation = %running.seat.id, event = name, %error,
                            "an outcome was not taken");
                        is_fatal(&error)
                    }
                }
            }
            Message::Look { reply, place } => {
                let view = match running.seat.is_new() {
                    true => Err(Error::NotFound(running.seat.id.clone())),
                    false => Ok(running.seat.view()),
                };
                drop(place);
                let _ = reply.send(view);
                false
            }
            Message::Rest => {
                if running.waiters.is_empty() && !running.seat.state.owes_answer() {
                    running.registry.forget(&running.seat.id, &myself);
                    myself.drain()?;
                }
                false
            }
        };
        if failed {
            // What is in memory is no longer what the journal has: the next one reads it again.
            running.registry.forget(&running.seat.id, &myself);
            myself.stop(None);
        }
        Ok(())
    }

    async fn post_stop(
        &self,
        _: ActorRef<Message>,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        running.cancel();
        Ok(())
    }
}

impl Running {
    /// Takes up what was under way when the conversation was last in memory.
    fn resume(&mut self, myself: &ActorRef<Message>) {
        let (through, epoch) = (self.seat.state.last_customer_turn, self.seat.state.epoch);
        match self.seat.state.awaiting {
            Awaiting::Nothing => {}
            Awaiting::Examination => self.perform(myself, Effect::Examine { through, epoch }),
            Awaiting::Draft => self.perform(myself, Effect::AskAssistant { through, epoch }),
        }
        let waits = self.seat.owner() == warmline_core::workflow::Owner::Queue;
        let card = self.seat.state.card.as_deref();
        if waits && card.is_some_and(|card| card.source == CardSource::Extracted) {
            self.perform(myself, Effect::WriteCard { epoch });
        }
    }

    /// Hears the customer. Returns whether the actor must end.
    async fn customer(
        &mut self,
        myself: &ActorRef<Message>,
        inbound: Inbound,
        reply: oneshot::Sender<Result<Answer, Error>>,
    ) -> bool {
        let since = Instant::now();
        if let Some(message) = &inbound.message {
            match self.shared.journal.seen(&self.seat.id, message) {
                Ok(None) => {}
                Ok(Some(seq)) => {
                    self.repeated(seq, reply, since);
                    return false;
                }
                Err(error) => {
                    let _ = reply.send(Err(error.into()));
                    return false;
                }
            }
        }
        self.seat.modernise();
        let Inbound {
            text,
            message,
            context,
        } = inbound;
        let event = Event::CustomerSpoke {
            text,
            message,
            context,
        };
        match self.step(myself, event).await {
            Ok((entries, effects)) => {
                metrics::counter!("warmline_turns_total", "speaker" => "customer").increment(1);
                let turn = self.seat.state.last_customer_turn;
                self.waiters.push(Waiter { turn, reply, since });
                self.finish(myself, &entries, effects);
                false
            }
            Err(error) => {
                let fatal = is_fatal(&error);
                let _ = reply.send(Err(error));
                fatal
            }
        }
    }

    /// Answers a message that was recorded before, with what was decided about it.
    fn repeated(
        &mut self,
        seq: u64,
        reply: oneshot::Sender<Result<Answer, Error>>,
        since: Instant,
    ) {
        metrics::counter!("warmline_duplicates_total").increment(1);
        let entries = match self.shared.journal.entries(&self.seat.id, seq, 16) {
            Ok(entries) => entries,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        let turns = || entries.iter().flat_map(|entry| &entry.decided.turns);
        let Some(turn) = turns().next().map(|turn| turn.number) else {
            return;
        };
        let state = &self.seat.state;
        if state.owes_answer() && turn > state.settled {
            self.waiters.push(Waiter { turn, reply, since });
            return;
        }
        // Up to the customer's next turn, everything said belongs to this one.
        let after: Vec<&Turn> = turns()
            .filter(|t| t.number > turn)
            .take_while(|t| !t.is_customer())
            .collect();
        let answer = Answer {
            reply: after
                .iter()
                .find(|turn| turn.is_assistant())
                .map(|turn| (*turn).clone()),
            notices: notices(after.into_iter()),
            trigger: entries
                .iter()
                .find_map(|entry| entry.decided.trigger.clone())
                .filter(|trigger| trigger.turn == turn),
            ..self.answer_to(turn)
        };
        let _ = reply.send(Ok(answer));
    }

    /// Decides, records and performs.
    async fn commit(
        &mut self,
        myself: &ActorRef<Message>,
        event: Event,
    ) -> Result<Vec<Arc<Entry>>, Error> {
        if matches!(event, Event::HandedBack { .. }) && self.shared.current().assistant.is_none() {
            return Err(Error::NoAssistant);
        }
        if self.seat.is_new() {
            return Err(Error::NotFound(self.seat.id.clone()));
        }
        let (entries, effects) = self.step(myself, event).await?;
        self.finish(myself, &entries, effects);
        Ok(entries)
    }

    /// Decides and records. If another actor of the same conversation came first, its steps are
    /// read and the decision is made again.
    async fn step(
        &mut self,
        myself: &ActorRef<Message>,
        event: Event,
    ) -> Result<(Vec<Arc<Entry>>, Vec<Effect>), Error> {
        let at = self.shared.clock.now();
        let effects = self.seat.decide(at, event.clone())?;
        if matches!(effects[..], [Effect::AskAssistant { .. }]) {
            // Nobody can see this step before the next one: one flush serves both.
            return Ok((Vec::new(), effects));
        }
        match self.seat.record().await {
            Ok(entries) => Ok((entries, effects)),
            Err(Error::Journal(JournalError::Conflict { .. })) => {
                self.cancel();
                self.seat = Seat::take(&self.shared, &self.seat.id)?;
                self.resume(myself);
                let effects = self.seat.decide(at, event)?;
                Ok((self.seat.record().await?, effects))
            }
            Err(error) => Err(error),
        }
    }

    fn finish(&mut self, myself: &ActorRef<Message>, entries: &[Arc<Entry>], effects: Vec<Effect>) {
        for effect in effects {
            self.perform(myself, effect);
        }
        self.count(entries);
        self.answer_waiters(entries);
    }

    fn count(&self, entries: &[Arc<Entry>]) {
        for trigger in entries
            .iter()
            .filter_map(|entry| entry.decided.trigger.as_ref())
        {
            metrics::counter!("warmline_handoffs_total", "trigger" => trigger.kind.as_str())
                .increment(1);
        }
        for turn in entries.iter().flat_map(|entry| &entry.decided.turns) {
            let speaker = match turn.speaker {
                Speaker::Customer => continue,
                Speaker::Assistant => "assistant",
                Speaker::Operator { .. } => "operator",
                Speaker::Notice => "notice",
            };
            metrics::counter!("warmline_turns_total", "speaker" => speaker).increment(1);
        }
    }

    /// Answers everybody who waits, once nothing is owed to the customer any more.
    fn answer_waiters(&mut self, entries: &[Arc<Entry>]) {
        if self.seat.state.owes_answer() {
            return;
        }
        let said = || entries.iter().flat_map(|entry| &entry.decided.turns);
        let last = self.seat.state.last_customer_turn;
        for waiter in std::mem::take(&mut self.waiters) {
            metrics::histogram!("warmline_decision_seconds").record(waiter.since.elapsed());
            let answer = Answer {
                // A burst is answered once: its last turn gets the reply.
                reply: said()
                    .rfind(|turn| turn.is_assistant())
                    .filter(|_| waiter.turn == last)
                    .cloned(),
                notices: notices(
                    self.seat
                        .state
                        .turns_since(waiter.turn)
                        .filter(|_| waiter.turn == last),
                ),
                trigger: entries
                    .iter()
                    .find_map(|entry| entry.decided.trigger.clone()),
                ..self.answer_to(waiter.turn)
            };
            let _ = waiter.reply.send(Ok(answer));
        }
    }

    fn answer_to(&self, turn: TurnNumber) -> Answer {
        Answer {
            conversation: self.seat.id.clone(),
            state: self.seat.state.name.clone(),
            owner: self.seat.owner(),
            epoch: self.seat.state.epoch,
            turn,
            reply: None,
            trigger: None,
            notices: Vec::new(),
        }
    }
}

fn notices<'a>(turns: impl Iterator<Item = &'a Turn>) -> Vec<Turn> {
    turns
        .filter(|turn| turn.speaker == Speaker::Notice)
        .cloned()
        .collect()
}

/// The operator's turn among what a command recorded.
fn turn_of(entries: &[Arc<Entry>]) -> Option<Turn> {
    entries
        .iter()
        .flat_map(|entry| &entry.decided.turns)
        .find(|turn| matches!(turn.speaker, Speaker::Operator { .. }))
        .cloned()
}

/// Whether the seat can no longer be trusted after `error`.
fn is_fatal(error: &Error) -> bool {
    matches!(error, Error::Journal(_))
}
