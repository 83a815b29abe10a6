//! How upset one turn is: wording and meaning in one score, learned from hand-written anchors.

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

/// How strongly the heads are held to zero. The first has a weight for each of a vector's values
/// and only some two hundred anchors, but those are unit vectors; the second has two weights.
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
    /// From the wording alone.
    wording: Logistic,
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
        let mut worded: Vec<Sample> = Vec::with_capacity(samples.len());
        for fold in 0..FOLDS {
            let (held, kept): (Vec<_>, Vec<_>) =
                (0..samples.len()).partition(|i| i % FOLDS == fold);
            let kept: Vec<Sample> = kept.into_iter().map(|i| samples[i].clone()).collect();
            let head = zero(dims).fitted(&kept, HEAD_HOLD);
            for i in held {
                let meaning = head.logit(&samples[i].features);
                let (text, positive) = anchors[i];
                let view = Folded::of(text);
                let wording = wording(text, view.text());
                blended.push(Sample {
                    features: blended_of(meaning, view.text(), &vectors[i], wording).to_vec(),
                    positive,
                });
                worded.push(Sample {
                    features: vec![wording],
                    positive,
                });
            }
        }
        Ok(Mood {
            head: zero(dims).fitted(&samples, HEAD_HOLD),
            blend: zero(BLENDED).fitted(&blended, BLEND_HOLD),
            wording: zero(1).fitted(&worded, BLEND_HOLD),
        })
    }

    /// How a turn reads that follows `answer`; without its vector, by its wording alone.
    /// `folded` is its text folded.
    pub(super) fn read(
        &self,
        text: &str,
        folded: &str,
        answer: Option<&str>,
        vector: Option<&Vector>,
    ) -> Reading {
        let wording = wording(text, folded);
        let Some(vector) = vector else {
            return Reading {
                score: self.wording.score(&[wording]),
                parts: Vec::new(),
            };
        };
        let meaning = self.meaning(vector);
        let upset = self
            .blend
            .score(&blended_of(meaning, folded, vector, wording));
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
/// those of displeasure, the wording, and the wording again where it is said to somebody: "you
/// idiots" is, "some idiot parked on my lawn" is not.
fn blended_of(meaning: f32, folded: &str, vector: &Vector, wording: f32) -> [f32; BLENDED] {
    let aimed = match lexicon::is_aimed(folded) && !is_about_others(folded) {
        true => wording,
        false => 0.0,
    };
    [meaning, HEADS.displeasure(vector), wording, aimed]
}

/// The chance that a folded turn abuses whoever answers, where one in seven does, as in the dialogues
/// that the head learned from. Those spoke of nobody else.
pub(super) fn abuse(folded: &str, vector: &Vector) -> f32 {
    match is_about_others(folded) {
        true => 0.0,
        false => sigmoid(HEADS.abuse(folded, vector) + ABUSE_PRIOR),
    }
}

/// How upset the wording alone is, 0 to 1: the chance that at least one of the wordings found is
/// meant, were each meant with the chance of its weight. `folded` is `text` folded.
fn wording(text: &str, folded: &str) -> f32 {
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
