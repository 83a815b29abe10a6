//! What a host remembers beside its conversations, and what is remembered of each step.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use warmline_core::outcome::Ended;
use warmline_core::{ConversationId, Entry, State};
use warmline_journal::{Collection, Cursor, Journal, Record, RecordChange};

use crate::error::Error;

/// Records read at once.
const PAGE: usize = 256;

/// Remembers something of every step, and of every outcome that is restated, recorded together with
/// it or not at all.
///
/// It is asked while the conversation waits: it looks at what it is given and nothing else.
pub trait Bookkeeper: Send + Sync + 'static {
    /// What to remember of `entry`, which led from `before` to `after`.
    fn book(
        &self,
        conversation: &ConversationId,
        before: &State,
        entry: &Entry,
        after: &State,
    ) -> Vec<RecordChange>;

    /// What to remember of `ended`, restated because the customer came back about the same thing.
    fn reopened(&self, ended: &Ended) -> Vec<RecordChange> {
        let _ = ended;
        Vec::new()
    }
}

/// A part of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordPage<T> {
    /// Keys and what is remembered under them, in the order of the keys.
    pub rows: Vec<(String, T)>,
    /// Where the collection goes on; `None` at its end.
    pub next: Option<String>,
}

/// What a host remembers beside its conversations: one durable store for all of it.
#[derive(Clone)]
pub struct Records {
    journal: Arc<dyn Journal>,
}

impl Records {
    /// Those of `journal`, which no runtime needs to have open.
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal }
    }

    /// What is remembered under `key`.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Invalid`] when it is no `T`.
    pub fn get<T: DeserializeOwned>(
        &self,
        collection: Collection,
        key: &str,
    ) -> Result<Option<T>, Error> {
        let record = self.journal.record(collection, key)?;
        record.map(decode).transpose()
    }

    /// Up to `limit` of what is remembered under keys that begin with `prefix`, in their order.
    /// `after` is the [`next`](RecordPage::next) of the page before.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an `after` of another list or a value that is no `T`,
    /// [`Error::Journal`].
    pub fn list<T: DeserializeOwned>(
        &self,
        collection: Collection,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<RecordPage<T>, Error> {
        let invalid = |error: warmline_journal::Error| Error::Invalid(error.to_string());
        let after = after.map(str::parse::<Cursor>).transpose();
        let after = after.map_err(invalid)?;
        let page = match self
            .journal
            .records(collection, prefix, after.as_ref(), limit)
        {
            Err(error @ warmline_journal::Error::Cursor(_)) => return Err(invalid(error)),
            page => page?,
        };
        if page.damaged > 0 {
            let damaged = page.damaged;
            tracing::warn!(%collection, damaged, "records that cannot be read are left out");
        }
        let row = |record: Record| Ok((record.key.clone(), decode(record)?));
        Ok(RecordPage {
            rows: page
                .rows
                .into_iter()
                .map(row)
                .collect::<Result<_, Error>>()?,
            next: page.next.map(|next| next.to_string()),
        })
    }

    /// Everything that is remembered under keys that begin with `prefix`, in their order.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn all<T: DeserializeOwned>(
        &self,
        collection: Collection,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, Error> {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page = self.list(collection, prefix, after.as_deref(), PAGE)?;
            rows.extend(page.rows);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(rows),
            }
        }
    }

    /// Remembers `value` under `key`, in place of what was; on disk when it resolves. What belongs
    /// to a conversation is erased together with it, and stays with it as long as it is kept.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub async fn keep<T: Serialize>(
        &self,
        collection: Collection,
        key: &str,
        conversation: Option<&ConversationId>,
        value: &T,
    ) -> Result<(), Error> {
        self.change(vec![keep(collection, key, conversation, value)])
            .await
    }

    /// Remembers `key` no longer; `conversation` is the one that it was kept with.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub async fn drop(
        &self,
        collection: Collection,
        key: &str,
        conversation: Option<&ConversationId>,
    ) -> Result<(), Error> {
        self.change(vec![RecordChange::Drop {
            collection,
            key: key.to_owned(),
            conversation: conversation.cloned(),
        }])
        .await
    }

    /// Makes all of `changes`, or none.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub async fn change(&self, changes: Vec<RecordChange>) -> Result<(), Error> {
        Ok(self.journal.change(changes).await?)
    }
}

/// The change that remembers `value` under `key`; a value that is no JSON is remembered as null.
pub fn keep<T: Serialize>(
    collection: Collection,
    key: &str,
    conversation: Option<&ConversationId>,
    value: &T,
) -> RecordChange {
    let value = serde_json::to_value(value).unwrap_or_else(|error| {
        tracing::error!(%collection, %error, "a record is no JSON");
        serde_json::Value::Null
    });
    RecordChange::Keep(Record {
        collection,
        key: key.to_owned(),
        conversation: conversation.cloned(),
        value,
    })
}

fn decode<T: DeserializeOwned>(record: Record) -> Result<T, Error> {
    let Record {
        collection,
        key,
        value,
        ..
    } = record;
    serde_json::from_value(value).map_err(|error| {
        Error::Invalid(format!(
            "record `{key}` in `{collection}` has another form: {error}"
        ))
    })
}
