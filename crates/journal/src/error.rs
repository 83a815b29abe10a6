//! Every way in which a journal can fail.

use std::path::PathBuf;
use std::sync::Arc;

use warmline_core::{ConfigVersion, ConversationId, MessageId};

/// What is wrong with a stored value.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Damage {
    /// The bytes are not the ones that were written.
    #[error("its checksum does not match")]
    Checksum,
    /// The value is shorter than any value can be.
    #[error("it is cut off")]
    Short,
    /// It was written in a form that this version does not know.
    #[error("it has the form {0}, which this version does not know")]
    Form(u8),
    /// The checksum matches, but the content does not unpack.
    #[error("it does not unpack")]
    Packing,
    /// The checksum matches, but the content does not decode.
    #[error("it does not decode")]
    Content(#[source] Arc<serde_json::Error>),
    /// An entry is not where the ones before it say it should be.
    #[error("the entry before it says that {expected} follows")]
    Gap {
        /// The sequence number that should follow.
        expected: u64,
    },
    /// The part of the store that holds it is damaged.
    #[error("the page that holds it is damaged")]
    Page,
    /// A row of an index is not what its key says.
    #[error("it does not match its key")]
    Misplaced,
}

/// Why the journal could not be read or extended.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Another step was recorded in between, or the conversation was erased.
    #[error("{conversation} expects entry {expected} next, found {found}")]
    Conflict {
        /// The conversation.
        conversation: ConversationId,
        /// The sequence number that the journal expects.
        expected: u64,
        /// The first one of the step.
        found: u64,
    },
    /// The step's message was recorded before.
    #[error("{conversation} has recorded message {message} before, with entry {seq}")]
    Duplicate {
        /// The conversation.
        conversation: ConversationId,
        /// The message.
        message: MessageId,
        /// The first entry of the step that recorded it.
        seq: u64,
    },
    /// The step contradicts itself; the caller has a bug.
    #[error("a step of {conversation} is malformed: {reason}")]
    Malformed {
        /// The conversation.
        conversation: ConversationId,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// An entry cannot be read. Other conversations are not affected.
    #[error("entry {seq} of {conversation} is unreadable")]
    Corrupt {
        /// The conversation.
        conversation: ConversationId,
        /// The entry; where a step recorded several, the last of them.
        seq: u64,
        /// What is wrong with it.
        source: Damage,
    },
    /// A value other than an entry cannot be read.
    #[error("{what} is unreadable")]
    Unreadable {
        /// Which value.
        what: String,
        /// What is wrong with it.
        source: Damage,
    },
    /// More steps are waiting than may wait; nothing of this one was recorded.
    #[error("the journal has {waiting} steps waiting and takes no more, try again shortly")]
    Overloaded {
        /// How many steps may wait.
        waiting: usize,
    },
    /// A cursor that does not belong to the list it is used with.
    #[error("`{0}` is not a cursor of this list")]
    Cursor(String),
    /// A lesson cannot be stored.
    #[error("the lesson cannot be stored: {0}")]
    Lesson(String),
    /// A record cannot be stored.
    #[error("the record cannot be stored: {0}")]
    Record(String),
    /// A configuration is recorded under this version already, with another text.
    #[error("configuration {0} is recorded with another text")]
    Configuration(ConfigVersion),
    /// The path is no directory.
    #[error("{path} is not a directory, name the directory that holds the journal")]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The directory cannot be written.
    #[error("{path} cannot be written")]
    ReadOnly {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// Another process has the directory open.
    #[error("{path} is in use by another process")]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// The journal was written by a later version.
    #[error(
        "{path} has journal format {found}, this version reads up to {known}: use a later version"
    )]
    NewerFormat {
        /// The path.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The latest format known.
        known: u32,
    },
    /// The directory holds something that is not a journal, or a journal damaged as a whole.
    #[error("{path} does not open as a journal: {reason}")]
    Unopenable {
        /// The path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The disk is full. Nothing that was acknowledged is lost.
    #[error("the disk that holds {path} is full: make room and open the journal again")]
    Full {
        /// The directory.
        path: PathBuf,
    },
    /// The store failed and takes no more steps until it is opened again.
    #[error("the store failed and takes no more steps until it is opened again: {reason}")]
    Storage {
        /// What it said.
        reason: String,
    },
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}
