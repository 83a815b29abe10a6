//! A journal that fails as it is told to.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use warmline::journal::{
    BoxFuture, Collection, Cursor, Damage, DeliveryKey, DueTimer, Erased, Error, Journal, Listed,
    Loaded, MemoryJournal, Outgoing, Page, Record, RecordChange, Step,
};
use warmline::{ConfigVersion, ConversationId, Entry, Lesson, MessageId, StateName, Timestamp};

/// A journal in memory that fails as it is told to.
#[derive(Default)]
pub(crate) struct Faulty {
    inner: MemoryJournal,
    /// Appends that fail from now on.
    pub(crate) failing: AtomicUsize,
    /// Lists of conversations or configurations that cannot be read from now on.
    pub(crate) unlisted: AtomicUsize,
    /// Whether the failing appends are recorded all the same.
    pub(crate) recorded: AtomicBool,
    /// Whether every append waits for a permit.
    pub(crate) slow: AtomicBool,
    pub(crate) permits: Gate,
    pub(crate) appended: AtomicUsize,
    panicking: Mutex<HashSet<ConversationId>>,
    damaged: Mutex<HashSet<ConversationId>>,
    /// Conversations that cannot be extended.
    closed: Mutex<HashSet<ConversationId>>,
}

/// Permits for slow appends.
pub(crate) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Gate {
    pub(crate) fn open(&self, appends: usize) {
        self.0.add_permits(appends);
    }
}

impl Faulty {
    /// Makes every append of a conversation panic, or no longer.
    pub(crate) fn panics(&self, id: &ConversationId, panics: bool) {
        let mut panicking = self.panicking.lock().unwrap();
        match panics {
            true => panicking.insert(id.clone()),
            false => panicking.remove(id),
        };
    }

    /// Damages what is recorded of a conversation.
    pub(crate) fn damage(&self, id: &ConversationId) {
        self.damaged.lock().unwrap().insert(id.clone());
    }

    /// Lets nothing more be recorded of a conversation.
    pub(crate) fn closes(&self, id: &ConversationId) {
        self.closed.lock().unwrap().insert(id.clone());
    }

    fn check(&self, id: &ConversationId) -> Result<(), Error> {
        match self.damaged.lock().unwrap().contains(id) {
            true => Err(Error::Corrupt {
                conversation: id.clone(),
                seq: 3,
                source: Damage::Checksum,
            }),
            false => Ok(()),
        }
    }

    fn listed(&self) -> Result<(), Error> {
        match fails(&self.unlisted) {
            true => Err(Self::lost()),
            false => Ok(()),
        }
    }

    fn lost() -> Error {
        let reason = "no space in the script".to_owned();
        Error::Storage { reason }
    }
}

/// Whether one of the failures that are left comes now.
fn fails(left: &AtomicUsize) -> bool {
    let fewer = |failing: usize| failing.checked_sub(1);
    let order = Ordering::SeqCst;
    left.fetch_update(order, order, fewer).is_ok()
}

impl Journal for Faulty {
    fn append(&self, step: Step) -> BoxFuture<'_, Result<(), Error>> {
        let panics = self.panicking.lock().unwrap().contains(&step.conversation);
        assert!(!panics, "as the script says");
        if self.closed.lock().unwrap().contains(&step.conversation) {
            let (what, source) = ("the row of a conversation".to_owned(), Damage::Checksum);
            return Box::pin(async { Err(Error::Unreadable { what, source }) });
        }
        let order = Ordering::SeqCst;
        if fails(&self.failing) {
            let recorded = self.recorded.load(order).then(|| self.inner.append(step));
            return Box::pin(async {
                if let Some(recorded) = recorded {
                    recorded.await?;
                }
                Err(Self::lost())
            });
        }
        let slow = self.slow.load(order);
        Box::pin(async move {
            if slow {
                self.permits.0.acquire().await.unwrap().forget();
            }
            self.inner.append(step).await?;
            self.appended.fetch_add(1, order);
            Ok(())
        })
    }

    fn load(&self, id: &ConversationId) -> Result<Option<Loaded>, Error> {
        self.check(id)?;
        self.inner.load(id)
    }

    fn entries(&self, id: &ConversationId, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        self.check(id)?;
        self.inner.entries(id, from, limit)
    }

    fn seen(&self, id: &ConversationId, message: &MessageId) -> Result<Option<u64>, Error> {
        self.inner.seen(id, message)
    }

    fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DueTimer>, Error> {
        self.inner.due(now, after, limit)
    }

    fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        self.inner.next_due(now)
    }

    fn outbox(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Outgoing>, Error> {
        self.inner.outbox(after, limit)
    }

    fn delivered(&self, key: &DeliveryKey) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.delivered(key)
    }

    fn busy(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<ConversationId>, Error> {
        self.inner.busy(after, limit)
    }

    fn list(
        &self,
        state: Option<&StateName>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Listed>, Error> {
        self.listed()?;
        self.inner.list(state, after, limit)
    }

    fn conversations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConversationId>, Error> {
        self.inner.conversations(after, limit)
    }

    fn erase(&self, id: &ConversationId) -> BoxFuture<'_, Result<Erased, Error>> {
        self.damaged.lock().unwrap().remove(id);
        self.inner.erase(id)
    }

    fn retain(&self, before: Timestamp, limit: usize) -> BoxFuture<'_, Result<Erased, Error>> {
        self.inner.retain(before, limit)
    }

    fn configuration(&self, version: &ConfigVersion) -> Result<Option<String>, Error> {
        self.inner.configuration(version)
    }

    fn configurations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigVersion>, Error> {
        self.listed()?;
        self.inner.configurations(after, limit)
    }

    fn record_configuration(
        &self,
        version: &ConfigVersion,
        text: &str,
    ) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.record_configuration(version, text)
    }

    fn record_lesson(&self, lesson: &Lesson) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.record_lesson(lesson)
    }

    fn lessons(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Lesson>, Error> {
        self.inner.lessons(after, limit)
    }

    fn change(&self, changes: Vec<RecordChange>) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.change(changes)
    }

    fn record(&self, collection: Collection, key: &str) -> Result<Option<Record>, Error> {
        self.inner.record(collection, key)
    }

    fn records(
        &self,
        collection: Collection,
        prefix: &str,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Record>, Error> {
        self.inner.records(collection, prefix, after, limit)
    }

    fn health(&self) -> Result<(), Error> {
        match self.failing.load(Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err(Self::lost()),
        }
    }
}
