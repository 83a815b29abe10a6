//! The pure core of Warmline: what a conversation is, and what happens to it.
//!
//! [`transition`](transition::transition) takes a checked [`Workflow`], a [`State`] and an
//! [`Event`], and answers with the next state and the [`Effect`]s to perform. Every host (the live
//! actor, replay, audit, the model checker) calls it and keeps no rule of its own.
//!
//! | module | holds |
//! |---|---|
//! | [`ids`] | names of things: conversations, turns, operators, epochs, moments |
//! | [`turn`] | what was said, by whom; drafts and citations |
//! | [`sentence`] | where sentences stand in a text |
//! | [`signal`] | what detectors found, and the trigger that caused a handoff |
//! | [`card`], [`note`] | the baton in both directions |
//! | [`outcome`] | how conversations ended, and the rates over many |
//! | [`lesson`] | what operators teach about the scope |
//! | [`event`], [`effect`] | what happened; what is to be done |
//! | [`queue`] | who waits for an operator, in which order, and when a queue is open |
//! | [`state`] | all that is remembered between two events |
//! | [`workflow`] | the state machine: TOML to a checked machine, drawn as a graph |
//! | [`policy`] | thresholds, gates, the playbook: when signals become a handoff |
//! | [`transition()`], [`rehearse`] | the one function that decides; without a card |
//! | [`invariant`] | what must hold after every step |
//! | [`journal`](mod@entry), [`replay`](mod@replay) | the recorded form of a step, and its repetition |
//! | [`privacy`] | personal data in texts, and how it is masked |
//! | [`source`] | places in configuration files, and errors that point there |
//!
//! Deliberately absent: async, I/O, a clock, randomness. Time, ids and chance arrive with events.

pub mod card;
pub mod effect;
pub mod entry;
pub mod event;
pub mod ids;
pub mod invariant;
pub mod lesson;
pub mod note;
pub mod outcome;
pub mod policy;
pub mod privacy;
pub mod queue;
pub mod replay;
pub mod sentence;
pub mod signal;
pub mod source;
pub mod state;
pub mod transition;
pub mod turn;
pub mod workflow;

pub use card::{Card, Claim};
pub use effect::Effect;
pub use entry::{Decided, Entry};
pub use event::{CustomerContext, Event};
pub use ids::{
    ConfigVersion, ConversationId, Epoch, MessageId, OperatorId, StateName, TimerName, Timestamp,
    TurnNumber,
};
pub use lesson::{Belongs, Lesson};
pub use note::HandbackNote;
pub use outcome::Outcome;
pub use replay::{Divergence, Replay, replay};
pub use signal::{Evidence, Failure, Findings, Signal, SignalKind, Trigger, TriggerKind};
pub use state::State;
pub use transition::{Refused, rehearse, transition};
pub use turn::{Citation, Draft, Speaker, Turn};
pub use workflow::Workflow;
