//! The population stability index: how far a distribution has moved.
//!
//! `sum((a - b) * ln(a / b))` over the shares `a` now and `b` then of each bin. Up to 0.1 is read as
//! steady and from 0.25 on as another population (Siddiqi 2006, "Credit Risk Scorecards", ch. 9).
//! Those limits know nothing of numbers: of two samples of the same population the index is about
//! chi-squared with one degree of freedom less than there are bins, times `1/n + 1/m` (Yurdakul &
//! Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk Model
//! Validation 14). What chance does in one of a hundred draws is therefore no drift.

/// Bins of scores; "looked and raised nothing" is one more.
pub(crate) const TENTHS: usize = 10;
/// From here on scores have moved, and have moved far.
const MODERATE: f64 = 0.1;
const MAJOR: f64 = 0.25;
/// The standard normal's quantile of .99.
const RARE: f64 = 2.326_348;

/// How far the scores of a signal have moved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shift {
    pub(crate) signal: String,
    /// What was looked at: `turn` or `draft`.
    pub(crate) stage: &'static str,
    /// `1d` or `7d`.
    pub(crate) window: &'static str,
    /// The population stability index.
    pub(crate) index: f64,
    /// What chance alone comes to, in one of a hundred draws.
    pub(crate) chance: f64,
    /// How often it was looked for in the window, and in the reference.
    pub(crate) looked: u64,
    pub(crate) reference: u64,
}

/// How far something has moved, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// Nowhere, or no further than chance.
    Steady,
    /// Worth a look.
    Moderate,
    /// Another population: calibrate again.
    Major,
}

impl Shift {
    /// The index, or 0 where chance alone does as much.
    pub(crate) fn beyond_chance(&self) -> f64 {
        match self.index > self.chance {
            true => self.index,
            false => 0.0,
        }
    }

    pub(crate) fn level(&self) -> Level {
        match self.beyond_chance() {
            index if index > MAJOR => Level::Major,
            index if index > MODERATE => Level::Moderate,
            _ => Level::Steady,
        }
    }
}

/// The bin of a score from 0 to 1.
pub(crate) fn tenth(score: f32) -> usize {
    ((score * TENTHS as f32) as usize).min(TENTHS - 1)
}

/// The index between two samples, each with its counts and how often it was looked; 0 where nobody
/// looked. Half a count in every bin keeps an empty one finite.
pub(crate) fn index(
    (here, looked_here): ([u64; TENTHS], u64),
    (there, looked_there): ([u64; TENTHS], u64),
) -> f64 {
    if looked_here == 0 || looked_there == 0 {
        return 0.0;
    }
    let shares = |counts: [u64; TENTHS], looked: u64| {
        let none = looked.saturating_sub(counts.iter().sum());
        let all = looked.max(counts.iter().sum()) as f64 + 0.5 * (TENTHS + 1) as f64;
        let counts = counts.into_iter().chain([none]);
        counts.map(move |count| (count as f64 + 0.5) / all)
    };
    let pairs = shares(here, looked_here).zip(shares(there, looked_there));
    pairs.map(|(a, b)| (a - b) * (a / b).ln()).sum()
}

/// What the index comes to by chance in one of a hundred draws, for samples of these sizes.
/// Infinite where one is empty. The quantile of chi-squared is Wilson and Hilferty's (1931).
pub(crate) fn chance(here: u64, there: u64) -> f64 {
    let degrees = TENTHS as f64;
    let spread = 2.0 / (9.0 * degrees);
    let quantile = degrees * (1.0 - spread + RARE * spread.sqrt()).powi(3);
    quantile * (1.0 / here as f64 + 1.0 / there as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_that_of_the_textbooks() {
        // Two bins that change places: 2 * 0.2 * ln(0.6 / 0.4).
        let mut here = [0; TENTHS];
        (here[0], here[9]) = (600_000, 400_000);
        let mut there = here;
        there.reverse();
        let found = index((here, 1_000_000), (there, 1_000_000));
        assert!((found - 0.162_186).abs() < 1e-4, "{found}");
        assert!(index((here, 1_000_000), (here, 1_000_000)).abs() < 1e-12);
        assert_eq!(index((here, 0), (there, 1_000_000)), 0.0);
    }

    #[test]
    fn who_raises_nothing_any_more_has_moved() {
        let mut often = [0; TENTHS];
        often[4] = 500;
        let moved = index(([0; TENTHS], 1_000), (often, 1_000));
        assert!(moved > MAJOR, "{moved}");
    }

    #[test]
    fn chance_is_the_quantile_of_chi_squared() {
        // `qchisq(0.99, 10)` in R is 23.20925.
        let found = chance(100, 100) / 0.02;
        assert!((found - 23.209).abs() < 0.05, "{found}");
        assert!(chance(0, 100).is_infinite());
    }

    #[test]
    fn draws_of_one_population_seldom_look_like_drift() {
        // A small generator of its own: the same draws each time.
        let mut seed = 7_u64;
        let mut draw = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as f32 / (1_u64 << 31) as f32
        };
        let mut sample = |n: u64| {
            let mut counts = [0; TENTHS];
            (0..n).for_each(|_| counts[tenth(draw() * draw())] += 1);
            counts
        };
        let drifts = (0..500).filter(|_| {
            let (here, there) = (sample(150), sample(1_000));
            index((here, 150), (there, 1_000)) > chance(150, 1_000)
        });
        let drifts = drifts.count();
        assert!(drifts <= 15, "{drifts} of 500");
    }

    #[test]
    fn every_score_has_a_bin() {
        for (score, bin) in [
            (0.0, 0),
            (0.099, 0),
            (0.1, 1),
            (0.95, 9),
            (1.0, 9),
            (-1.0, 0),
            (f32::NAN, 0),
        ] {
            assert_eq!(tenth(score), bin, "{score}");
        }
    }
}
