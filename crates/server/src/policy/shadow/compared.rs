//! How a candidate compares with what is in force: on a conversation, and on all of them.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use serde::{Deserialize, Serialize};
use warmline::journal::Collection;
use warmline::{ConfigVersion, ConversationId, Timestamp, Warmline};

use super::Handed;
use crate::app::App;
use crate::problem::Problem;

/// What came of conversations, by the candidate's version and the conversation.
pub(super) const SHADOW: Collection = Collection::new("shadow");
/// Conversations of which it is known how they compare.
const KNOWN: NonZeroUsize = NonZeroUsize::new(50_000).expect("it is not zero");
/// Examples of each change.
const EXAMPLES: usize = 10;

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
    /// Whether it is left of a conversation that was erased, and may have begun again. It reads the
    /// disk; of one that cannot be read nobody knows.
    pub(super) fn is_left(&self, warmline: &Warmline, id: &ConversationId) -> bool {
        let began = warmline.entries(id, 0, 1);
        began.is_ok_and(|first| first.first().is_none_or(|first| first.at > self.at))
    }

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

/// Conversations by how they compare, and what was lost.
#[derive(Debug)]
pub(super) struct Counts {
    known: LruCache<ConversationId, Change>,
    /// Also those that are not known one by one any more.
    changes: HashMap<Change, u64>,
    pub(super) dropped: u64,
    pub(super) failed: u64,
}

impl Shadow {
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    pub(super) fn note(&mut self, id: &ConversationId, change: Change) {
        let before = self.known.put(id.clone(), change);
        if let Some(before) = before {
            let count = self.changes.entry(before).or_default();
            *count = count.saturating_sub(1);
        }
        *self.changes.entry(change).or_default() += 1;
    }

    /// Knows a conversation no longer that was erased; it stays counted.
    pub(super) fn forget(&mut self, id: &ConversationId) {
        self.known.pop(id);
    }

    pub(super) fn show(&self) {
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
    pub(crate) changes: Vec<Changed>,
    /// Steps that did not fit into the queue.
    pub(crate) dropped: u64,
    /// Conversations that the candidate could not decide.
    pub(crate) failed: u64,
}

/// The conversations that a candidate would change in one way.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) change: Change,
    pub(crate) count: u64,
    /// Some of them.
    pub(crate) examples: Vec<(ConversationId, Compared)>,
}

/// How the two compare, with examples of where they differ. It reads the disk.
pub(crate) fn report(app: &App, version: &ConfigVersion) -> Result<Report, Problem> {
    let (mut ids, changes, dropped, failed) = {
        let counts = app.policing().shadow.counts();
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
    let mut all = Vec::new();
    for change in Change::ALL {
        let mut examples = Vec::new();
        for id in ids.remove(&change).unwrap_or_default() {
            // One that was erased meanwhile is no example.
            if let Some(compared) = records.get(SHADOW, &key(version, &id))? {
                examples.push((id, compared));
            }
        }
        all.push(Changed {
            change,
            count: changes.get(&change).copied().unwrap_or_default(),
            examples,
        });
    }
    Ok(Report {
        changes: all,
        dropped,
        failed,
    })
}

pub(super) fn key(version: &ConfigVersion, id: &ConversationId) -> String {
    format!("{version}/{id}")
}

#[cfg(test)]
mod tests {
    use warmline::TriggerKind;

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
        let mut counts = shadow.counts();
        let id = ConversationId::new("c1").unwrap();
        for change in [Change::Same, Change::Newly, Change::Earlier] {
            counts.note(&id, change);
        }
        let of = |change| counts.changes.get(&change).copied().unwrap_or_default();
        assert_eq!(Change::ALL.map(of), [0, 0, 1, 0, 0, 0]);
    }
}
