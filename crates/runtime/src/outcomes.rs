//! How conversations ended: a row for each stretch, recorded with the step that ended it, and the
//! restatement when the customer comes back about the same thing.
//!
//! A row says what was stated at the end and is written by nobody else; a return is a record of its
//! own under the same key, so that a rating that comes later takes nothing back.

mod reading;
mod reopening;

use serde::{Deserialize, Serialize};
use warmline_core::outcome::Ended;
use warmline_core::{ConversationId, Entry, Event, State};
use warmline_journal::{Collection, RecordChange};

use crate::records::{Bookkeeper, keep};

pub(crate) use reopening::run;

/// How conversations ended, under [`Ended::own_key`].
pub(crate) const OUTCOME: Collection = Collection::new("outcome");
/// When the customer came back about the same thing, under the key of the row.
pub(crate) const REOPENED: Collection = Collection::new("reopened");
/// Customers who perhaps came back: looked at once, and dropped.
const RETURNED: Collection = Collection::new("returned");
/// What operators say of handoffs.
pub(crate) const FEEDBACK: Collection = Collection::new("feedback");

/// A stretch to be held against those before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Returned {
    conversation: ConversationId,
    stretch: u32,
}

/// Keeps a row for each end, and a note wherever a customer may have come back.
pub(crate) struct Outcomes;

impl Bookkeeper for Outcomes {
    fn book(
        &self,
        conversation: &ConversationId,
        before: &State,
        entry: &Entry,
        after: &State,
    ) -> Vec<RecordChange> {
        let mut changes = Vec::new();
        let ends = before.outcome.is_none() && after.outcome.is_some();
        let rated = matches!(entry.event, Event::Rated { .. });
        if (ends || rated)
            && let Some(row) = Ended::of(conversation, &entry.config, after)
        {
            changes.push(keep(OUTCOME, &row.own_key(), Some(conversation), &row));
        }
        let known = after.context.customer.is_some() || after.tally.stretch > 0;
        let news = matches!(entry.event, Event::TurnExamined { .. })
            && (before.settled <= before.tally.after
                || before.tally.intents != after.tally.intents);
        if known && (news || ends) {
            let stretch = after.tally.stretch;
            let key = format!("{conversation}/{stretch}/{}", entry.seq);
            let returned = Returned {
                conversation: conversation.clone(),
                stretch,
            };
            changes.push(keep(RETURNED, &key, Some(conversation), &returned));
        }
        changes
    }
}
