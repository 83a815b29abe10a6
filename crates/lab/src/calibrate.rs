//! Thresholds from labelled conversations, with a bound on what they miss.
//!
//! The conversations are split in three, each by itself and from a seed. On the first, `path` orders
//! thresholds from the strictest to the laxest. On the second, `bound` walks along that path for as
//! long as the misses can be bounded with the confidence that is asked for: Learn-then-Test
//! (Angelopoulos, Bates, Candès, Jordan & Lei 2021, "Learn then Test: Calibrating Predictive
//! Algorithms to Achieve Risk Control") with fixed-sequence testing. The third has seen neither, and
//! is what is reported.
//!
//! Deliberately absent: changing a configuration. What comes out is a patch to be reviewed.

mod bound;
mod journal;
mod page;
mod patch;
mod path;
mod report;

use std::collections::BTreeMap;

use warmline_core::CustomerContext;
use warmline_core::policy::Policy;
use warmline_core::signal::SignalKind;

pub use bound::{Limit, needed_at_least};
pub use path::Thresholds;
pub use report::{Calibration, Figures, Group};

use crate::Error;
use crate::audit::Audited;
use bound::laxest;
use path::path;

/// A conversation of which it is known whether it needed a human.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// Its name.
    pub id: String,
    /// What is known of its customer.
    pub context: CustomerContext,
    /// Whether it needed a human.
    pub needed: bool,
    /// Whether a gate hands it off, whatever the scores are.
    pub gated: bool,
    /// The highest score of each signal.
    pub peaks: BTreeMap<SignalKind, f32>,
}

impl Labelled {
    /// An audited conversation, where it is known how it ended.
    pub fn of(audited: &Audited) -> Option<Self> {
        let peaks = audited.walked.peaks.iter();
        Some(Self {
            id: audited.recorded.id.clone(),
            context: audited.recorded.context.clone(),
            needed: audited.ended_badly()?,
            gated: audited.walked.gated,
            peaks: peaks.map(|(kind, (score, _))| (*kind, *score)).collect(),
        })
    }

    /// Whether it is handed off under `thresholds`.
    pub fn is_handed_off(&self, thresholds: &Thresholds) -> bool {
        self.gated
            || self
                .peaks
                .iter()
                .any(|(kind, score)| thresholds.fires(*kind, *score))
    }

    /// Whether `policy` hands it off.
    pub(crate) fn is_handed_off_now(&self, policy: &Policy) -> bool {
        let fires = |(kind, score): (&SignalKind, &f32)| {
            let threshold = policy.threshold(*kind, &self.context);
            threshold
                .and_then(|t| t.score)
                .is_some_and(|threshold| *score >= threshold)
        };
        self.gated || self.peaks.iter().any(fires)
    }
}

/// How a calibration is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// What may be missed.
    pub limit: Limit,
    /// What chance begins with.
    pub seed: u64,
}

