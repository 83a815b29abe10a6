//! Scores that were counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use warmline::{Entry, Event};

use super::stability::{self, Shift};

/// What was found, by signal: tenths of the score, and how often it was looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scores {
    /// Customers' turns that detectors looked at.
    pub(crate) turns: u64,
    /// Drafts, and parts of them.
    pub(crate) drafts: u64,
    /// Signals about turns.
    of_turns: BTreeMap<String, [u64; stability::TENTHS]>,
    /// Signals about drafts.
    of_drafts: BTreeMap<String, [u64; stability::TENTHS]>,
}

impl Scores {
    /// Counts what a step found, if it is one that looked.
    pub(super) fn hear(&mut self, entry: &Entry) {
        let (looked, of, findings) = match &entry.event {
            Event::TurnExamined { findings, .. } => (&mut self.turns, &mut self.of_turns, findings),
            Event::DraftExamined { findings, .. } | Event::PartExamined { findings, .. } => {
                (&mut self.drafts, &mut self.of_drafts, findings)
            }
            _ => return,
        };
        *looked += 1;
        for signal in &findings.signals {
            let tenths = of.entry(signal.kind.as_str().to_owned()).or_default();
            tenths[stability::tenth(signal.score)] += 1;
        }
    }

    /// Whether nothing was looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.turns + self.drafts == 0
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.each(other, |mine, theirs| mine.saturating_add(theirs));
    }

    /// Counts what is in `other` no longer.
    pub(super) fn take_away(&mut self, other: &Self) {
        self.each(other, |mine, theirs| mine.saturating_sub(theirs));
    }

    /// Puts `of` a count here and the one there in place of each count here.
    fn each(&mut self, other: &Self, of: impl Fn(u64, u64) -> u64) {
        self.turns = of(self.turns, other.turns);
        self.drafts = of(self.drafts, other.drafts);
        for (mine, theirs) in [
            (&mut self.of_turns, &other.of_turns),
            (&mut self.of_drafts, &other.of_drafts),
        ] {
            for (signal, tenths) in theirs {
                let mine = mine.entry(signal.clone()).or_default();
                for (mine, theirs) in mine.iter_mut().zip(tenths) {
                    *mine = of(*mine, *theirs);
                }
            }
        }
    }

    /// How far each signal has moved from `reference` to here.
    pub(super) fn shifts(&self, reference: &Self, window: &'static str) -> Vec<Shift> {
        let sides = [
            (
                "turn",
                (self.turns, &self.of_turns),
                (reference.turns, &reference.of_turns),
            ),
            (
                "draft",
                (self.drafts, &self.of_drafts),
                (reference.drafts, &reference.of_drafts),
            ),
        ];
        let mut shifts = Vec::new();
        for (stage, (now, of_now), (then, of_then)) in sides {
            let signals: BTreeSet<&String> = of_now.keys().chain(of_then.keys()).collect();
            for signal in signals {
                let tenths = |of: &BTreeMap<String, _>| of.get(signal).copied().unwrap_or_default();
                let (here, there) = (tenths(of_now), tenths(of_then));
                shifts.push(Shift {
                    signal: signal.clone(),
                    stage,
                    window,
                    index: stability::index((here, now), (there, then)),
                    chance: stability::chance(now, then),
                    looked: now,
                    reference: then,
                });
            }
        }
        shifts
    }
}
