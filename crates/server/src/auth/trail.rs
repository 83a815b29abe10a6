//! The trail: who saw which conversation and who did what, when, from where.
//!
//! It names operations, people and conversations, and never holds what anybody said. It outlives
//! the conversations it names: that one was erased, and by whom, is part of it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use warmline::journal::{Collection, RecordChange};
use warmline::{ConversationId, Timestamp, keep};

use super::secret::{hex, random};
use crate::app::App;
use crate::problem::Problem;

/// Where the trail is kept. Each row stands there under up to three keys, the latest first: of
/// everything, of its person, of its conversation; and under a fourth, the earliest first, by
/// which it is dropped when it is old enough.
const TRAIL: Collection = Collection::new("trail");
/// Rows read at once.
const CHUNK: usize = 256;
/// Most rows that one question looks at.
const LOOKED_AT: usize = 20_000;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// When.
    pub(crate) at: Timestamp,
    /// Who: a person, or the operator that a machine named. None for a machine by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    /// As what they were let in: `session`, `token:NAME`, `machine` or `demo`.
    pub(crate) by: String,
    /// The operation, such as `claim` or `sign_in`.
    pub(crate) action: String,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conversation: Option<ConversationId>,
    /// Whom or what it was done to: a person or a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<IpAddr>,
    /// The HTTP status it came to.
    pub(crate) status: u16,
}

/// Which rows.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) person: Option<String>,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// Remembers `row`; on disk when it resolves.
pub(crate) async fn note(app: &App, row: &Row) -> Result<(), Problem> {
    let tail = random::<6>().map_err(|error| Problem::internal(&error))?;
    let tail = hex(&tail);
    let latest = format!("{:016x}-{tail}", u64::MAX - row.at.0);
    let mut keys = vec![format!("all/{latest}")];
    if let Some(person) = &row.person {
        keys.push(format!("person/{person}/{latest}"));
    }
    if let Some(conversation) = &row.conversation {
        keys.push(format!("conversation/{conversation}/{latest}"));
    }
    let mut changes: Vec<RecordChange> =
        keys.iter().map(|key| keep(TRAIL, key, None, row)).collect();
    let due = format!("due/{:016x}-{tail}", row.at.0);
    changes.push(keep(TRAIL, &due, None, &keys));
    Ok(app.records().change(changes).await?)
}

/// Up to `limit` rows, the latest first, and where the list goes on. Reads the disk.
pub(crate) fn read(
    app: &App,
    asked: &Asked,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Row>, Option<String>), Problem> {
    let prefix = match (&asked.conversation, &asked.person) {
        (Some(conversation), _) => format!("conversation/{conversation}/"),
        (None, Some(person)) => format!("person/{person}/"),
        (None, None) => "all/".to_owned(),
    };
    let records = app.records();
    let mut rows = Vec::new();
    let mut after = after.map(str::to_owned);
    let mut looked_at = 0;
    loop {
        // No more than are still wanted, so that the cursor stands behind the last row given.
        let wanted = (limit - rows.len()).min(CHUNK);
        let page = records.list::<Row>(TRAIL, &prefix, after.as_deref(), wanted)?;
        looked_at += page.rows.len();
        for (_, row) in page.rows {
            if asked.since.is_some_and(|since| row.at < since) {
                return Ok((rows, None));
            }
            let fits = asked.until.is_none_or(|until| row.at < until)
                && asked
                    .person
                    .as_ref()
                    .is_none_or(|person| row.person.as_ref() == Some(person));
            if fits {
                rows.push(row);
            }
        }
        after = page.next;
        if after.is_none() || rows.len() >= limit || looked_at >= LOOKED_AT {
            return Ok((rows, after));
        }
    }
}

/// Drops what is older than the configuration keeps.
pub(crate) async fn sweep(app: &App) -> Result<(), Problem> {
    let Some(retention) = app.config().trail.retention else {
        return Ok(());
    };
    let kept = u64::try_from(retention.as_millis()).unwrap_or(u64::MAX);
    let oldest = format!("due/{:016x}", app.now().0.saturating_sub(kept));
    let records = app.records();
    loop {
        let page = records.list::<Vec<String>>(TRAIL, "due/", None, CHUNK)?;
        let over: Vec<_> = page
            .rows
            .into_iter()
            .take_while(|(due, _)| *due < oldest)
            .collect();
        if over.is_empty() {
            return Ok(());
        }
        let keys = over.into_iter().flat_map(|(due, mut keys)| {
            keys.push(due);
            keys
        });
        let drops = keys.map(|key| RecordChange::Drop {
            collection: TRAIL,
            key,
            conversation: None,
        });
        records.change(drops.collect()).await?;
    }
}
