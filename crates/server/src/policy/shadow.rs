//! Another configuration on the same turns, which only reports.
//!
//! It follows the feed of steps, which are on disk and acted upon by then: no turn waits for it. The
//! feed holds a few thousand steps; what does not fit is counted, and read from the journal when the
//! conversation goes on. What comes of a conversation is a record of it, erased together with it.

pub(crate) mod compared;

use std::num::NonZeroUsize;

use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use warmline::journal::{BoxFuture, RecordChange};
use warmline::{ConfigVersion, ConversationId, Entry, Happening, TriggerKind};

use crate::app::App;
use crate::problem::Problem;
use compared::{Compared, Counts, SHADOW, key};

/// Conversations that are followed at once.
const FOLLOWED: NonZeroUsize = NonZeroUsize::new(2_048).expect("it is not zero");
/// Steps read at once, and most steps of a conversation that are caught up with.
const PAGE: usize = 256;
const BEHIND: u64 = 2_048;
/// Longest words in an example, in characters.
const WORDS: usize = 240;

/// Another configuration that decides on recorded steps.
pub trait Candidate: Send + Sync + 'static {
    /// What people call it: its file.
    fn name(&self) -> &str;
    /// Its version.
    fn version(&self) -> &ConfigVersion;
    /// The share of conversations, 0 to 1, that it really decides; they are left out here.
    fn share(&self) -> f64;
    /// Begins with a conversation, before its first step.
    fn begin(&self) -> Box<dyn Beside>;
}

/// A candidate's way through one conversation.
pub trait Beside: Send {
    /// Lives through the next recorded step.
    ///
    /// # Errors
    /// Why it cannot, in words; then the conversation is left out.
    fn live<'a>(&'a mut self, entry: &'a Entry) -> BoxFuture<'a, Result<(), String>>;
    /// The first handoff by what is in force, and the candidate's.
    fn handed(&self) -> (Option<Handed>, Option<Handed>);
    /// Whether what follows compares nothing any more.
    fn is_over(&self) -> bool;
}

/// A handoff, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    /// At which turn.
    pub turn: usize,
    /// The reason.
    pub trigger: TriggerKind,
    /// The words that show it.
    pub words: String,
}

/// A conversation that is followed.
struct Followed {
    beside: Box<dyn Beside>,
    /// The step that comes next.
    next: u64,
}

/// Follows the feed until `app` closes.
pub(crate) async fn run(app: App, mut feed: Receiver<Happening>) {
    let Some(candidate) = app.policing().parts.candidate.clone() else {
        return;
    };
    if let Err(problem) = remember(&app, candidate.version()).await {
        tracing::warn!(
            problem.detail,
            "what the shadow found earlier cannot be read"
        );
    }
    let (name, version) = (candidate.name(), candidate.version());
    tracing::info!(name, %version, "a candidate runs in the shadow");
    let mut followed = LruCache::new(FOLLOWED);
    let mut closing = app.closing();
    loop {
        let heard = tokio::select! {
            heard = feed.recv() => heard,
            _ = closing.wait_for(|closing| *closing) => return,
        };
        let happening = match heard {
            Ok(happening) => happening,
            Err(RecvError::Closed) => return,
            Err(RecvError::Lagged(missed)) => {
                metrics::counter!("warmline_shadow_dropped_total").increment(missed);
                counts(&app, |counts| counts.dropped += missed);
                continue;
            }
        };
        // Who is decided by the candidate itself has nothing beside it.
        if happening.entry.config == *candidate.version() {
            continue;
        }
        let id = happening.conversation.clone();
        let one = followed.pop(&id).unwrap_or_else(|| Followed {
            beside: candidate.begin(),
            next: 0,
        });
        match hear(&app, candidate.version(), one, &happening).await {
            Ok(Some(one)) => drop(followed.put(id, one)),
            Ok(None) => {}
            Err(reason) => {
                metrics::counter!("warmline_shadow_failures_total").increment(1);
                counts(&app, |counts| counts.failed += 1);
                tracing::warn!(conversation = %id, reason, "the shadow leaves out a conversation");
            }
        }
    }
}

fn counts(app: &App, change: impl FnOnce(&mut Counts)) {
    change(&mut app.policing().shadow.counts());
}

/// Lives through a step, and whatever came before it that was not heard. Nothing comes back of what
/// is too far behind, or was erased.
async fn hear(
    app: &App,
    version: &ConfigVersion,
    mut one: Followed,
    happening: &Happening,
) -> Result<Option<Followed>, String> {
    let (id, last) = (&happening.conversation, happening.entry.seq);
    if last < one.next || one.beside.is_over() {
        return Ok(Some(one));
    }
    if last - one.next > BEHIND {
        return Ok(None);
    }
    let before = one.beside.handed();
    let begins = one.next == 0;
    while one.next < last && !one.beside.is_over() {
        let missed = app.entries(id, one.next, PAGE).await;
        let missed = missed.map_err(|problem| problem.detail)?;
        if missed.is_empty() {
            // It was erased.
            return Ok(None);
        }
        for entry in missed.iter().filter(|entry| entry.seq < last) {
            one.beside.live(entry).await?;
        }
        one.next = missed.last().map_or(last, |entry| entry.seq + 1).min(last);
    }
    if !one.beside.is_over() {
        one.beside.live(&happening.entry).await?;
    }
    one.next = last + 1;
    let after = one.beside.handed();
    if begins || before != after {
        note(app, version, happening, after).await?;
    }
    Ok(Some(one))
}

async fn note(
    app: &App,
    version: &ConfigVersion,
    happening: &Happening,
    (live, candidate): (Option<Handed>, Option<Handed>),
) -> Result<(), String> {
    let id = &happening.conversation;
    let compared = Compared {
        at: happening.entry.at,
        live: live.map(short),
        candidate: candidate.map(short),
    };
    let change = compared.change();
    counts(app, |counts| {
        counts.note(id, change);
        counts.show();
    });
    let (records, key) = (app.records(), key(version, id));
    let kept = records.keep(SHADOW, &key, Some(id), &compared).await;
    kept.map_err(|error| error.to_string())
}

fn short(mut handed: Handed) -> Handed {
    if let Some((end, _)) = handed.words.char_indices().nth(WORDS) {
        handed.words.truncate(end);
    }
    handed
}

/// Reads what was found by this candidate, and forgets what others found.
async fn remember(app: &App, version: &ConfigVersion) -> Result<(), Problem> {
    let prefix = format!("{version}/");
    let (known, others) = app
        .reading(move |app| {
            let rows = app.records().all::<Compared>(SHADOW, "")?;
            let (known, others): (Vec<_>, Vec<_>) = rows
                .into_iter()
                .partition(|(key, _)| key.starts_with(&prefix));
            let known = known.into_iter().filter_map(|(key, row)| {
                let id = ConversationId::new(&key[prefix.len()..]).ok()?;
                Some((id, row))
            });
            let mut known: Vec<_> = known.collect();
            known.sort_by_key(|(_, row)| row.at);
            Ok((known, others))
        })
        .await?;
    counts(app, |counts| {
        for (id, row) in &known {
            counts.note(id, row.change());
        }
        counts.show();
    });
    let drops = others.into_iter().map(|(key, _)| {
        let conversation = key.split_once('/').map(|(_, id)| ConversationId::new(id));
        RecordChange::Drop {
            collection: SHADOW,
            conversation: conversation.and_then(Result::ok),
            key,
        }
    });
    let drops: Vec<RecordChange> = drops.collect();
    match drops.is_empty() {
        true => Ok(()),
        false => Ok(app.records().change(drops).await?),
    }
}
