//! What callers see. Each view is made from the core's types; no journal type leaves by HTTP.
//!
//! Machines see everything. Customers see [`CustomerStep`]s: what was said and who speaks, without
//! signals, cards, held-back drafts or the names of operators.

mod card;
mod conversation;
mod customer;
mod desk;
mod feedback;
pub(crate) mod masked;
mod queue;
mod signal;
mod step;
mod typing;

pub use card::{ActionView, CardView, ClaimView, DraftView, NoteView};
pub use conversation::{
    AnswerView, ContextView, ConversationView, ReplyView, SaidView, StateView, WhisperView,
};
pub use customer::{CustomerStep, CustomerTurn, Speaking};
pub use desk::{CallBackView, OperatorRow, OperatorsView, QueueState, QueuesView, WaitView};
pub use feedback::FeedbackView;
pub use queue::{LastView, QueuePage, QueueRow, WorkflowState, WorkflowView};
pub use signal::{EvidenceView, ExaminationView, SignalView, TriggerView};
pub use step::StepView;
pub use typing::TypingView;

use serde::Serialize;
use utoipa::ToSchema;
use warmline::{Citation, Speaker, Timestamp, Turn};

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The person who came for help.
    Customer,
    /// The AI.
    Assistant,
    /// A human who answers customers.
    Operator,
    /// Warmline, telling the customer who has the conversation now.
    Notice,
}

impl From<&Speaker> for Voice {
    fn from(speaker: &Speaker) -> Self {
        match speaker {
            Speaker::Customer => Self::Customer,
            Speaker::Assistant => Self::Assistant,
            Speaker::Operator { .. } => Self::Operator,
            Speaker::Notice => Self::Notice,
        }
    }
}

/// Who may speak to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The AI.
    Assistant,
    /// Nobody yet: the conversation waits for an operator.
    Queue,
    /// The operator who claimed it.
    Operator,
    /// Nobody: it has ended.
    Nobody,
}

impl From<warmline::Owner> for Owner {
    fn from(owner: warmline::Owner) -> Self {
        match owner {
            warmline::Owner::Assistant => Self::Assistant,
            warmline::Owner::Queue => Self::Queue,
            warmline::Owner::Operator => Self::Operator,
            warmline::Owner::Nobody => Self::Nobody,
        }
    }
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TurnView {
    /// Its place in the conversation, from 1.
    pub turn: u32,
    /// Who said it.
    pub by: Voice,
    /// Which operator, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The words.
    pub text: String,
    /// When, by RFC 3339.
    pub at: String,
    /// The ownership epoch under which it was decided or heard.
    pub epoch: u64,
    /// What the assistant's words rest on.
    pub citations: Vec<CitationView>,
}

impl From<&Turn> for TurnView {
    fn from(turn: &Turn) -> Self {
        Self {
            turn: turn.number.0,
            by: (&turn.speaker).into(),
            operator: match &turn.speaker {
                Speaker::Operator { operator } => Some(operator.to_string()),
                _ => None,
            },
            text: turn.text.clone(),
            at: moment(turn.at),
            epoch: turn.epoch.0,
            citations: turn.citations.iter().map(Into::into).collect(),
        }
    }
}

/// A passage of a document that a reply rests on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CitationView {
    /// Stable name of the document.
    pub document: String,
    /// Its title.
    pub title: String,
    /// The words of the passage.
    pub passage: String,
}

impl From<&Citation> for CitationView {
    fn from(citation: &Citation) -> Self {
        Self {
            document: citation.document.clone(),
            title: citation.title.clone(),
            passage: citation.passage.clone(),
        }
    }
}

/// A moment by RFC 3339, in UTC with milliseconds.
pub(crate) fn moment(at: Timestamp) -> String {
    // The format ends with the year 9999.
    let millis = at.0.min(253_402_300_799_999);
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    humantime::format_rfc3339_millis(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_can_be_written() {
        assert_eq!(moment(Timestamp(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(moment(Timestamp(u64::MAX)), "9999-12-31T23:59:59.999Z");
    }
}
