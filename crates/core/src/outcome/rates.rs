//! Shares over many rows. Each is counted as a part of what it is a share of, so none passes one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::outcome::{Ended, Outcome};

/// A share: `of` those counted `among` so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// The numerator; never above the denominator.
    pub of: u64,
    /// The denominator.
    pub among: u64,
}

impl Rate {
    /// The share, 0 to 1; `None` where there is nothing to share.
    pub fn value(self) -> Option<f64> {
        (self.among > 0).then(|| self.of as f64 / self.among as f64)
    }

    /// The 95 % interval of the share behind it: Wilson, "Probable Inference, the Law of
    /// Succession, and Statistical Inference", 1927.
    pub fn interval(self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_964;
        let share = self.value()?;
        let n = self.among as f64;
        let scale = 1.0 + Z * Z / n;
        let middle = (share + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }

    /// Counts one more, which `is` or is not part of the numerator.
    pub fn count(&mut self, is: bool) {
        self.among += 1;
        self.of += u64::from(is);
    }

    /// Counts `among` more, of which at most `of` are part of the numerator.
    fn add(&mut self, of: u32, among: u32) {
        self.among += u64::from(among);
        self.of += u64::from(of.min(among));
    }
}

/// Times of many conversations, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Times {
    /// How many.
    pub count: usize,
    /// The median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median: Option<f64>,
    /// The ninth decile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
}

impl Times {
    fn of(mut milliseconds: Vec<u64>) -> Self {
        milliseconds.sort_unstable();
        let quantile = |share: f64| {
            let last = milliseconds.len().checked_sub(1)?;
            let place = (share * last as f64).round() as usize;
            milliseconds.get(place).map(|ms| *ms as f64 / 1000.0)
        };
        Self {
            count: milliseconds.len(),
            median: quantile(0.5),
            p90: quantile(0.9),
        }
    }
}

/// Ratings, 1 to 5.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Ratings {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
}

impl Ratings {
    /// Their mean; `None` without any.
    pub fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    fn add(&mut self, score: Option<u8>) {
        if let Some(score) = score {
            self.count += 1;
            self.sum += u64::from(score);
        }
    }
}

/// What can be said of many conversations. `docs/outcomes.md` defines each rate.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Stretches that ended.
    pub ended: u64,
    /// By outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Ended without a handoff, among all.
    pub containment: Rate,
    /// Settled and not reopened, among all.
    pub durable_resolution: Rate,
    /// Settled without a handoff and not reopened, among all.
    pub durable_containment: Rate,
    /// Confirmed by the customer, among those that the assistant settled.
    pub confirmed: Rate,
    /// Silently abandoned, among all.
    pub abandoned: Rate,
    /// Restated as reopened, among those that were stated as settled.
    pub reopened: Rate,
    /// Ended so lately that they may still be reopened, among those settled.
    pub provisional: Rate,
    /// With more than one handoff, among those handed off.
    pub reescalated: Rate,
    /// With a handback, among those handed off.
    pub handed_back: Rate,
    /// Handbacks after which no human was needed again, among handbacks.
    pub handback_success: Rate,
    /// Turns that say again what stands in the transcript, among the customers' turns.
    pub repeated: Rate,
    /// Ratings after the assistant.
    pub csat_assistant: Ratings,
    /// Ratings after a human.
    pub csat_human: Ratings,
    /// How long operators had them.
    pub handling: Times,
    /// How long they waited in queues.
    pub waiting: Times,
    /// From the first handoff to the first human word.
    pub first_human: Times,
}

impl Summary {
    /// Counts `rows`. A row is provisional if it ended after `provisional_from`.
    pub fn of<'a>(
        rows: impl IntoIterator<Item = &'a Ended>,
        provisional_from: crate::Timestamp,
    ) -> Self {
        let mut summary = Self::default();
        let (mut handling, mut waiting, mut first_human) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            summary.count(row, provisional_from);
            let tally = &row.tally;
            if tally.handling_ms > 0 {
                handling.push(tally.handling_ms);
            }
            if tally.waits > 0 {
                waiting.push(tally.waiting_ms);
            }
            first_human.extend(tally.first_human_ms);
        }
        summary.handling = Times::of(handling);
        summary.waiting = Times::of(waiting);
        summary.first_human = Times::of(first_human);
        summary
    }

    fn count(&mut self, row: &Ended, provisional_from: crate::Timestamp) {
        let tally = &row.tally;
        let settled = row.outcome.is_resolved();
        let handed_off = row.was_handed_off();
        self.ended += 1;
        *self.outcomes.entry(row.outcome).or_default() += 1;
        self.containment.count(!handed_off);
        self.durable_resolution.count(settled);
        self.durable_containment.count(settled && !handed_off);
        self.abandoned.count(row.outcome == Outcome::Abandoned);
        if settled && row.outcome != Outcome::ResolvedByHuman {
            self.confirmed
                .count(row.outcome == Outcome::ResolvedConfirmed);
        }
        if row.stated.is_resolved() {
            self.reopened.count(row.outcome == Outcome::Reopened);
        }
        if settled {
            self.provisional.count(row.at > provisional_from);
        }
        if handed_off {
            self.reescalated.count(tally.handoffs > 1);
            self.handed_back.count(tally.handbacks > 0);
        }
        let kept = tally.handbacks.saturating_sub(tally.bounces);
        self.handback_success.add(kept, tally.handbacks);
        self.repeated.add(tally.repeats, tally.customer_turns);
        self.csat_assistant.add(tally.csat_assistant);
        self.csat_human.add(tally.csat_human);
    }

    /// Every rate with its name, in the order of `docs/outcomes.md`: containment stands beside
    /// durable resolution.
    pub fn rates(&self) -> [(&'static str, Rate); 11] {
        [
            ("containment", self.containment),
            ("durable_resolution", self.durable_resolution),
            ("durable_containment", self.durable_containment),
            ("confirmed", self.confirmed),
            ("abandoned", self.abandoned),
            ("reopened", self.reopened),
            ("provisional", self.provisional),
            ("reescalated", self.reescalated),
            ("handed_back", self.handed_back),
            ("handback_success", self.handback_success),
            ("repeated", self.repeated),
        ]
    }
}
