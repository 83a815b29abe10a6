//! What happened. Events are facts in the past tense; the journal keeps them for ever.

use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::ids::{Epoch, MessageId, OperatorId, TimerName, Timestamp, TurnNumber};
use crate::note::HandbackNote;
use crate::outcome::Outcome;
use crate::signal::Findings;
use crate::turn::{Action, Draft};

/// What is known of a customer, as their channel tells it. Later words replace earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerContext {
    /// The customer's own id, across conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Where they write, such as `web` or `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The segment they belong to, such as `vip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Their language as an ISO 639-1 code, such as `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Who asked for a handoff or a close from outside the detectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Requester {
    /// The customer, by a button or a call of their channel.
    Customer,
    /// The bot or another program.
    Bot,
    /// An operator.
    Operator {
        /// Which one.
        operator: OperatorId,
    },
}

/// Something that happened. Journaled for ever: variants are added, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The customer said something.
    CustomerSpoke {
        /// The words, at most [`MAX_TEXT`](crate::turn::MAX_TEXT) bytes.
        text: String,
        /// The sender's id of the message, where it gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
        /// What the channel tells of the customer.
        #[serde(default)]
        context: CustomerContext,
    },
    /// The detectors have looked at the customer's turns up to `through`.
    TurnExamined {
        /// The last turn they saw.
        through: TurnNumber,
        /// The epoch in which they were asked.
        epoch: Epoch,
        /// What they found.
        findings: Findings,
    },
    /// The assistant wants to act on the way to its draft, and the detectors have looked at what it
    /// would do.
    ActionsExamined {
        /// The last turn that it answers.
        through: TurnNumber,
        /// The epoch in which the assistant was asked.
        epoch: Epoch,
        /// What it would do; nothing was done yet.
        actions: Vec<Action>,
        /// What they found in it.
        findings: Findings,
    },
    /// The assistant proposed the beginning of its draft, to be said before the rest is there, and
    /// the detectors have looked at it.
    PartExamined {
        /// The last turn that it answers.
        through: TurnNumber,
        /// The epoch in which the assistant was asked.
        epoch: Epoch,
        /// The part; what was said of the draft before is not in it.
        part: Draft,
        /// What they found in it.
        findings: Findings,
    },
    /// The assistant proposed a draft and the detectors have looked at it.
    DraftExamined {
        /// The last turn that the draft answers.
        through: TurnNumber,
        /// The epoch in which the assistant was asked.
        epoch: Epoch,
        /// The draft.
        draft: Draft,
        /// What they found in it.
        findings: Findings,
    },
    /// The assistant failed, or took longer than its budget.
    AssistantFailed {
        /// The last turn it was to answer.
        through: TurnNumber,
        /// The epoch in which it was asked.
        epoch: Epoch,
        /// What went wrong, in words.
        reason: String,
    },
    /// Somebody asked for a handoff.
    HandoffRequested {
        /// Who.
        requester: Requester,
        /// Why, in their words.
        reason: String,
    },
    /// An operator took the conversation.
    OperatorClaimed {
        /// Who.
        operator: OperatorId,
        /// Whether they keep it only as long as they show that they are there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        leased: bool,
        /// The epoch in which it waited when it was given to them; absent where they took it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited: Option<Epoch>,
    },
    /// An operator put the conversation back into a queue.
    OperatorReleased {
        /// Who.
        operator: OperatorId,
        /// The queue they named, where they named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
        /// Whom they passed it to, where they named somebody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<OperatorId>,
        /// Who took it from them, where they did not let go of it themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<OperatorId>,
    },
    /// The operator who has the conversation is gone: they no longer show that they are there.
    OperatorLost {
        /// Who.
        operator: OperatorId,
    },
    /// The wait in the queue was measured, and is long.
    WaitEstimated {
        /// How long it will probably be, in milliseconds.
        wait: u64,
    },
    /// The customer left a way to reach them, and need not wait here.
    ContactLeft {
        /// A phone number or an address, in their words.
        contact: String,
    },
    /// An operator said something to the customer.
    OperatorReplied {
        /// Who.
        operator: OperatorId,
        /// The words.
        text: String,
        /// The sender's id of the message, where it gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
    },
    /// An operator, or a supervisor who looks on, wrote something for operators alone. It changes
    /// nothing, and no customer, assistant or model ever reads it.
    Whispered {
        /// Who.
        operator: OperatorId,
        /// The words.
        text: String,
    },
    /// An operator handed the conversation back to the assistant.
    HandedBack {
        /// Who.
        operator: OperatorId,
        /// With what note.
        note: HandbackNote,
    },
    /// Somebody closed the conversation.
    Closed {
        /// Who.
        requester: Requester,
        /// How it ended.
        outcome: Outcome,
    },
    /// A timer came due.
    TimerFired {
        /// Its name.
        timer: TimerName,
        /// When it was due, which tells it from a later one of the same name.
        due: Timestamp,
    },
    /// A summarizer wrote a card that passed the faithfulness check.
    CardWritten {
        /// The epoch in which it was asked.
        epoch: Epoch,
        /// The card.
        card: Card,
    },
    /// The customer rated the conversation.
    Rated {
        /// 1 (worst) to 5 (best).
        score: u8,
    },
}

impl Event {
    /// The event's name, as the journal, the workflow and the metrics spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Event::CustomerSpoke { .. } => "customer_spoke",
            Event::TurnExamined { .. } => "turn_examined",
            Event::ActionsExamined { .. } => "actions_examined",
            Event::PartExamined { .. } => "part_examined",
            Event::DraftExamined { .. } => "draft_examined",
            Event::AssistantFailed { .. } => "assistant_failed",
            Event::HandoffRequested { .. } => "handoff_requested",
            Event::OperatorClaimed { .. } => "operator_claimed",
            Event::OperatorReleased { .. } => "operator_released",
            Event::OperatorLost { .. } => "operator_lost",
            Event::WaitEstimated { .. } => "wait_estimated",
            Event::ContactLeft { .. } => "contact_left",
            Event::OperatorReplied { .. } => "operator_replied",
            Event::Whispered { .. } => "whispered",
            Event::HandedBack { .. } => "handed_back",
            Event::Closed { .. } => "closed",
            Event::TimerFired { .. } => "timer_fired",
            Event::CardWritten { .. } => "card_written",
            Event::Rated { .. } => "rated",
        }
    }
}
