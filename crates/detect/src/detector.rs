//! What a detector is, and all that it may look at.

use std::sync::Arc;
use std::time::Duration;

use warmline_core::note::HandbackNote;
use warmline_core::signal::Findings;
use warmline_core::state::{Attempt, State};
use warmline_core::turn::{Draft, Turn};
use warmline_core::{CustomerContext, TurnNumber};

use crate::Error;
use crate::config::DEFAULT_BUDGET;
use crate::encoder::BoxFuture;

/// Looks at a case and says what it found.
///
/// A detector is a pure function of the case, its configuration and its encoder: it remembers
/// nothing that would change an answer, so replay, audit and the live runtime get the same. The work
/// of one call is bounded whatever the case holds. Futures are polled on a tokio runtime with time
/// enabled; dropping one is harmless.
///
/// An error means that the detector could not look, never that it disliked what it saw.
pub trait Detector: Send + Sync + 'static {
    /// Its name in the configuration, the journal and the metrics, such as `sentiment`.
    fn name(&self) -> &'static str;

    /// When it is asked.
    fn stage(&self) -> Stage;

    /// How long the caller waits for it; later than that it counts as failed.
    fn budget(&self) -> Duration {
        DEFAULT_BUDGET
    }

    /// Examines the customer's open turns, or the draft where the case holds one.
    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>>;
}

/// When a detector is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// When the customer has spoken, before the assistant is called.
    Turn,
    /// When the assistant has proposed a draft, before it is said.
    Draft,
    /// At both; the case holds a draft at the second.
    Both,
}

impl Stage {
    /// Whether it is asked about the customer's turns.
    pub fn at_turn(self) -> bool {
        self != Stage::Draft
    }

    /// Whether it is asked about drafts.
    pub fn at_draft(self) -> bool {
        self != Stage::Turn
    }
}

/// Everything that a detector may look at.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// The turns since the last handback, oldest first, whoever said them. Hosts pass the most
    /// recent ones only, a few dozen: detectors look at no more than their own windows.
    pub turns: Vec<Arc<Turn>>,
    /// The last turn to look at. Of later ones only those of the assistant count, which are the
    /// beginning of the answer that the draft goes on with.
    pub through: TurnNumber,
    /// The last turn that was answered: the customer's turns after it, up to `through`, are under
    /// examination. A burst may be several.
    pub settled: TurnNumber,
    /// What the channel tells of the customer.
    pub context: CustomerContext,
    /// The operator's note; present after a handback.
    pub note: Option<Arc<HandbackNote>>,
    /// What the assistant did lately, oldest first, each with the turn that it was meant to answer;
    /// nothing from before a handback.
    pub attempts: Vec<Arc<Attempt>>,
    /// What the assistant proposes to say; present at the draft stage.
    pub draft: Option<Arc<Draft>>,
}

impl Case {
    /// What detectors may look at in a conversation in `state`, up to the turn `through`.
    pub fn of(state: &State, through: TurnNumber) -> Self {
        Self {
            turns: state.examined().cloned().collect(),
            through,
            settled: state.settled,
            context: state.context.clone(),
            note: state.note.clone(),
            attempts: state.attempts.iter().cloned().collect(),
            draft: None,
        }
    }

    /// The turns up to `through`, oldest first, whoever said them.
    pub fn seen(&self) -> impl DoubleEndedIterator<Item = &Turn> {
        self.turns
            .iter()
            .map(|turn| &**turn)
            .filter(|turn| turn.number <= self.through)
    }

    /// The customer's turns up to `through`, oldest first.
    pub fn customer_turns(&self) -> impl DoubleEndedIterator<Item = &Turn> {
        self.seen().filter(|turn| turn.is_customer())
    }

    /// The customer's turns under examination, oldest first.
    pub fn open_turns(&self) -> impl DoubleEndedIterator<Item = &Turn> {
        self.customer_turns()
            .filter(|turn| turn.number > self.settled)
    }

    /// What the assistant would have said with the draft: the parts of the same answer that were said
    /// already, and the draft behind them. `None` where there is no draft.
    pub fn answer(&self) -> Option<Draft> {
        let draft = self.draft.as_deref()?.clone();
        let since = self.turns.iter().filter(|turn| turn.number > self.through);
        // What was said before the owner changed belongs to another answer.
        let now = self.turns.last().map(|turn| turn.epoch);
        let parts = since.filter(|turn| turn.is_assistant() && Some(turn.epoch) == now);
        let parts = parts.map(|part| Draft {
            text: part.text.clone(),
            citations: part.citations.clone(),
            ..Draft::default()
        });
        parts.chain([draft]).reduce(Draft::continued)
    }

    /// The last thing the customer was told before the turns under examination, by anybody but a
    /// notice.
    pub fn last_answer(&self) -> Option<&Turn> {
        use warmline_core::Speaker::{Assistant, Operator};
        let open = self.open_turns().next().map(|turn| turn.number);
        self.seen()
            .rev()
            .filter(|turn| open.is_none_or(|open| turn.number < open))
            .find(|turn| matches!(turn.speaker, Assistant | Operator { .. }))
    }
}
