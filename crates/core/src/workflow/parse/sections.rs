//! The sections of a workflow file, field by field.
//!
//! Three of them have a key for each [`SignalKind`](crate::signal::SignalKind) and so no struct here:
//!
//! - `[thresholds]`: the score from which a signal hands off, 0 to 1, or `"off"`. Default:
//!   [`DEFAULT_THRESHOLD`](super::policy::DEFAULT_THRESHOLD).
//! - `[[thresholds_for]]`: the same for a `channel`, a `segment` or both; of several that apply
//!   the most particular decides.
//! - `[calibrated]`: both of them once more, promoted over those of the file. A server adds it to
//!   what a person wrote; no person needs to.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use crate::outcome::Outcome;
use crate::queue::{Assignment, Outside};
use crate::signal::TriggerKind;
use crate::workflow::{Activity, Owner};

/// Words by ISO 639-1 language code, such as `tell.en = "I'm back with you."`.
pub type Tell = BTreeMap<Spanned<String>, Spanned<String>>;

/// `[workflow]`: the file as a whole.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// The workflow's name, for people. Default: `default`.
    pub name: Option<String>,
    /// The state in which conversations begin. Default: `ai_owned`.
    pub initial: Option<Spanned<String>>,
}

/// `[states.NAME]`: a state.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Who may speak to the customer: `assistant`, `queue` (nobody yet, it waits), `operator` or
    /// `nobody` (it has ended). Must be given.
    pub owner: Option<Spanned<Owner>>,
    /// The queue it waits in, for states owned by a queue. Default: the state's name.
    pub queue: Option<Spanned<String>>,
    /// What the customer is told when another owner's conversation gets here. By language.
    #[serde(default)]
    pub tell: Tell,
    /// The timers that run in this state, by name.
    #[serde(default)]
    pub timers: BTreeMap<Spanned<String>, Timer>,
}

/// `[states.NAME.timers.NAME]`: a timer that runs while a conversation is in the state.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// How long after the state was entered, or after the last such activity, it comes due: a
    /// number and a unit, such as `90s`, `15m`, `24h` or `7d`.
    pub after: Spanned<String>,
    /// Whose activity starts it anew: `customer` (speaks) or `operator` (claims or speaks).
    /// Default: nobody's.
    pub restarts_on: Option<Activity>,
}

/// `[[rules]]`: what moves a conversation from one state to another. Of several that match, the
/// first decides.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The state it leaves, or a list of them.
    pub from: Spanned<Names>,
    /// What it answers to: `customer_spoke`, `handoff_triggered`, `operator_claimed`,
    /// `operator_released`, `operator_lost`, `handed_back`, `closed` or `timer_fired`.
    pub on: Spanned<String>,
    /// The timer, for `timer_fired`.
    pub timer: Option<Spanned<String>>,
    /// A further condition, in CEL over the facts. Default: none.
    pub when: Option<Spanned<String>>,
    /// The state it leads to.
    pub to: Spanned<String>,
    /// What the customer is told, instead of the words of the state it leads to. By language.
    pub tell: Option<Tell>,
    /// How the conversation ended, for rules into a state that nobody owns: `resolved_confirmed`,
    /// `resolved_unconfirmed`, `resolved_by_human`, `abandoned` or `unresolved`. Default:
    /// the facts decide; for `closed`, whoever closes says it.
    pub outcome: Option<Spanned<Outcome>>,
}

