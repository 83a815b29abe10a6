//! How upset one turn is: phrasing and meaning in one score, learned from hand-written anchors.

use crate::Error;
use crate::encoder::{Encoder, Vector};
use crate::examples::{encode, meaning};
use crate::logistic::{Logistic, Sample, sigmoid};
use crate::text::Folded;

use super::abuse::is_about_others;
use super::discontent::discontent;
use super::heads::HEADS;
use super::lexicon;

/// Customers who are upset with the company: openly, politely, sarcastically.
const UPSET: &str = include_str!("upset.txt");

/// Customers who are not: neutral, terse, thankful, sorry, in trouble, angry at the world.
const CALM: &str = include_str!("calm.txt");

/// Each fold is scored by a head that was fitted without it.
const FOLDS: usize = 5;

/// How strongly the heads are held to zero. The first has a weight for each value of a vector's
/// meaning and wording, many more than there are anchors, but vectors are short: of length 1 for each
/// of the two. The second, and that of the phrasing alone, have few weights.
const HEAD_HOLD: f32 = 0.5;
const BLEND_HOLD: f32 = 1.0;

/// How much of what is missing to 1 full discontent adds: never enough on its own.
const DISCONTENT: f32 = 0.4;

/// How much sharper anger and abuse are taken than their odds say, which moves no turn over one half:
/// on calm turns both are noise, in which discontent would drown.
const SHARPNESS: f32 = 3.0;

/// The log odds of abuse before anything was read: ln(1/6). The head was trained at even odds.
const ABUSE_PRIOR: f32 = -1.8;

/// Reads a turn's mood, with the meaning of its words or without.
#[derive(Debug)]
pub(super) struct Mood {
    /// From a vector to the log odds of being upset.
    head: Logistic,
    /// From what [`blended_of`] gives to the chance of being upset.
    blend: Logistic,
    /// From the phrasing alone.
    phrasing: Logistic,
}

impl Mood {
    /// Fits the heads to the anchors.
    pub(super) async fn learned(encoder: &dyn Encoder) -> Result<Mood, Error> {
        let anchors: Vec<(&str, bool)> = interleaved();
        let texts = anchors.iter().map(|(text, _)| meaning(text)).collect();
        let vectors = encode(encoder, texts).await?;
        let samples: Vec<Sample> = anchors
            .iter()
            .zip(&vectors)
            .map(|((_, upset), vector)| Sample {
                features: vector.whole().to_vec(),
                positive: *upset,
            })
            .collect();
        let zero = |weights: usize| Logistic {
            bias: 0.0,
            weights: vec![0.0; weights],
        };
        let dims = vectors.first().map_or(0, |vector| vector.whole().len());
        let mut blended: Vec<Sample> = Vec::with_capacity(samples.len());
        let mut phrased: Vec<Sample> = Vec::with_capacity(samples.len());
        for fold in 0..FOLDS {
            let (held, kept): (Vec<_>, Vec<_>) =
                (0..samples.len()).partition(|i| i % FOLDS == fold);
            let kept: Vec<Sample> = kept.into_iter().map(|i| samples[i].clone()).collect();
            let head = zero(dims).fitted(&kept, HEAD_HOLD);
            for i in held {
                let meaning = head.logit(&samples[i].features);
                let (text, positive) = anchors[i];
                let view = Folded::of(text);
                let phrasing = phrasing(text, view.text());
                blended.push(Sample {
                    features: blended_of(meaning, view.text(), &vectors[i], phrasing).to_vec(),
                    positive,
                });
                phrased.push(Sample {
                    features: vec![phrasing],
                    positive,
                });
            }
        }
        Ok(Mood {
            head: zero(dims).fitted(&samples, HEAD_HOLD),
            blend: zero(BLENDED).fitted(&blended, BLEND_HOLD),
            phrasing: zero(1).fitted(&phrased, BLEND_HOLD),
        })
    }

    /// How a turn reads that follows `answer`; without its vector, by its phrasing alone.
    /// `folded` is its text folded.
    pub(super) fn read(
        &self,
        text: &str,
        folded: &str,
        answer: Option<&str>,
        vector: Option<&Vector>,
    ) -> Reading {
        let phrasing = phrasing(text, folded);
        let Some(vector) = vector else {
            return Reading {
                score: self.phrasing.score(&[phrasing]),
                parts: Vec::new(),
            };
        };
        let meaning = self.meaning(vector);
        let upset = self
            .blend
            .score(&blended_of(meaning, folded, vector, phrasing));
        let abuse = abuse(folded, vector);
        let calm = (1.0 - upset) * (1.0 - abuse);
        let calm = calm.powf(SHARPNESS) / (calm.powf(SHARPNESS) + (1.0 - calm).powf(SHARPNESS));
        let discontent = discontent(folded, answer, HEADS.displeasure(vector));
        Reading {
            score: 1.0 - calm * (1.0 - DISCONTENT * discontent),
            parts: vec![
                (upset, "reads like an upset customer"),
                (abuse, "reads like abuse of whoever answers"),
                (discontent, "did not get what was asked for"),
            ],
        }
    }

