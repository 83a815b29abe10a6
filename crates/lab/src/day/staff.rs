//! The operators: who is there, who has room.

use std::time::Duration;

use fastrand::Rng;
use warmline_core::queue::assign::Candidate;
use warmline_core::{OperatorId, Timestamp};

use super::options::DayOptions;
use super::persona::exponential;

/// How long an operator's comings and goings take on average, there and away together.
const ROUND: Duration = Duration::from_secs(2 * 3600);

/// An operator of the day.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) candidate: Candidate,
    pub(super) present: bool,
    /// Counts their absences: what they began before one they do not finish after it.
    pub(super) stint: u32,
    /// Since when they have had as many conversations as now, and how much of their room was used.
    since: Timestamp,
    used: Duration,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Staff {
    pub(super) operators: Vec<Operator>,
    absence: f64,
}

impl Staff {
    pub(super) fn new(options: &DayOptions) -> Self {
        let operator = |number: usize| Operator {
            candidate: Candidate {
                operator: OperatorId::new(format!("operator-{number}")).expect("it is an id"),
                skills: Vec::new(),
                languages: Vec::new(),
                capacity: options.capacity,
                owned: 0,
                last_claim: Timestamp(0),
            },
            present: true,
            stint: 0,
            since: Timestamp(0),
            used: Duration::ZERO,
        };
        Self {
            operators: (1..=options.operators).map(operator).collect(),
            absence: options.absence,
        }
    }

    /// Whether anybody who is there could take a conversation.
    pub(super) fn has_room(&self) -> bool {
        let mut there = self.operators.iter().filter(|one| one.present);
        there.any(|one| one.candidate.has_room())
    }

    /// Those who are there.
    pub(super) fn present(&self, skills: &[String]) -> Vec<Candidate> {
        let there = self.operators.iter().filter(|one| one.present);
        // Everybody knows what is needed: the day asks how many, not who.
        there
            .map(|one| Candidate {
                skills: skills.to_vec(),
                ..one.candidate.clone()
            })
            .collect()
    }

    /// The number of an operator.
    pub(super) fn number(&self, operator: &OperatorId) -> Option<usize> {
        let mut all = self.operators.iter();
        all.position(|one| one.candidate.operator == *operator)
    }

    /// An operator gets a conversation, or is done with one.
    pub(super) fn count(&mut self, number: usize, at: Timestamp, more: bool) {
        let one = &mut self.operators[number];
        one.used += at.since(one.since).mul_f64(f64::from(one.candidate.owned));
        one.since = at;
        match more {
            true => {
                one.candidate.owned += 1;
                one.candidate.last_claim = at;
            }
            false => one.candidate.owned = one.candidate.owned.saturating_sub(1),
        }
    }

    /// The share of their room that was used until `end`.
    pub(super) fn occupancy(&self, end: Timestamp) -> f64 {
        let (mut used, mut room) = (0.0, 0.0);
        for one in &self.operators {
            let open = end.since(one.since).as_secs_f64() * f64::from(one.candidate.owned);
            used += one.used.as_secs_f64() + open;
            room += end.0 as f64 / 1000.0 * f64::from(one.candidate.capacity);
        }
        if room > 0.0 { used / room } else { 0.0 }
    }

    /// How long an operator stays or stays away, from now on; `None` for ever.
    pub(super) fn lasts(&self, present: bool, rng: &mut Rng) -> Option<Duration> {
        let share = match present {
            true => 1.0 - self.absence,
            false => self.absence,
        };
        (self.absence > 0.0).then(|| exponential(ROUND.mul_f64(share), rng))
    }
}
