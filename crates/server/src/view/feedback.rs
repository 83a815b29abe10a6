//! What an operator said of a handoff.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::outcome::Feedback;

use super::moment;

/// An operator's word on a handoff.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FeedbackView {
    /// The conversation.
    pub conversation: String,
    /// Which of its handoffs, from 1.
    pub handoff: u32,
    /// Whether a human was needed.
    pub needed: bool,
    /// The signals, gates or requests that it counts for.
    pub causes: Vec<String>,
    /// Who said it; null where a machine did.
    pub by: Option<String>,
    /// When it was said.
    pub at: String,
}

impl From<Feedback> for FeedbackView {
    fn from(said: Feedback) -> Self {
        Self {
            conversation: said.conversation.to_string(),
            handoff: said.handoff,
            needed: said.needed,
            causes: said.causes.into_iter().collect(),
            by: said.by.map(|by| by.to_string()),
            at: moment(said.at),
        }
    }
}
