//! The layout of keys: big-endian, so that byte order is the order that readers want.
//!
//! | key | value |
//! |---|---|
//! | `c` conversation `C` | the row: full id and place in the list |
//! | `c` conversation `D` message | the first entry of the step that recorded the message |
//! | `c` conversation `J` last entry | the entries of one step |
//! | `B` conversation | an answer is owed |
//! | `E` since conversation | the conversation is over |
//! | `F` | the format of the whole journal |
//! | `I` state 0 since conversation | the list by state |
//! | `L` conversation when text | a lesson |
//! | `O` conversation turn | the outbox |
//! | `Q` conversation collection 0 key | a record is erased with the conversation |
//! | `R` collection 0 key | a record |
//! | `S` conversation next entry | the state before that entry |
//! | `T` due conversation timer | a timer |
//! | `V` version | the text of a configuration |
//!
//! A conversation stands in keys as the first 16 bytes of the SHA-256 of its id: short, of one
//! length, and nobody can choose an id that meets another one. A message stands as 7 bytes, because
//! it has to differ from the messages of its own conversation only. What is read and written at
//! every turn stands together, so that a turn touches few pages; snapshots stand apart, because a
//! page is rewritten as a whole and they are large.
//!
//! Keys of a conversation have 25 bytes: less the 3 that neighbours share at a million
//! conversations, they fit into the 22 that sled keeps without an allocation.
//!
//! A step is found by its *last* entry: the key alone says what comes next, and the first key from
//! `n` on holds entry `n`.

use sha2::{Digest as _, Sha256};
use warmline_core::{
    ConfigVersion, ConversationId, Lesson, MessageId, StateName, TimerName, Timestamp,
};

use crate::record::Collection;

/// A key, or a part of one.
pub(crate) type Key = Vec<u8>;

/// Where a conversation stands in keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Address(pub(crate) [u8; 16]);

impl Address {
    pub(crate) fn of(conversation: &ConversationId) -> Self {
        Self(digest(conversation.as_str()))
    }
}

fn digest(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    short
}

/// The regions of the table that hold one row of a kind after the other, by their first byte.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Region {
    Conversation = b'c',
    Busy = b'B',
    Ended = b'E',
    Index = b'I',
    Lesson = b'L',
    Outbox = b'O',
    Owned = b'Q',
    Record = b'R',
    Snapshot = b'S',
    Timer = b'T',
    Configuration = b'V',
}

/// The region's keys, from the first up to, but without, the second.
pub(crate) fn region(region: Region) -> (Key, Key) {
    (vec![region as u8], vec![region as u8 + 1])
}

const ROW: u8 = b'C';
const MESSAGE: u8 = b'D';
const ENTRIES: u8 = b'J';

/// Sequence numbers have seven bytes in keys, beside the tag.
pub(crate) const MAX_SEQUENCE: u64 = (1 << 56) - 1;

fn joined(parts: &[&[u8]]) -> Key {
    let mut key = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// A key of one conversation.
fn part(address: Address, tag: u8, number: u64) -> Key {
    let tail = (u64::from(tag) << 56) | (number & MAX_SEQUENCE);
    joined(&[
        &[Region::Conversation as u8],
        &address.0,
        &tail.to_be_bytes(),
    ])
}

/// Everything of one conversation that stands together.
pub(crate) fn conversation(address: Address) -> (Key, Key) {
    prefixed(Region::Conversation, address)
}

/// Everything after one conversation, up to the end of the region.
pub(crate) fn after_conversation(address: Address) -> (Key, Key) {
    (conversation(address).1, region(Region::Conversation).1)
}

/// The keys of a region that go on with an address.
fn prefixed(region: Region, address: Address) -> (Key, Key) {
    beginning(joined(&[&[region as u8], &address.0]))
}

/// The keys that begin with `from`.
fn beginning(from: Key) -> (Key, Key) {
    // The first key that does not begin so: there is one, since no region is all ones.
    let mut to = from.clone();
    while to.pop_if(|last| *last == u8::MAX).is_some() {}
    if let Some(last) = to.last_mut() {
        *last += 1;
    }
    (from, to)
}

pub(crate) fn row(address: Address) -> Key {
    part(address, ROW, 0)
}

/// What tells a message from the others of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn of(message: &MessageId) -> Self {
        let [.., a, b, c, d, e, f, g] = digest(message.as_str());
        Self(u64::from_be_bytes([0, a, b, c, d, e, f, g]))
    }
}

