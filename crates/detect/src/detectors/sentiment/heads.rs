//! The heads that were trained on public data, and how that is done.
//!
//! `heads.toml` is written by `warmline train sentiment` and never edited; docs/models/sentiment.md
//! says from what and how good they are.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::encoder::{DIMS, Encoder, Vector};
use crate::examples::{encode, meaning};
use crate::logistic::{Logistic, Sample};
use crate::text::Folded;

use super::abuse;

/// How strongly the heads are held to zero while they are trained; that of the head for abuse was
/// chosen on the validation split of 0.3, 1, 3 and 10.
const DISPLEASED_HOLD: f32 = 1.0;
const ABUSIVE_HOLD: f32 = 3.0;

/// The trained heads of this version.
pub(super) static HEADS: LazyLock<Heads> = LazyLock::new(|| {
    let heads: Heads =
        toml::from_str(include_str!("heads.toml")).expect("`warmline train` writes this file");
    assert!(
        heads.fit(),
        "the heads fit the encoder that they were trained on"
    );
    heads
});

/// Both heads.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Heads {
    /// Anger, annoyance, disappointment, disapproval: on meaning and wording.
    pub(super) displeased: Weights,
    /// Abuse of whoever answers: on the wording and [`abuse::features`].
    pub(super) abusive: Weights,
}

/// A head as it stands in the file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    bias: f32,
    weights: Vec<f32>,
}

/// Texts with whether they are what a head is to tell.
#[derive(Debug, Clone, Default)]
pub struct SentimentLessons {
    /// Whether somebody shows anger, annoyance, disappointment or disapproval.
    pub displeased: Vec<(String, bool)>,
    /// Whether somebody abuses whoever answers; a text stands once for each annotator.
    pub abusive: Vec<(String, bool)>,
}

/// Trains the heads of the sentiment detector, and answers the file that they are kept in.
///
/// # Errors
///
/// What the encoder says.
pub async fn train_sentiment(
    lessons: &SentimentLessons,
    encoder: &dyn Encoder,
) -> Result<String, Error> {
    let displeased = samples(&lessons.displeased, encoder, displeased).await?;
    let abusive = samples(&lessons.abusive, encoder, abusive).await?;
    let heads = Heads {
        displeased: Weights::trained(&displeased, 2 * DIMS, DISPLEASED_HOLD),
        abusive: Weights::trained(&abusive, DIMS + abuse::FEATURES, ABUSIVE_HOLD),
    };
    Ok(heads.file())
}

/// The chance that each of `texts` abuses whoever answers, as the sentiment detector reads it: one
/// part of its score, for measuring that part.
///
/// # Errors
///
/// What the encoder says.
pub async fn abuse_of(texts: &[String], encoder: &dyn Encoder) -> Result<Vec<f32>, Error> {
    let vectors = encode(encoder, texts.iter().map(|text| meaning(text)).collect()).await?;
    let read = texts.iter().zip(&vectors);
    Ok(read
        .map(|(text, vector)| super::mood::abuse(Folded::of(text).text(), vector))
        .collect())
}

impl Heads {
    /// Log odds that a text of this meaning shows displeasure.
    pub(super) fn displeasure(&self, vector: &Vector) -> f32 {
        self.displeased.logit(vector.whole())
    }

    /// Log odds that a folded text abuses whoever answers.
    pub(super) fn abuse(&self, text: &str, vector: &Vector) -> f32 {
        self.abusive.logit(&abusive(text, vector))
    }

    fn fit(&self) -> bool {
        self.displeased.weights.len() == 2 * DIMS
            && self.abusive.weights.len() == DIMS + abuse::FEATURES
    }

    /// The file, with three decimals: more change no figure.
    fn file(&self) -> String {
        let mut file =
            "# Written by `warmline train sentiment`; see docs/models/sentiment.md.\n".to_owned();
        for (name, head) in [("displeased", &self.displeased), ("abusive", &self.abusive)] {
            file.push_str(&format!(
                "\n[{name}]\nbias = {:.3}\nweights = [\n",
                head.bias
            ));
            for line in head.weights.chunks(12) {
                let line: Vec<String> = line.iter().map(|weight| format!("{weight:.3}")).collect();
                file.push_str(&format!("    {},\n", line.join(", ")));
            }
            file.push_str("]\n");
        }
        file
    }
}

impl Weights {
    fn trained(samples: &[Sample], count: usize, hold: f32) -> Weights {
        let zero = Logistic {
            bias: 0.0,
            weights: vec![0.0; count],
        };
        let Logistic { bias, weights } = zero.fitted(samples, hold);
        Weights { bias, weights }
    }

    /// The log odds; what another encoder gives has none.
    fn logit(&self, features: &[f32]) -> f32 {
        if features.len() != self.weights.len() {
            return 0.0;
        }
        let products = self.weights.iter().zip(features).map(|(w, x)| w * x);
        self.bias + products.sum::<f32>()
    }
}

fn displeased(_: &str, vector: &Vector) -> Vec<f32> {
    vector.whole().to_vec()
}

/// An encoder that tells no wording leaves the features.
fn abusive(text: &str, vector: &Vector) -> Vec<f32> {
    let wording = match vector.wording() {
        [] => &[0.0; DIMS],
        wording => wording,
    };
    [wording, &abuse::features(text)].concat()
}

async fn samples(
    lessons: &[(String, bool)],
    encoder: &dyn Encoder,
    features: fn(&str, &Vector) -> Vec<f32>,
) -> Result<Vec<Sample>, Error> {
    let texts = lessons.iter().map(|(text, _)| meaning(text)).collect();
    let vectors = encode(encoder, texts).await?;
    let samples = lessons
        .iter()
        .zip(&vectors)
        .map(|((text, positive), vector)| Sample {
            features: features(Folded::of(text).text(), vector),
            positive: *positive,
        });
    Ok(samples.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HashedEncoder;
    use crate::encoder::BoxFuture;

    /// Takes the same words for meaning and for wording.
    struct Worded;

    impl Encoder for Worded {
        fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
            let vectors = texts.iter().map(|text| {
                let values = HashedEncoder.vector(text).as_slice().to_vec();
                Vector::worded(values.clone(), values)
            });
            Box::pin(std::future::ready(Ok(vectors.collect())))
        }
    }

    #[tokio::test]
    async fn what_training_writes_can_be_read_and_tells_what_was_taught() {
        let lesson = |text: &str, positive| (text.to_owned(), positive);
        let lessons = SentimentLessons {
            displeased: vec![
                lesson("this is awful", true),
                lesson("how bad and awful", true),
                lesson("what a fine day", false),
                lesson("a fine thing", false),
            ],
            abusive: vec![
                lesson("you stupid fool", true),
                lesson("good morning", false),
            ],
        };
        let file = train_sentiment(&lessons, &Worded).await.unwrap();
        let heads: Heads = toml::from_str(&file).unwrap();
        assert!(heads.fit());
        let texts = vec!["awful".to_owned(), "fine".to_owned()];
        let vectors = Worded.encode(texts).await.unwrap();
        assert!(heads.displeasure(&vectors[0]) > heads.displeasure(&vectors[1]));
        assert!(heads.abuse("you fool", &vectors[1]) > heads.abuse("good day", &vectors[1]));
    }

    #[test]
    fn without_wordings_the_words_still_show_abuse() {
        let vector = HashedEncoder.vector("fool");
        assert_eq!(HEADS.displeasure(&vector), 0.0);
        assert!(HEADS.abuse("you stupid fool", &vector) > HEADS.abuse("good day", &vector));
    }
}
