//! The one function that decides.
//!
//! [`transition`] is pure: the same workflow, state, moment and event always come to the same next
//! state and effects. Its groups stand in files of their own: `answering` (customer, detectors,
//! assistant), `handing` (operators, both directions of the baton), `waiting` (queues), `step` (what every group
//! uses to speak, to move and to set timers).

mod answering;
mod handing;
mod step;
mod waiting;

use crate::effect::Effect;
use crate::event::Event;
use crate::ids::{OperatorId, StateName, Timestamp};
use crate::invariant;
use crate::state::State;
use crate::workflow::Workflow;
use step::Step;

/// Why an event was not accepted. The state stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The state has no rule for it.
    #[error("`{state}` does not accept `{event}`")]
    NoRule {
        /// The state.
        state: StateName,
        /// The event's name.
        event: &'static str,
    },
    /// The state is not part of this workflow.
    #[error("the workflow has no state `{0}`")]
    UnknownState(StateName),
    /// Another operator has the conversation.
    #[error("operator `{owner}` has the conversation in `{state}`")]
    OwnedBy {
        /// Who has it.
        owner: OperatorId,
        /// The state.
        state: StateName,
    },
    /// A bot would end what it passed on to humans.
    #[error("the conversation is with humans in `{state}`: a bot cannot close it")]
    WithHumans {
        /// The state.
        state: StateName,
    },
    /// It answers a question that is no longer open.
    #[error("`{event}` came too late: the conversation has moved on to `{state}`")]
    Stale {
        /// The state.
        state: StateName,
        /// The event's name.
        event: &'static str,
    },
    /// The conversation was handed back as often as is allowed.
    #[error("handed back {handbacks} times already: the conversation stays with a human")]
    HandbackLimit {
        /// The state.
        state: StateName,
        /// How often.
        handbacks: u32,
    },
    /// The note says nothing that the assistant could do, or too much.
    #[error("the handback note is not usable: {0}")]
    Note(&'static str),
    /// Nobody can say that it was reopened: that shows when the customer comes back.
    #[error("`reopened` is what an earlier outcome becomes when the customer comes back")]
    Reopened,
    /// A way to reach the customer that is empty or too long.
    #[error("a phone number or an address has 1 to 256 bytes, this one has {0}")]
    Contact(usize),
    /// A rating outside 1 to 5.
    #[error("a rating is a number from 1 to 5, not {0}")]
    Rating(u8),
}

impl Refused {
    /// The state that does not allow it; `None` where it is the input that is wrong.
    pub fn state(&self) -> Option<&StateName> {
        match self {
            Refused::NoRule { state, .. }
            | Refused::UnknownState(state)
            | Refused::OwnedBy { state, .. }
            | Refused::WithHumans { state }
            | Refused::Stale { state, .. }
            | Refused::HandbackLimit { state, .. } => Some(state),
            Refused::Note(_) | Refused::Reopened | Refused::Contact(_) | Refused::Rating(_) => None,
        }
    }
}

/// Decides what `event`, which happened `at`, does to `state`. No clock, no I/O: replay repeats
/// every decision.
///
/// Drafts that come too late are accepted and discarded, so that the journal counts them; other
/// late answers are [`Refused::Stale`].
pub fn transition(
    workflow: &Workflow,
    state: &State,
    at: Timestamp,
    event: &Event,
) -> Result<(State, Vec<Effect>), Refused> {
    let step = Step::new(workflow, state, at, event.name())?;
    let (after, effects) = decided(step, workflow, state, at, event)?;
    debug_assert_eq!(
        invariant::check(workflow, state, event, &after, &effects),
        Ok(())
    );
    Ok((after, effects))
}

/// Decides as [`transition`] does, but puts no card together: for hosts over logs or on virtual time,
/// where nobody reads one. No decision rests on a card.
pub fn rehearse(
    workflow: &Workflow,
    state: &State,
    at: Timestamp,
    event: &Event,
) -> Result<(State, Vec<Effect>), Refused> {
    let mut step = Step::new(workflow, state, at, event.name())?;
    step.has_readers = false;
    decided(step, workflow, state, at, event)
}

fn decided(
    mut step: Step<'_>,
    workflow: &Workflow,
    state: &State,
    at: Timestamp,
    event: &Event,
) -> Result<(State, Vec<Effect>), Refused> {
    match event {
        Event::CustomerSpoke { text, context, .. } => step.customer_spoke(text, context)?,
        Event::TurnExamined {
            through,
            epoch,
            findings,
        } => {
            step.turn_examined(*through, *epoch, findings)?;
        }
        Event::ActionsExamined {
            through,
            epoch,
            actions,
            findings,
        } => {
            step.actions_examined(*through, *epoch, actions, findings)?;
        }
        Event::PartExamined {
            through,
            epoch,
            part,
            findings,
        } => {
            step.part_examined(*through, *epoch, part, findings)?;
        }
        Event::DraftExamined {
            through,
            epoch,
            draft,
            findings,
        } => {
            step.draft_examined(*through, *epoch, draft, findings)?;
        }
        Event::AssistantFailed {
            through,
            epoch,
            reason,
        } => {
            step.assistant_failed(*through, *epoch, reason)?;
        }
        Event::HandoffRequested { requester, reason } => {
            step.handoff_requested(requester, reason)?;
        }
        Event::OperatorClaimed {
            operator,
            leased,
            waited,
        } => step.operator_claimed(operator, *leased, *waited)?,
        Event::OperatorReleased {
            operator,
            queue,
            to,
            by: _,
        } => {
            step.operator_released(operator, queue.as_deref(), to.as_ref())?;
        }
        Event::OperatorLost { operator } => step.operator_lost(operator)?,
        Event::WaitEstimated { wait } => step.wait_estimated(*wait)?,
        Event::ContactLeft { contact } => step.contact_left(contact)?,
        Event::OperatorReplied { operator, text, .. } => step.operator_replied(operator, text)?,
        // It stands in the journal and nowhere else.
        Event::Whispered { .. } => {}
        Event::HandedBack { operator, note } => step.handed_back(operator, note)?,
        Event::Closed { requester, outcome } => step.closed(requester, *outcome)?,
        Event::TimerFired { timer, due } => step.timer_fired(timer, *due)?,
        Event::CardWritten { epoch, card } => step.card_written(*epoch, card)?,
        Event::Rated { score } => step.rated(*score)?,
    }
    let (mut after, effects) = step.done();
    after.tally = state.tally.counted(workflow, state, at, event, &after);
    Ok((after, effects))
}
