//! The service that holds customers who are back against what was settled for them before.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use warmline_core::outcome::Ended;
use warmline_core::outcome::attitude::{Attitude, attitude};
use warmline_core::{ConversationId, Event, State, Timestamp, TurnNumber};
use warmline_journal::{Error as JournalError, RecordChange};

use super::{OUTCOME, REOPENED, RETURNED, Returned};
use crate::customers;
use crate::error::Error;
use crate::records::{Records, keep};
use crate::seat::Seat;
use crate::setup::Shared;

/// Notes looked at in one go.
const PAGE: usize = 64;
/// Earlier conversations of one customer that are looked at, the latest first.
const EARLIER: usize = 16;
/// Turns of a stretch that are compared, and fewest words of one that says something.
const COMPARED: (usize, usize) = (4, 3);
/// The least time between two looks, and the pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// Looks whenever something was recorded that may be a return.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut feed = shared.feed.subscribe();
    loop {
        if let Err(error) = look(&shared).await {
            tracing::error!(%error, "returns of customers cannot be looked at");
            tokio::time::sleep(PAUSES.1).await;
            continue;
        }
        tokio::time::sleep(PAUSES.0).await;
        loop {
            match feed.recv().await {
                Ok(step) if !may_return(&step.entry.event) => {}
                // Who falls behind finds everything in the journal.
                Ok(_) | Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
        // One look serves all that came meanwhile.
        feed = feed.resubscribe();
    }
}

/// Whether a step with `event` may have noted a return.
fn may_return(event: &Event) -> bool {
    matches!(
        event,
        Event::TurnExamined { .. } | Event::Closed { .. } | Event::TimerFired { .. }
    )
}

async fn look(shared: &Arc<Shared>) -> Result<(), Error> {
    let records = Records::new(shared.journal.clone());
    loop {
        let page = records.list::<Returned>(RETURNED, "", None, PAGE)?;
        if page.rows.is_empty() {
            return Ok(());
        }
        for (key, returned) in page.rows {
            let id = &returned.conversation;
            let mut changes = match compare(shared, &records, &returned).await {
                Ok(changes) => changes,
                // One that cannot be read reopens nothing, and is in nobody's way.
                Err(error) if is_unreadable(&error) => {
                    tracing::warn!(conversation = %id, %error, "no return can be told");
                    Vec::new()
                }
                Err(error) => return Err(error),
            };
            changes.push(RecordChange::Drop {
                collection: RETURNED,
                key,
                conversation: Some(id.clone()),
            });
            records.change(changes).await?;
        }
    }
}

/// Whether it is the thing itself that cannot be read, now or later.
fn is_unreadable(error: &Error) -> bool {
    matches!(
        error,
        Error::Quarantined { .. }
            | Error::NotFound(_)
            | Error::Invalid(_)
            | Error::Journal(JournalError::Unreadable { .. })
    )
}

/// The restatements that a customer's return comes to.
async fn compare(
    shared: &Arc<Shared>,
    records: &Records,
    returned: &Returned,
) -> Result<Vec<RecordChange>, Error> {
    let id = &returned.conversation;
    let Some(state) = state(shared, id)? else {
        return Ok(Vec::new());
    };
    if state.tally.stretch != returned.stretch {
        return Ok(Vec::new());
    }
    let mut earlier = Vec::new();
    earlier.extend(before(records, id, &state)?);
    if let Some(customer) = &state.context.customer {
        let prefix = customers::prefix(customer);
        let others =
            records.list::<ConversationId>(customers::COLLECTION, &prefix, None, EARLIER)?;
        for (_, other) in others.rows {
            if other == *id {
                continue;
            }
            let state = match self::state(shared, &other) {
                Ok(Some(state)) => state,
                Ok(None) => continue,
                Err(error) if is_unreadable(&error) => continue,
                Err(error) => return Err(error),
            };
            let row = match state.tally.ended {
                Some(at) => kept(records, &other, at, state.tally.stretch)?,
                None => None,
            };
            earlier.extend(row.map(|row| (row, asked(&state, state.tally.after, None))));
            earlier.extend(before(records, &other, &state)?);
        }
    }
    let current = shared.current();
    let reopening = current.reopening;
    let at = state.tally.began;
    let asked = asked(&state, state.tally.after, None);
    let mut changes = Vec::new();
    for (row, then) in earlier {
        let intents = || state.tally.intents.iter().map(String::as_str);
        let mut again = reopening.reopens(&row, at, intents(), None);
        // Meaning is asked for only where it can decide.
        if !again && reopening.reopens(&row, at, intents(), Some(1.0)) {
            let similarity = similarity(shared, &asked, &then).await;
            again = reopening.reopens(&row, at, intents(), similarity);
        }
        if again {
            metrics::counter!("warmline_reopened_total").increment(1);
            let key = row.own_key();
            changes.push(keep(REOPENED, &key, Some(&row.conversation), &at));
            let row = row.restated(at);
            let bookkeepers = shared.bookkeepers.iter();
            changes.extend(bookkeepers.flat_map(|bookkeeper| bookkeeper.reopened(&row)));
        }
    }
    Ok(changes)
}

/// The conversation as the journal has it; `None` for one that was erased.
fn state(shared: &Arc<Shared>, id: &ConversationId) -> Result<Option<State>, Error> {
    let seat = Seat::take(shared, id)?;
    Ok((!seat.is_new()).then_some(seat.state))
}

/// The row of the stretch before the present one of a conversation, and what was asked in it.
fn before(
    records: &Records,
    id: &ConversationId,
    state: &State,
) -> Result<Option<(Ended, Vec<String>)>, Error> {
    let tally = &state.tally;
    let (Some(at), Some(stretch)) = (tally.previous, tally.stretch.checked_sub(1)) else {
        return Ok(None);
    };
    let row = kept(records, id, at, stretch)?;
    Ok(row.map(|row| (row, asked(state, TurnNumber(0), Some(tally.after)))))
}

/// The row of a stretch that counts as settled, unless it was reopened before.
fn kept(
    records: &Records,
    id: &ConversationId,
    at: Timestamp,
    stretch: u32,
) -> Result<Option<Ended>, Error> {
    let key = Ended::key(at, id, stretch);
    if records.get::<Timestamp>(REOPENED, &key)?.is_some() {
        return Ok(None);
    }
    records.get(OUTCOME, &key)
}

/// What the customer asked after a turn, and up to another.
fn asked(state: &State, after: TurnNumber, until: Option<TurnNumber>) -> Vec<String> {
    let turns = state.turns_since(after).filter(|turn| {
        turn.is_customer()
            && until.is_none_or(|until| turn.number <= until)
            && attitude(&turn.text) == Attitude::Open
            && turn.text.split_whitespace().count() >= COMPARED.1
    });
    turns
        .take(COMPARED.0)
        .map(|turn| turn.text.clone())
        .collect()
}

/// The greatest cosine of anything asked now with anything asked then; `None` where meaning cannot
/// be told.
async fn similarity(shared: &Shared, now: &[String], then: &[String]) -> Option<f32> {
    if now.is_empty() || then.is_empty() {
        return None;
    }
    let texts = now.iter().chain(then).cloned().collect();
    let encoded = shared.current().learner.encoder().encode(texts).await;
    let vectors = encoded
        .inspect_err(|error| tracing::warn!(%error, "a return is compared by intent alone"))
        .ok()?;
    let (now, then) = vectors.split_at_checked(now.len())?;
    let pairs = now
        .iter()
        .flat_map(|a| then.iter().map(move |b| a.cosine(b)));
    pairs.max_by(f32::total_cmp)
}
