//! Another configuration on the same turns, which only reports.
//!
//! It follows the feed of steps, which are on disk and acted upon by then: no turn waits for it. The
//! feed holds a few thousand steps; what does not fit is counted, and read from the journal when the
//! conversation goes on. What comes of a conversation is a record of it, erased together with it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use warmline::journal::{BoxFuture, Collection, RecordChange};
use warmline::{ConfigVersion, ConversationId, Entry, Happening, Timestamp, TriggerKind};

use crate::app::App;
use crate::problem::Problem;

/// What came of conversations, by the candidate's version and the conversation.
const SHADOW: Collection = Collection::new("shadow");
/// Conversations that are followed at once, and of which it is known how they compare.
const FOLLOWED: NonZeroUsize = NonZeroUsize::new(2_048).expect("it is not zero");
const KNOWN: NonZeroUsize = NonZeroUsize::new(50_000).expect("it is not zero");
/// Steps read at once, and most steps of a conversation that are caught up with.
const PAGE: usize = 256;
const BEHIND: u64 = 2_048;
/// Examples of each change, and longest words in one, in characters.
const EXAMPLES: usize = 10;
const WORDS: usize = 240;

/// Another configuration that decides on recorded steps.
pub trait Candidate: Send + Sync + 'static {
    /// What people call it: its file.
    fn name(&self) -> &str;
    /// Its version.
    fn version(&self) -> &ConfigVersion;
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

/// How the two compare on a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// They do the same.
    Same,
    /// Only the candidate hands off.
    Newly,
    /// The candidate hands off at an earlier turn.
    Earlier,
    /// At a later one.
    Later,
    /// Only what is in force hands off.
    NoMore,
    /// At the same turn, for another reason.
    OtherReason,
}

impl Change {
    pub(crate) const ALL: [Self; 6] = [
        Self::Same,
        Self::Newly,
        Self::Earlier,
        Self::Later,
        Self::NoMore,
        Self::OtherReason,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Newly => "newly",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::NoMore => "no_more",
            Self::OtherReason => "other_reason",
        }
    }
}

/// What came of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    /// When it was last looked at.
    pub(crate) at: Timestamp,
    /// The first handoff by what is in force.
    pub(crate) live: Option<Handed>,
    /// The candidate's.
    pub(crate) candidate: Option<Handed>,
}

impl Compared {
    pub(crate) fn change(&self) -> Change {
        match (&self.live, &self.candidate) {
            (None, None) => Change::Same,
            (None, Some(_)) => Change::Newly,
            (Some(_), None) => Change::NoMore,
            (Some(live), Some(candidate)) if candidate.turn < live.turn => Change::Earlier,
            (Some(live), Some(candidate)) if candidate.turn > live.turn => Change::Later,
            (Some(live), Some(candidate)) if live.trigger != candidate.trigger => {
                Change::OtherReason
            }
            _ => Change::Same,
        }
    }
}

/// How the two compare, in numbers.
#[derive(Debug)]
pub(crate) struct Shadow {
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    known: LruCache<ConversationId, Change>,
    /// Conversations by how they compare; also those that are not known one by one any more.
    changes: HashMap<Change, u64>,
    dropped: u64,
    failed: u64,
}

impl Default for Shadow {
    fn default() -> Self {
        Self {
            counts: Mutex::new(Counts {
                known: LruCache::new(KNOWN),
                changes: HashMap::new(),
                dropped: 0,
                failed: 0,
            }),
        }
    }
}

impl Counts {
    fn note(&mut self, id: &ConversationId, change: Change) {
        let before = self.known.put(id.clone(), change);
        if let Some(before) = before {
            let count = self.changes.entry(before).or_default();
            *count = count.saturating_sub(1);
        }
        *self.changes.entry(change).or_default() += 1;
    }

    fn show(&self) {
        for change in Change::ALL {
            let count = self.changes.get(&change).copied().unwrap_or_default();
            metrics::gauge!("warmline_shadow_conversations", "change" => change.as_str())
                .set(count as f64);
        }
    }
}

/// What is known of it, for people.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) changes: Vec<(Change, u64, Vec<(ConversationId, Compared)>)>,
    /// Steps that did not fit into the queue.
    pub(crate) dropped: u64,
    /// Conversations that the candidate could not decide.
    pub(crate) failed: u64,
}

/// How the two compare, with examples of where they differ. It reads the disk.
pub(crate) fn report(app: &App, version: &ConfigVersion) -> Result<Report, Problem> {
    let (mut ids, changes, dropped, failed) = {
        let counts = app.policing().shadow.counts.lock();
        let counts = counts.unwrap_or_else(PoisonError::into_inner);
        let mut ids: HashMap<Change, Vec<ConversationId>> = HashMap::new();
        // The latest come first.
        for (id, change) in counts.known.iter().filter(|(_, it)| **it != Change::Same) {
            let ids = ids.entry(*change).or_default();
            if ids.len() < EXAMPLES {
                ids.push(id.clone());
            }
        }
        (ids, counts.changes.clone(), counts.dropped, counts.failed)
    };
    let records = app.records();
    let mut rows = Vec::new();
    for change in Change::ALL {
        let mut examples = Vec::new();
        for id in ids.remove(&change).unwrap_or_default() {
            // One that was erased meanwhile is no example.
            if let Some(compared) = records.get(SHADOW, &key(version, &id))? {
                examples.push((id, compared));
            }
        }
        rows.push((
            change,
            changes.get(&change).copied().unwrap_or_default(),
            examples,
        ));
    }
    Ok(Report {
        changes: rows,
        dropped,
        failed,
    })
}

fn key(version: &ConfigVersion, id: &ConversationId) -> String {
    format!("{version}/{id}")
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
    let counts = app.policing().shadow.counts.lock();
    change(&mut counts.unwrap_or_else(PoisonError::into_inner));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(turn: usize, trigger: TriggerKind) -> Option<Handed> {
        let words = "enough!".to_owned();
        Some(Handed {
            turn,
            trigger,
            words,
        })
    }

    #[test]
    fn changes_are_told_by_their_turns_and_reasons() {
        use TriggerKind::{RepeatLoop, Sentiment};
        let change = |live, candidate| {
            let at = Timestamp(0);
            Compared {
                at,
                live,
                candidate,
            }
            .change()
        };
        assert_eq!(change(None, None), Change::Same);
        assert_eq!(change(None, handed(1, Sentiment)), Change::Newly);
        assert_eq!(change(handed(1, Sentiment), None), Change::NoMore);
        let of = |a, b| change(handed(a, Sentiment), handed(b, Sentiment));
        assert_eq!((of(2, 1), of(1, 2)), (Change::Earlier, Change::Later));
        assert_eq!(of(1, 1), Change::Same);
        let other = change(handed(1, Sentiment), handed(1, RepeatLoop));
        assert_eq!(other, Change::OtherReason);
    }

    #[test]
    fn a_conversation_counts_once_as_what_it_came_to() {
        let shadow = Shadow::default();
        let mut counts = shadow.counts.lock().unwrap();
        let id = ConversationId::new("c1").unwrap();
        for change in [Change::Same, Change::Newly, Change::Earlier] {
            counts.note(&id, change);
        }
        let of = |change| counts.changes.get(&change).copied().unwrap_or_default();
        assert_eq!(Change::ALL.map(of), [0, 0, 1, 0, 0, 0]);
    }
}
