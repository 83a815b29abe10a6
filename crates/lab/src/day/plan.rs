//! What will happen, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use warmline_core::{Epoch, TimerName, Timestamp, TurnNumber};

/// Something that will happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A customer comes.
    Begins,
    /// The customer of a conversation writes.
    Speaks(u64, String),
    /// The assistant has a draft.
    Drafted(u64, TurnNumber, Epoch),
    /// A timer is due.
    Fires(u64, TimerName, Timestamp),
    /// The customer has waited long enough.
    GivesUp(u64, Epoch),
    /// An operator goes on with a conversation, unless they were away since.
    Works(Job, Work),
    /// An operator comes or goes.
    Turns(usize),
    /// An operator has been away for too long.
    Lapses(usize, u32),
    /// Somebody who was kept for one operator is so no longer.
    Looks,
}

/// A conversation in the hands of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Job {
    /// The conversation.
    pub(super) id: u64,
    /// Its epoch: a change of owner ends the job.
    pub(super) epoch: Epoch,
    /// The operator.
    pub(super) number: usize,
    /// Which of their stints it is: an absence ends the job.
    pub(super) stint: u32,
}

/// What an operator does with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// They write.
    Says,
    /// They are done with it.
    Ends,
}

/// What will happen, the earliest first; of equals in the order in which it was planned.
#[derive(Debug, Default)]
pub(super) struct Plan {
    now: Timestamp,
    planned: u64,
    ahead: BinaryHeap<Reverse<(Timestamp, u64, What)>>,
}

impl Plan {
    /// The time of what happened last.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Plans something for later.
    pub(super) fn after(&mut self, pause: Duration, what: What) {
        self.at(self.now.after(pause), what);
    }

    /// Plans something for a time; what should have happened already happens now.
    pub(super) fn at(&mut self, at: Timestamp, what: What) {
        self.planned += 1;
        let at = at.max(self.now);
        self.ahead.push(Reverse((at, self.planned, what)));
    }

    /// What happens next; the clock goes on to its time.
    pub(super) fn next(&mut self) -> Option<What> {
        let Reverse((at, _, what)) = self.ahead.pop()?;
        self.now = at;
        Some(what)
    }
}
