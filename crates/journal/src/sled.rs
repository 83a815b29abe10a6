//! The durable journal: sled 0.34, made to keep its word.
//!
//! sled's own `flush` leaves data in the disk's cache, and its background flusher writes at moments
//! of its own choosing: simulated power cuts left most stores unopenable. Here one writer thread
//! takes what waits, applies it as one batch, flushes, and synchronises the file through a second
//! descriptor; only then does anybody hear of it. Everything sits in one tree, because a batch is
//! atomic within a tree.

mod directory;
mod owed;
mod store;
mod watch;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use warmline_core::{
    ConfigVersion, ConversationId, Entry, Lesson, MessageId, StateName, Timestamp,
};

use crate::admission;
use crate::error::Error;
use crate::journal::{
    BoxFuture, Cursor, DeliveryKey, DueTimer, Erased, Journal, Listed, Loaded, Outgoing, Page, Step,
};
use crate::keys::{self, Address, Digest};
use crate::read;
use crate::record::{self, Collection, Record, RecordChange};
use store::Store;
use writer::{Command, Writer};

/// How a [`SledJournal`] uses the machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Memory for pages of the store, in bytes. Default: 128 MiB.
    pub cache: u64,
    /// Steps that may wait for the writer; one more is [`Error::Overloaded`]. Default: 16384.
    pub queue: usize,
    /// How long a batch may take before the disk counts as lost. Default: 60 s.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache: 128 << 20,
            queue: 16 << 10,
            patience: Duration::from_secs(60),
        }
    }
}

/// A journal in a directory of its own.
///
/// Dropping it records what waits and closes the directory.
#[derive(Debug)]
pub struct SledJournal {
    store: Arc<Store>,
    writer: Writer,
}

impl SledJournal {
    /// Opens the journal in `path`, and creates it where there is none.
    ///
    /// # Errors
    /// [`Error::NotADirectory`], [`Error::ReadOnly`], [`Error::InUse`], [`Error::Full`],
    /// [`Error::NewerFormat`], or [`Error::Unopenable`], each naming the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, &Options::default())
    }

    /// Opens the journal in `path` with `options`; see [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, options: &Options) -> Result<Self, Error> {
        let store = Arc::new(Store::open(path.as_ref(), options.cache)?);
        let writer = Writer::start(Arc::clone(&store), options)?;
        Ok(Self { store, writer })
    }

    /// The directory.
    pub fn path(&self) -> PathBuf {
        self.store.path().to_owned()
    }

    fn submit<T: Send + 'static>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Command,
    ) -> BoxFuture<'_, Result<T, Error>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.writer.send(command(reply));
        Box::pin(async move {
            sent?;
            answer
                .await
                .unwrap_or_else(|_| Err(self.health().err().unwrap_or(Error::Closed)))
        })
    }
}

impl Journal for SledJournal {
    fn append(&self, step: Step) -> BoxFuture<'_, Result<(), Error>> {
        match admission::prepare(step) {
            Ok(step) => self.submit(|reply| Command::Append(step, reply)),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn load(&self, conversation: &ConversationId) -> Result<Option<Loaded>, Error> {
        read::load(&*self.store, conversation)
    }

    fn entries(
        &self,
        conversation: &ConversationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        read::entries(&*self.store, conversation, from, limit)
    }

    fn seen(
        &self,
        conversation: &ConversationId,
        message: &MessageId,
    ) -> Result<Option<u64>, Error> {
        read::seen(&*self.store, Address::of(conversation), Digest::of(message))
    }

    fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DueTimer>, Error> {
        read::due(&*self.store, now, after, limit)
    }

    fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        read::next_due(&*self.store, now)
    }

    fn outbox(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Outgoing>, Error> {
        read::outbox(&*self.store, after, limit)
    }

    fn delivered(&self, key: &DeliveryKey) -> BoxFuture<'_, Result<(), Error>> {
        let key = keys::outbox(Address::of(&key.conversation), key.turn.0);
        self.submit(|reply| Command::Write(vec![(key, None)], reply))
    }

    fn busy(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<ConversationId>, Error> {
        let mut page = read::busy(&*self.store, after, limit)?;
        page.rows
            .retain(|conversation| !self.writer.is_settled(conversation));
        Ok(page)
    }

    fn list(
        &self,
        state: Option<&StateName>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Listed>, Error> {
        read::list(&*self.store, state, after, limit)
    }

    fn conversations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConversationId>, Error> {
        read::conversations(&*self.store, after, limit)
    }

    fn erase(&self, conversation: &ConversationId) -> BoxFuture<'_, Result<Erased, Error>> {
        let address = Address::of(conversation);
        self.submit(|reply| Command::Erase(address, reply))
    }

    fn retain(&self, before: Timestamp, limit: usize) -> BoxFuture<'_, Result<Erased, Error>> {
        self.submit(|reply| Command::Retain(before, limit, reply))
    }

    fn configuration(&self, version: &ConfigVersion) -> Result<Option<String>, Error> {
        read::configuration(&*self.store, version)
    }

    fn configurations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigVersion>, Error> {
        read::configurations(&*self.store, after, limit)
    }

    fn record_configuration(
        &self,
        version: &ConfigVersion,
        text: &str,
    ) -> BoxFuture<'_, Result<(), Error>> {
        let (version, text) = (version.clone(), text.to_owned());
        self.submit(|reply| Command::Configure(version, text, reply))
    }

    fn record_lesson(&self, lesson: &Lesson) -> BoxFuture<'_, Result<(), Error>> {
        match admission::lesson(lesson) {
            Ok(write) => self.submit(|reply| Command::Write(vec![write], reply)),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn lessons(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Lesson>, Error> {
        read::lessons(&*self.store, after, limit)
    }

    fn change(&self, changes: Vec<RecordChange>) -> BoxFuture<'_, Result<(), Error>> {
        match record::writes(&changes) {
            Ok(writes) => self.submit(|reply| Command::Write(writes, reply)),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn record(&self, collection: Collection, key: &str) -> Result<Option<Record>, Error> {
        record::one(&*self.store, collection, key)
    }

    fn records(
        &self,
        collection: Collection,
        prefix: &str,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Record>, Error> {
        record::some(&*self.store, collection, prefix, after, limit)
    }

    fn health(&self) -> Result<(), Error> {
        self.writer.health()
    }
}
