//! What a customer sees: what was said, and who speaks now.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::{Entry, Event, Turn};

use super::{CitationView, Owner, Voice, moment};

/// Who speaks with the customer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaking {
    /// The AI.
    Assistant,
    /// Nobody yet: the customer waits for a person.
    Waiting,
    /// A person.
    Operator,
    /// Nobody: the conversation has ended.
    Ended,
}

impl From<Owner> for Speaking {
    fn from(owner: Owner) -> Self {
        match owner {
            Owner::Assistant => Self::Assistant,
            Owner::Queue => Self::Waiting,
            Owner::Operator => Self::Operator,
            Owner::Nobody => Self::Ended,
        }
    }
}

/// One thing that was said, as the customer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerTurn {
    /// Its place in the conversation, from 1.
    pub turn: u32,
    /// Who said it. Operators are not named.
    pub by: Voice,
    /// The words.
    pub text: String,
    /// When, by RFC 3339.
    pub at: String,
    /// What the assistant's words rest on.
    pub citations: Vec<CitationView>,
}

impl From<&Turn> for CustomerTurn {
    fn from(turn: &Turn) -> Self {
        Self {
            turn: turn.number.0,
            by: (&turn.speaker).into(),
            text: turn.text.clone(),
            at: moment(turn.at),
            citations: turn.citations.iter().map(Into::into).collect(),
        }
    }
}

/// What one step of a conversation changed for the customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerStep {
    /// What was said, in order.
    pub turns: Vec<CustomerTurn>,
    /// The id of the message that the customer sent, where it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Who speaks now.
    pub speaking: Speaking,
    /// The rating that the customer gave, on the step that recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rated: Option<u8>,
}

impl CustomerStep {
    /// What `entry`, which left the conversation to `owner`, changed for a customer who knows that
    /// `known` was speaking; `None` if they saw nothing of it.
    pub(crate) fn of(entry: &Entry, owner: Owner, known: Option<Speaking>) -> Option<Self> {
        let speaking = Speaking::from(owner);
        let step = Self {
            turns: entry.decided.turns.iter().map(Into::into).collect(),
            message: match &entry.event {
                Event::CustomerSpoke { message, .. } => message.as_ref().map(ToString::to_string),
                _ => None,
            },
            speaking,
            rated: match entry.event {
                Event::Rated { score } => Some(score),
                _ => None,
            },
        };
        let seen = !step.turns.is_empty() || step.rated.is_some() || known != Some(speaking);
        seen.then_some(step)
    }
}
