//! The trait that hosts record through, and the types of its contract.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warmline_core::{
    ConfigVersion, ConversationId, Entry, Lesson, MessageId, State, StateName, TimerName,
    Timestamp, Turn, TurnNumber,
};

use crate::error::Error;
use crate::record::{Collection, Record, RecordChange};

/// A future that can be boxed, sent and kept behind a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Records steps and gives them back.
///
/// Everything that changes the journal is a future that resolves when the change is on disk. The
/// change is queued by the call itself, not by the first poll: steps of one conversation are
/// recorded in the order of the calls, and a dropped future leaves the change to happen unseen.
/// Everything that reads is synchronous, sees what was acknowledged, and may touch the disk.
pub trait Journal: Send + Sync + 'static {
    /// Records one step, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Conflict`] when its first entry is not the next one of the conversation,
    /// [`Error::Duplicate`] when its message was recorded before, [`Error::Malformed`] when it
    /// contradicts itself, [`Error::Overloaded`] when too many steps wait, [`Error::Full`] and
    /// [`Error::Storage`] when it cannot be made durable.
    fn append(&self, step: Step) -> BoxFuture<'_, Result<(), Error>>;

    /// Reads the latest readable snapshot of a conversation and the entries after it; `None` for
    /// a conversation that has no entries.
    fn load(&self, conversation: &ConversationId) -> Result<Option<Loaded>, Error>;

    /// Reads up to `limit` entries from the sequence number `from` on.
    fn entries(
        &self,
        conversation: &ConversationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error>;

    /// Says with which entry a message was recorded; `None` if it was not.
    fn seen(
        &self,
        conversation: &ConversationId,
        message: &MessageId,
    ) -> Result<Option<u64>, Error>;

    /// Lists the timers due at `now` or before, earliest first.
    fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DueTimer>, Error>;

    /// Says when the first timer is due that is due after `now`.
    fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Error>;

    /// Lists what channels have yet to deliver, in order within each conversation.
    fn outbox(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Outgoing>, Error>;

    /// Takes a delivered message out of the outbox; one that is not there is no error.
    fn delivered(&self, key: &DeliveryKey) -> BoxFuture<'_, Result<(), Error>>;

    /// Lists the conversations that owe their customer an answer; after a crash perhaps also some
    /// that had settled shortly before.
    ///
    /// A page may have fewer rows than asked for and still not be the last one.
    fn busy(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<ConversationId>, Error>;

    /// Lists conversations by state, those in it the longest first; without a state, one state
    /// after the other.
    fn list(
        &self,
        state: Option<&StateName>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Listed>, Error>;

    /// Lists every conversation, in an order that does not change.
    fn conversations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConversationId>, Error>;

    /// Erases everything recorded of one conversation.
    fn erase(&self, conversation: &ConversationId) -> BoxFuture<'_, Result<Erased, Error>>;

    /// Erases up to `limit` of the conversations that ended before `before`, the earliest first.
    ///
    /// Call it again while it erases `limit` of them: each call holds up the steps behind it.
    fn retain(&self, before: Timestamp, limit: usize) -> BoxFuture<'_, Result<Erased, Error>>;

    /// Reads the text of a configuration that decided something.
    fn configuration(&self, version: &ConfigVersion) -> Result<Option<String>, Error>;

    /// Lists the configurations that are kept, in the order of their versions.
    fn configurations(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigVersion>, Error>;

    /// Keeps the text of a configuration, so that replay decides by the same rules.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the version is recorded with another text.
    fn record_configuration(
        &self,
        version: &ConfigVersion,
        text: &str,
    ) -> BoxFuture<'_, Result<(), Error>>;

    /// Keeps a lesson. It is erased together with the conversation that it came from.
    fn record_lesson(&self, lesson: &Lesson) -> BoxFuture<'_, Result<(), Error>>;

    /// Lists the lessons, those from the same conversation together and the earliest of them first.
    fn lessons(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Lesson>, Error>;

    /// Makes all of `changes`, or none.
    ///
    /// # Errors
    /// [`Error::Record`] when one cannot be stored.
    fn change(&self, changes: Vec<RecordChange>) -> BoxFuture<'_, Result<(), Error>>;

    /// Reads one record.
    fn record(&self, collection: Collection, key: &str) -> Result<Option<Record>, Error>;

    /// Lists the records of a collection whose keys begin with `prefix`, in the order of their
    /// keys.
    fn records(
        &self,
        collection: Collection,
        prefix: &str,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Record>, Error>;

    /// Says whether the journal can be extended, and if not, why.
    fn health(&self) -> Result<(), Error>;
}

/// What is recorded at once: entries, and everything that must survive together with them.
#[derive(Debug, Clone)]
pub struct Step {
    /// The conversation.
    pub conversation: ConversationId,
    /// At least one entry; the first is the next one of the conversation, none is left out.
    pub entries: Vec<Arc<Entry>>,
    /// The message that brought it about; remembered for as long as the conversation is.
    pub message: Option<MessageId>,
    /// Timers set and taken back, in order. One that fired is taken back by the step that says so.
    pub timers: Vec<TimerChange>,
    /// What channels have to deliver.
    pub outbox: Vec<Outbound>,
    /// `Some(true)`: the customer is now owed an answer; `Some(false)`: no longer.
    pub busy: Option<bool>,
    /// The conversation's new row in the list by state, when it changed.
    pub listing: Option<Listing>,
    /// What the host remembers of it elsewhere.
    pub records: Vec<RecordChange>,
    /// The state after the last entry, every so many entries: readers start there.
    pub snapshot: Option<State>,
}

impl Step {
    /// A step of `entries` without any consequence.
    pub fn new(
        conversation: ConversationId,
        entries: impl IntoIterator<Item: Into<Arc<Entry>>>,
    ) -> Self {
        Self {
            conversation,
            entries: entries.into_iter().map(Into::into).collect(),
            message: None,
            timers: Vec::new(),
            outbox: Vec::new(),
            busy: None,
            listing: None,
            records: Vec::new(),
            snapshot: None,
        }
    }
}

/// A change of the durable timers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerChange {
    /// The timer runs, and comes due at that moment.
    Set {
        /// Its name.
        timer: TimerName,
        /// When it comes due.
        due: Timestamp,
    },
    /// The timer that would come due at that moment runs no more.
    Cancel {
        /// Its name.
        timer: TimerName,
        /// When it would have come due.
        due: Timestamp,
    },
}

/// A timer that came due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// Whose it is.
    pub conversation: ConversationId,
    /// Its name.
    pub timer: TimerName,
    /// When it was due.
    pub due: Timestamp,
}

/// A turn for a channel that has to be told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outbound {
    /// The channel that delivers it.
    pub channel: String,
    /// What the customer is to be told.
    pub turn: Turn,
}

/// A turn that waits in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Its idempotency key.
    pub key: DeliveryKey,
    /// The channel and the turn.
    pub outbound: Outbound,
}

/// What tells one delivery from every other: a customer gets each turn once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeliveryKey {
    /// The conversation.
    pub conversation: ConversationId,
    /// The turn.
    pub turn: TurnNumber,
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.conversation, self.turn)
    }
}

