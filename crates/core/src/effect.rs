//! What is to be done. Hosts perform effects after the step that decided them is on disk.

use std::fmt;

use crate::ids::{Epoch, OperatorId, TimerName, Timestamp, TurnNumber};
use crate::queue::Alarm;
use crate::turn::Turn;

/// Something to be done because of an event. Performing one twice does no harm.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Have the detectors look at the customer's turns up to `through`.
    Examine {
        /// The last turn.
        through: TurnNumber,
        /// The epoch; the answer carries it back.
        epoch: Epoch,
    },
    /// Ask the assistant for a draft that answers the turns up to `through`, and examine it.
    AskAssistant {
        /// The last turn.
        through: TurnNumber,
        /// The epoch; the answer carries it back.
        epoch: Epoch,
    },
    /// Let the assistant go on: do what it proposed, or write the rest of its draft.
    Act {
        /// The last turn that it answers.
        through: TurnNumber,
        /// The epoch in which it was asked.
        epoch: Epoch,
    },
    /// Stop what was asked of detectors and assistant: nobody needs the answer any more.
    CancelAnswer,
    /// Say a turn to the customer. It is part of the transcript already.
    Say(Turn),
    /// Have the summarizer write a better card than the extracted one.
    WriteCard {
        /// The epoch; the answer carries it back.
        epoch: Epoch,
    },
    /// Tell the operators of a queue that somebody waits.
    NotifyOperators {
        /// The queue.
        queue: String,
        /// Who should be asked first: the operator who had the conversation before.
        prefer: Option<OperatorId>,
    },
    /// Tell whoever watches over a queue that a target is missed, or soon will be.
    RaiseAlarm {
        /// The queue.
        queue: String,
        /// How near it is.
        alarm: Alarm,
    },
    /// Set a durable timer.
    StartTimer {
        /// Its name.
        timer: TimerName,
        /// When it comes due.
        due: Timestamp,
    },
    /// Take a durable timer back.
    CancelTimer {
        /// Its name.
        timer: TimerName,
        /// When it would have come due.
        due: Timestamp,
    },
    /// Count a draft that came too late to be said.
    DiscardDraft {
        /// The last turn it would have answered.
        through: TurnNumber,
    },
}

impl Effect {
    /// The timer that it starts, with the moment when that is due.
    pub(crate) fn started(&self) -> Option<(TimerName, Timestamp)> {
        match self {
            Effect::StartTimer { timer, due } => Some((timer.clone(), *due)),
            _ => None,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Examine { through, .. } => write!(f, "examine({through})"),
            Effect::AskAssistant { through, .. } => write!(f, "ask_assistant({through})"),
            Effect::Act { through, .. } => write!(f, "act({through})"),
            Effect::CancelAnswer => f.write_str("cancel_answer"),
            Effect::Say(turn) => write!(f, "say({})", turn.number),
            Effect::WriteCard { .. } => f.write_str("write_card"),
            Effect::NotifyOperators {
                queue,
                prefer: None,
            } => {
                write!(f, "notify_operators({queue})")
            }
            Effect::NotifyOperators {
                queue,
                prefer: Some(operator),
            } => {
                write!(f, "notify_operators({queue}, {operator} first)")
            }
            Effect::RaiseAlarm { queue, alarm } => {
                write!(f, "raise_alarm({queue}, {})", alarm.as_str())
            }
            Effect::StartTimer { timer, .. } => write!(f, "start_timer({timer})"),
            Effect::CancelTimer { timer, .. } => write!(f, "cancel_timer({timer})"),
            Effect::DiscardDraft { through } => write!(f, "discard_draft({through})"),
        }
    }
}
