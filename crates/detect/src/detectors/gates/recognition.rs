//! Intents by their examples.

use std::sync::Arc;

use crate::encoder::Vector;
use crate::examples::{Examples, mean_of_largest};
use crate::logistic::{Logistic, Sample};

/// An intent speaks through its nearest examples: one alone may be a chance neighbour.
const NEAREST: usize = 2;

/// Most examples that are held out in turn to calibrate; a larger scope is sampled evenly.
const MAX_HELD_OUT: usize = 800;

/// Where the calibration begins, and stays where there are too few examples to learn it: even
/// chances at a similarity of 0.6 to the intent and 0.05 more than to the next one.
const PRIOR: (f32, [f32; 2]) = (-6.6, [10.0, 12.0]);

/// How many samples the prior counts for, roughly.
const PRIOR_STRENGTH: f32 = 0.5;

/// Recognises intents by how near a turn is to their examples.
pub(super) struct Recognition {
    examples: Arc<Examples>,
    /// Similarity below which nothing counts.
    similarity: f32,
    /// From similarity and margin over the next intent to the probability of being right.
    calibration: Logistic,
}

/// A recognised intent.
pub(super) struct Recognised<'a> {
    pub(super) name: &'a str,
    pub(super) score: f32,
    pub(super) example: &'a str,
    pub(super) similarity: f32,
}

impl Recognition {
    /// Calibrates on the examples themselves: each is held out in turn and asked for its intent;
    /// those known to be out of scope have none, so whatever is nearest to them is wrong.
    pub(super) fn learned(examples: Arc<Examples>, similarity: f32) -> Recognition {
        let mut recognition = Recognition {
            examples,
            similarity,
            calibration: Logistic {
                bias: PRIOR.0,
                weights: PRIOR.1.to_vec(),
            },
        };
        let all = &recognition.examples.all;
        let stride = all.len().div_ceil(MAX_HELD_OUT).max(1);
        let samples: Vec<Sample> = all
            .iter()
            .enumerate()
            .step_by(stride)
            .filter_map(|(i, example)| {
                let similarities = recognition.examples.similarities(&example.vector, Some(i));
                let ranked = recognition.ranked(&similarities);
                let (intent, features) = ranked.first()?;
                Some(Sample {
                    features: features.to_vec(),
                    positive: example.intent == Some(*intent),
                })
            })
            .collect();
        recognition.calibration = recognition.calibration.fitted(&samples, PRIOR_STRENGTH);
        recognition
    }

    /// Whether there is nothing to compare with.
    pub(super) fn is_empty(&self) -> bool {
        self.examples.all.iter().all(|e| e.intent.is_none())
    }

    /// The intents that `vector` more likely has than not, likeliest first.
    pub(super) fn intents(&self, vector: &Vector) -> Vec<Recognised<'_>> {
        let similarities = self.examples.similarities(vector, None);
        let likely = self.ranked(&similarities).into_iter().take(2);
        let likely = likely.filter_map(|(intent, features)| {
            let score = self.calibration.score(&features);
            let nearest = (0..similarities.len())
                .filter(|i| self.examples.all[*i].intent == Some(intent))
                .max_by(|a, b| similarities[*a].total_cmp(&similarities[*b]))?;
            (score >= 0.5 && features[0] >= self.similarity).then(|| Recognised {
                name: &self.examples.intents[intent],
                score,
                example: &self.examples.all[nearest].text,
                similarity: similarities[nearest],
            })
        });
        likely.collect()
    }

    /// The two nearest intents, each with its similarity and how much nearer than any other it is.
    fn ranked(&self, similarities: &[f32]) -> Vec<(usize, [f32; 2])> {
        let mut by_intent: Vec<Vec<f32>> = vec![Vec::new(); self.examples.intents.len()];
        for (example, similarity) in self.examples.all.iter().zip(similarities) {
            if let Some(intent) = example.intent {
                by_intent[intent].push(*similarity);
            }
        }
        let mut ranked: Vec<(usize, f32)> = by_intent
            .into_iter()
            .enumerate()
            .filter(|(_, values)| !values.is_empty())
            .map(|(intent, values)| (intent, mean_of_largest(values, NEAREST)))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let first = ranked.first().map_or(0.0, |(_, s)| *s);
        let second = ranked.get(1).map_or(0.0, |(_, s)| *s);
        ranked
            .into_iter()
            .take(2)
            .enumerate()
            .map(|(rank, (intent, s))| {
                let other = if rank == 0 { second } else { first };
                (intent, [s, s - other])
            })
            .collect()
    }
}