/// Where a conversation stands in the list by state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Its state.
    pub state: StateName,
    /// Since when.
    pub since: Timestamp,
    /// Whether it is over, and `since` the moment from which its retention counts.
    pub ended: bool,
}

/// A conversation and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The conversation.
    pub conversation: ConversationId,
    /// Where it stands.
    pub listing: Listing,
}

/// A state, and where in the journal it belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The first entry that is not part of it.
    pub next: u64,
    /// The state.
    pub state: State,
}

/// What a host needs to go on with a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The latest readable snapshot; `None` where there is none yet.
    pub snapshot: Option<Snapshot>,
    /// The entries after it, all of them.
    pub entries: Vec<Entry>,
    /// Later snapshots that could not be read: worth a warning, nothing is lost.
    pub damaged_snapshots: usize,
}

impl Loaded {
    /// The sequence number of the next entry.
    pub fn next_seq(&self) -> u64 {
        match self.entries.last() {
            Some(entry) => entry.seq + 1,
            None => self.snapshot.as_ref().map_or(0, |snapshot| snapshot.next),
        }
    }
}

/// What an erasure took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Conversations.
    pub conversations: usize,
    /// Lessons that came from them.
    pub lessons: usize,
    /// Stored values of any kind.
    pub values: usize,
}

impl std::ops::Add for Erased {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            conversations: self.conversations + other.conversations,
            lessons: self.lessons + other.lessons,
            values: self.values + other.values,
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<Cursor>,
    /// Rows that could not be read and were passed over.
    pub damaged: usize,
}

/// A place in a list. Its text is opaque and safe in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(crate) Vec<u8>);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Cursor(text.chars().take(64).collect());
        if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return Err(refused());
        }
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| refused()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
