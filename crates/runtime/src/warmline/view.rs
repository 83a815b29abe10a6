//! What callers bring, and what they see of conversations.

use std::sync::Arc;

use serde::Serialize;
use warmline_core::queue::Queued;
use warmline_core::workflow::Owner;
use warmline_core::{
    ConfigVersion, ConversationId, CustomerContext, Entry, Epoch, MessageId, OperatorId, State,
    StateName, Timestamp, Trigger, Turn, TurnNumber,
};

use crate::desk::Erasures;

/// What a customer says, as their channel brings it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbound {
    /// The words: not empty, at most [`MAX_TEXT`](crate::core::turn::MAX_TEXT) bytes.
    pub text: String,
    /// The sender's id of the message: a second one with the same id is not heard again.
    pub message: Option<MessageId>,
    /// What the channel tells of the customer.
    pub context: CustomerContext,
}

impl Inbound {
    /// Words without anything else.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// What was decided about a customer's turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its state after the decision.
    pub state: StateName,
    /// Who may speak now.
    pub owner: Owner,
    /// The epoch after the decision.
    pub epoch: Epoch,
    /// The customer's turn.
    pub turn: TurnNumber,
    /// What the assistant said to it, as one turn where it said it in several. Absent when it said
    /// nothing: when a human has the conversation or gets it before that, and for turns of a burst that
    /// are answered with the next one. What it said before a handoff or a failure is there.
    pub reply: Option<Turn>,
    /// The turns of the reply as they were said: each with marks and citations of its own.
    pub parts: Vec<Turn>,
    /// Why the conversation was handed over, if this turn led to it.
    pub trigger: Option<Trigger>,
    /// What else the customer was told before their next turn.
    pub notices: Vec<Turn>,
}

/// A conversation as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// The conversation.
    pub conversation: ConversationId,
    /// All that is remembered of it.
    pub state: State,
    /// Who may speak now.
    pub owner: Owner,
    /// How many entries its journal has.
    pub seq: u64,
    /// The configuration that decides for it.
    pub config: ConfigVersion,
}

/// Where a conversation stands with humans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Counts the changes of owner.
    pub epoch: Epoch,
    /// Its place in a queue, while it waits in one.
    pub queued: Option<Queued>,
    /// The configuration that queue belongs to, while it waits.
    pub config: Option<ConfigVersion>,
    /// The operator who has it.
    pub operator: Option<OperatorId>,
    /// Whether they keep it only as long as they show that they are there.
    pub leased: bool,
    /// The customer's language, while it waits.
    pub language: Option<String>,
    /// Whether a customer who waits left a way to reach them.
    pub reachable: bool,
}

impl Place {
    pub(crate) fn of(state: &State, config: &ConfigVersion) -> Self {
        let waits = state.queued.is_some();
        Self {
            epoch: state.epoch,
            queued: state.queued.clone(),
            config: waits.then(|| config.clone()),
            operator: state.operator.clone(),
            leased: state.leased,
            language: state.context.language.clone().filter(|_| waits),
            reachable: waits && state.contact.is_some(),
        }
    }
}

/// A recorded step, told to whoever listens.
#[derive(Debug, Clone)]
pub struct Happening {
    /// The conversation.
    pub conversation: ConversationId,
    /// The step.
    pub entry: Arc<Entry>,
    /// Who may speak after it.
    pub owner: Owner,
    /// Where the conversation stands with humans after it.
    pub place: Place,
    /// Before which erasures the conversation was known.
    pub(crate) known: Erasures,
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its state.
    pub state: StateName,
    /// Since when.
    pub since: Timestamp,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<String>,
}
