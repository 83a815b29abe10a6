//! How many customers' turns are under way, in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the customers' turns that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    turns: AtomicUsize,
    over: Notify,
}

impl UnderWay {
    /// Lets one more turn in, or none if `limit` of them are under way.
    pub(crate) fn admit(self: &Arc<Self>, limit: usize) -> Option<Pass> {
        let before = self.turns.fetch_add(1, Ordering::AcqRel);
        let pass = Pass(self.clone());
        (before < limit).then_some(pass)
    }

    /// Waits until no turn is under way.
    pub(crate) async fn over(&self) {
        loop {
            let over = self.over.notified();
            if self.turns.load(Ordering::Acquire) == 0 {
                return;
            }
            over.await;
        }
    }
}

/// Lets one turn be under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass(Arc<UnderWay>);

impl Drop for Pass {
    fn drop(&mut self) {
        if self.0.turns.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.over.notify_waiters();
        }
    }
}
