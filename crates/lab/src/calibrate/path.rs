//! Thresholds in order, from the strictest to the laxest.

use std::collections::BTreeMap;

use warmline_core::signal::SignalKind;

use super::Labelled;

/// Steps of one signal's threshold, at most.
const STEPS: usize = 24;

/// The score from which each signal hands off; one that is not named is off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thresholds(BTreeMap<SignalKind, f32>);

impl Thresholds {
    /// Whether a signal of `score` hands off.
    pub(super) fn fires(&self, kind: SignalKind, score: f32) -> bool {
        self.0
            .get(&kind)
            .is_some_and(|threshold| score >= *threshold)
    }

    /// The threshold of a signal; `None` where it is off.
    pub fn of(&self, kind: SignalKind) -> Option<f32> {
        self.0.get(&kind).copied()
    }

    /// These without the thresholds of other signals.
    fn only(&self, kind: SignalKind) -> Self {
        let own = self.0.get(&kind).map(|threshold| (kind, *threshold));
        Self(own.into_iter().collect())
    }

    /// These, with the threshold of `kind` raised to `score`, or off.
    fn raised(&self, kind: SignalKind, score: Option<f32>) -> Self {
        let mut raised = self.clone();
        match score {
            Some(score) => raised.0.insert(kind, score),
            None => raised.0.remove(&kind),
        };
        raised
    }
}

/// Thresholds of which each hands off no more than the one before. The first hands off whatever
/// raises a signal at all; every step raises the one threshold by which most handoffs are spared of
/// those who needed none, for each that is missed of those who did. Where that is the same, because
/// other signals catch both, it is the one of which it would be so without the others: what tells
/// nobody apart goes first, not what happens to be named first.
pub(super) fn path(fit: &[&Labelled]) -> Vec<Thresholds> {
    let steps: BTreeMap<SignalKind, Vec<f32>> = SignalKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, steps(fit, kind)?)))
        .collect();
    let mut at: BTreeMap<SignalKind, usize> = steps.keys().map(|kind| (*kind, 0)).collect();
    let strictest = Thresholds(steps.keys().map(|kind| (*kind, 0.0)).collect());
    let mut path = vec![strictest];
    loop {
        let here = path.last().cloned().unwrap_or_default();
        let before = Spared::of(fit, &here);
        let next = at.iter().map(|(kind, at)| {
            let raised = here.raised(*kind, steps[kind].get(*at).copied());
            let alone = Spared::of(fit, &raised.only(*kind));
            let gain = (
                Spared::of(fit, &raised).gain(before),
                alone.gain(Spared::of(fit, &here.only(*kind))),
            );
            (*kind, gain, raised)
        });
        // Of equals the first stays, in the order of signals: the path is the same every time.
        let best = next.reduce(|best, next| if next.1 > best.1 { next } else { best });
        let Some((kind, _, raised)) = best else {
            return path;
        };
        path.push(raised);
        match at.get_mut(&kind) {
            Some(step) if *step < steps[&kind].len() => *step += 1,
            _ => drop(at.remove(&kind)),
        }
    }
}

/// Scores of `kind` at even ranks, rising; `None` where nobody raised it.
fn steps(fit: &[&Labelled], kind: SignalKind) -> Option<Vec<f32>> {
    let mut scores: Vec<f32> = fit
        .iter()
        .filter_map(|one| one.peaks.get(&kind).copied())
        .collect();
    scores.sort_by(f32::total_cmp);
    scores.dedup();
    let last = scores.len().checked_sub(1)?;
    let count = STEPS.min(last + 1);
    let mut steps: Vec<f32> = (1..=count)
        // Down to a thousandth: a patch is read by people.
        .map(|step| (scores[last * step / count] * 1000.0).floor() / 1000.0)
        .filter(|score| *score > 0.0)
        .collect();
    steps.dedup();
    Some(steps)
}

/// Conversations that are not handed off.
#[derive(Debug, Clone, Copy)]
struct Spared {
    /// Those that needed a human.
    missed: f32,
    /// Those that did not.
    rightly: f32,
}

impl Spared {
    fn of(fit: &[&Labelled], thresholds: &Thresholds) -> Self {
        let spared = fit.iter().filter(|one| !one.is_handed_off(thresholds));
        let (missed, rightly): (Vec<&&Labelled>, Vec<_>) = spared.partition(|one| one.needed);
        Self {
            missed: missed.len() as f32,
            rightly: rightly.len() as f32,
        }
    }

    /// What is spared more than `before`, for what is missed more. Half a conversation keeps steps
    /// that change nothing behind those that spare somebody, and before those that miss one.
    fn gain(self, before: Self) -> f32 {
        (self.rightly - before.rightly + 0.5) / (self.missed - before.missed + 0.5)
    }
}
