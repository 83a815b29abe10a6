//! Thresholds from labelled conversations, with a bound on what they miss.
//!
//! The conversations are split in three, each by itself and from a seed. On the first, `path` orders
//! thresholds from the strictest to the laxest. On the second, `bound` walks along that path for as
//! long as the misses can be bounded with the confidence that is asked for: Learn-then-Test
//! (Angelopoulos, Bates, Candès, Jordan & Lei 2021, "Learn then Test: Calibrating Predictive
//! Algorithms to Achieve Risk Control") with fixed-sequence testing. The third has seen neither, and
//! is what is reported.
//!
//! What is promised is promised of the patch as a whole: `scope` puts every conversation into the
//! one scope whose section of the patch decides it, and each is bounded on its own conversations.
//!
//! Deliberately absent: changing a configuration. What comes out is a patch to be reviewed.

mod bound;
mod journal;
mod page;
mod patch;
mod path;
mod report;
mod scope;

use std::collections::BTreeMap;

use warmline_core::CustomerContext;
use warmline_core::policy::{Policy, Threshold};
use warmline_core::signal::SignalKind;

pub use bound::{Limit, needed_at_least};
pub use path::Thresholds;
pub use report::{Calibration, Figures, Group};
pub use scope::Scope;

use crate::Error;
use crate::audit::Audited;
use bound::laxest;
use path::path;
use scope::Scopes;

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
    /// An audited conversation, where it is known whether it needed a human: by its label, else by
    /// how it ended. Where a human came in the log, only a label tells: how it ended then says
    /// nothing of how it would have ended without.
    pub fn of(audited: &Audited) -> Option<Self> {
        let alone = audited.recorded.handed_over().is_none();
        let ended_badly = || audited.ended_badly().filter(|_| alone);
        let peaks = audited.walked.peaks.iter();
        Some(Self {
            id: audited.recorded.id.clone(),
            context: audited.recorded.context.clone(),
            needed: audited.labelled.or_else(ended_badly)?,
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

    /// Whether it is handed off under the `thresholds` of a policy.
    pub fn is_handed_off_by(&self, thresholds: &[Threshold]) -> bool {
        let fires = |(kind, score): (&SignalKind, &f32)| {
            let threshold = Threshold::deciding(thresholds, *kind, &self.context);
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

/// Calibrates thresholds to `labelled` conversations: for each channel and segment with enough of
/// them, and for the others. `policy` is what is in force now.
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
    let scopes = Scopes::of(&split.bound, wanted.limit);
    let limit = scopes.share(wanted.limit);
    let held_out = scopes.divide(&split.held_out);
    let now = |part: &[Labelled]| Figures::of(part, |one| one.is_handed_off_by(&policy.thresholds));
    let parts = scopes.divide(&split.bound).into_iter().zip(&held_out);
    let groups = parts.map(|((scope, bound), (_, held_out))| Group {
        needed: bound.iter().filter(|one| one.needed).count(),
        thresholds: laxest(&path, &bound, limit).map(|at| path[at].clone()),
        strictest: Figures::of(&bound, |one| one.is_handed_off(&path[0])),
        current: current(policy, &scope),
        now: now(held_out),
        then: None,
        scope,
    });
    let mut calibration = Calibration {
        conversations: labelled.len(),
        needed,
        parts: [split.fit.len(), split.bound.len(), split.held_out.len()],
        limit: wanted.limit,
        enough: needed_at_least(wanted.limit),
        seed: wanted.seed,
        groups: groups.collect(),
        weighed: SignalKind::ALL
            .into_iter()
            .filter(|kind| path[0].of(*kind).is_some())
            .collect(),
        now: Figures::default(),
        then: None,
        held_out: split.held_out.into_iter().cloned().collect(),
        in_force: policy.thresholds.clone(),
    };
    calibration.now = calibration.held_out_under(policy);
    let proposed = calibration.proposed();
    if !proposed.is_empty() {
        // What is reported is what the patch comes to as a whole, by the rule that will decide.
        let then = |part: &[Labelled]| Figures::of(part, |one| one.is_handed_off_by(&proposed));
        calibration.then = Some(then(&calibration.held_out));
        for (group, (_, held_out)) in calibration.groups.iter_mut().zip(&held_out) {
            group.then = Some(then(held_out));
        }
    }
    Ok(calibration)
}

/// The thresholds that are in force now for `scope`.
fn current(policy: &Policy, scope: &Scope) -> BTreeMap<SignalKind, Option<f32>> {
    let customer = scope.customer();
    let score = |kind: SignalKind| policy.threshold(kind, &customer).and_then(|t| t.score);
    SignalKind::ALL
        .iter()
        .map(|kind| (*kind, score(*kind)))
        .collect()
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
