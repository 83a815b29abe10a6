//! Another configuration on the same turns, which only reports.
//!
//! It follows the feed of steps, which are on disk and acted upon by then: no turn waits for it. The
//! feed holds a few thousand steps; what does not fit is counted, and read from the journal when the
//! conversation goes on. What comes of a conversation is a record of it, erased together with it; what
//! is still followed of one that was erased is dropped within a minute.

pub(crate) mod compared;
pub(crate) mod following;

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use warmline::journal::{BoxFuture, RecordChange};
use warmline::{ConfigVersion, ConversationId, Entry, Happening, TriggerKind};

use crate::app::App;
use crate::problem::Problem;
use compared::{Compared, Counts, SHADOW};
use following::{Followed, Step, hear};

/// Conversations that are followed at once.
const FOLLOWED: NonZeroUsize = NonZeroUsize::new(2_048).expect("it is not zero");
/// How often it is looked whether one of them was erased.
const LOOKS: Duration = Duration::from_secs(60);

/// Another configuration that decides on recorded steps.
pub trait Candidate: Send + Sync + 'static {
    /// What people call it: its file.
    fn name(&self) -> &str;
    /// Its version.
    fn version(&self) -> &ConfigVersion;
    /// The share of new conversations, 0 to 1, that it really decides; `None` where it only looks on.
    /// Those that it decides are left out here.
    fn share(&self) -> Option<f64>;
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
    let mut lost = 0;
    let mut looks = tokio::time::interval(LOOKS);
    let mut closing = app.closing();
    loop {
        let heard = tokio::select! {
            heard = feed.recv() => Some(heard),
            _ = looks.tick() => None,
            _ = closing.wait_for(|closing| *closing) => return,
        };
        let Some(heard) = heard else {
            forget_erased(&app, &mut followed).await;
            continue;
        };
        let happening = match heard {
            Ok(happening) => happening,
            Err(RecvError::Closed) => return,
            Err(RecvError::Lagged(missed)) => {
                metrics::counter!("warmline_shadow_dropped_total").increment(missed);
                counts(&app, |counts| counts.dropped += missed);
                lost += missed;
                continue;
            }
        };
        // Who is decided by the candidate itself has nothing beside it.
        if happening.entry.config == *candidate.version() {
            continue;
        }
        let id = happening.conversation.clone();
        let one = followed.pop(&id);
        match hear(&app, &*candidate, one, &happening, lost).await {
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

/// Follows those no longer that were erased.
async fn forget_erased(app: &App, followed: &mut LruCache<ConversationId, Followed>) {
    let known = followed.iter();
    let known: Vec<(ConversationId, Step)> =
        known.map(|(id, one)| (id.clone(), one.last())).collect();
    let gone = app.reading(move |app| {
        let gone = known.into_iter().filter(|(id, last)| {
            let recorded = last.is_recorded(app.warmline(), id);
            matches!(recorded, Ok(false))
        });
        Ok(gone.map(|(id, _)| id).collect::<Vec<_>>())
    });
    for id in gone.await.unwrap_or_default() {
        followed.pop(&id);
        counts(app, |counts| counts.forget(&id));
    }
}

/// Reads what was found by this candidate, and forgets what others found, or of conversations that
/// were erased just when the server stopped.
pub(crate) async fn remember(app: &App, version: &ConfigVersion) -> Result<(), Problem> {
    let prefix = format!("{version}/");
    let (known, others) = app
        .reading(move |app| {
            let (mut known, mut others) = (Vec::new(), Vec::new());
            for (key, row) in app.records().all::<Compared>(SHADOW, "")? {
                let id = key.strip_prefix(&prefix).map(ConversationId::new);
                match id.and_then(Result::ok) {
                    Some(id) if !row.is_left(app.warmline(), &id) => known.push((id, row)),
                    _ => others.push(key),
                }
            }
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
    let drops = others.into_iter().map(|key| {
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
