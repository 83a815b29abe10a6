//! Queues and operators as they stand, and a customer's place.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::queue::{Assignment, Contact};
use warmline::{OperatorStanding, Presence, QueueStanding, WaitStanding};

use super::moment;

/// How a customer wants to be called back.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallBackView {
    /// A phone number or an address, in their words.
    pub contact: String,
    /// When they left it, by RFC 3339.
    pub asked_at: String,
}

impl From<&Contact> for CallBackView {
    fn from(contact: &Contact) -> Self {
        Self {
            contact: contact.text.clone(),
            asked_at: moment(contact.at),
        }
    }
}

/// A queue as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueueState {
    /// Its name.
    pub name: String,
    /// What an operator must know to be given its conversations.
    pub skills: Vec<String>,
    /// How its conversations come to operators: `pull` or `push`.
    #[schema(value_type = String)]
    pub assignment: Assignment,
    /// How many wait.
    pub waiting: usize,
    /// How many of them have missed the target.
    pub breached: usize,
    /// Since when the one waits that has waited longest, by RFC 3339.
    pub oldest_since: Option<String>,
    /// How long somebody who comes now will probably wait; null where nobody can tell.
    pub expected_wait_seconds: Option<u64>,
    /// Whether it is open.
    pub open: bool,
    /// When it opens, while it is closed, by RFC 3339.
    pub opens: Option<String>,
    /// How long a customer should wait at most.
    pub target_seconds: Option<u64>,
    /// After how long that is in danger.
    pub warn_seconds: Option<u64>,
}

impl From<QueueStanding> for QueueState {
    fn from(queue: QueueStanding) -> Self {
        Self {
            name: queue.name,
            skills: queue.skills,
            assignment: queue.assignment,
            waiting: queue.waiting,
            breached: queue.breached,
            oldest_since: queue.oldest.map(moment),
            expected_wait_seconds: queue.expected_wait.map(|wait| wait.as_secs()),
            open: queue.open,
            opens: queue.opens.map(moment),
            target_seconds: queue.target.map(|target| target.as_secs()),
            warn_seconds: queue.warn.map(|warn| warn.as_secs()),
        }
    }
}

/// The queues.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueuesView {
    /// By name.
    pub queues: Vec<QueueState>,
}

/// An operator as they stand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OperatorRow {
    /// Who.
    pub name: String,
    /// Whether they are there: `available`, `away` or `offline`.
    #[schema(value_type = String)]
    pub presence: Presence,
    /// Since when they say so, by RFC 3339; null for one who never said anything.
    pub since: Option<String>,
    /// How many conversations they have.
    pub owned: usize,
    /// How many they are given at most.
    pub capacity: u32,
    /// What they know.
    pub skills: Vec<String>,
    /// Their languages, as ISO 639-1 codes; none stands for all.
    pub languages: Vec<String>,
}

impl From<OperatorStanding> for OperatorRow {
    fn from(operator: OperatorStanding) -> Self {
        Self {
            name: operator.operator.to_string(),
            presence: operator.presence,
            since: operator.since.map(moment),
            owned: operator.owned,
            capacity: operator.profile.capacity,
            skills: operator.profile.skills,
            languages: operator.profile.languages,
        }
    }
}

/// The operators who are there, were there lately, or have conversations.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OperatorsView {
    /// By name.
    pub operators: Vec<OperatorRow>,
}

/// A visitor's place in a queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct WaitView {
    /// Whether they wait for a person.
    pub waiting: bool,
    /// Their place: 1 is the next one. Null when they do not wait.
    pub position: Option<usize>,
    /// How long they will probably wait; null where nobody can tell.
    pub expected_wait_seconds: Option<u64>,
    /// When somebody is there, by RFC 3339, while nobody is.
    pub opens: Option<String>,
    /// Whether they were asked how to reach them.
    pub contact_wanted: bool,
}

impl From<WaitStanding> for WaitView {
    fn from(wait: WaitStanding) -> Self {
        Self {
            waiting: true,
            position: Some(wait.position),
            expected_wait_seconds: wait.expected_wait.map(|wait| wait.as_secs()),
            opens: wait.opens.map(moment),
            contact_wanted: wait.queued.contact_wanted,
        }
    }
}
