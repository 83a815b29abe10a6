//! All that there is: a host with memory and a disk, a customer, two operators, the network.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use warmline_core::state::Awaiting;
use warmline_core::{Effect, Epoch, State, TimerName, Timestamp, Turn, TurnNumber};

/// How many messages the customer has for us. The first one is upset, the others are calm.
pub(crate) const MESSAGES: usize = 2;
/// How many operators there are.
pub(crate) const OPERATORS: usize = 2;
/// The upset words.
pub(crate) const UPSET: &str = "upset";
/// The calm words.
pub(crate) const CALM: &str = "calm";

/// One conversation and everybody who takes part in it.
#[derive(Debug, Clone, PartialEq, Hash)]
pub(crate) struct World {
    /// The host; `None` while it is down.
    pub(crate) host: Option<Host>,
    /// What survives it.
    pub(crate) disk: Disk,
    /// The customer's messages.
    pub(crate) messages: [Message; MESSAGES],
    /// The last turn of the transcript that reached the customer.
    pub(crate) seen: TurnNumber,
    /// What the customer was told and the disk does not know of; empty unless the host is faulty.
    pub(crate) ahead: Vec<Seen>,
    /// The operators.
    pub(crate) operators: [Operator; OPERATORS],
    /// How often the host crashed.
    pub(crate) crashes: u8,
    /// Whether a step broke an invariant.
    pub(crate) broken: bool,
    /// Whether an old grievance handed the conversation over again.
    pub(crate) bounced: bool,
    /// Whether the customer saw two different turns under one number.
    pub(crate) contradicted: bool,
    /// Whether the assistant said the same twice in one epoch behind one turn of the customer.
    pub(crate) repeated: bool,
}

/// The process: gone after a crash.
#[derive(Debug, Clone, PartialEq, Hash)]
pub(crate) struct Host {
    /// The conversation as decided, ahead of the disk.
    pub(crate) memory: Known,
    /// Steps that were decided and are not on disk yet.
    pub(crate) pending: Vec<Pending>,
    /// What detectors and assistant are working on. The assistant is slow and does not stop in
    /// time: its drafts still come after they were cancelled.
    pub(crate) jobs: BTreeSet<Job>,
    /// The timers of a host that keeps them in memory alone; unused by a sound one.
    pub(crate) timers: BTreeMap<TimerName, Timestamp>,
}

/// What survives a crash.
#[derive(Debug, Clone, PartialEq, Hash)]
pub(crate) struct Disk {
    /// The conversation as far as it is recorded.
    pub(crate) state: Known,
    /// The timers that will fire.
    pub(crate) timers: BTreeMap<TimerName, Timestamp>,
    /// The messages recorded, by their place.
    pub(crate) heard: [bool; MESSAGES],
}

/// A step between its decision and the disk.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) event: &'static str,
    pub(crate) state: Known,
    pub(crate) effects: Arc<Vec<Effect>>,
    /// The timer that it says has fired.
    pub(crate) fired: Option<TimerName>,
    pub(crate) ack: Option<Ack>,
}

/// Who waits to hear that a step is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ack {
    /// The customer, for a message.
    Message(usize),
    /// An operator, for a claim.
    Claim(usize),
}

/// Work that detectors or assistant were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Job {
    pub(crate) kind: JobKind,
    pub(crate) through: TurnNumber,
    pub(crate) epoch: Epoch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum JobKind {
    /// Look at turns of which one is upset.
    ExamineUpset,
    /// Look at calm turns.
    ExamineCalm,
    /// Write a draft.
    Draft,
    /// Write the rest of one of which a part was proposed.
    Rest,
}

impl Job {
    /// Whether it is about the same question; an examination counts whatever it will find.
    pub(crate) fn asks_the_same(self, other: Self) -> bool {
        (self.through, self.epoch) == (other.through, other.epoch)
            && self.kind.is_draft() == other.kind.is_draft()
    }
}

