//! What may be missed, and the laxest thresholds of which that can be said.

use super::{Labelled, Thresholds};

/// What may be missed, and how sure that has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The share of the conversations that needed a human that may be missed, above 0, below 1.
    pub miss: f64,
    /// How sure, above 0, below 1: with this probability over the draw of the labelled
    /// conversations the share missed is no larger.
    pub confidence: f64,
}

/// How many conversations that needed a human it takes to bound anything at all: with none of them
/// missed, chance must be ruled out.
pub fn needed_at_least(limit: Limit) -> usize {
    ((1.0 - limit.confidence).ln() / (1.0 - limit.miss).ln()).ceil() as usize
}

/// The place on `path` of the laxest thresholds that miss no more than `limit` allows; `None` where
/// not even the strictest can be shown to.
///
/// Fixed-sequence testing: the hypotheses "more is missed" are tested in the order of the path, each
/// at the full level, until the first that stands. The path must not rest on `bound`. The p-value is
/// the exact binomial tail (Learn-then-Test, section 3.2: for losses of 0 and 1 it is the tightest).
pub(super) fn laxest(path: &[Thresholds], bound: &[Labelled], limit: Limit) -> Option<usize> {
    let needed: Vec<&Labelled> = bound.iter().filter(|one| one.needed).collect();
    let mut laxest = None;
    for (at, thresholds) in path.iter().enumerate() {
        let missed = needed
            .iter()
            .filter(|one| !one.is_handed_off(thresholds))
            .count();
        if binomial_tail(needed.len(), missed, limit.miss) > 1.0 - limit.confidence {
            break;
        }
        laxest = Some(at);
    }
    laxest
}

/// The probability of at most `most` hits in `n` draws with `chance` each.
pub(super) fn binomial_tail(n: usize, most: usize, chance: f64) -> f64 {
    let (log, not) = (chance.ln(), (1.0 - chance).ln());
    // Each term from the one before, in logarithms: with thousands of draws they are tiny.
    let mut term = n as f64 * not;
    let mut sum = term.exp();
    for hits in 1..=most.min(n) {
        term += ((n - hits + 1) as f64 / hits as f64).ln() + log - not;
        sum += term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_the_binomial() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(binomial_tail(3, 0, 0.5), 0.125));
        assert!(near(binomial_tail(3, 1, 0.5), 0.5));
        assert!(near(binomial_tail(3, 3, 0.5), 1.0));
        assert!(near(binomial_tail(0, 0, 0.1), 1.0));
        // `pbinom(5, 100, 0.1)` in R.
        assert!((binomial_tail(100, 5, 0.1) - 0.057_576_89).abs() < 1e-7);
        assert!(binomial_tail(100_000, 9_000, 0.1) < 1e-20);
    }

    #[test]
    fn a_bound_takes_as_many_as_chance_could_spare() {
        let limit = Limit {
            miss: 0.1,
            confidence: 0.95,
        };
        let enough = needed_at_least(limit);
        assert_eq!(enough, 29);
        assert!(binomial_tail(enough, 0, 0.1) <= 0.05);
        assert!(binomial_tail(enough - 1, 0, 0.1) > 0.05);
    }
}