pub(crate) fn message(address: Address, message: Digest) -> Key {
    part(address, MESSAGE, message.0)
}

pub(crate) fn entries(address: Address, last: u64) -> Key {
    part(address, ENTRIES, last)
}

/// The keys of the steps that hold the entries from `from` on.
pub(crate) fn entries_from(address: Address, from: u64) -> (Key, Key) {
    (entries(address, from), part(address, ENTRIES + 1, 0))
}

pub(crate) fn snapshot(address: Address, next: u64) -> Key {
    joined(&[&[Region::Snapshot as u8], &address.0, &next.to_be_bytes()])
}

pub(crate) fn snapshots(address: Address) -> (Key, Key) {
    prefixed(Region::Snapshot, address)
}

pub(crate) fn busy(address: Address) -> Key {
    joined(&[&[Region::Busy as u8], &address.0])
}

pub(crate) fn ended(since: Timestamp, address: Address) -> Key {
    joined(&[&[Region::Ended as u8], &since.0.to_be_bytes(), &address.0])
}

/// The keys of the conversations that ended before `before`.
pub(crate) fn ended_before(before: Timestamp) -> (Key, Key) {
    let from = region(Region::Ended).0;
    let to = joined(&[&from, &before.0.to_be_bytes()]);
    (from, to)
}

pub(crate) fn index(state: &StateName, since: Timestamp, address: Address) -> Key {
    let since = since.0.to_be_bytes();
    joined(&[
        &[Region::Index as u8],
        state.as_str().as_bytes(),
        &[0],
        &since,
        &address.0,
    ])
}

/// The keys of the conversations in one state.
pub(crate) fn index_of(state: &StateName) -> (Key, Key) {
    let state = state.as_str().as_bytes();
    let from = joined(&[&[Region::Index as u8], state, &[0]]);
    let to = joined(&[&[Region::Index as u8], state, &[1]]);
    (from, to)
}

/// A lesson that came from nowhere in particular stands under an address of zeros.
pub(crate) fn lesson(lesson: &Lesson) -> Key {
    let from = lesson.conversation.as_ref().map(Address::of);
    joined(&[
        &[Region::Lesson as u8],
        &from.map_or([0; 16], |address| address.0),
        &lesson.at.0.to_be_bytes(),
        &digest(&lesson.text),
    ])
}

/// The keys of the lessons that came from one conversation.
pub(crate) fn lessons_of(address: Address) -> (Key, Key) {
    prefixed(Region::Lesson, address)
}

pub(crate) fn is_lesson(key: &[u8]) -> bool {
    key.first() == Some(&(Region::Lesson as u8))
}

pub(crate) fn outbox(address: Address, turn: u32) -> Key {
    joined(&[&[Region::Outbox as u8], &address.0, &turn.to_be_bytes()])
}

/// The keys of what one conversation has in the outbox.
pub(crate) fn outbox_of(address: Address) -> (Key, Key) {
    prefixed(Region::Outbox, address)
}

pub(crate) fn record(collection: Collection, key: &str) -> Key {
    let collection = collection.as_str().as_bytes();
    joined(&[&[Region::Record as u8], collection, &[0], key.as_bytes()])
}

/// The keys of the records in a collection whose own keys begin with `prefix`.
pub(crate) fn records(collection: Collection, prefix: &str) -> (Key, Key) {
    beginning(record(collection, prefix))
}

/// The key that says with which conversation a record is erased.
pub(crate) fn record_of(address: Address, collection: Collection, key: &str) -> Key {
    let owned = &record(collection, key)[1..];
    joined(&[&[Region::Owned as u8], &address.0, owned])
}

