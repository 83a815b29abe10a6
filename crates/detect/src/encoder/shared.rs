//! One model for all callers: a bounded queue, batches of whatever waits, a memory of the latest.
//!
//! A turn is looked at by half a dozen detectors, and a busy host has hundreds of turns at once.
//! The texts of all of them go through one queue to one thread, which takes as many as make a
//! batch, so the model works at the speed of batches without anybody waiting for a batch to fill.
//! A text that is in the queue, in work or was encoded lately is not encoded again.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use futures::channel::oneshot;

use super::{BoxFuture, Encoder, Vector};
use crate::Error;
use crate::fingerprint::{Fingerprint, Fingerprints};
use crate::recent::Recent;

/// Bounds of a [`SharedEncoder`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Texts that may wait; a call that would exceed it gets [`Error::Overloaded`]. Default: 1,024.
    pub queue: usize,
    /// Tokens, by estimate, that are encoded in one go: what a caller waits at most for the batch
    /// before its own. Default: 2,048.
    pub batch_tokens: usize,
    /// Vectors that are remembered, of 3 kB each with their wording. Default: 4,096.
    pub remembered: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            queue: 1_024,
            batch_tokens: 2_048,
            remembered: 4_096,
        }
    }
}

/// An [`Encoder`] that many callers share; see the module's text.
///
/// A call with many texts passes through the queue in portions, so that it cannot fill the queue
/// by itself. Texts whose callers have all gone away are skipped. Dropping the encoder ends its
/// thread after the batch in work.
pub struct SharedEncoder {
    desk: Arc<Desk>,
    limits: Limits,
    fingerprints: Fingerprints,
}

/// Where callers and the worker meet.
struct Desk {
    state: Mutex<State>,
    /// Signalled when there is something to do, or nothing ever again.
    changed: Condvar,
}

struct State {
    waiting: VecDeque<(Fingerprint, String)>,
    /// Who wants the vector of each text that waits or is in work.
    wanted: HashMap<Fingerprint, Vec<oneshot::Sender<Answer>>>,
    recent: Recent<Fingerprint, Vector>,
    stopped: bool,
}

/// An error is shared, because every caller of the batch gets it.
type Answer = Result<Vector, Arc<Error>>;

enum Answering {
    Known(Vector),
    Later(oneshot::Receiver<Answer>),
}

impl SharedEncoder {
    /// Shares `encode`, which answers one vector for each text it is given.
    ///
    /// It runs on a thread of its own and may block there. When it panics, the callers of that
    /// batch get [`Error::Crashed`], and it is called again for the next.
    ///
    /// # Errors
    ///
    /// [`Error::NoThread`] if the thread cannot be had.
    pub fn new<F>(encode: F, limits: Limits) -> Result<SharedEncoder, Error>
    where
        F: FnMut(&[String]) -> Result<Vec<Vector>, Error> + Send + 'static,
    {
        let desk = Arc::new(Desk {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                wanted: HashMap::new(),
                recent: Recent::new(limits.remembered),
                stopped: false,
            }),
            changed: Condvar::new(),
        });
        std::thread::Builder::new()
            .name("encoder".to_owned())
            .spawn({
                let desk = Arc::clone(&desk);
                move || desk.work(encode, limits.batch_tokens)
            })
            .map_err(Error::NoThread)?;
        Ok(SharedEncoder {
            desk,
            limits,
            fingerprints: Fingerprints::default(),
        })
    }

    /// Shares the sentence model, loaded from `files`, on as many threads as the machine has cores.
    ///
    /// # Errors
    ///
    /// What [`MiniLm::load`](super::MiniLm::load) says.
    #[cfg(feature = "candle")]
    pub fn load(files: &crate::model::ModelFiles, limits: Limits) -> Result<SharedEncoder, Error> {
        let threads = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
        let model = super::MiniLm::load(files, threads)?;
        SharedEncoder::new(move |texts| model.encode(texts), limits)
    }

    /// Queues those of `texts` that are new, all or none.
    fn ask(&self, texts: Vec<String>) -> Result<Vec<Answering>, Error> {
        let texts: Vec<_> = texts
            .into_iter()
            .map(|text| (self.fingerprints.of(&text), text))
            .collect();
        let mut state = self.desk.lock();
        if state.stopped {
            return Err(Error::Stopped);
        }
        let is_new = |(key, _): &&(Fingerprint, String)| {
            !state.recent.holds(key) && !state.wanted.contains_key(key)
        };
        let waiting = state.waiting.len();
        if waiting + texts.iter().filter(is_new).count() > self.limits.queue {
            return Err(Error::Overloaded {
                waiting,
                limit: self.limits.queue,
            });
        }
        let answers = texts.into_iter().map(|(key, text)| state.ask(key, text));
        let answers = answers.collect();
        drop(state);
        self.desk.changed.notify_one();
        Ok(answers)
    }
}

