//! The scope's examples as vectors, and what is nearest to a turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::encoder::{Encoder, Vector};
use crate::likeness::{Alike, Likeness};
use crate::scope::Scope;
use crate::text::{Folded, cut};

/// Bytes of a text that its meaning is read from: about as many as the sentence model takes.
const MAX_MEANING: usize = 1_200;

/// An example, and the intent it is of; none for one that is known to be out of scope.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) vector: Vector,
    pub(crate) intent: Option<usize>,
}

/// All examples of a scope.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    /// The intents' names, in the order of the scope.
    pub(crate) intents: Vec<String>,
    pub(crate) all: Vec<Example>,
    /// How alike a text is to each of them.
    pub(crate) likeness: Likeness,
}

impl Examples {
    /// Encodes the examples of `scope` that are not among those already `known`.
    pub(crate) async fn learned(
        scope: &Scope,
        known: &Examples,
        encoder: &dyn Encoder,
    ) -> Result<Examples, Error> {
        let inside = scope.intents.iter().enumerate();
        let inside =
            inside.flat_map(|(i, intent)| intent.examples.iter().map(move |e| (Some(i), e)));
        let outside = scope.out_of_scope.iter().map(|e| (None, e));
        let labelled: Vec<(Option<usize>, &String)> = inside.chain(outside).collect();
        let known = known.all.iter().map(|e| (e.text.as_str(), &e.vector));
        let known: HashMap<&str, &Vector> = known.collect();
        let new = labelled.iter().map(|(_, text)| text.as_str());
        let new = new.filter(|text| !known.contains_key(text));
        let mut encoded = encode(encoder, new.map(meaning).collect())
            .await?
            .into_iter();
        // The new ones come in the order in which they were asked for.
        let all = labelled.into_iter().filter_map(|(intent, text)| {
            let vector = match known.get(text.as_str()) {
                Some(vector) => Vector::clone(vector),
                None => encoded.next()?,
            };
            Some(Example {
                text: text.clone(),
                vector,
                intent,
            })
        });
        let all: Vec<Example> = all.collect();
        Ok(Examples {
            intents: scope.intents.iter().map(|i| i.name.clone()).collect(),
            likeness: Likeness::of(&all, |_| true),
            all,
        })
    }

    /// The example of an intent, by its place, whose meaning is nearest to that of `vector`, and its
    /// cosine.
    pub(crate) fn nearest_of(&self, intent: usize, vector: &Vector) -> Option<(&str, f32)> {
        self.cosines_of(intent, vector)
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The mean cosine of the meanings of `vector` and the `count` nearest examples of an intent, by
    /// its place; -1 where it has none.
    pub(crate) fn nearness_of(&self, intent: usize, vector: &Vector, count: usize) -> f32 {
        let cosines = self.cosines_of(intent, vector).map(|(_, cosine)| cosine);
        mean_of_largest(cosines, count)
    }

    fn cosines_of(&self, intent: usize, vector: &Vector) -> impl Iterator<Item = (&str, f32)> {
        let of_intent = self.all.iter().filter(move |e| e.intent == Some(intent));
        of_intent.map(move |e| (e.text.as_str(), e.vector.cosine(vector)))
    }

    /// How alike `vector` is to each example.
    pub(crate) fn similarities(&self, vector: &Vector) -> Alike {
        self.likeness.to_each(&self.all, vector)
    }
}

/// The form in which a text goes to the encoder: disguises off, one line, bounded. Every detector
/// sends this one, so that the encoder's cache knows a turn again.
pub(crate) fn meaning(text: &str) -> String {
    let folded = Folded::of(cut(text, 2 * MAX_MEANING));
    let words: Vec<&str> = folded.text().split_whitespace().collect();
    cut(&words.join(" "), MAX_MEANING).to_owned()
}

/// Encodes `texts`, and makes sure that there is a vector for each.
pub(crate) async fn encode(
    encoder: &dyn Encoder,
    texts: Vec<String>,
) -> Result<Vec<Vector>, Error> {
    let expected = texts.len();
    if expected == 0 {
        return Ok(Vec::new());
    }
    let vectors = encoder.encode(texts).await?;
    if vectors.len() == expected {
        Ok(vectors)
    } else {
        let found = vectors.len();
        let message = format!("the encoder gave {found} vectors for {expected} texts");
        Err(Error::Encoding(Arc::from(Box::from(message))))
    }
}

/// Like [`encode`], but waits no longer than `limit`.
pub(crate) async fn encode_within(
    encoder: &dyn Encoder,
    texts: Vec<String>,
    limit: Duration,
) -> Result<Vec<Vector>, Error> {
    tokio::time::timeout(limit, encode(encoder, texts))
        .await
        .unwrap_or(Err(Error::Slow { limit }))
}

/// The mean of the `count` largest values; -1 where there is none.
pub(crate) fn mean_of_largest(values: impl IntoIterator<Item = f32>, count: usize) -> f32 {
    let mut largest: Vec<f32> = Vec::with_capacity(count + 1);
    for value in values {
        let at = largest.partition_point(|known| *known >= value);
        if at < count {
            largest.insert(at, value);
            largest.truncate(count);
        }
    }
    if largest.is_empty() {
        -1.0
    } else {
        largest.iter().sum::<f32>() / largest.len() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_averaged() {
        assert_eq!(mean_of_largest([0.1, 0.9, 0.5], 2), 0.7);
        assert_eq!(mean_of_largest([0.25], 3), 0.25);
        assert_eq!(mean_of_largest([], 3), -1.0);
    }

    #[test]
    fn one_meaning_for_all_ways_of_writing_it() {
        assert_eq!(
            meaning("  Where\u{200B} is\nmy REFUND"),
            "where is my refund"
        );
        assert!(meaning(&"ä".repeat(10_000)).len() <= MAX_MEANING);
    }
}
