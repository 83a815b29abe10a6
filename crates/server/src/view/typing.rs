//! Somebody who is writing.

use serde::Serialize;
use utoipa::ToSchema;

use super::Voice;
use crate::events::Typing;

/// Somebody is writing at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TypingView {
    /// The conversation.
    pub conversation: String,
    /// `customer` or `operator`.
    pub by: Voice,
    /// Which operator, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl From<&Typing> for TypingView {
    fn from(typing: &Typing) -> Self {
        Self {
            conversation: typing.conversation.to_string(),
            by: match typing.operator {
                Some(_) => Voice::Operator,
                None => Voice::Customer,
            },
            operator: typing.operator.as_ref().map(ToString::to_string),
        }
    }
}
