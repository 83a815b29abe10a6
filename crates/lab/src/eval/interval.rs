//! How far a figure would move on other examples of the same kind: the percentile bootstrap
//! (Efron and Tibshirani, "An Introduction to the Bootstrap", chapter 13).

use fastrand::Rng;

/// What chance begins with: the same figures give the same interval.
const SEED: u64 = 20_260_101;

/// Resamples: enough for the ends of a 95 % interval to be steady in the third digit.
const RESAMPLES: usize = 1_000;

/// A figure and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure on all examples.
    pub value: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many examples.
    pub n: usize,
}

impl Estimate {
    /// A figure that was measured once, so without an interval.
    pub fn exact(value: f64, n: usize) -> Estimate {
        Estimate {
            value,
            low: value,
            high: value,
            n,
        }
    }

    /// Computes `metric` on all of `n` examples, and on resamples of them. It is told how often
    /// each example counts. Resamples on which it is not a number are left out.
    pub fn of(n: usize, metric: impl Fn(&[u32]) -> f64) -> Estimate {
        let value = metric(&vec![1; n]);
        let mut chance = Rng::with_seed(SEED);
        let mut counts = vec![0; n];
        let mut values: Vec<f64> = (0..RESAMPLES)
            .filter(|_| n > 0)
            .map(|_| {
                counts.fill(0);
                (0..n).for_each(|_| counts[chance.usize(..n)] += 1);
                metric(&counts)
            })
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (share * (values.len().max(1) - 1) as f64).round() as usize;
            values.get(index).copied().unwrap_or(value)
        };
        Estimate {
            value,
            low: at(0.025),
            high: at(0.975),
            n,
        }
    }

    /// The share of `hits` that are true.
    pub fn share(hits: &[bool]) -> Estimate {
        Estimate::of(hits.len(), |counts| {
            let all: u32 = counts.iter().sum();
            let hit: u32 = hits
                .iter()
                .zip(counts)
                .map(|(hit, n)| u32::from(*hit) * n)
                .sum();
            f64::from(hit) / f64::from(all)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_that_of_the_binomial() {
        let hits: Vec<bool> = (0..400).map(|i| i % 4 == 0).collect();
        let estimate = Estimate::share(&hits);
        assert_eq!((estimate.value, estimate.n), (0.25, 400));
        // 1.96 standard errors are 0.0424.
        assert!((estimate.low - 0.2076).abs() < 0.006, "{estimate:?}");
        assert!((estimate.high - 0.2924).abs() < 0.006, "{estimate:?}");
        assert_eq!(Estimate::share(&hits), estimate);
    }

    #[test]
    fn without_examples_there_is_no_figure() {
        let none = Estimate::share(&[]);
        assert!(none.value.is_nan() && none.n == 0);
    }
}
