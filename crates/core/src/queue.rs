//! Queues: who waits for an operator, since when, in which order, and for whom.
//!
//! | module | holds |
//! |---|---|
//! | [`hours`] | when a queue is open, in its own time zone |
//! | [`assign`] | which operator a waiting conversation is offered to |
//!
//! The order of a queue is a moment and needs no clock: a conversation goes by when its customer
//! began to wait, and each point of priority counts as [`POINT`] of waiting. So whoever waits long
//! enough comes before any priority.

pub mod assign;
pub mod hours;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{OperatorId, TimerName, Timestamp};
use crate::workflow::guard::{Facts, Guard};
use crate::workflow::{Messages, Workflow};
use hours::Hours;

/// What a point of priority counts for.
pub const POINT: Duration = Duration::from_secs(60);
/// Most and fewest points of one rule.
pub const MAX_POINTS: i32 = 1_000_000;
/// Longest way to reach a customer, in bytes.
pub const MAX_CONTACT: usize = 256;

/// The timer that warns before a target is missed.
pub const WARNING: &str = "target_warning";
/// The timer that tells when a target is missed.
pub const BREACH: &str = "target_breach";

/// How near a waiting conversation is to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// It will be missed soon.
    Warning,
    /// It was missed.
    Breach,
}

impl Alarm {
    /// The name used in HTTP, metrics and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Alarm::Warning => "warning",
            Alarm::Breach => "breach",
        }
    }

    /// The alarm that a timer raises; `None` for a timer of the machine.
    pub fn of(timer: &TimerName) -> Option<Self> {
        match timer.as_str() {
            WARNING => Some(Alarm::Warning),
            BREACH => Some(Alarm::Breach),
            _ => None,
        }
    }
}

/// How a customer wants to be reached who does not wait here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// A phone number, an address: the customer's own words.
    pub text: String,
    /// When they left it.
    pub at: Timestamp,
}

/// Where a conversation stands while it waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// The queue.
    pub queue: String,
    /// Since when the customer waits for a human word.
    pub since: Timestamp,
    /// Its priority: larger goes first.
    #[serde(default)]
    pub points: i32,
    /// When the queue's target is missed, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// How near that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Alarm>,
    /// The operator who is asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_for: Option<OperatorId>,
    /// The operator who let go of it, and is not given it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_go_by: Option<OperatorId>,
    /// Whether the customer was asked how to reach them.
    #[serde(default)]
    pub contact_wanted: bool,
}

impl Queued {
    /// Its place in the order of the queue, in milliseconds: the smallest goes first.
    pub fn rank(&self) -> i64 {
        let since = i64::try_from(self.since.0).unwrap_or(i64::MAX);
        let ahead = i64::from(self.points).saturating_mul(POINT.as_millis() as i64);
        since.saturating_sub(ahead)
    }
}

/// How a queue's conversations come to operators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignment {
    /// Operators take them.
    #[default]
    Pull,
    /// They are given to operators who have room.
    Push,
}

/// What happens to a handoff outside the queue's hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// It waits until the queue opens; the customer is told when.
    #[default]
    Keep,
    /// The same, and the customer is asked how to reach them.
    Contact,
    /// The assistant keeps the conversation; what it may not say or do stays held back.
    Assistant,
}

/// What gives a conversation priority.
#[derive(Debug)]
pub struct Priority {
    /// For which conversations.
    pub when: Guard,
    /// How many points it gives; points of several rules add up.
    pub points: i32,
}

/// `[queues.NAME]`: a queue.
#[derive(Debug)]
pub struct QueueSpec {
    /// Its name, which states refer to.
    pub name: String,
    /// What an operator must know to be given its conversations.
    pub skills: Vec<String>,
    /// Whether operators are given conversations in their own languages only.
    pub same_language: bool,
    /// How its conversations come to operators.
    pub assignment: Assignment,
    /// For how long a returning customer is kept for the operator they know.
    pub sticky: Duration,
    /// How long a customer should wait at most, counted while it is open.
    pub target: Option<Duration>,
    /// After how long the target is in danger.
    pub warn: Option<Duration>,
    /// What gives priority.
    pub priority: Vec<Priority>,
    /// When it is open; `None`: always.
    pub hours: Option<Hours>,
    /// What happens outside its hours.
    pub outside: Outside,
    /// From which expected wait a call-back is offered; `None`: never.
    pub offer_call_back: Option<Duration>,
    /// How long a conversation waits at least whose customer left a way to reach them.
    pub call_back_within: Duration,
    /// What customers are told outside its hours.
    pub closed: Messages,
    /// What customers are told when a call-back is offered.
    pub call_back: Messages,
    /// What customers are told when they left a way to reach them.
    pub contact_taken: Messages,
}

