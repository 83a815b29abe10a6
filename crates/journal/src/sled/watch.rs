//! Who waits for the batch under way, and a watch over it.
//!
//! sled writes with threads of its own; when one of them dies, a flush waits for ever. The watch
//! sees to it that nobody else does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::writer::Reply;
use crate::error::Error;

/// The replies of the batch under way, and why there will be no further one.
#[derive(Debug, Default)]
pub(super) struct Watch {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Vec<Reply>,
    since: Option<Instant>,
    failed: Option<Error>,
}

impl Watch {
    /// Starts the watch: a batch that takes longer than `patience` fails, and with it the journal.
    /// It ends when the other end of the channel that it returns is dropped.
    pub(super) fn start(self: &Arc<Self>, patience: Duration) -> std::io::Result<mpsc::Sender<()>> {
        let (alive, ended) = mpsc::channel();
        let watch = Arc::clone(self);
        let pause = (patience / 4).min(Duration::from_secs(1));
        thread::Builder::new()
            .name("warmline-journal-watch".into())
            .spawn(move || {
                while ended.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
                    watch.check(patience);
                }
            })?;
        Ok(alive)
    }

    fn check(&self, patience: Duration) {
        let stalled = self
            .lock()
            .since
            .is_some_and(|since| since.elapsed() > patience);
        if stalled {
            self.fail(Error::Storage {
                reason: format!("nothing was written for {} s", patience.as_secs()),
            });
        }
    }

    /// A batch begins; these wait for it.
    pub(super) fn begin(&self, waiting: Vec<Reply>) {
        let mut inner = self.lock();
        inner.waiting = waiting;
        inner.since = Some(Instant::now());
    }

    /// The batch is durable, and those who waited for it hear of it.
    pub(super) fn end(&self) {
        let waiting = {
            let mut inner = self.lock();
            inner.since = None;
            std::mem::take(&mut inner.waiting)
        };
        waiting.into_iter().for_each(Reply::done);
    }

    /// The batch failed, and so will everything after it.
    pub(super) fn fail(&self, error: Error) {
        let waiting = {
            let mut inner = self.lock();
            inner.since = None;
            inner.failed.get_or_insert_with(|| error.clone());
            std::mem::take(&mut inner.waiting)
        };
        tracing::error!(%error, "the journal takes no more steps");
        waiting.into_iter().for_each(|reply| reply.failed(&error));
    }

    /// Why there will be no further batch.
    pub(super) fn failure(&self) -> Option<Error> {
        self.lock().failed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
