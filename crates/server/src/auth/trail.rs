//! The trail: who saw which conversation and who did what, when, from where.
//!
//! It names operations, people and conversations, and never holds what anybody said in one. It
//! outlives the conversations it names: that one was erased, and by whom, is part of it.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
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
/// Longest words of a search.
pub(crate) const LONGEST: usize = 120;
/// How long what is told now and then is not told again, and how much of it is known.
const PAUSE: Duration = Duration::from_secs(900);
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(8192).expect("it is not zero");
/// Rows read at once.
const CHUNK: usize = 256;
/// Most rows that one question looks at.
const LOOKED_AT: usize = 20_000;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Whom or what it was done to: a person, a token, or the words that were looked for, without
    /// personal data and at most [`LONGEST`] characters.
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

/// How often the trail tells of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Often {
    /// Each time.
    EachTime,
    /// Once in a quarter of an hour, as long as it is the same: pages read their lists all the time.
    NowAndThen,
}

/// What the trail told lately of what it tells now and then.
pub(crate) struct Lately(Mutex<LruCache<Row, Timestamp>>);

impl Default for Lately {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Lately {
    /// Remembers `row`, unless it was remembered often enough; on disk when it resolves.
    pub(crate) async fn note(&self, app: &App, row: &Row, often: Often) -> Result<(), Problem> {
        if often == Often::EachTime {
            return note(app, row).await;
        }
        let (at, same) = (
            row.at,
            Row {
                at: Timestamp(0),
                ..row.clone()
            },
        );
        let told = self.lock().get(&same).copied();
        if told.is_some_and(|told| at.since(told) < PAUSE) {
            return Ok(());
        }
        note(app, row).await?;
        self.lock().put(same, at);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Row, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Remembers `row`; on disk when it resolves.
pub(crate) async fn note(app: &App, row: &Row) -> Result<(), Problem> {
    Ok(app.records().change(noted(row)?).await?)
}

/// The changes that remember `row`, to be made together with what it tells of.
pub(crate) fn noted(row: &Row) -> Result<Vec<RecordChange>, Problem> {
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
    Ok(changes)
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
            // Their keys may begin as those of another do: `web` and `web/1`.
            let of_another = asked.person.is_some() && row.person != asked.person
                || asked.conversation.is_some() && row.conversation != asked.conversation;
            if of_another {
                continue;
            }
            if asked.since.is_some_and(|since| row.at < since) {
                return Ok((rows, None));
            }
            if asked.until.is_none_or(|until| row.at < until) {
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
