//! Intents by their examples.

use crate::encoder::Vector;
use crate::logistic::sigmoid;
use crate::understanding::Understanding;

/// Share of held-out examples inside that no doubt may fall upon: of an intent that a gate asks for
/// it is worse to miss one than to see one too many.
const ACCEPT: f32 = 0.98;

/// Examples of an intent that must be similar on average.
const NEAREST: usize = 2;

/// Recognises intents by what their examples teach.
pub(super) struct Recognition<'a> {
    understanding: &'a Understanding,
    /// Similarity below which nothing counts.
    similarity: f32,
    /// The log odds of being outside from which an intent is in doubt, however well it fits.
    edge: f32,
}

/// A recognised intent.
pub(super) struct Recognised<'a> {
    pub(super) name: &'a str,
    pub(super) score: f32,
    pub(super) example: &'a str,
    pub(super) similarity: f32,
}

impl<'a> Recognition<'a> {
    /// Recognises what is at least `similarity` to an intent's nearest examples.
    pub(super) fn new(understanding: &'a Understanding, similarity: f32) -> Recognition<'a> {
        Recognition {
            edge: understanding.edge(ACCEPT).unwrap_or(0.0),
            understanding,
            similarity,
        }
    }

    /// The intents that a text of this meaning, whose vector is `vector`, more likely has than not,
    /// likeliest first. What lies outside the scope has none.
    pub(super) fn intents(&self, meaning: &str, vector: &Vector) -> Vec<Recognised<'a>> {
        let reading = self.understanding.reading(meaning, vector);
        let inside = sigmoid(self.edge - reading.outside);
        let examples = &self.understanding.examples;
        let likely = reading.intents.iter().filter(|(intent, probability)| {
            inside * probability >= 0.5
                && examples.nearness_of(*intent, vector, NEAREST) >= self.similarity
        });
        let recognised = likely.filter_map(|(intent, probability)| {
            let (example, similarity) = examples.nearest_of(*intent, vector)?;
            Some(Recognised {
                name: self.understanding.intent(*intent),
                score: inside * probability,
                example,
                similarity,
            })
        });
        recognised.collect()
    }
}
