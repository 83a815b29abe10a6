//! The actor of one conversation: a thin shell that decides, records, performs, in this order.
//!
//! It awaits the journal and nothing else. Detectors, assistant and summarizer work beside it, and
//! what they come to arrives as another event.

pub(crate) mod answering;
mod lapsing;
mod waiting;
mod work;

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;
use warmline_core::{ConversationId, Effect, Entry, Event, Refused, Speaker, Turn};
use warmline_detect::Case;
use warmline_journal::Error as JournalError;
use warmline_llm::AssistantObject;

use crate::activation::{Place, Registry};
use crate::error::Error;
use crate::seat::Seat;
use crate::setup::Shared;
use crate::under_way::Pass;
use crate::warmline::{Answer, Inbound, View};
use lapsing::Lapses;
use waiting::Waiter;
use work::Work;

/// Where the answer to a question goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What a command comes to: the conversation after it, and the turn that it added.
pub(crate) type Done = (View, Option<Turn>);

/// What somebody asks of a conversation and waits for.
pub(crate) enum Question {
    /// The customer said something; answered when it is decided upon.
    Customer {
        inbound: Inbound,
        assistant: Option<Arc<dyn AssistantObject>>,
        pass: Pass,
        reply: Reply<Answer>,
    },
    /// Somebody commands; answered when it is recorded.
    Command { event: Event, reply: Reply<Done> },
    /// Somebody looks.
    Look { reply: Reply<View> },
    /// Somebody waits until nothing is owed to the customer any more.
    Settle { reply: Reply<Answer> },
}

/// What somebody asks, and their place among those who wait.
pub(crate) struct Asked {
    pub(crate) place: Place,
    pub(crate) question: Question,
}

/// What the actor is told. Small: a mailbox has room for many, also when it is empty.
pub(crate) enum Message {
    /// Somebody asks.
    Asked(Box<Asked>),
    /// An effect has come to something.
    Happened(Box<Event>),
    /// The assistant would act, and waits for the permission.
    Proposed(Box<Proposal>),
    /// The journal failed a while ago, and may work again.
    Recover,
    /// Nothing was asked for a while.
    Rest,
}

/// What the assistant would do, examined, and where it waits for the permission.
pub(crate) struct Proposal {
    pub(crate) event: Event,
    /// Which time it was that the assistant was asked.
    pub(crate) asked: u64,
    pub(crate) permit: oneshot::Sender<Case>,
}

/// The behaviour of every conversation; what differs is in [`Running`].
pub(crate) struct Conversation;

/// One conversation in memory.
pub(crate) struct Running {
    seat: Seat,
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    waiters: Vec<Waiter>,
    /// The examination or the draft that is under way.
    answer: Option<Work>,
    /// How often that was begun or stopped.
    asked: u64,
    /// The assistant's permission to act, while that is decided; with it goes the case as it stands
    /// then.
    permit: Option<oneshot::Sender<Case>>,
    /// The bot that came with the customer's last turn, in place of the configured one.
    brought: Option<Arc<dyn AssistantObject>>,
    /// The card that is being written.
    card: Option<Work>,
    lapses: Lapses,
    /// The turn that is being answered, for traces.
    turn: tracing::Span,
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
            asked: 0,
            permit: None,
            brought: None,
            card: None,
            lapses: Lapses::default(),
            turn: tracing::Span::none(),
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
        let rests = matches!(message, Message::Rest);
        // On the heap only while it is worked on: the actor's own future lives as long as it does.
        match message {
            Message::Asked(asked) => {
                let Asked { place, question } = *asked;
                // Its turn has come: it waits no more.
                drop(place);
                Box::pin(running.asked(&myself, question)).await;
            }
            Message::Happened(event) => Box::pin(running.happened(&myself, *event)).await,
            Message::Proposed(proposal) => {
                let Proposal {
                    event,
                    asked,
                    permit,
                } = *proposal;
                // One that was stopped asks for nobody, even where its question is open again.
                if asked == running.asked {
                    running.permit = Some(permit);
                    Box::pin(running.happened(&myself, event)).await;
                    running.permit = None;
                }
            }
            Message::Recover => running.recover(&myself),
            Message::Rest => {}
        }
        let (id, actor) = (&running.seat.id, myself.get_id());
        if running.lapses.is_lost() {
            running.registry.remove(id, actor);
            myself.stop(None);
        } else if running.seat.is_new() || (rests && running.is_idle()) {
            // Nobody needs what was never recorded, or has not been asked for lately.
            if running.registry.retire(id, actor) {
                myself.stop(None);
            }
        }
        Ok(())
    }
}

impl Running {
    async fn asked(&mut self, myself: &ActorRef<Message>, question: Question) {
        match question {
            Question::Customer {
                inbound,
                assistant,
                pass,
                reply,
            } => {
                let waiter = Waiter::new(reply, Some(pass));
                self.customer(myself, inbound, assistant, waiter).await;
            }
            Question::Command { event, reply } => {
                let done = self.command(myself, event).await;
                // The caller may have gone: what was asked is recorded all the same.
                let _ = reply.send(done);
            }
            Question::Look { reply } => {
                let _ = reply.send(self.known().map(|()| self.seat.view()));
            }
            Question::Settle { reply } => {
                let waiter = Waiter::new(reply, None);
                self.wait(waiter, self.seat.state.last_customer_turn);
            }
        }
    }

