//! The one writer: takes what waits, admits it, makes it durable as one batch, and replies.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};

use futures::channel::oneshot;
use warmline_core::{ConfigVersion, ConversationId, Timestamp};

use super::Options;
use super::directory;
use super::owed::Owed;
use super::store::{self, Store};
use super::watch::Watch;
use crate::admission::{self, Admission, Busy, Prepared};
use crate::erasure;
use crate::error::Error;
use crate::journal::Erased;
use crate::keys::Address;
use crate::read;
use crate::table::Write;

/// Commands taken together at most. Beyond this a batch gains nothing and delays its first step.
const BATCH: usize = 4096;

type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Append(Prepared, Answer<()>),
    Write(Vec<Write>, Answer<()>),
    Configure(ConfigVersion, String, Answer<()>),
    Erase(Address, Answer<Erased>),
    Retain(Timestamp, usize, Answer<Erased>),
}

/// Somebody who waits for a batch, and what they hear when it is durable.
#[derive(Debug)]
pub(super) enum Reply {
    Done(Answer<()>),
    Erased(Answer<Erased>, Erased),
}

impl Reply {
    // Whoever stopped listening does not need the answer.
    pub(super) fn done(self) {
        match self {
            Reply::Done(answer) => drop(answer.send(Ok(()))),
            Reply::Erased(answer, erased) => drop(answer.send(Ok(erased))),
        }
    }

    pub(super) fn failed(self, error: &Error) {
        match self {
            Reply::Done(answer) => drop(answer.send(Err(error.clone()))),
            Reply::Erased(answer, _) => drop(answer.send(Err(error.clone()))),
        }
    }
}

/// The caller's side of the writer.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<SyncSender<Command>>,
    capacity: usize,
    owed: Arc<Owed>,
    watch: Arc<Watch>,
    thread: Option<JoinHandle<()>>,
    _alive: mpsc::Sender<()>,
}

impl Writer {
    pub(super) fn start(store: Arc<Store>, options: &Options) -> Result<Self, Error> {
        let failed = |error| directory::failure(store.path(), error);
        let watch = Arc::new(Watch::default());
        let owed = Arc::new(Owed::read(&*store)?);
        let alive = watch.start(options.patience).map_err(failed)?;
        let (queue, commands) = mpsc::sync_channel(options.queue);
        let work = Work {
            store: Arc::clone(&store),
            watch: Arc::clone(&watch),
            owed: Arc::clone(&owed),
            admission: Admission::default(),
        };
        let thread = thread::Builder::new()
            .name("warmline-journal".into())
            .spawn(move || work.run(&commands))
            .map_err(failed)?;
        let capacity = options.queue;
        Ok(Self {
            queue: Some(queue),
            capacity,
            owed,
            watch,
            thread: Some(thread),
            _alive: alive,
        })
    }

    /// Whether a row that says an answer is owed stands for one that is settled.
    pub(super) fn is_settled(&self, conversation: &ConversationId) -> bool {
        self.owed.is_settled(Address::of(conversation))
    }

    pub(super) fn send(&self, command: Command) -> Result<(), Error> {
        let queue = self.queue.as_ref().ok_or(Error::Closed)?;
        queue.try_send(command).map_err(|refused| match refused {
            TrySendError::Full(_) => match self.watch.failure() {
                Some(error) => error,
                None => Error::Overloaded {
                    waiting: self.capacity,
                },
            },
            TrySendError::Disconnected(_) => self.watch.failure().unwrap_or(Error::Closed),
        })
    }

    pub(super) fn health(&self) -> Result<(), Error> {
        self.watch.failure().map_or(Ok(()), Err)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The writer records what waits, and ends.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A writer that failed may never come back from the store.
            if self.watch.failure().is_none() || thread.is_finished() {
                drop(thread.join());
            }
        }
    }
}

/// The writer's side.
struct Work {
    store: Arc<Store>,
    watch: Arc<Watch>,
    owed: Arc<Owed>,
    admission: Admission,
}

