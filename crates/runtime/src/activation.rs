//! Which conversations are in memory, and how a message finds its actor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use ractor::{ActorRef, MessagingErr};
use tokio::sync::oneshot;
use warmline_core::{ConversationId, Timestamp};
use warmline_journal::Error as JournalError;

use crate::conversation::{Message, Place};
use crate::error::Error;
use crate::shard::{Activate, Crashes};

/// How often a message is sent again to a conversation that was just put away.
const TRIES: usize = 8;

/// A conversation in memory.
#[derive(Clone)]
pub(crate) struct Active {
    pub(crate) actor: ActorRef<Message>,
    /// Commands that wait for it.
    pub(crate) waiting: Arc<AtomicUsize>,
    /// When something was last sent to it.
    pub(crate) touched: Arc<AtomicU64>,
}

/// The conversations in memory, and the shards that bring others there.
pub(crate) struct Registry {
    active: DashMap<ConversationId, Active>,
    pub(crate) crashes: DashMap<ConversationId, Crashes>,
    shards: std::sync::OnceLock<Vec<ActorRef<Activate>>>,
    stopped: AtomicBool,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            active: DashMap::new(),
            crashes: DashMap::new(),
            shards: std::sync::OnceLock::new(),
            stopped: AtomicBool::new(false),
        }
    }

    /// Takes the shards that activate conversations; once.
    pub(crate) fn with_shards(&self, shards: Vec<ActorRef<Activate>>) {
        // A second call would be a bug in the builder, and is without effect.
        let _ = self.shards.set(shards);
    }

    pub(crate) fn shards(&self) -> &[ActorRef<Activate>] {
        self.shards.get().map_or(&[], Vec::as_slice)
    }

    /// From now on nothing is activated any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub(crate) fn len(&self) -> usize {
        self.active.len()
    }

    pub(crate) fn get(&self, id: &ConversationId) -> Option<Active> {
        self.active.get(id).map(|active| active.clone())
    }

    pub(crate) fn insert(&self, id: ConversationId, active: Active) {
        self.active.insert(id, active);
    }

    /// Takes a conversation out, unless another actor has taken its place.
    pub(crate) fn forget(&self, id: &ConversationId, actor: &ActorRef<Message>) {
        self.active
            .remove_if(id, |_, active| active.actor.get_id() == actor.get_id());
    }

    /// Asks the conversations that nothing was sent to since `before` to put themselves away.
    pub(crate) fn rest(&self, before: Timestamp) {
        for entry in &self.active {
            let idle = entry.touched.load(Ordering::Relaxed) < before.0
                && entry.waiting.load(Ordering::Acquire) == 0;
            if idle {
                // One that is gone already needs no rest.
                let _ = entry.actor.cast(Message::Rest);
            }
        }
    }

    /// Forgets crashes that were long ago.
    pub(crate) fn forgive(&self) {
        self.crashes.retain(|_, crashes| !crashes.is_forgiven());
    }

    /// Everything in memory, to be put away at the end.
    pub(crate) fn actors(&self) -> Vec<ActorRef<Message>> {
        self.active
            .iter()
            .map(|entry| entry.actor.clone())
            .collect()
    }

    /// Finds a conversation in memory, or brings it there.
    pub(crate) async fn activate(&self, id: &ConversationId) -> Result<Active, Error> {
        if self.is_stopped() {
            return Err(Error::Stopped);
        }
        if let Some(active) = self.get(id) {
            return Ok(active);
        }
        let shards = self.shards();
        let shard = shards
            .get(shard_of(id, shards.len()))
            .ok_or(Error::Stopped)?;
        let (reply, activated) = oneshot::channel();
        shard
            .cast(Activate {
                id: id.clone(),
                reply: Some(reply),
            })
            .map_err(|_| Error::Stopped)?;
        activated.await.map_err(|_| Error::Stopped)?
    }

    /// Sends what `message` makes, with a place among the commands that wait, and awaits the
    /// answer.
    pub(crate) async fn ask<T>(
        &self,
        id: &ConversationId,
        now: Timestamp,
        limit: usize,
        message: impl FnOnce(oneshot::Sender<Result<T, Error>>, Place) -> Message,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let mut active = self.activate(id).await?;
        let place = Place::take(&active.waiting, limit).ok_or(Error::Overloaded {
            retry_after: Duration::from_secs(1),
        })?;
        let mut message = message(reply, place);
        for _ in 0..TRIES {
            active.touched.store(now.0, Ordering::Relaxed);
            match active.actor.cast(message) {
                Ok(()) => {
                    return answer
                        .await
                        .unwrap_or_else(|_| Err(Error::Interrupted(id.clone())));
                }
                // It was being put away: bring it back and send again.
                Err(MessagingErr::SendErr(returned)) => {
                    message = returned;
                    self.forget(id, &active.actor);
                    active = self.activate(id).await?;
                }
                Err(_) => break,
            }
        }
        Err(Error::Interrupted(id.clone()))
    }
}

/// The shard of a conversation among `shards`.
fn shard_of(id: &ConversationId, shards: usize) -> usize {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(id);
    usize::try_from(hash % shards.max(1) as u64).unwrap_or(0)
}

/// A damaged journal puts its conversation, and no other, out of service.
pub(crate) fn quarantined(error: Error) -> Error {
    match error {
        Error::Journal(JournalError::Corrupt {
            ref conversation, ..
        }) => Error::Quarantined {
            conversation: conversation.clone(),
            reason: chain(&error),
        },
        other => other,
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}
