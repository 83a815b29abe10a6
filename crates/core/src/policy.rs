//! When signals become a handoff: gates first, then thresholds; and the playbook for the card.

use std::collections::BTreeMap;

use crate::signal::{SignalKind, TriggerKind};
use crate::workflow::guard::Guard;

/// A hard gate: a rule over facts that hands off whatever the scores say.
#[derive(Debug)]
pub struct Gate {
    /// Its name, which triggers, metrics and the playbook refer to.
    pub name: String,
    /// When it matches.
    pub when: Guard,
    /// The reason it gives: [`TriggerKind::HardGate`], [`TriggerKind::CustomerRequest`] or
    /// [`TriggerKind::Rule`].
    pub trigger: TriggerKind,
    /// What an operator should be careful about, such as `legal`.
    pub sensitivity: Option<String>,
}

/// A score from which a kind of signal hands off, for some of the conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The kind of signal.
    pub kind: SignalKind,
    /// Only conversations of this channel.
    pub channel: Option<String>,
    /// Only customers of this segment.
    pub segment: Option<String>,
    /// The score, 0 to 1; `None` switches the signal off.
    pub score: Option<f32>,
    /// Where it stands in the configuration, such as `thresholds.sentiment`.
    pub origin: String,
}

/// What is done when a detector, or the assistant, fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// A human takes over.
    HandOff,
    /// The conversation goes on without.
    Continue,
}

/// A recommended next step for operators.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// Only for this trigger.
    pub trigger: Option<TriggerKind>,
    /// Only for this gate or rule.
    pub rule: Option<String>,
    /// Only for this intent.
    pub intent: Option<String>,
    /// The step, in words for an operator.
    pub step: String,
}

/// When signals become a handoff.
#[derive(Debug)]
pub struct Policy {
    /// The gates in the order of the file: of several that match, the first decides.
    pub gates: Vec<Gate>,
    /// The thresholds; of several that apply, the most particular decides.
    pub thresholds: Vec<Threshold>,
    /// What a detector's failure leads to, by its name.
    pub detector_failure: BTreeMap<String, OnFailure>,
    /// What the failure of any other detector leads to.
    pub other_failure: OnFailure,
    /// How many handbacks a conversation may have; after the last it stays with humans.
    pub max_handbacks: u32,
    /// The playbook in the order of the file: the most particular play is recommended.
    pub playbook: Vec<Play>,
}
