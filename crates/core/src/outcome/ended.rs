//! One row for each stretch of a conversation that ended, and its restatement when the customer
//! comes back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ConfigVersion, ConversationId, Timestamp};
use crate::outcome::{Outcome, Tally};
use crate::state::State;

/// How a stretch of a conversation ended, with its facts. Nothing that anybody said is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The conversation.
    pub conversation: ConversationId,
    /// When it ended.
    pub at: Timestamp,
    /// How, as far as is known today.
    pub outcome: Outcome,
    /// How it was first stated.
    pub stated: Outcome,
    /// When the customer came back about the same thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened: Option<Timestamp>,
    /// Where the customer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The customer's segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The customer's language as an ISO 639-1 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The configuration that decided the last step.
    pub config: ConfigVersion,
    /// What that configuration calls the assistant's version: joined when rows are read, and never
    /// kept in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assistant: Option<String>,
    /// What was counted.
    pub tally: Tally,
}

impl Ended {
    /// The row of the conversation that has ended in `state`; `None` while it goes on.
    pub fn of(
        conversation: &ConversationId,
        config: &ConfigVersion,
        state: &State,
    ) -> Option<Self> {
        let (outcome, at) = (state.outcome?, state.tally.ended?);
        let context = &state.context;
        Some(Self {
            conversation: conversation.clone(),
            at,
            outcome,
            stated: outcome,
            reopened: None,
            channel: context.channel.clone(),
            segment: context.segment.clone(),
            language: context.language.clone(),
            config: config.clone(),
            assistant: None,
            tally: state.tally.clone(),
        })
    }

    /// Where rows are kept: by day, conversation and stretch, so that a period is a range.
    pub fn key(at: Timestamp, conversation: &ConversationId, stretch: u32) -> String {
        format!("{}/{conversation}/{stretch}", day(at))
    }

    /// Where this row is kept.
    pub fn own_key(&self) -> String {
        Self::key(self.at, &self.conversation, self.tally.stretch)
    }

    /// The day on which it ended, in UTC.
    pub fn day(&self) -> String {
        day(self.at)
    }

    /// Whether a human was called.
    pub fn was_handed_off(&self) -> bool {
        self.tally.handoffs > 0
    }

    /// The row when the customer came back about the same thing `at` a moment.
    pub fn restated(self, at: Timestamp) -> Self {
        Self {
            outcome: Outcome::Reopened,
            reopened: Some(at),
            ..self
        }
    }
}

/// When a customer's return restates an outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reopening {
    /// How long after the end a return counts.
    pub window: Duration,
    /// Cosine similarity of what was asked, from which two conversations are about the same thing.
    pub similarity: f32,
}

/// The default of [`Reopening`]: seven days, .6.
///
/// Seven days is the usual window of first-contact resolution. The similarity is a choice between
/// returns that are missed and returns that are taken for the same: no public set has customers who
/// come back, and the suite `reopening` of `warmline eval` measures it on returns that are built.
impl Default for Reopening {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(7 * 24 * 3600),
            similarity: 0.6,
        }
    }
}

impl Reopening {
    /// Whether a customer who is back `at` a moment, with these `intents`, reopens `ended`.
    ///
    /// `similarity` compares what was asked then and now, where the host can tell meaning; without
    /// it, and without an intent in common, nothing is known to be the same. What was not settled
    /// cannot be reopened.
    pub fn reopens<'a>(
        &self,
        ended: &Ended,
        at: Timestamp,
        intents: impl IntoIterator<Item = &'a str>,
        similarity: Option<f32>,
    ) -> bool {
        let mut intents = intents.into_iter();
        ended.outcome.is_resolved()
            && at >= ended.at
            && at.since(ended.at) <= self.window
            && (intents.any(|intent| ended.tally.intents.contains(intent))
                || similarity.is_some_and(|similarity| similarity >= self.similarity))
    }
}

/// The day of a moment as `2026-11-23`, in UTC. Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`.
pub fn day(at: Timestamp) -> String {
    let days = at.0 / 86_400_000 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The first moment of a day such as `2026-11-23`, in UTC; `None` for anything else. The inverse of
/// [`day`], `days_from_civil` in the same source.
pub fn parse_day(text: &str) -> Option<Timestamp> {
    let mut parts = text.splitn(3, '-');
    let (year, month, of_month) = (parts.next()?, parts.next()?, parts.next()?);
    let [year, month, of_month]: [u64; 3] = [
        year.parse().ok()?,
        month.parse().ok()?,
        of_month.parse().ok()?,
    ];
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year % 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + of_month.checked_sub(1)?;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    let days = (year / 400 * 146_097 + of_era).checked_sub(719_468)?;
    let at = Timestamp(days * 86_400_000);
    // What is no day of the calendar comes out as another one.
    (day(at) == text).then_some(at)
}