    /// Log odds that a text of this meaning comes from an upset customer.
    fn meaning(&self, vector: &Vector) -> f32 {
        self.head.logit(vector.whole())
    }
}

/// How one turn reads.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The chance, 0 to 1, that at least one of three is so: the customer is upset, abuses whoever
    /// answers, or, which counts less, is discontent.
    pub(super) score: f32,
    /// The chance of each of the three, with what an operator reads; none without a vector.
    pub(super) parts: Vec<(f32, &'static str)>,
}

/// How many features the blend weighs.
const BLENDED: usize = 4;

/// What the blend weighs: from `meaning`, the log odds of the head that was fitted to the anchors,
/// those of displeasure, the phrasing, and the phrasing again where it is said to somebody: "you
/// idiots" is, "some idiot parked on my lawn" is not.
fn blended_of(meaning: f32, folded: &str, vector: &Vector, phrasing: f32) -> [f32; BLENDED] {
    let aimed = match lexicon::is_aimed(folded) && !is_about_others(folded) {
        true => phrasing,
        false => 0.0,
    };
    [meaning, HEADS.displeasure(vector), phrasing, aimed]
}

/// The chance that a folded turn abuses whoever answers, where one in seven does, as in the dialogues
/// that the head learned from. Those spoke of nobody else.
pub(super) fn abuse(folded: &str, vector: &Vector) -> f32 {
    match is_about_others(folded) {
        true => 0.0,
        false => sigmoid(HEADS.abuse(folded, vector) + ABUSE_PRIOR),
    }
}

/// How upset the phrasing alone is, 0 to 1: the chance that at least one of the phrasings found is
/// meant, were each meant with the chance of its weight. `folded` is `text` folded.
fn phrasing(text: &str, folded: &str) -> f32 {
    let hits = lexicon::hits(folded);
    let weights = hits.into_iter().map(|hit| hit.weight);
    let weights = weights.chain(lexicon::shouting(text));
    1.0 - weights.map(|weight| 1.0 - weight).product::<f32>()
}

/// Both kinds of anchors, mixed evenly, so that every fold has its share of each.
fn interleaved() -> Vec<(&'static str, bool)> {
    let label = |text: &'static str, upset: bool| {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(move |line| (line, upset)).collect::<Vec<_>>()
    };
    let (upset, calm) = (label(UPSET, true), label(CALM, false));
    let count = upset.len().max(calm.len());
    (0..count)
        .flat_map(|i| [upset.get(i).copied(), calm.get(i).copied()])
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::text::{stems, words};

    /// Sentences that the suite `mood` of the lab measures with.
    const FIXTURES: [&str; 4] = [
        include_str!("../../../../lab/fixtures/mood/open.txt"),
        include_str!("../../../../lab/fixtures/mood/polite.txt"),
        include_str!("../../../../lab/fixtures/mood/terse.txt"),
        include_str!("../../../../lab/fixtures/mood/world.txt"),
    ];

    /// Words that carry meaning, three in a row.
    fn rows(text: &str) -> Vec<[String; 3]> {
        let words = words(text).filter_map(|word| stems(word.text).into_iter().next());
        let words: Vec<String> = words.collect();
        let rows = words.windows(3);
        rows.filter_map(|row| row.to_vec().try_into().ok())
            .collect()
    }

    #[test]
    fn no_anchor_is_near_what_is_measured_with() {
        let lines = FIXTURES.iter().flat_map(|text| text.lines());
        let measured: HashSet<[String; 3]> = lines.flat_map(rows).collect();
        let anchors = interleaved().into_iter().map(|(anchor, _)| anchor);
        let near: Vec<&str> = anchors
            .filter(|anchor| rows(anchor).iter().any(|row| measured.contains(row)))
            .collect();
        assert_eq!(near, [""; 0]);
    }

    #[test]
    fn no_anchor_stands_twice() {
        let mut seen = HashSet::new();
        assert!(
            interleaved()
                .into_iter()
                .all(|(anchor, _)| seen.insert(anchor))
        );
    }
}
