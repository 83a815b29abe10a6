//! What must hold after every step: the invariants of the design, as far as one step shows them.
//!
//! Each predicate looks at a whole step (the state before, the event, the state after, the
//! effects) and either agrees or says what is wrong. They are written from the promise and not
//! from the code that keeps it, so that both must err in the same way for a fault to pass. The
//! model checker and the property tests call [`check`]; so does [`transition`](crate::transition())
//! itself wherever debug assertions are on.
//!
//! What only a host can break (an acknowledgement before the flush, a timer that is not journaled)
//! is no matter of one step: the model checker looks at that.

mod promises;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::effect::Effect;
use crate::event::Event;
use crate::state::State;
use crate::workflow::Workflow;
use promises::{Step, Verdict};

/// Whether a step keeps one promise.
type Promise = fn(&Step<'_>) -> Verdict;

/// A promise that every step keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Exactly one party may speak to the customer, and only under the present epoch.
    OneVoice,
    /// Whatever was heard or said is part of the transcript, in order and without gaps.
    NothingLost,
    /// What is said is said once, and a customer's turn is answered once.
    ExactlyOnce,
    /// Whoever waits has a way out by time, and is told who has the conversation.
    NoStranding,
    /// An answer that the assistant owes is always under way.
    NeverBlocked,
    /// Whoever takes over has a card at once.
    CardAtOnce,
    /// What is kept does not grow with the conversation.
    BoundedCost,
    /// After a handback the detectors start from the note.
    StaysCleared,
    /// Every decision says why.
    Explained,
}

/// A broken promise, and how it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// What is wrong, in words for whoever repairs it.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is broken: {}", self.invariant, self.what)
    }
}

impl std::error::Error for Violation {}

/// Checks every invariant against the step that led from `before` to `after`.
pub fn check(
    workflow: &Workflow,
    before: &State,
    event: &Event,
    after: &State,
    effects: &[Effect],
) -> Result<(), Violation> {
    let step = Step {
        workflow,
        before,
        event,
        after,
        effects,
    };
    let promises: [(Invariant, Promise); 9] = [
        (Invariant::OneVoice, |step| step.one_voice()),
        (Invariant::NothingLost, |step| step.nothing_lost()),
        (Invariant::ExactlyOnce, |step| step.exactly_once()),
        (Invariant::NoStranding, |step| step.no_stranding()),
        (Invariant::NeverBlocked, |step| step.never_blocked()),
        (Invariant::CardAtOnce, |step| step.card_at_once()),
        (Invariant::BoundedCost, |step| step.bounded_cost()),
        (Invariant::StaysCleared, |step| step.stays_cleared()),
        (Invariant::Explained, |step| step.explained()),
    ];
    promises.iter().try_for_each(|(invariant, kept)| {
        kept(&step).map_err(|what| Violation {
            invariant: *invariant,
            what: format!("{what}, at `{}` in `{}`", event.name(), before.name),
        })
    })
}
