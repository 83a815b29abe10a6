//! The state machine as data: states with an owner, rules, timers, words to the customer.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ConfigVersion, StateName, TimerName};
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::privacy::PrivacyConfig;
use crate::queue::QueueSpec;

/// Who may speak to the customer in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The assistant.
    Assistant,
    /// Nobody yet: the conversation waits in a queue for an operator.
    Queue,
    /// The operator who claimed it.
    Operator,
    /// Nobody: it has ended, until the customer speaks again.
    Nobody,
}

/// What a rule answers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// The customer said something.
    CustomerSpoke,
    /// Signals, a gate, a failure or a request asked for a human.
    HandoffTriggered,
    /// An operator claimed the conversation.
    OperatorClaimed,
    /// An operator put it back into a queue.
    OperatorReleased,
    /// The operator who has it is gone.
    OperatorLost,
    /// An operator handed it back to the assistant.
    HandedBack,
    /// Somebody closed it.
    Closed,
    /// A timer of the state came due.
    TimerFired(TimerName),
}

impl On {
    /// The event's name in TOML.
    pub fn as_str(&self) -> &'static str {
        match self {
            On::CustomerSpoke => "customer_spoke",
            On::HandoffTriggered => "handoff_triggered",
            On::OperatorClaimed => "operator_claimed",
            On::OperatorReleased => "operator_released",
            On::OperatorLost => "operator_lost",
            On::HandedBack => "handed_back",
            On::Closed => "closed",
            On::TimerFired(_) => "timer_fired",
        }
    }
}

/// The event's name; for a timer that it fired, and which.
impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            On::TimerFired(timer) => write!(f, "timer_fired({timer})"),
            _ => f.write_str(self.as_str()),
        }
    }
}

/// The words for an occasion, by ISO 639-1 language code.
pub type Messages = BTreeMap<String, String>;

/// Whose activity starts a timer anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// The customer speaks.
    Customer,
    /// The operator claims or speaks.
    Operator,
}

/// A timer that runs while a conversation is in a state.
#[derive(Debug, Clone, PartialEq)]
pub struct TimerSpec {
    /// Its name, which rules refer to.
    pub name: TimerName,
    /// How long after the state was entered, or after the last such activity, it comes due.
    pub after: Duration,
    /// Whose activity starts it anew.
    pub restarts_on: Option<Activity>,
}

/// A state of the workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct StateSpec {
    /// Its name.
    pub name: StateName,
    /// Who may speak in it.
    pub owner: Owner,
    /// The queue that it waits in; set exactly when the owner is [`Owner::Queue`].
    pub queue: Option<String>,
    /// The timers that run in it.
    pub timers: Vec<TimerSpec>,
    /// What the customer is told when the conversation gets here from another owner.
    pub tell: Messages,
}

/// What moves a conversation from one state to another.
#[derive(Debug)]
pub struct Rule {
    /// The state it leaves.
    pub from: StateName,
    /// What it answers to.
    pub on: On,
    /// A further condition.
    pub when: Option<guard::Guard>,
    /// The state it leads to.
    pub to: StateName,
    /// What the customer is told instead of the state's own words.
    pub tell: Option<Messages>,
    /// How the conversation ended; only on rules into a state that nobody owns.
    pub outcome: Option<Outcome>,
}

/// A checked state machine and the policy that goes with it.
#[derive(Debug)]
pub struct Workflow {
    /// Its name, for people.
    pub name: String,
    /// The fingerprint of all that it was made from.
    pub version: ConfigVersion,
    /// Where conversations begin.
    pub initial: StateName,
    /// The states by name.
    pub states: BTreeMap<StateName, StateSpec>,
    /// The rules in the order of the file: of several that match, the first decides.
    pub rules: Vec<Rule>,
    /// The queues by name: one for each that a state names.
    pub queues: BTreeMap<String, QueueSpec>,
    /// When signals become a handoff.
    pub policy: Policy,
    /// Whose eyes customers' personal data is kept from.
    pub privacy: PrivacyConfig,
}

impl Workflow {
    /// The state called `name`, if the machine has it.
    pub fn state(&self, name: &StateName) -> Option<&StateSpec> {
        self.states.get(name)
    }

    /// The queue that conversations in `state` wait in; `None` in a state without one.
    pub fn queue(&self, state: &StateSpec) -> Option<&QueueSpec> {
        self.queues.get(state.queue.as_ref()?)
    }

    /// The first rule that leaves `from` on `on` with a guard that holds.
    pub fn rule(&self, from: &StateName, on: &On, facts: &guard::Facts) -> Option<&Rule> {
        self.rules.iter().find(|rule| {
            rule.from == *from
                && rule.on == *on
                && rule.when.as_ref().is_none_or(|guard| guard.holds(facts))
        })
    }

    /// The words of `messages` in `language`, else in English, else in any.
    pub fn words<'a>(messages: &'a Messages, language: Option<&str>) -> Option<&'a str> {
        language
            .and_then(|language| messages.get(language))
            .or_else(|| messages.get("en"))
            .or_else(|| messages.values().next())
            .map(String::as_str)
    }
}

mod check;
mod graph;
pub mod guard;
pub mod parse;
