//! Examples with a score each, of which some are positive: how well the score tells them apart.

use super::interval::Estimate;

/// Examples in the order of their scores, lowest first.
#[derive(Debug, Clone)]
pub struct Ranked {
    examples: Vec<(f64, bool)>,
}

/// What stands above a threshold: of the positives, and of the negatives.
struct Above {
    positives: f64,
    negatives: f64,
}

impl Ranked {
    /// Takes a score, higher for positive, and whether it is positive, of each example.
    pub fn new(examples: impl IntoIterator<Item = (f32, bool)>) -> Ranked {
        let mut examples: Vec<(f64, bool)> = examples
            .into_iter()
            .map(|(score, positive)| (f64::from(score), positive))
            .collect();
        examples.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ranked { examples }
    }

    /// The area under the ROC curve: how often a positive scores higher than a negative, a tie
    /// counting one half.
    pub fn auroc(&self) -> Estimate {
        self.estimate(|counts| {
            let (mut wins, mut below) = (0.0, 0.0);
            self.ties(counts, |tie| {
                wins += tie.positives * (below + tie.negatives / 2.0);
                below += tie.negatives;
            });
            let Above { positives, .. } = self.all(counts);
            wins / (positives * below)
        })
    }

    /// The area under the precision-recall curve, as average precision.
    pub fn auprc(&self) -> Estimate {
        self.estimate(|counts| {
            let mut above = self.all(counts);
            let all = above.positives;
            let mut area = 0.0;
            self.ties(counts, |tie| {
                if tie.positives > 0.0 {
                    let precision = above.positives / (above.positives + above.negatives);
                    area += tie.positives / all * precision;
                }
                above.positives -= tie.positives;
                above.negatives -= tie.negatives;
            });
            area
        })
    }

    /// The share of negatives above the highest threshold that 95 % of the positives reach.
    pub fn fpr95(&self) -> Estimate {
        self.estimate(|counts| {
            let all = self.all(counts);
            let mut above = self.all(counts);
            let mut answer = f64::NAN;
            self.ties(counts, |tie| {
                if all.positives > 0.0 && above.positives >= 0.95 * all.positives {
                    answer = above.negatives / all.negatives;
                }
                above.positives -= tie.positives;
                above.negatives -= tie.negatives;
            });
            answer
        })
    }

    /// The share of positives above the lowest threshold that at least `share` of the negatives
    /// stay below.
    pub fn recall_where_negatives_pass(&self, share: f64) -> Estimate {
        self.estimate(|counts| {
            let all = self.all(counts);
            let mut above = self.all(counts);
            let mut answer = f64::NAN;
            self.ties(counts, |tie| {
                above.positives -= tie.positives;
                above.negatives -= tie.negatives;
                let passed = 1.0 - above.negatives / all.negatives;
                if answer.is_nan() && passed >= share {
                    answer = above.positives / all.positives;
                }
            });
            answer
        })
    }

    /// The best F1 that any threshold reaches.
    pub fn best_f1(&self) -> Estimate {
        self.estimate(|counts| {
            let all = self.all(counts);
            let mut above = self.all(counts);
            let mut best = 0.0_f64;
            self.ties(counts, |tie| {
                let found = above.positives + above.negatives;
                best = best.max(2.0 * above.positives / (found + all.positives));
                above.positives -= tie.positives;
                above.negatives -= tie.negatives;
            });
            best
        })
    }

    /// F1 of calling positive what scores `threshold` or more.
    pub fn f1(&self, threshold: f32) -> Estimate {
        let threshold = f64::from(threshold);
        self.estimate(|counts| {
            let above = self.above(counts, threshold);
            let all = self.all(counts);
            2.0 * above.positives / (above.positives + above.negatives + all.positives)
        })
    }

    /// The share of positives that score `threshold` or more.
    pub fn recall(&self, threshold: f32) -> Estimate {
        let threshold = f64::from(threshold);
        let estimate = self.estimate(|counts| {
            self.above(counts, threshold).positives / self.all(counts).positives
        });
        let n = self
            .examples
            .iter()
            .filter(|(_, positive)| *positive)
            .count();
        Estimate { n, ..estimate }
    }

    /// The share of negatives that score `threshold` or more.
    pub fn false_alarms(&self, threshold: f32) -> Estimate {
        let threshold = f64::from(threshold);
        let estimate = self.estimate(|counts| {
            self.above(counts, threshold).negatives / self.all(counts).negatives
        });
        let n = self
            .examples
            .iter()
            .filter(|(_, positive)| !*positive)
            .count();
        Estimate { n, ..estimate }
    }

