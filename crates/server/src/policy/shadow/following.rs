//! A candidate's way through the steps of a conversation, and what is remembered of it.
//!
//! A conversation may be erased while it is followed, and begin again under its name. The feed tells
//! of neither, and is behind the journal: so a step counts only while the journal still has it, and
//! what is remembered of a conversation that was erased meanwhile is taken back.

use warmline::{ConfigVersion, ConversationId, Entry, Happening, Timestamp, Warmline};

use super::compared::{Compared, SHADOW, key};
use super::{Beside, Candidate, Handed, counts};
use crate::app::App;

/// Steps read at once, and most steps of a conversation that are caught up with.
const PAGE: usize = 256;
const BEHIND: u64 = 2_048;
/// Longest words in an example, in characters.
const WORDS: usize = 240;

/// A step of a conversation, told from one of the same number after the conversation began again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    seq: u64,
    at: Timestamp,
}

impl Step {
    fn of(entry: &Entry) -> Self {
        let Entry { seq, at, .. } = *entry;
        Self { seq, at }
    }

    /// Whether the journal has it; not after the conversation was erased. It reads the disk.
    pub(super) fn is_recorded(
        self,
        warmline: &Warmline,
        id: &ConversationId,
    ) -> Result<bool, warmline::Error> {
        let found = warmline.entries(id, self.seq, 1)?;
        Ok(found.first().is_some_and(|entry| Self::of(entry) == self))
    }
}

/// A conversation that is followed.
pub(crate) struct Followed {
    /// None where what follows compares nothing any more: none of its words are kept then.
    beside: Option<Box<dyn Beside>>,
    /// The step that was lived through last.
    last: Step,
    /// How many steps the feed had lost by then.
    lost: u64,
}

impl Followed {
    pub(super) fn last(&self) -> Step {
        self.last
    }
}

/// Lives through a step, and whatever came before it that was not heard; `lost` is how many steps
/// the feed has lost so far. Nothing comes back of what is too far behind, or was erased.
pub(crate) async fn hear(
    app: &App,
    candidate: &dyn Candidate,
    one: Option<Followed>,
    happening: &Happening,
    lost: u64,
) -> Result<Option<Followed>, String> {
    let (id, step) = (&happening.conversation, Step::of(&happening.entry));
    let known = one.as_ref().map(|one| (one.last, one.lost != lost));
    let goes_on = match known {
        // Numbers only rise.
        Some((last, _)) if step.seq <= last.seq => false,
        // Where no step was lost, the first one of a new conversation would have been heard.
        Some((last, true)) => is_recorded(app, id, last).await?,
        Some((_, false)) => true,
        None => false,
    };
    let (beside, mut next) = match one.filter(|_| goes_on) {
        Some(one) => (one.beside, one.last.seq + 1),
        None => (Some(candidate.begin()), 0),
    };
    let followed = |beside| Followed {
        beside,
        last: step,
        lost,
    };
    let Some(mut beside) = beside else {
        return Ok(Some(followed(None)));
    };
    if step.seq - next > BEHIND {
        return Ok(None);
    }
    let (begins, behind) = (next == 0, next < step.seq);
    let before = beside.handed();
    while next < step.seq && !beside.is_over() {
        let missed = app.entries(id, next, PAGE).await;
        let missed = missed.map_err(|problem| problem.detail)?;
        let Some(last) = missed.last() else {
            return Ok(None);
        };
        next = last.seq + 1;
        for entry in missed.iter().filter(|entry| entry.seq < step.seq) {
            beside.live(entry).await?;
        }
    }
    if !beside.is_over() {
        beside.live(&happening.entry).await?;
    }
    let after = beside.handed();
    let changed = begins || before != after;
    if (changed || behind) && !is_recorded(app, id, step).await? {
        return Ok(None);
    }
    if changed && !note(app, candidate.version(), id, step, after).await? {
        return Ok(None);
    }
    Ok(Some(followed(Some(beside).filter(|it| !it.is_over()))))
}

async fn is_recorded(app: &App, id: &ConversationId, step: Step) -> Result<bool, String> {
    let id = id.clone();
    let found = app.reading(move |app| Ok(step.is_recorded(app.warmline(), &id)?));
    found.await.map_err(|problem| problem.detail)
}

/// Remembers how a conversation compares, as long as it is there; whether it is.
async fn note(
    app: &App,
    version: &ConfigVersion,
    id: &ConversationId,
    step: Step,
    (live, candidate): (Option<Handed>, Option<Handed>),
) -> Result<bool, String> {
    let compared = Compared {
        at: step.at,
        live: live.map(short),
        candidate: candidate.map(short),
    };
    let (records, key) = (app.records(), key(version, id));
    let said = |error: warmline::Error| error.to_string();
    let kept = records.keep(SHADOW, &key, Some(id), &compared).await;
    kept.map_err(said)?;
    // It may have been erased just before.
    if !is_recorded(app, id, step).await? {
        let dropped = records.drop(SHADOW, &key, Some(id)).await;
        return dropped.map(|()| false).map_err(said);
    }
    counts(app, |counts| {
        counts.note(id, compared.change());
        counts.show();
    });
    Ok(true)
}

fn short(mut handed: Handed) -> Handed {
    if let Some((end, _)) = handed.words.char_indices().nth(WORDS) {
        handed.words.truncate(end);
    }
    handed
}
