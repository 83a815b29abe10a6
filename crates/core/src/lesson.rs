//! What operators teach: where a turn belongs that the detectors took for something else.

use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, OperatorId, Timestamp};

/// Longest text of a lesson, in bytes: about as much as detectors read of a turn.
pub const MAX_LESSON: usize = 1_200;

/// A correction of the scope. Of several about the same text the last one counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// A customer's words: not empty, at most [`MAX_LESSON`] bytes.
    pub text: String,
    /// Where they belong.
    pub belongs: Belongs,
    /// Who says so.
    pub by: OperatorId,
    /// When.
    pub at: Timestamp,
    /// Whose words they are; erased together with the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
}

/// Where a text belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belongs {
    /// To an intent of the scope, by its name.
    Intent(String),
    /// Outside the scope.
    OutOfScope,
    /// Nowhere: it is no example, also where the configuration has it as one.
    Nowhere,
}
