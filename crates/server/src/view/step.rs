//! One recorded step, as operators and bots follow it live.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::{ConversationId, OperatorId};
use warmline::{Entry, Event};

use super::{Owner, TriggerView, TurnView, moment};

/// One recorded step of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StepView {
    /// The conversation.
    pub conversation: String,
    /// The step's place in the conversation, from 0.
    pub seq: u64,
    /// What happened, such as `customer_spoke`.
    pub event: String,
    /// When, by RFC 3339.
    pub at: String,
    /// The operator who did it, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The state after it.
    pub state: String,
    /// Who may speak after it.
    pub owner: Owner,
    /// The ownership epoch after it.
    pub epoch: u64,
    /// What was said.
    pub turns: Vec<TurnView>,
    /// Why the conversation was handed off, on the step that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<TriggerView>,
}

impl StepView {
    pub(crate) fn of(conversation: &ConversationId, entry: &Entry, owner: Owner) -> Self {
        Self {
            conversation: conversation.to_string(),
            seq: entry.seq,
            event: entry.event.name().to_owned(),
            at: moment(entry.at),
            operator: operator(&entry.event).map(ToString::to_string),
            state: entry.decided.state.to_string(),
            owner,
            epoch: entry.decided.epoch.0,
            turns: entry.decided.turns.iter().map(Into::into).collect(),
            trigger: entry.decided.trigger.as_ref().map(Into::into),
        }
    }
}

fn operator(event: &Event) -> Option<&OperatorId> {
    use warmline::Requester::Operator;
    match event {
        Event::OperatorClaimed { operator, .. }
        | Event::OperatorLost { operator }
        | Event::OperatorReleased {
            operator, by: None, ..
        }
        | Event::OperatorReleased {
            by: Some(operator), ..
        }
        | Event::OperatorReplied { operator, .. }
        | Event::Whispered { operator, .. }
        | Event::HandedBack { operator, .. }
        | Event::HandoffRequested {
            requester: Operator { operator },
            ..
        }
        | Event::Closed {
            requester: Operator { operator },
            ..
        } => Some(operator),
        _ => None,
    }
}
