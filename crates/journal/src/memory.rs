//! A journal without a disk: the same rules, for tests and examples.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use warmline_core::{
    ConfigVersion, ConversationId, Entry, Lesson, MessageId, StateName, Timestamp,
};

use crate::admission::{self, Admission, Busy};
use crate::erasure;
use crate::error::Error;
use crate::journal::{
    BoxFuture, Cursor, DeliveryKey, DueTimer, Erased, Journal, Listed, Loaded, Outgoing, Page, Step,
};
use crate::keys::{self, Address, Digest, Key};
use crate::read;
use crate::record::{self, Collection, Record, RecordChange};
use crate::table::Write;

/// A journal in memory. It is as strict as the durable one and forgets everything at its end.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    table: BTreeMap<Key, Vec<u8>>,
    admission: Admission,
}

impl Inner {
    fn apply(&mut self, writes: Vec<Write>) {
        for (key, value) in writes {
            match value {
                Some(value) => self.table.insert(key, value),
                None => self.table.remove(&key),
            };
        }
        self.admission.written();
    }

    fn append(&mut self, step: Step) -> Result<(), Error> {
        let mut step = admission::prepare(step)?;
        let busy = step.busy.take();
        let mut writes = self.admission.admit(&self.table, step)?;
        writes.extend(busy.as_ref().map(Busy::write));
        self.apply(writes);
        Ok(())
    }

    fn erase(&mut self, address: Address) -> Result<Erased, Error> {
        let writes = erasure::of(&self.table, address)?;
        let erased = erasure::sum(&writes);
        self.apply(writes);
        self.admission.lost();
        Ok(erased)
    }
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn append(&self, step: Step) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(ready(self.write().append(step)))
    }

    fn load(&self, conversation: &ConversationId) -> Result<Option<Loaded>, Error> {
        read::load(&self.read().table, conversation)
    }

    fn entries(
        &self,
        conversation: &ConversationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        read::entries(&self.read().table, conversation, from, limit)
    }

    fn seen(
        &self,
        conversation: &ConversationId,
        message: &MessageId,
    ) -> Result<Option<u64>, Error> {
        read::seen(
            &self.read().table,
            Address::of(conversation),
            Digest::of(message),
        )
    }

    fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DueTimer>, Error> {
        read::due(&self.read().table, now, after, limit)
    }

    fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        read::next_due(&self.read().table, now)
    }

    fn outbox(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Outgoing>, Error> {
        read::outbox(&self.read().table, after, limit)
    }

    fn delivered(&self, key: &DeliveryKey) -> BoxFuture<'_, Result<(), Error>> {
        let key = keys::outbox(Address::of(&key.conversation), key.turn.0);
        self.write().apply(vec![(key, None)]);
        Box::pin(ready(Ok(())))
    }

    fn busy(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<ConversationId>, Error> {
        read::busy(&self.read().table, after, limit)
    }

    fn list(
        &self,
        state: Option<&StateName>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Listed>, Error> {
        read::list(&self.read().table, state, after, limit)
    }

    fn conversations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConversationId>, Error> {
        read::conversations(&self.read().table, after, limit)
    }

    fn erase(&self, conversation: &ConversationId) -> BoxFuture<'_, Result<Erased, Error>> {
        Box::pin(ready(self.write().erase(Address::of(conversation))))
    }

    fn retain(&self, before: Timestamp, limit: usize) -> BoxFuture<'_, Result<Erased, Error>> {
        let mut inner = self.write();
        let erased = read::ended(&inner.table, before, limit).and_then(|ended| {
            ended
                .into_iter()
                .try_fold(Erased::default(), |sum, address| {
                    Ok(sum + inner.erase(address)?)
                })
        });
        Box::pin(ready(erased))
    }

    fn configuration(&self, version: &ConfigVersion) -> Result<Option<String>, Error> {
        read::configuration(&self.read().table, version)
    }

    fn configurations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigVersion>, Error> {
        read::configurations(&self.read().table, after, limit)
    }

    fn record_configuration(
        &self,
        version: &ConfigVersion,
        text: &str,
    ) -> BoxFuture<'_, Result<(), Error>> {
        let mut inner = self.write();
        let recorded = admission::configuration(&inner.table, version, text)
            .map(|write| inner.apply(write.into_iter().collect()));
        Box::pin(ready(recorded))
    }

    fn record_lesson(&self, lesson: &Lesson) -> BoxFuture<'_, Result<(), Error>> {
        let recorded = admission::lesson(lesson).map(|write| self.write().apply(vec![write]));
        Box::pin(ready(recorded))
    }

    fn lessons(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Lesson>, Error> {
        read::lessons(&self.read().table, after, limit)
    }

    fn change(&self, changes: Vec<RecordChange>) -> BoxFuture<'_, Result<(), Error>> {
        let changed = record::writes(&changes).map(|writes| self.write().apply(writes));
        Box::pin(ready(changed))
    }

    fn record(&self, collection: Collection, key: &str) -> Result<Option<Record>, Error> {
        record::one(&self.read().table, collection, key)
    }

    fn records(
        &self,
        collection: Collection,
        prefix: &str,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Record>, Error> {
        record::some(&self.read().table, collection, prefix, after, limit)
    }

    fn health(&self) -> Result<(), Error> {
        Ok(())
    }
}