impl Work {
    fn run(mut self, commands: &Receiver<Command>) {
        while let Ok(first) = commands.recv() {
            if let Some(error) = self.watch.failure() {
                refuse(first, &error);
                continue;
            }
            let waiting = commands.try_iter().take(BATCH - 1);
            let mut batch: VecDeque<_> = std::iter::once(first).chain(waiting).collect();
            let worked = catch_unwind(AssertUnwindSafe(|| self.work(&mut batch)));
            let error = match worked {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error,
                Err(panic) => Error::Storage {
                    reason: store::message(&*panic),
                },
            };
            self.watch.fail(error.clone());
            batch
                .into_iter()
                .for_each(|command| refuse(command, &error));
        }
        if self.watch.failure().is_none() {
            self.close();
        }
    }

    /// Strikes out what was left standing, so that the next opening finds only what is owed.
    fn close(&mut self) {
        let writes = self.owed.strike_all();
        let closed = catch_unwind(AssertUnwindSafe(|| match writes.is_empty() {
            true => Ok(()),
            false => self.store.apply(writes).and_then(|()| self.store.sync()),
        }));
        if let Ok(Err(error)) = closed {
            tracing::warn!(%error, "the journal did not close cleanly; nothing recorded is lost");
        }
    }

    /// Does what was asked, in order; what erases is a batch of its own.
    fn work(&mut self, commands: &mut VecDeque<Command>) -> Result<(), Error> {
        let mut writes = Vec::with_capacity(commands.len() * 4);
        let mut replies = Vec::with_capacity(commands.len());
        while let Some(command) = commands.pop_front() {
            match command {
                Command::Append(mut step, answer) => {
                    let busy = step.busy.take();
                    match self.admission.admit(&*self.store, step) {
                        Ok(step) => {
                            writes.extend(step);
                            let busy = busy.filter(|busy| self.owed.note(busy.address, busy.owed));
                            writes.extend(busy.as_ref().map(Busy::write));
                            replies.push(Reply::Done(answer));
                        }
                        Err(error) => drop(answer.send(Err(error))),
                    }
                }
                Command::Write(asked, answer) => {
                    writes.extend(asked);
                    replies.push(Reply::Done(answer));
                }
                Command::Configure(version, text, answer) => {
                    match admission::configuration(&*self.store, &version, &text) {
                        Ok(write) => {
                            writes.extend(write);
                            replies.push(Reply::Done(answer));
                        }
                        Err(error) => drop(answer.send(Err(error))),
                    }
                }
                Command::Erase(address, answer) => {
                    self.commit(&mut writes, &mut replies)?;
                    self.erase(vec![address], answer)?;
                }
                Command::Retain(before, limit, answer) => {
                    self.commit(&mut writes, &mut replies)?;
                    match read::ended(&*self.store, before, limit) {
                        Ok(ended) => self.erase(ended, answer)?,
                        Err(error) => drop(answer.send(Err(error))),
                    }
                }
            }
        }
        self.commit(&mut writes, &mut replies)
    }

    /// Makes writes durable, then replies.
    fn commit(&mut self, writes: &mut Vec<Write>, replies: &mut Vec<Reply>) -> Result<(), Error> {
        writes.extend(self.owed.strike(replies.len()));
        self.watch.begin(std::mem::take(replies));
        if !writes.is_empty() {
            self.store.apply(std::mem::take(writes))?;
            self.store.sync()?;
        }
        self.admission.written();
        self.watch.end();
        Ok(())
    }

    /// Erases conversations one after the other, so that a batch stays small.
    fn erase(&mut self, addresses: Vec<Address>, answer: Answer<Erased>) -> Result<(), Error> {
        // What is remembered of them is erased as well.
        self.admission.lost();
        let mut erased = Erased::default();
        for address in addresses {
            let mut writes = match erasure::of(&*self.store, address) {
                Ok(writes) => writes,
                Err(error) => {
                    drop(answer.send(Err(error)));
                    return Ok(());
                }
            };
            self.owed.forget(address);
            erased = erased + erasure::sum(&writes);
            if let Err(error) = self.commit(&mut writes, &mut Vec::new()) {
                drop(answer.send(Err(error.clone())));
                return Err(error);
            }
        }
        Reply::Erased(answer, erased).done();
        Ok(())
    }
}

/// Answers a command that came too late.
fn refuse(command: Command, error: &Error) {
    match command {
        Command::Append(_, answer)
        | Command::Write(_, answer)
        | Command::Configure(_, _, answer) => drop(answer.send(Err(error.clone()))),
        Command::Erase(_, answer) | Command::Retain(_, _, answer) => {
            drop(answer.send(Err(error.clone())));
        }
    }
}