/// `[queues.NAME]`: a queue that states name. One that is not given is always open.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// What an operator must know to be given its conversations. Default: nothing in particular.
    pub skills: Vec<Spanned<String>>,
    /// Whether operators are given conversations in their own languages only. Default: false.
    pub same_language: bool,
    /// `pull`: operators take its conversations; `push`: they are given to operators who have
    /// room. Default: `pull`.
    pub assignment: Assignment,
    /// For how long a returning customer is kept for the operator they know, where conversations
    /// are given. Default: `30s`.
    pub sticky: Option<Spanned<String>>,
    /// How long a customer should wait at most, counted while it is open. Default: no target.
    pub target: Option<Spanned<String>>,
    /// After how long the target is in danger. Default: three quarters of it.
    pub warn: Option<Spanned<String>>,
    /// What gives priority: of the rules that hold, the points add up. Default: none.
    pub priority: Vec<Priority>,
    /// The time zone of its hours, by the IANA database, such as `Europe/Berlin`. Default: `UTC`.
    pub timezone: Option<Spanned<String>>,
    /// When it is open. Default: always.
    pub hours: Option<Spanned<Week>>,
    /// Dates on which it stays closed, such as `2026-12-25`. Default: none.
    pub holidays: Vec<Spanned<String>>,
    /// What happens outside its hours. `keep`: it waits until then; `contact`: and the customer is
    /// asked how to reach them; `assistant`: the assistant keeps it, and what it may not say stays
    /// held back. Default: `keep`.
    pub outside: Outside,
    /// From which expected wait customers are offered a call-back. Default: never.
    pub offer_call_back: Option<Spanned<String>>,
    /// How long, while it is open, a conversation waits at least whose customer left a way to reach
    /// them. Default: `24h`.
    pub call_back_within: Option<Spanned<String>>,
    /// What customers are told outside its hours; `{opens}` is when it opens. By language.
    pub closed: Option<Tell>,
    /// What customers are told when a call-back is offered; `{minutes}` is the wait. By language.
    pub call_back: Option<Tell>,
    /// What customers are told when they left a way to reach them. By language.
    pub contact_taken: Option<Tell>,
}

/// `[queues.NAME.hours]`: the hours of each weekday, such as `"09:00-17:00"` or
/// `["09:00-12:00", "13:00-17:00"]`. A day that is not given is closed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Week {
    /// Monday.
    pub monday: Spans,
    /// Tuesday.
    pub tuesday: Spans,
    /// Wednesday.
    pub wednesday: Spans,
    /// Thursday.
    pub thursday: Spans,
    /// Friday.
    pub friday: Spans,
    /// Saturday.
    pub saturday: Spans,
    /// Sunday.
    pub sunday: Spans,
}

/// The spans of a day: one, or a list.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
pub enum Spans {
    /// One.
    One(String),
    /// A list.
    Several(Vec<String>),
}

impl Default for Spans {
    fn default() -> Self {
        Spans::Several(Vec::new())
    }
}

impl From<Spans> for Vec<String> {
    fn from(spans: Spans) -> Self {
        match spans {
            Spans::One(span) => vec![span],
            Spans::Several(spans) => spans,
        }
    }
}

/// `[[queues.NAME.priority]]`: what gives priority.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// For which conversations, in CEL over the facts.
    pub when: Spanned<String>,
    /// How many points it gives: each goes ahead of a minute of waiting.
    pub points: Spanned<i32>,
}

/// One name or a list of names.
#[derive(Debug)]
pub struct Names(pub Vec<Name>);

/// A name, with its place where it stands in a list.
#[derive(Debug)]
pub enum Name {
    /// The only one.
    Alone(String),
    /// One of a list.
    Listed(Spanned<String>),
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;

        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![Name::Alone(name.to_owned())]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(Name::Listed(name));
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_any(NamesVisitor)
    }
}

/// `[[gates]]`: a rule over facts that hands off whatever the scores say. Of several that match,
/// the first decides.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Its name, which triggers, metrics and the playbook refer to.
    pub name: Spanned<String>,
    /// When it matches, in CEL over the facts.
    pub when: Spanned<String>,
    /// The reason it gives: `hard_gate`, `customer_request` or `rule`. Default: `hard_gate`.
    pub trigger: Option<Spanned<TriggerKind>>,
    /// What an operator should be careful about, such as `legal`. Default: nothing.
    pub sensitivity: Option<Spanned<String>>,
}

/// `[failures]`: what a failed detector leads to, by its name: `hand_off` or `continue`. `default`
/// stands for every detector that is not named; without it, it is `hand_off`.
pub type Failures = BTreeMap<Spanned<String>, Spanned<String>>;

/// `[limits]`: what is enough.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How often a conversation may be handed back to the assistant; after that it stays with
    /// humans. Default: 3.
    pub max_handbacks: Option<u32>,
}

/// `[[playbook]]`: a recommended next step. The most particular one that fits is shown.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    /// Only for this trigger. Default: any.
    pub trigger: Option<Spanned<TriggerKind>>,
    /// Only for this gate, or for `failures.DETECTOR`. Default: any.
    pub rule: Option<Spanned<String>>,
    /// Only for this intent. Default: any.
    pub intent: Option<Spanned<String>>,
    /// The step, in words for an operator.
    pub step: Spanned<String>,
}