/// Calibrates thresholds to `labelled` conversations: for all, and for each channel and segment with
/// enough of them. `policy` is what is in force now.
///
/// # Errors
///
/// [`Error::Option`] where no conversation is labelled as having needed a human, or none as not.
pub fn calibrate(
    labelled: &[Labelled],
    policy: &Policy,
    wanted: Wanted,
) -> Result<Calibration, Error> {
    let needed = labelled.iter().filter(|one| one.needed).count();
    if needed == 0 || needed == labelled.len() {
        return Err(Error::Option(format!(
            "of {} labelled conversations {needed} needed a human: label some of both kinds",
            labelled.len()
        )));
    }
    let split = Split::of(labelled, wanted.seed);
    let path = path(&split.fit);
    // Each group is a claim of its own; all of them hold together with the confidence asked for
    // (Bonferroni). The smallest groups are left out until what is left can be bounded.
    let all = split.bound.iter().filter(|one| one.needed).count();
    let divided = |claims: usize| Limit {
        confidence: 1.0 - (1.0 - wanted.limit.confidence) / claims as f64,
        ..wanted.limit
    };
    let mut particular = particular(&split.bound);
    while let Some((count, _)) = particular.last()
        && all.min(*count) < needed_at_least(divided(particular.len() + 1))
    {
        particular.pop();
    }
    let limit = divided(particular.len() + 1);
    let scopes = particular.into_iter().map(|(_, scope)| scope);
    let scopes = std::iter::once(Scope::All).chain(scopes);
    let groups = scopes.map(|scope| {
        let inside = |part: &[&Labelled]| -> Vec<Labelled> {
            let inside = part.iter().filter(|one| scope.holds(one));
            inside.map(|one| (*one).clone()).collect()
        };
        let (bound, held_out) = (inside(&split.bound), inside(&split.held_out));
        let chosen = laxest(&path, &bound, limit);
        let found = chosen.map(|at| path[at].clone());
        Group {
            needed: bound.iter().filter(|one| one.needed).count(),
            now: Figures::of(&held_out, |one| one.is_handed_off_now(policy)),
            then: found
                .as_ref()
                .map(|thresholds| Figures::of(&held_out, |one| one.is_handed_off(thresholds))),
            strictest: Figures::of(&bound, |one| one.is_handed_off(&path[0])),
            thresholds: found,
            scope,
        }
    });
    let groups: Vec<Group> = groups.collect();
    Ok(Calibration {
        conversations: labelled.len(),
        needed,
        parts: [split.fit.len(), split.bound.len(), split.held_out.len()],
        limit: wanted.limit,
        enough: needed_at_least(wanted.limit),
        seed: wanted.seed,
        groups,
        current: current(policy),
        weighed: SignalKind::ALL
            .into_iter()
            .filter(|kind| path[0].of(*kind).is_some())
            .collect(),
        held_out: split.held_out.into_iter().cloned().collect(),
    })
}

/// The thresholds of all conversations that are in force now.
fn current(policy: &Policy) -> BTreeMap<SignalKind, Option<f32>> {
    let everybody = CustomerContext::default();
    let score = |kind: SignalKind| policy.threshold(kind, &everybody).and_then(|t| t.score);
    SignalKind::ALL
        .iter()
        .map(|kind| (*kind, score(*kind)))
        .collect()
}

/// For which conversations thresholds are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All.
    All,
    /// Those of a channel.
    Channel(String),
    /// Those of a segment.
    Segment(String),
}

impl Scope {
    fn holds(&self, labelled: &Labelled) -> bool {
        let context = &labelled.context;
        match self {
            Scope::All => true,
            Scope::Channel(channel) => context.channel.as_ref() == Some(channel),
            Scope::Segment(segment) => context.segment.as_ref() == Some(segment),
        }
    }
}

/// The channels and segments, with how many of their conversations needed a human, most first.
fn particular(part: &[&Labelled]) -> Vec<(usize, Scope)> {
    let mut counts: BTreeMap<Scope, usize> = BTreeMap::new();
    for one in part.iter().filter(|one| one.needed) {
        let channel = one.context.channel.clone().map(Scope::Channel);
        let segment = one.context.segment.clone().map(Scope::Segment);
        for scope in channel.into_iter().chain(segment) {
            *counts.entry(scope).or_default() += 1;
        }
    }
    let mut scopes: Vec<(usize, Scope)> = counts.into_iter().map(|(s, n)| (n, s)).collect();
    scopes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    scopes
}

/// Three parts of the conversations: a quarter for the path, half for the bound, which needs most,
/// and a quarter to report on.
struct Split<'a> {
    fit: Vec<&'a Labelled>,
    bound: Vec<&'a Labelled>,
    held_out: Vec<&'a Labelled>,
}

impl<'a> Split<'a> {
    /// Splits both kinds alike.
    fn of(labelled: &'a [Labelled], seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut split = Split {
            fit: Vec::new(),
            bound: Vec::new(),
            held_out: Vec::new(),
        };
        for needed in [true, false] {
            let mut kind: Vec<&Labelled> = labelled.iter().filter(|l| l.needed == needed).collect();
            rng.shuffle(&mut kind);
            for (number, one) in kind.into_iter().enumerate() {
                match number % 4 {
                    0 | 2 => split.bound.push(one),
                    1 => split.fit.push(one),
                    _ => split.held_out.push(one),
                }
            }
        }
        split
    }
}

#[cfg(test)]
mod tests;
