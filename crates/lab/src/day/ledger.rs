//! What is written down during a day, and the account that comes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use warmline_core::{Outcome, Timestamp};

use super::account::{Account, Waits};
use super::options::DayOptions;
use super::persona::Persona;

/// What is counted while a day is played.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    outcomes: BTreeMap<String, u64>,
    handoffs: BTreeMap<String, u64>,
    handoffs_by_persona: BTreeMap<String, u64>,
    alarms: BTreeMap<String, u64>,
    /// Seconds from handoffs to claims, until customers were lost, and to first words.
    waits: Vec<f64>,
    lost: Vec<f64>,
    words: Vec<f64>,
    /// How long operators needed, all of them together.
    worked: Duration,
    pub(super) handbacks: u64,
    pub(super) gave_up: u64,
    pub(super) unclaimed: u64,
    pub(super) lapsed: u64,
    pub(super) drafts: u64,
}

impl Ledger {
    /// A conversation of a customer of this kind went to a human, because of `trigger`.
    pub(super) fn handed_off(&mut self, trigger: &str, persona: Persona) {
        count(&mut self.handoffs, trigger);
        count(&mut self.handoffs_by_persona, persona.as_str());
    }

    pub(super) fn ended(&mut self, outcome: Outcome) {
        count(&mut self.outcomes, outcome.as_str());
    }

    pub(super) fn alarm(&mut self, alarm: &str) {
        count(&mut self.alarms, alarm);
    }

    /// Somebody claimed at `now` what was handed over at `handed`.
    pub(super) fn claimed(&mut self, handed: Timestamp, now: Timestamp) {
        self.waits.push(now.since(handed).as_secs_f64());
    }

    /// A customer who was handed over at `handed` was lost at `now`, before anybody claimed.
    pub(super) fn lost(&mut self, handed: Timestamp, now: Timestamp) {
        self.lost.push(now.since(handed).as_secs_f64());
    }

    /// A human said the first word at `now` about what was handed over at `handed`.
    pub(super) fn answered(&mut self, handed: Timestamp, now: Timestamp) {
        self.words.push(now.since(handed).as_secs_f64());
    }

    pub(super) fn worked(&mut self, needed: Duration) {
        self.worked += needed;
    }

    /// The account of the day of `options`, on which `occupancy` of the operators' room was used.
    pub(super) fn account(self, options: &DayOptions, occupancy: f64) -> Account {
        let over = options.over.as_secs_f64();
        let came = self.waits.len() + self.lost.len();
        let at_once = self.waits.iter().filter(|wait| **wait < 1.0).count();
        Account {
            seed: options.seed,
            conversations: options.conversations,
            operators: options.operators,
            outcomes: self.outcomes,
            handoffs: self.handoffs,
            handoffs_by_persona: self.handoffs_by_persona,
            handbacks: self.handbacks,
            at_once: at_once as f64 / came.max(1) as f64,
            wait: Waits::of(self.waits),
            lost: Waits::of(self.lost),
            first_word: Waits::of(self.words),
            gave_up: self.gave_up,
            unclaimed: self.unclaimed,
            lapsed: self.lapsed,
            alarms: self.alarms,
            occupancy,
            load: self.worked.as_secs_f64() / over,
            drafts: self.drafts,
            operators_cost: options.operators as f64 * options.operator_hour * over / 3600.0,
            assistant_cost: self.drafts as f64 * options.draft_cost,
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
