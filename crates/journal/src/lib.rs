//! The journal: what was decided, on disk before it is done.
//!
//! A host hands over one [`Step`] at a time: the entries of a conversation together with every
//! consequence that must survive with them (the message that is now known, timers, what a channel
//! has to deliver, the row of the queue, a snapshot). A step is recorded whole or not at all, and
//! [`Journal::append`] resolves only when it would survive a power cut.
//!
//! | module | holds |
//! |---|---|
//! | [`journal`](mod@journal) | the trait [`Journal`] and the types of its contract |
//! | [`error`] | every way in which a journal can fail |
//! | [`record`](mod@record) | what a host remembers beside its conversations |
//! | [`memory`] | [`MemoryJournal`]: the same rules without a disk, for tests and examples |
//! | [`sled`] | [`SledJournal`]: one writer thread, group commit, own fsync (feature `sled`) |
//!
//! Inside, both journals share one layout of keys, one form of values, one admission of steps and
//! one set of readers; they differ in the table below and in how a batch becomes durable.
//!
//! Deliberately absent: rules. The journal stores what was decided and never decides; it knows
//! neither the workflow nor the clock.

mod admission;
mod erasure;
pub mod error;
pub mod journal;
mod keys;
pub mod memory;
mod read;
pub mod record;
#[cfg(feature = "sled")]
pub mod sled;
mod table;
mod value;

#[cfg(feature = "sled")]
pub use self::sled::{Options, SledJournal};
pub use error::{Damage, Error};
pub use journal::{
    BoxFuture, Cursor, DeliveryKey, DueTimer, Erased, Journal, Listed, Listing, Loaded, Outbound,
    Outgoing, Page, Snapshot, Step, TimerChange,
};
pub use memory::MemoryJournal;
pub use record::{Collection, Record, RecordChange};
