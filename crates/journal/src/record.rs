//! What a host remembers beside its conversations: people, deliveries, labels, indexes of its own.
//!
//! A record is a JSON value under a collection and a key. One that belongs to a conversation is
//! erased together with it. Records change by themselves ([`Journal::change`](crate::Journal::change))
//! or as part of a step ([`Step::records`](crate::Step::records)), whole or not at all.

use std::fmt;

use serde::{Deserialize, Serialize};
use warmline_core::ConversationId;

use crate::error::Error;
use crate::journal::{Cursor, Page};
use crate::keys::{self, Address};
use crate::read;
use crate::table::{Table, Write};
use crate::value;

/// Longest name of a collection, and longest key of a record, in bytes.
pub const MAX_RECORD: (usize, usize) = (32, 256);

/// The name of a collection: 1 to 32 lower-case letters and underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Collection(&'static str);

impl Collection {
    /// Takes a name. Collections are named in code, so a wrong one is a bug.
    ///
    /// # Panics
    /// When the name is empty, has over 32 bytes, or others than `a` to `z` and `_`; at compile
    /// time in a constant.
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(
            !bytes.is_empty() && bytes.len() <= MAX_RECORD.0,
            "a collection's name has 1 to 32 bytes"
        );
        let mut at = 0;
        while at < bytes.len() {
            assert!(
                bytes[at].is_ascii_lowercase() || bytes[at] == b'_',
                "a collection's name has lower-case letters and underscores"
            );
            at += 1;
        }
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Something that a host remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The collection it belongs to.
    pub collection: Collection,
    /// What tells it from the others of its collection, which are in the order of their keys: 1 to
    /// 256 bytes.
    pub key: String,
    /// The conversation that it is erased with.
    pub conversation: Option<ConversationId>,
    /// What it says.
    pub value: serde_json::Value,
}

/// A change of what a host remembers.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordChange {
    /// Remember it, in place of one under the same key.
    Keep(Record),
    /// Remember it no longer; one that is not there is no error.
    Drop {
        /// Its collection.
        collection: Collection,
        /// Its key.
        key: String,
        /// The conversation that it was kept with.
        conversation: Option<ConversationId>,
    },
}

/// What is stored of a record, beside its key.
#[derive(Serialize, Deserialize)]
struct Stored<V> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationId>,
    value: V,
}

/// The writes that make `changes`.
pub(crate) fn writes(changes: &[RecordChange]) -> Result<Vec<Write>, Error> {
    let mut writes = Vec::with_capacity(changes.len());
    for change in changes {
        let (collection, key, conversation) = match change {
            RecordChange::Keep(record) => {
                (record.collection, &record.key, record.conversation.as_ref())
            }
            RecordChange::Drop {
                collection,
                key,
                conversation,
            } => (*collection, key, conversation.as_ref()),
        };
        if key.is_empty() || key.len() > MAX_RECORD.1 {
            return Err(Error::Record(format!(
                "a key in `{collection}` has 1 to {} bytes, this one has {}",
                MAX_RECORD.1,
                key.len()
            )));
        }
        let place = keys::record(collection, key);
        let stored = match change {
            RecordChange::Keep(record) => {
                let stored = Stored {
                    conversation: conversation.cloned(),
                    value: &record.value,
                };
                Some(value::seal_json(&place, &stored).map_err(Error::Record)?)
            }
            RecordChange::Drop { .. } => None,
        };
        if let Some(conversation) = conversation {
            let owned = keys::record_of(Address::of(conversation), collection, key);
            let mark = stored.is_some().then(|| value::mark(&owned));
            writes.push((owned, mark));
        }
        writes.push((place, stored));
    }
    Ok(writes)
}

/// See [`Journal::record`](crate::Journal::record).
pub(crate) fn one(
    table: &impl Table,
    collection: Collection,
    key: &str,
) -> Result<Option<Record>, Error> {
    let place = keys::record(collection, key);
    let Some(stored) = table.get(&place)? else {
        return Ok(None);
    };
    let what = || format!("record `{key}` in `{collection}`");
    let Stored {
        conversation,
        value,
    } = value::open_json(&place, stored.as_ref())
        .map_err(|damage| read::unreadable(&what(), damage))?;
    Ok(Some(Record {
        collection,
        key: key.to_owned(),
        conversation,
        value,
    }))
}

/// See [`Journal::records`](crate::Journal::records).
pub(crate) fn some(
    table: &impl Table,
    collection: Collection,
    prefix: &str,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Record>, Error> {
    let range = keys::records(collection, prefix);
    read::page(table, range, after, limit, |place, content| {
        let key = keys::parse::record(place, collection).ok_or_else(read::misplaced)?;
        let Stored {
            conversation,
            value,
        } = value::decode(content).map_err(|damage| read::unreadable("a record", damage))?;
        Ok(Record {
            collection,
            key: key.to_owned(),
            conversation,
            value,
        })
    })
}