    /// The ROC curve: shares of negatives and of positives above each threshold, from none to all.
    pub fn roc(&self) -> Vec<(f64, f64)> {
        let all = self.all(&self.each());
        let points = self.thresholds();
        let points = points.into_iter().map(|above| {
            (
                above.negatives / all.negatives,
                above.positives / all.positives,
            )
        });
        points.collect()
    }

    /// The precision-recall curve: recall and precision at each threshold.
    pub fn precision_recall(&self) -> Vec<(f64, f64)> {
        let all = self.all(&self.each());
        let points = self.thresholds().into_iter();
        let points = points.filter(|above| above.positives + above.negatives > 0.0);
        points
            .map(|above| {
                let found = above.positives + above.negatives;
                (above.positives / all.positives, above.positives / found)
            })
            .collect()
    }

    fn each(&self) -> Vec<u32> {
        vec![1; self.examples.len()]
    }

    fn estimate(&self, metric: impl Fn(&[u32]) -> f64) -> Estimate {
        Estimate::of(self.examples.len(), metric)
    }

    fn all(&self, counts: &[u32]) -> Above {
        self.above(counts, f64::NEG_INFINITY)
    }

    fn above(&self, counts: &[u32], threshold: f64) -> Above {
        let from = self
            .examples
            .partition_point(|(score, _)| *score < threshold);
        sum(&self.examples[from..], &counts[from..])
    }

    /// Visits the groups of equal scores, lowest first.
    fn ties(&self, counts: &[u32], mut visit: impl FnMut(Above)) {
        let mut from = 0;
        for tie in self.examples.chunk_by(|a, b| a.0 == b.0) {
            let to = from + tie.len();
            visit(sum(tie, &counts[from..to]));
            from = to;
        }
    }

    /// What stands above each threshold, the highest first; nothing to begin with.
    fn thresholds(&self) -> Vec<Above> {
        let counts = self.each();
        let mut above = self.all(&counts);
        let mut points = vec![Above { ..above }];
        self.ties(&counts, |tie| {
            above.positives -= tie.positives;
            above.negatives -= tie.negatives;
            points.push(Above { ..above });
        });
        points.reverse();
        points
    }
}

fn sum(examples: &[(f64, bool)], counts: &[u32]) -> Above {
    let mut above = Above {
        positives: 0.0,
        negatives: 0.0,
    };
    for ((_, positive), count) in examples.iter().zip(counts) {
        match positive {
            true => above.positives += f64::from(*count),
            false => above.negatives += f64::from(*count),
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three positives and four negatives, one of each tied.
    fn ranked() -> Ranked {
        Ranked::new([
            (0.9, true),
            (0.8, false),
            (0.7, true),
            (0.5, true),
            (0.5, false),
            (0.2, false),
            (0.1, false),
        ])
    }

    #[test]
    fn the_areas_are_those_counted_by_hand() {
        // Pairs won: 4, 3, and 2 and a half, of twelve.
        assert!((ranked().auroc().value - 9.5 / 12.0).abs() < 1e-12);
        // Precision at each positive: 1, 2/3, and for the tie 3/5.
        let expected = (1.0 + 2.0 / 3.0 + 3.0 / 5.0) / 3.0;
        assert!((ranked().auprc().value - expected).abs() < 1e-12);
    }

    #[test]
    fn thresholds_count_what_reaches_them() {
        let ranked = ranked();
        assert_eq!(ranked.fpr95().value, 0.5);
        assert_eq!(ranked.recall(0.7).value, 2.0 / 3.0);
        assert_eq!(ranked.recall(0.7).n, 3);
        assert_eq!(ranked.false_alarms(0.5).value, 0.5);
        assert_eq!(ranked.f1(0.5).value, 6.0 / 8.0);
        assert_eq!(ranked.best_f1().value, 6.0 / 8.0);
        assert_eq!(ranked.recall_where_negatives_pass(0.75).value, 2.0 / 3.0);
        assert_eq!(ranked.recall_where_negatives_pass(1.0).value, 1.0 / 3.0);
    }

    #[test]
    fn the_curves_go_from_none_to_all() {
        let roc = ranked().roc();
        assert_eq!((roc[0], roc[roc.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
        let curve = ranked().precision_recall();
        assert_eq!(curve[0], (1.0 / 3.0, 1.0));
        assert_eq!(curve[curve.len() - 1], (1.0, 3.0 / 7.0));
    }

    #[test]
    fn one_class_alone_has_no_figure() {
        let only = Ranked::new([(0.1, false), (0.2, false)]);
        assert!(only.auroc().value.is_nan() && only.fpr95().value.is_nan());
    }
}
