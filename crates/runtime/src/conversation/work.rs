//! Work beside an actor.

use std::future::Future;

use tokio::task::AbortHandle;

/// Work beside an actor; dropped, it ends at its next wait.
pub(super) struct Work(AbortHandle);

impl Work {
    pub(super) fn begin(work: impl Future<Output = ()> + Send + 'static) -> Self {
        // The handle keeps the task's place in memory: the work itself goes when it is done.
        Self(tokio::spawn(Box::pin(work)).abort_handle())
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}
