//! Which conversations are in memory, and how a question finds its actor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use ractor::{ActorId, ActorRef, MessagingErr};
use tokio::sync::oneshot;
use warmline_core::{ConversationId, Timestamp};

use crate::conversation::{Asked, Message, Question, Reply};
use crate::error::Error;
use crate::shard::{Crashes, Order};

/// How often a question is asked again of a conversation that was just put away.
const TRIES: usize = 8;
/// When a caller should come back to a conversation with too many questions before it.
const SOON: Duration = Duration::from_secs(1);
/// Marks a door through which nobody comes any more.
const SHUT: usize = 1 << (usize::BITS - 1);

/// A conversation in memory, and the door to its actor.
pub(crate) struct Active {
    pub(crate) actor: ActorRef<Message>,
    /// How many questions wait for it; [`SHUT`] once it is put away.
    waiting: AtomicUsize,
    /// When something was last asked of it.
    touched: AtomicU64,
}

impl Active {
    pub(crate) fn new(actor: ActorRef<Message>, now: Timestamp) -> Self {
        Self {
            actor,
            waiting: AtomicUsize::new(0),
            touched: AtomicU64::new(now.0),
        }
    }

    fn enter(self: &Arc<Self>, now: Timestamp, limit: usize) -> Entered {
        self.touched.store(now.0, Ordering::Relaxed);
        let waiting = self.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Place(self.clone());
        match waiting {
            waiting if waiting & SHUT != 0 => Entered::Shut,
            waiting if waiting >= limit => Entered::Full,
            _ => Entered::In(place),
        }
    }

    /// Lets nobody in any more.
    pub(crate) fn shut(&self) {
        self.waiting.fetch_or(SHUT, Ordering::AcqRel);
    }

    /// Lets nobody in any more, unless somebody waits.
    fn shut_if_empty(&self) -> bool {
        let (acquired, failed) = (Ordering::AcqRel, Ordering::Acquire);
        let shut = self.waiting.compare_exchange(0, SHUT, acquired, failed);
        shut.is_ok()
    }
}

enum Entered {
    In(Place),
    Full,
    Shut,
}

/// A place among the questions that wait for one conversation; given back when dropped.
pub(crate) struct Place(Arc<Active>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The conversations in memory, and the shards that bring others there.
///
/// A conversation has at most one actor that decides. One that puts itself away first shuts its
/// door, which it can do only while nobody is inside; who comes later has it brought back.
pub(crate) struct Registry {
    active: DashMap<ConversationId, Arc<Active>>,
    pub(crate) crashes: DashMap<ConversationId, Crashes>,
    shards: std::sync::OnceLock<Vec<ActorRef<Order>>>,
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
    pub(crate) fn with_shards(&self, shards: Vec<ActorRef<Order>>) {
        // A second call would be a bug in the builder, and is without effect.
        let _ = self.shards.set(shards);
    }

    pub(crate) fn shards(&self) -> &[ActorRef<Order>] {
        self.shards.get().map_or(&[], Vec::as_slice)
    }

    /// The shard of a conversation.
    pub(crate) fn shard(&self, id: &ConversationId) -> Result<&ActorRef<Order>, Error> {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let shards = self.shards();
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(id);
        let place = usize::try_from(hash % shards.len().max(1) as u64);
        let shard = place.ok().and_then(|place| shards.get(place));
        shard.ok_or(Error::Stopped)
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

    pub(crate) fn get(&self, id: &ConversationId) -> Option<Arc<Active>> {
        self.active.get(id).map(|active| active.clone())
    }

    pub(crate) fn insert(&self, id: ConversationId, active: Arc<Active>) {
        self.active.insert(id, active);
    }

    /// Takes a conversation out and shuts its door, unless another actor has taken its place.
    pub(crate) fn remove(&self, id: &ConversationId, actor: ActorId) {
        self.active.remove_if(id, |_, active| {
            let same = active.actor.get_id() == actor;
            if same {
                active.shut();
            }
            same
        });
    }

    /// Takes a conversation out and shuts its door, unless somebody waits inside. Returns whether
    /// the actor may end.
    pub(crate) fn retire(&self, id: &ConversationId, actor: ActorId) -> bool {
        let may = |_: &ConversationId, active: &Arc<Active>| {
            active.actor.get_id() == actor && active.shut_if_empty()
        };
        self.active.remove_if(id, may).is_some()
    }

    /// Asks the conversations that nothing was asked of since `before` to put themselves away.
    pub(crate) fn rest(&self, before: Timestamp) {
        for active in &self.active {
            let idle = active.touched.load(Ordering::Relaxed) <= before.0
                && active.waiting.load(Ordering::Acquire) == 0;
            if idle {
                // One that is gone already needs no rest.
                let _ = active.actor.cast(Message::Rest);
            }
        }
    }

    /// Takes everything out, at the end.
    pub(crate) fn clear(&self) {
        self.active.clear();
    }

    /// Asks a conversation to put itself away.
    pub(crate) fn dismiss(&self, id: &ConversationId) {
        if let Some(active) = self.active.get(id) {
            let _ = active.actor.cast(Message::Rest);
        }
    }

    /// Forgets crashes that were long ago.
    pub(crate) fn forgive(&self) {
        self.crashes.retain(|_, crashes| !crashes.is_forgiven());
    }

    /// Finds a conversation in memory, or brings it there.
    pub(crate) async fn activate(&self, id: &ConversationId) -> Result<Arc<Active>, Error> {
        if self.is_stopped() {
            return Err(Error::Stopped);
        }
        if let Some(active) = self.get(id) {
            return Ok(active);
        }
        let (reply, activated) = oneshot::channel();
        let order = Order::Activate {
            id: id.clone(),
            reply: Some(reply),
        };
        let sent = self.shard(id)?.cast(order);
        sent.map_err(|_| Error::Stopped)?;
        activated.await.map_err(|_| Error::Stopped)?
    }

    /// Asks a conversation, wherever it is, and awaits the answer. At most `limit` questions wait.
    pub(crate) async fn ask<T>(
        &self,
        id: &ConversationId,
        now: Timestamp,
        limit: usize,
        question: impl FnOnce(Reply<T>) -> Question,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let mut question = question(reply);
        for _ in 0..TRIES {
            let active = self.activate(id).await?;
            let place = match active.enter(now, limit) {
                Entered::In(place) => place,
                Entered::Full => return Err(Error::Overloaded { retry_after: SOON }),
                // It was just put away.
                Entered::Shut => continue,
            };
            match active
                .actor
                .cast(Message::Asked(Box::new(Asked { place, question })))
            {
                Ok(()) => return answer.await.unwrap_or_else(|_| Err(self.interrupted(id))),
                // It has just crashed.
                Err(MessagingErr::SendErr(Message::Asked(returned))) => {
                    self.remove(id, active.actor.get_id());
                    question = returned.question;
                }
                Err(_) => break,
            }
        }
        Err(self.interrupted(id))
    }

    fn interrupted(&self, id: &ConversationId) -> Error {
        match self.is_stopped() {
            true => Error::Stopped,
            false => Error::Interrupted(id.clone()),
        }
    }
}
