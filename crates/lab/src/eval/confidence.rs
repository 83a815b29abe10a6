//! Whether probabilities mean what they say, and whether similarities rank as people do.

use super::interval::Estimate;

/// Bins of equal width, as in the published figures for calibration.
const BINS: usize = 15;

/// Answers with the probability that each was given, and whether it was right.
#[derive(Debug, Clone)]
pub struct Confidence {
    answers: Vec<(f64, bool)>,
    /// How much an answer counts.
    weights: Vec<f64>,
}

/// Answers of about the same probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Their mean probability.
    pub confidence: f64,
    /// The share that was right.
    pub right: f64,
    /// Their share of all answers.
    pub share: f64,
}

impl Confidence {
    /// Takes the probability, 0 to 1, and whether it was right, of each answer.
    pub fn new(answers: impl IntoIterator<Item = (f32, bool)>) -> Confidence {
        let answers: Vec<(f64, bool)> = answers
            .into_iter()
            .map(|(probability, right)| (f64::from(probability), right))
            .collect();
        let weights = vec![1.0; answers.len()];
        Confidence { answers, weights }
    }

    /// The same with both outcomes having equal say: for a probability that is meant at even odds.
    #[must_use]
    pub fn at_even_odds(mut self) -> Confidence {
        let right = self.answers.iter().filter(|(_, right)| *right).count();
        let wrong = self.answers.len() - right;
        let weight = |is_right: bool| 0.5 / if is_right { right } else { wrong }.max(1) as f64;
        self.weights = self.answers.iter().map(|(_, r)| weight(*r)).collect();
        self
    }

    /// The expected calibration error: by how much the share that is right differs from the mean
    /// probability, averaged over fifteen bins of equal width by their answers.
    pub fn ece(&self) -> Estimate {
        Estimate::of(self.answers.len(), |counts| {
            let bins = self.binned(counts);
            let all: f64 = bins.iter().map(|bin| bin[0]).sum();
            bins.iter().map(|bin| (bin[1] - bin[2]).abs()).sum::<f64>() / all
        })
    }

    /// The reliability diagram: the bins that have answers, lowest first.
    pub fn reliability(&self) -> Vec<Bin> {
        let bins = self.binned(&vec![1; self.answers.len()]);
        let all: f64 = bins.iter().map(|bin| bin[0]).sum();
        let filled = bins.into_iter().filter(|bin| bin[0] > 0.0);
        filled
            .map(|[weight, probability, right]| Bin {
                confidence: probability / weight,
                right: right / weight,
                share: weight / all,
            })
            .collect()
    }

    /// Of each bin the weight, and the weighted sums of probability and of right answers.
    fn binned(&self, counts: &[u32]) -> [[f64; 3]; BINS] {
        let mut bins = [[0.0; 3]; BINS];
        for (((probability, right), weight), count) in
            self.answers.iter().zip(&self.weights).zip(counts)
        {
            let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
            let weight = weight * f64::from(*count);
            bin[0] += weight;
            bin[1] += weight * probability;
            bin[2] += weight * f64::from(u8::from(*right));
        }
        bins
    }
}

/// Spearman's rank correlation of pairs, ties having their mean rank.
pub fn spearman(pairs: &[(f64, f64)]) -> Estimate {
    let order = |value: fn(&(f64, f64)) -> f64| {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by(|a, b| value(&pairs[*a]).total_cmp(&value(&pairs[*b])));
        order
    };
    let (left, right) = (order(|pair| pair.0), order(|pair| pair.1));
    Estimate::of(pairs.len(), |counts| {
        let left = ranks(&left, |i| pairs[i].0, counts);
        let right = ranks(&right, |i| pairs[i].1, counts);
        correlation(&left, &right, counts)
    })
}

/// The mean rank of each example, given their order, where each stands as often as it counts.
fn ranks(order: &[usize], value: impl Fn(usize) -> f64, counts: &[u32]) -> Vec<f64> {
    let mut ranks = vec![0.0; order.len()];
    let mut before = 0.0;
    for tie in order.chunk_by(|a, b| value(*a) == value(*b)) {
        let size: f64 = tie.iter().map(|i| f64::from(counts[*i])).sum();
        tie.iter()
            .for_each(|i| ranks[*i] = before + (size + 1.0) / 2.0);
        before += size;
    }
    ranks
}

/// Pearson's correlation where each pair counts as often as it is told.
fn correlation(left: &[f64], right: &[f64], counts: &[u32]) -> f64 {
    let all: f64 = counts.iter().map(|n| f64::from(*n)).sum();
    let mean = |values: &[f64]| {
        let weighted = values.iter().zip(counts).map(|(v, n)| v * f64::from(*n));
        weighted.sum::<f64>() / all
    };
    let (mean_left, mean_right) = (mean(left), mean(right));
    let (mut both, mut of_left, mut of_right) = (0.0, 0.0, 0.0);
    for ((l, r), n) in left.iter().zip(right).zip(counts) {
        let (l, r, n) = (l - mean_left, r - mean_right, f64::from(*n));
        both += n * l * r;
        of_left += n * l * l;
        of_right += n * r * r;
    }
    both / (of_left * of_right).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_the_gap_between_probability_and_truth() {
        // Nine of ten right at .9 is no error; one of ten right at .5 is one of .4.
        let sure = (0..10).map(|i| (0.9, i > 0));
        let unsure = (0..10).map(|i| (0.5, i == 0));
        let sure = Confidence::new(sure);
        assert!(sure.ece().value < 1e-7);
        let both = Confidence::new((0..10).map(|i| (0.9, i > 0)).chain(unsure));
        assert!((both.ece().value - 0.2).abs() < 1e-7);
        let bins = both.reliability();
        assert_eq!((bins.len(), bins[1].share), (2, 0.5));
        assert_eq!(bins[0].right, 0.1);
    }

    #[test]
    fn at_even_odds_both_outcomes_have_equal_say() {
        // At even odds .5 is right for a score that tells nothing, whatever the classes' sizes.
        let flat = Confidence::new((0..100).map(|i| (0.5, i < 10)));
        assert!((flat.ece().value - 0.4).abs() < 1e-12);
        assert!(flat.at_even_odds().ece().value < 1e-12);
    }

    #[test]
    fn ranks_correlate_whatever_the_scale() {
        let pairs = [(1.0, 10.0), (2.0, 100.0), (3.0, 1000.0), (3.0, 1000.0)];
        assert!((spearman(&pairs).value - 1.0).abs() < 1e-12);
        let pairs = [(1.0, 3.0), (2.0, 1.0), (3.0, 2.0)];
        assert!((spearman(&pairs).value + 0.5).abs() < 1e-12);
    }
}