impl Encoder for SharedEncoder {
    fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
        Box::pin(async move {
            // A quarter of the queue leaves room for others beside a call with thousands of texts.
            let portion = (self.limits.queue / 4).max(1);
            let mut vectors = Vec::with_capacity(texts.len());
            let mut texts = texts.into_iter();
            while texts.len() > 0 {
                for answer in self.ask(texts.by_ref().take(portion).collect())? {
                    vectors.push(match answer {
                        Answering::Known(vector) => vector,
                        Answering::Later(answer) => match answer.await {
                            Ok(Ok(vector)) => vector,
                            Ok(Err(error)) => return Err(Error::Batch(error)),
                            Err(oneshot::Canceled) => return Err(Error::Stopped),
                        },
                    });
                }
            }
            Ok(vectors)
        })
    }
}

impl Drop for SharedEncoder {
    fn drop(&mut self) {
        self.desk.lock().stopped = true;
        self.desk.changed.notify_one();
    }
}

impl State {
    fn ask(&mut self, key: Fingerprint, text: String) -> Answering {
        if let Some(vector) = self.recent.get(&key) {
            return Answering::Known(vector.clone());
        }
        let (sender, answer) = oneshot::channel();
        let wanted = self.wanted.entry(key).or_default();
        if wanted.is_empty() {
            self.waiting.push_back((key, text));
        }
        wanted.push(sender);
        Answering::Later(answer)
    }

    /// Takes the next texts, at least one if any is still wanted, up to an estimate of `tokens`.
    fn next_batch(&mut self, tokens: usize) -> (Vec<Fingerprint>, Vec<String>) {
        let mut batch = (Vec::new(), Vec::new());
        let mut filled = 0;
        while let Some((key, text)) = self.waiting.front() {
            let abandoned =
                |wanted: &Vec<oneshot::Sender<_>>| wanted.iter().all(|w| w.is_canceled());
            if self.wanted.get(key).is_none_or(abandoned) {
                self.wanted.remove(key);
                self.waiting.pop_front();
                continue;
            }
            filled += estimated_tokens(text);
            if filled > tokens && !batch.0.is_empty() {
                break;
            }
            let (key, text) = self.waiting.pop_front().expect("its front was just seen");
            batch.0.push(key);
            batch.1.push(text);
        }
        batch
    }
}

/// English has some four letters to a token; more than 256 tokens no model here reads.
fn estimated_tokens(text: &str) -> usize {
    (text.len() / 4).clamp(3, 256)
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker's life: batch after batch, until the encoder is dropped.
    fn work<F>(&self, mut encode: F, batch_tokens: usize)
    where
        F: FnMut(&[String]) -> Result<Vec<Vector>, Error>,
    {
        loop {
            let mut state = self.lock();
            let (keys, texts) = loop {
                if state.stopped {
                    // Callers that still wait learn it from their channel.
                    state.wanted.clear();
                    return;
                }
                let batch = state.next_batch(batch_tokens);
                if !batch.0.is_empty() {
                    break batch;
                }
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);

            let answers = answers(&mut encode, &texts);
            let mut state = self.lock();
            for (key, answer) in keys.into_iter().zip(answers) {
                if let Ok(vector) = &answer {
                    state.recent.insert(key, vector.clone());
                }
                for sender in state.wanted.remove(&key).unwrap_or_default() {
                    // A caller that went away has no need of it.
                    let _ = sender.send(answer.clone());
                }
            }
        }
    }
}

/// One answer for each of `texts`, whatever `encode` does.
fn answers<F>(encode: &mut F, texts: &[String]) -> Vec<Answer>
where
    F: FnMut(&[String]) -> Result<Vec<Vector>, Error>,
{
    // What a panic leaves behind is overwritten by the next batch.
    let result = catch_unwind(AssertUnwindSafe(|| encode(texts)));
    let error = match result {
        Ok(Ok(vectors)) if vectors.len() == texts.len() => {
            return vectors.into_iter().map(Ok).collect();
        }
        Ok(Ok(vectors)) => {
            Error::Crashed(format!("{} vectors for {} texts", vectors.len(), texts.len()).into())
        }
        Ok(Err(error)) => error,
        Err(panic) => Error::Crashed(
            panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("a panic without a message")
                .into(),
        ),
    };
    let error = Arc::new(error);
    texts.iter().map(|_| Err(Arc::clone(&error))).collect()
}

#[cfg(test)]
mod tests;
