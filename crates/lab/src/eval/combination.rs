//! Several features weighed into one probability, each example by what the others taught.

use warmline_detect::{Logistic, Sample};

/// Pull of the weights towards zero, in examples: features of unit variance and a few hundred
/// examples need little.
const RIDGE: f32 = 10.0;

/// An example: its features, of which all have as many, the group it belongs to, and whether it is
/// positive.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) features: Vec<f32>,
    pub(super) group: String,
    pub(super) positive: bool,
}

/// The probability that each of `examples` is positive, by a logistic regression that was fitted to
/// the examples of all other groups. Means and variances of features are fitted with it.
pub(super) fn held_out(examples: &[Example]) -> Vec<f32> {
    let mut groups: Vec<&str> = examples.iter().map(|e| e.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut answers = vec![0.0; examples.len()];
    for group in groups {
        let others: Vec<&Example> = examples.iter().filter(|e| e.group != group).collect();
        let model = Model::fitted(&others);
        for (answer, example) in answers.iter_mut().zip(examples) {
            if example.group == group {
                *answer = model.probability(&example.features);
            }
        }
    }
    answers
}

/// A logistic regression on standardised features.
struct Model {
    means: Vec<f32>,
    scales: Vec<f32>,
    weighed: Logistic,
}

impl Model {
    fn fitted(examples: &[&Example]) -> Model {
        let width = examples.first().map_or(0, |e| e.features.len());
        let count = examples.len().max(1) as f32;
        let mean = |value: &dyn Fn(&Example) -> f32| {
            examples.iter().map(|e| value(e)).sum::<f32>() / count
        };
        let means: Vec<f32> = (0..width).map(|i| mean(&|e| e.features[i])).collect();
        let scales = (0..width)
            .map(|i| mean(&|e| (e.features[i] - means[i]).powi(2)).sqrt())
            // A feature that is always the same says nothing.
            .map(|deviation| {
                if deviation > 1e-6 {
                    1.0 / deviation
                } else {
                    0.0
                }
            })
            .collect();
        let nothing = Logistic {
            bias: 0.0,
            weights: vec![0.0; width],
        };
        let mut model = Model {
            means,
            scales,
            weighed: nothing.clone(),
        };
        let samples: Vec<Sample> = examples
            .iter()
            .map(|e| Sample {
                features: model.standard(&e.features),
                positive: e.positive,
            })
            .collect();
        model.weighed = nothing.fitted(&samples, RIDGE);
        // The fit gives both kinds equal say; the odds are those of the examples.
        let positive = examples.iter().filter(|e| e.positive).count() as f32;
        let odds = positive.max(1.0) / (count - positive).max(1.0);
        model.weighed.bias += odds.ln();
        model
    }

    fn probability(&self, features: &[f32]) -> f32 {
        self.weighed.score(&self.standard(features))
    }

    /// Features of zero mean and unit variance.
    fn standard(&self, features: &[f32]) -> Vec<f32> {
        let fitted = self.means.iter().zip(&self.scales);
        let standard = features.iter().zip(fitted);
        standard.map(|(x, (m, s))| (x - m) * s).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(group: usize, feature: f32, positive: bool) -> Example {
        Example {
            features: vec![feature, 1.0],
            group: group.to_string(),
            positive,
        }
    }

    #[test]
    fn what_holds_in_other_groups_is_expected_of_a_group() {
        let examples: Vec<Example> = (0..200)
            .map(|i| example(i % 10, (i / 10) as f32, i >= 100))
            .collect();
        let answers = held_out(&examples);
        let right = examples.iter().zip(&answers);
        assert!(right.clone().all(|(e, p)| e.positive == (*p > 0.5)));
    }

    #[test]
    fn a_group_is_not_judged_by_its_own_examples() {
        // Each group is all of one kind, and nothing else tells them apart: the rest, without it,
        // has more of the other kind.
        let examples: Vec<Example> = (0..80).map(|i| example(i / 4, 0.0, i < 40)).collect();
        let answers = held_out(&examples);
        let judged = examples.iter().zip(&answers);
        assert!(judged.clone().all(|(e, p)| e.positive == (*p < 0.5)));
    }
}