impl JobKind {
    /// Whether it is the assistant's.
    pub(crate) fn is_draft(self) -> bool {
        matches!(self, JobKind::Draft | JobKind::Rest)
    }
}

/// A message of the customer on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) sent: bool,
    /// Copies under way: the first, and one that the customer or the network sent again.
    pub(crate) copies: u8,
    pub(crate) acknowledged: bool,
}

/// A turn as the customer saw it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen(pub(crate) Turn);

/// An operator: what they believe, what they asked, what is on its way to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Operator {
    /// The epoch in which they believe the conversation to be theirs.
    pub(crate) belief: Option<Epoch>,
    pub(crate) request: Option<Request>,
    pub(crate) response: Option<Owned>,
    /// Whether they have said what they had to say.
    pub(crate) spoke: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Claim,
    Reply,
    HandBack,
    Release,
}

/// "The conversation is yours": the only answer that an operator builds upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Owned {
    /// In this epoch.
    In(Epoch),
    /// In whatever epoch it is by now: what an unfenced host says.
    Now,
}

/// A state of the conversation. Two are alike if they lead to the same decisions: words and
/// counters that nothing rests on are left out.
#[derive(Clone)]
pub(crate) struct Known(pub(crate) Arc<State>);

impl Known {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(state))
    }

    /// Whether one of the turns that detectors may look at is upset.
    pub(crate) fn upset(&self) -> bool {
        self.0.examined().any(|turn| turn.text == UPSET)
    }

    /// Whether the upset turn is still in the window at all.
    pub(crate) fn ever_upset(&self) -> bool {
        self.0.window.iter().any(|turn| turn.text == UPSET)
    }

    /// What the assistant said in this epoch behind the customer's last turn.
    pub(crate) fn said(&self) -> impl Iterator<Item = &str> {
        let state = &*self.0;
        let turns = state.turns_since(state.last_customer_turn);
        let said = turns.filter(|turn| turn.is_assistant() && turn.epoch == state.epoch);
        said.map(|turn| turn.text.as_str())
    }

    /// Whether a part of the answer that is owed was said.
    fn begun(&self) -> bool {
        self.0.owes_answer() && self.said().next().is_some()
    }

    /// What the assistant owes, as work to be done.
    pub(crate) fn owed(&self, full_window: bool) -> Option<Job> {
        let upset = match full_window {
            true => self.ever_upset(),
            false => self.upset(),
        };
        let kind = match (self.0.awaiting, upset) {
            (Awaiting::Nothing, _) => return None,
            (Awaiting::Examination, true) => JobKind::ExamineUpset,
            (Awaiting::Examination, false) => JobKind::ExamineCalm,
            (Awaiting::Draft, _) => JobKind::Draft,
        };
        Some(Job {
            kind,
            through: self.0.last_customer_turn,
            epoch: self.0.epoch,
        })
    }

    fn essence(&self) -> impl Hash + PartialEq + '_ {
        let state = &*self.0;
        (
            (&state.name, state.epoch, &state.operator),
            (state.last_turn, state.last_customer_turn, state.settled),
            (state.examined_from, state.awaiting as u8, self.upset()),
            (state.handoffs, state.handbacks, state.note.is_some()),
            (&state.timers, state.heard, state.worked),
            (self.ever_upset(), state.discarded_drafts > 0, self.begun()),
        )
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.essence() == other.essence()
    }
}

impl Hash for Known {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.essence().hash(hasher);
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = &*self.0;
        write!(
            f,
            "{} in epoch {} with {:?}, {} turns, settled {}, {:?}",
            state.name, state.epoch, state.operator, state.last_turn, state.settled, state.awaiting
        )
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.event == other.event && self.ack == other.ack && self.state == other.state
    }
}

impl Hash for Pending {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.event, self.ack, &self.state).hash(hasher);
    }
}

impl Hash for Seen {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.0.number, self.0.epoch, &self.0.text).hash(hasher);
    }
}