/// The keys that say which records are erased with a conversation.
pub(crate) fn records_of(address: Address) -> (Key, Key) {
    prefixed(Region::Owned, address)
}

/// The record that a key of [`records_of`] is about.
pub(crate) fn owned_record(key: &[u8]) -> Option<Key> {
    Some(joined(&[&[Region::Record as u8], key.get(17..)?]))
}

pub(crate) fn timer(due: Timestamp, address: Address, timer: &TimerName) -> Key {
    let due = due.0.to_be_bytes();
    joined(&[
        &[Region::Timer as u8],
        &due,
        &address.0,
        timer.as_str().as_bytes(),
    ])
}

/// The keys of the timers due at `now` or before.
pub(crate) fn timers_until(now: Timestamp) -> (Key, Key) {
    let (from, end) = region(Region::Timer);
    let to = match now.0.checked_add(1) {
        Some(next) => joined(&[&from, &next.to_be_bytes()]),
        None => end,
    };
    (from, to)
}

/// The keys of the timers due after `now`.
pub(crate) fn timers_after(now: Timestamp) -> (Key, Key) {
    (timers_until(now).1, region(Region::Timer).1)
}

pub(crate) fn configuration(version: &ConfigVersion) -> Key {
    joined(&[&[Region::Configuration as u8], version.as_str().as_bytes()])
}

#[cfg(feature = "sled")]
pub(crate) fn format() -> Key {
    b"F".to_vec()
}

/// The parts of a key after its region and, within a conversation, after its tag.
pub(crate) mod parse {
    use super::{Address, Collection, MAX_SEQUENCE, Region};

    fn number(bytes: &[u8]) -> Option<u64> {
        bytes.try_into().ok().map(u64::from_be_bytes)
    }

    fn address(bytes: &[u8]) -> Option<Address> {
        bytes.try_into().ok().map(Address)
    }

    /// The conversation of a key in the region of conversations.
    pub(crate) fn conversation(key: &[u8]) -> Option<Address> {
        address(key.get(1..17)?)
    }

    /// The last entry of a step, or the next entry of a snapshot.
    pub(crate) fn sequence(key: &[u8]) -> Option<u64> {
        Some(number(key.get(17..)?)? & MAX_SEQUENCE)
    }

    /// When a timer is due, whose it is, and its name.
    pub(crate) fn timer(key: &[u8]) -> Option<(u64, Address, &str)> {
        let name = std::str::from_utf8(key.get(25..)?).ok()?;
        Some((number(key.get(1..9)?)?, address(key.get(9..25)?)?, name))
    }

    /// Whether a key in the region of conversations holds entries.
    pub(crate) fn is_entries(key: &[u8]) -> bool {
        key.get(17) == Some(&super::ENTRIES)
    }

    /// Whose message in the outbox it is, and of which turn.
    pub(crate) fn outbox(key: &[u8]) -> Option<(Address, u32)> {
        let turn = key.get(17..)?.try_into().ok().map(u32::from_be_bytes)?;
        Some((conversation(key)?, turn))
    }

    /// The version of a configuration.
    pub(crate) fn configuration(key: &[u8]) -> Option<&str> {
        std::str::from_utf8(key.get(1..)?).ok()
    }

    /// The record's own key.
    pub(crate) fn record(key: &[u8], collection: Collection) -> Option<&str> {
        std::str::from_utf8(key.get(collection.as_str().len() + 2..)?).ok()
    }

    /// Whose row of a region it is; a record is found by the keys of [`Region::Owned`].
    pub(crate) fn owner(region: Region, key: &[u8]) -> Option<Address> {
        match region {
            Region::Configuration | Region::Record => None,
            Region::Conversation
            | Region::Busy
            | Region::Lesson
            | Region::Outbox
            | Region::Owned
            | Region::Snapshot => conversation(key),
            Region::Ended => address(key.get(9..)?),
            Region::Index => address(key.get(key.len().checked_sub(16)?..)?),
            Region::Timer => timer(key).map(|(_, owner, _)| owner),
        }
    }
}