impl QueueSpec {
    /// A queue of which nothing was configured but its name: always open, pulled from, without
    /// target.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            skills: Vec::new(),
            same_language: false,
            assignment: Assignment::default(),
            sticky: Duration::from_secs(30),
            target: None,
            warn: None,
            priority: Vec::new(),
            hours: None,
            outside: Outside::default(),
            offer_call_back: None,
            call_back_within: Duration::from_secs(24 * 3600),
            closed: words(Occasion::Closed(Outside::default())),
            call_back: words(Occasion::CallBack),
            contact_taken: words(Occasion::ContactTaken),
        }
    }

    /// The points of a conversation of which `facts` are known.
    pub fn points(&self, facts: &Facts) -> i32 {
        let fitting = self.priority.iter().filter(|rule| rule.when.holds(facts));
        fitting.fold(0_i32, |sum, rule| sum.saturating_add(rule.points))
    }

    /// Whether it is open at `at`.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.is_open(at))
    }

    /// When `duration` of opening time has passed since `at`.
    pub fn after(&self, at: Timestamp, duration: Duration) -> Timestamp {
        match &self.hours {
            Some(hours) => hours.after(at, duration),
            None => at.after(duration),
        }
    }

    /// What a customer is told who comes outside its hours, and to whom `happens` what it says.
    pub(crate) fn closed_words(
        &self,
        happens: Outside,
        at: Timestamp,
        language: Option<&str>,
    ) -> Option<String> {
        let hours = self.hours.as_ref()?;
        let usual;
        let messages = match happens == self.outside {
            true => &self.closed,
            false => {
                usual = words(Occasion::Closed(happens));
                &usual
            }
        };
        let words = Workflow::words(messages, language)?;
        Some(words.replace("{opens}", &hours.opening_words(at, language)))
    }
}

/// An occasion on which a queue speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Closed(Outside),
    CallBack,
    ContactTaken,
}

/// What is said on an occasion where the configuration says nothing.
pub(crate) fn words(occasion: Occasion) -> Messages {
    static WORDS: LazyLock<BTreeMap<String, Messages>> = LazyLock::new(|| {
        toml::from_str(include_str!("queue/words.toml")).expect("the words are sound")
    });
    let name = match occasion {
        Occasion::Closed(Outside::Keep) => "closed_keep",
        Occasion::Closed(Outside::Contact) => "closed_contact",
        Occasion::Closed(Outside::Assistant) => "closed_assistant",
        Occasion::CallBack => "call_back",
        Occasion::ContactTaken => "contact_taken",
    };
    WORDS.get(name).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(since: u64, points: i32) -> Queued {
        Queued {
            queue: "support".to_owned(),
            since: Timestamp(since),
            points,
            due: None,
            alarm: None,
            reserved_for: None,
            let_go_by: None,
            contact_wanted: false,
        }
    }

    #[test]
    fn a_point_counts_as_a_minute_and_nobody_starves() {
        let minute = 60_000;
        let (plain, vip) = (queued(10 * minute, 0), queued(14 * minute, 5));
        assert!(vip.rank() < plain.rank());
        assert!(queued(16 * minute, 5).rank() > plain.rank());
        assert_eq!(queued(0, MAX_POINTS).rank(), -60_000_000_000);
        assert!(queued(u64::MAX, i32::MIN).rank() > 0);
    }

    #[test]
    fn every_occasion_has_words_in_the_four_languages() {
        for occasion in [
            Occasion::Closed(Outside::Keep),
            Occasion::Closed(Outside::Contact),
            Occasion::Closed(Outside::Assistant),
            Occasion::CallBack,
            Occasion::ContactTaken,
        ] {
            let languages: Vec<String> = words(occasion).into_keys().collect();
            assert_eq!(languages, ["de", "en", "es", "fr"], "{occasion:?}");
        }
    }
}