    /// Hears the customer.
    async fn customer(
        &mut self,
        myself: &ActorRef<Message>,
        inbound: Inbound,
        assistant: Option<Arc<dyn AssistantObject>>,
        waiter: Waiter,
    ) {
        if let Some(message) = &inbound.message {
            match self.heard(message) {
                Ok(None) => {}
                Ok(Some(seq)) => return self.repeat(message, seq, waiter),
                Err(error) => return waiter.answer(Err(error)),
            }
        }
        self.seat.modernise();
        self.brought = assistant;
        let event = Event::CustomerSpoke {
            text: inbound.text,
            message: inbound.message,
            context: inbound.context,
        };
        match self.step(myself, event).await {
            Ok(step) => {
                metrics::counter!("warmline_turns_total", "speaker" => "customer").increment(1);
                self.waiters
                    .push(waiter.of(self.seat.state.last_customer_turn));
                self.finish(myself, step);
            }
            Err(error) => waiter.answer(Err(error)),
        }
    }

    async fn command(&mut self, myself: &ActorRef<Message>, event: Event) -> Result<Done, Error> {
        self.known()?;
        if let Some(turn) = self.said(&event)? {
            return Ok((self.seat.view(), Some(turn)));
        }
        if matches!(event, Event::HandedBack { .. }) && !self.seat.setup().can_answer() {
            return Err(Error::NoAssistant);
        }
        let step = self.step(myself, event).await?;
        let turn = step.said();
        self.finish(myself, step);
        Ok((self.seat.view(), turn))
    }

    /// Takes what an effect came to.
    async fn happened(&mut self, myself: &ActorRef<Message>, event: Event) {
        let name = event.name();
        match self.step(myself, event).await {
            Ok(step) => self.finish(myself, step),
            // It answers what nobody asks any more.
            Err(Error::Refused(Refused::Stale { .. }) | Error::NotFound(_)) => {}
            Err(error) => {
                tracing::warn!(conversation = %self.seat.id, event = name, %error,
                    "an outcome was not taken");
            }
        }
    }

    fn known(&self) -> Result<(), Error> {
        match self.seat.is_new() {
            true => Err(Error::NotFound(self.seat.id.clone())),
            false => Ok(()),
        }
    }

    /// Decides and records. Where the journal has moved on (the conversation was erased), the
    /// decision is made again on what it has now.
    async fn step(&mut self, myself: &ActorRef<Message>, event: Event) -> Result<Step, Error> {
        let effects = self.decide(event)?;
        if matches!(effects[..], [Effect::AskAssistant { .. }]) {
            // Nobody can see this step before the next one: one flush serves both.
            return Ok(Step {
                entries: Vec::new(),
                effects,
            });
        }
        let lost = match self.seat.record().await {
            Ok(entries) => {
                self.lapses.over();
                return Ok(Step { entries, effects });
            }
            Err(lost) => lost,
        };
        if let (JournalError::Conflict { .. }, Some(event)) = (&lost.error, lost.event) {
            self.take_again(myself)?;
            let effects = self.decide(event)?;
            return match self.seat.record().await {
                Ok(entries) => Ok(Step { entries, effects }),
                Err(lost) => Err(self.lapse(myself, lost.error)),
            };
        }
        Err(self.lapse(myself, lost.error))
    }

    fn decide(&mut self, event: Event) -> Result<Vec<Effect>, Error> {
        if !matches!(event, Event::CustomerSpoke { .. }) {
            // Conversations begin with the customer: nothing else brings back an erased one.
            self.known()?;
        }
        self.seat.decide(self.shared.clock.now(), event)
    }

    fn finish(&mut self, myself: &ActorRef<Message>, step: Step) {
        for effect in step.effects {
            self.perform(myself, effect);
        }
        if !self.seat.state.owes_answer() {
            // A span ends when nobody holds it any more.
            self.turn = tracing::Span::none();
        }
        count(&step.entries);
        self.tell_waiters(&step.entries);
    }

    /// Whether nothing is lost when it is put away.
    fn is_idle(&self) -> bool {
        self.waiters.is_empty()
            && !self.seat.state.owes_answer()
            && !self.lapses.are_going_on()
            && self.card.as_ref().is_none_or(Work::is_done)
    }
}

/// A step that was decided and recorded: what is left is to perform it.
struct Step {
    entries: Vec<Arc<Entry>>,
    effects: Vec<Effect>,
}

impl Step {
    /// The operator's turn, if it has one.
    fn said(&self) -> Option<Turn> {
        let mut turns = self.entries.iter().flat_map(|entry| &entry.decided.turns);
        turns
            .find(|turn| matches!(turn.speaker, Speaker::Operator { .. }))
            .cloned()
    }
}

fn count(entries: &[Arc<Entry>]) {
    for decided in entries.iter().map(|entry| &entry.decided) {
        if let Some(trigger) = &decided.trigger {
            let kind = trigger.kind.as_str();
            metrics::counter!("warmline_handoffs_total", "trigger" => kind).increment(1);
        }
        for turn in &decided.turns {
            let speaker = match turn.speaker {
                Speaker::Customer => continue,
                Speaker::Assistant => "assistant",
                Speaker::Operator { .. } => "operator",
                Speaker::Notice => "notice",
            };
            metrics::counter!("warmline_turns_total", "speaker" => speaker).increment(1);
        }
    }
}
