//! What came of a day.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Times that customers waited, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Waits {
    /// How many.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Half are shorter.
    pub p50: f64,
    /// 95 of 100 are shorter.
    pub p95: f64,
    /// The longest.
    pub most: f64,
}

impl Waits {
    pub(super) fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        let count = seconds.len();
        let at = |share: f64| {
            let place = ((count as f64 * share).ceil() as usize).clamp(1, count.max(1)) - 1;
            seconds.get(place).copied().unwrap_or_default()
        };
        Self {
            count,
            mean: seconds.iter().sum::<f64>() / count.max(1) as f64,
            p50: at(0.5),
            p95: at(0.95),
            most: seconds.last().copied().unwrap_or_default(),
        }
    }
}

/// What came of a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// What chance began with.
    pub seed: u64,
    /// Conversations.
    pub conversations: u64,
    /// How many operators worked.
    pub operators: usize,
    /// Conversations by how they ended.
    pub outcomes: BTreeMap<String, u64>,
    /// Handoffs by the kind of their trigger.
    pub handoffs: BTreeMap<String, u64>,
    /// Handoffs by the kind of customer.
    pub handoffs_by_persona: BTreeMap<String, u64>,
    /// Handbacks.
    pub handbacks: u64,
    /// From the handoff to the claim, of those who were claimed while the customer was there.
    pub wait: Waits,
    /// From the handoff to the end of the wait, of those who were lost: they gave up, or nobody
    /// claimed them in time.
    pub lost: Waits,
    /// From the handoff to the first human word.
    pub first_word: Waits,
    /// The share of those who came to the queue that was claimed without any wait.
    pub at_once: f64,
    /// Customers who gave up waiting.
    pub gave_up: u64,
    /// Handoffs that nobody claimed in time.
    pub unclaimed: u64,
    /// Conversations that were taken from operators who were gone.
    pub lapsed: u64,
    /// Alarms by their kind.
    pub alarms: BTreeMap<String, u64>,
    /// The share of the operators' room that was used.
    pub occupancy: f64,
    /// The load in operators, each with one conversation at a time: what came to humans, times how
    /// long they take.
    pub load: f64,
    /// Drafts of the assistant.
    pub drafts: u64,
    /// What the operators cost.
    pub operators_cost: f64,
    /// What the assistant cost.
    pub assistant_cost: f64,
}

impl Account {
    /// How long those who came to the queue waited on average, in seconds: until they were claimed,
    /// or lost.
    pub fn mean_wait(&self) -> f64 {
        let all = |waits: Waits| waits.mean * waits.count as f64;
        (all(self.wait) + all(self.lost)) / self.came().max(1) as f64
    }

    /// The share of those who came to the queue that was lost.
    pub fn lost_share(&self) -> f64 {
        self.lost.count as f64 / self.came().max(1) as f64
    }

    /// How often a customer came to the queue.
    fn came(&self) -> usize {
        self.wait.count + self.lost.count
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |count: u64| 100.0 * count as f64 / self.conversations.max(1) as f64;
        writeln!(
            f,
            "{} conversations, {} operators (seed {})",
            self.conversations, self.operators, self.seed
        )?;
        let counted = |f: &mut fmt::Formatter<'_>, title: &str, counts: &BTreeMap<String, u64>| {
            if counts.is_empty() {
                return Ok(());
            }
            writeln!(f, "\n{title}")?;
            counts.iter().try_for_each(|(name, count)| {
                writeln!(f, "  {name:<24}{count:>9}  {:>5.1} %", share(*count))
            })
        };
        counted(f, "how they ended", &self.outcomes)?;
        counted(f, "handoffs by trigger", &self.handoffs)?;
        counted(f, "handoffs by kind of customer", &self.handoffs_by_persona)?;
        counted(f, "targets", &self.alarms)?;
        writeln!(f, "\nwaiting for a human, in seconds")?;
        for (name, waits) in [
            ("claimed after", self.wait),
            ("lost after", self.lost),
            ("first word after", self.first_word),
        ] {
            writeln!(
                f,
                "  {name:<18}mean {:>8.1}   half under {:>8.1}   95 % under {:>8.1}   most {:>8.1}",
                waits.mean, waits.p50, waits.p95, waits.most
            )?;
        }
        writeln!(
            f,
            "  {:.1} % claimed at once, {:.1} % lost",
            100.0 * self.at_once,
            100.0 * self.lost_share()
        )?;
        writeln!(
            f,
            "  {} gave up, {} unclaimed in time, {} taken from operators who were gone",
            self.gave_up, self.unclaimed, self.lapsed
        )?;
        writeln!(f, "\nwork")?;
        writeln!(
            f,
            "  {} handbacks, {:.1} % of the operators' room used, load {:.2}",
            self.handbacks,
            100.0 * self.occupancy,
            self.load
        )?;
        writeln!(
            f,
            "  operators {:.2}, assistant {:.2} ({} drafts), {:.3} for a conversation",
            self.operators_cost,
            self.assistant_cost,
            self.drafts,
            (self.operators_cost + self.assistant_cost) / self.conversations.max(1) as f64
        )
    }
}
