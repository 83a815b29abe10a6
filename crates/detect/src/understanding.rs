//! What the scope's examples teach: which intent a turn has, and whether it lies outside.
//!
//! A turn is a point: the encoder's vector, and its [`sketch`](crate::sketch) of words beside it.
//! Three things tell how strange a point is, each in its own way: how much farther than usual it
//! lies from all intents, how well the intents fit (the energy of Liu et al. 2020), and how near
//! the nearest examples are.
//! How much each counts, and what a probability of one half is, comes from examples that were held
//! out: some of each intent, which are inside, and whole intents, which are as good as outside.
//! Examples known to be outside count as such.

mod agreement;
mod folds;
mod probability;
mod reading;
mod strangeness;

use std::cmp::Ordering;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use crate::cores::on_all_cores;
use crate::discriminant::{Discriminant, Moments};
use crate::encoder::Vector;
use crate::examples::{Examples, mean_of_largest};
use crate::likeness::Alike;
use crate::logistic::{Logistic, Sample};
use crate::sketch::{PLACES, Parts, Rarity};
use crate::softmax::Linear;

pub(crate) use agreement::Agreement;
use folds::{HeldOut, Kept};
use probability::{log_sum_exp, probabilities, sharpness};
pub use reading::Reading;
use reading::{Memory, Nearest};
use strangeness::{Spread, Strangeness, Usual};

/// How much the words count beside the meaning. Chosen on the validation split of CLINC150 and on
/// domains of its training split that were left out, as were the other constants here.
const WORDS: f32 = 0.5;

/// Most neighbours whose mean similarity tells how near the examples are; fewer where intents have
/// fewer examples.
const MOST_NEIGHBOURS: usize = 10;

/// Neighbours among the examples known to be outside.
const NEAREST_OUTSIDE: usize = 2;

/// An intent's nearest examples, and what their similarity adds to its logit.
const NEAREST_OF_INTENT: usize = 2;
const NEARNESS: f32 = 8.0;

/// Cosine of the meanings from which a turn says the same as an example, but for a letter or a
/// mark; and log odds that leave no doubt.
const SAME: f32 = 0.98;
const CERTAIN: f32 = 20.0;

/// The shape of the score before anything is learned: it grows with each kind of strangeness, and
/// with how much nearer the examples known to be outside are.
const PRIOR: (f32, [f32; 4]) = (-3.0, [1.0, 1.0, 6.0, 8.0]);

/// How many samples the prior counts for, roughly.
const PRIOR_STRENGTH: f32 = 30.0;

/// How steep the functions of the discriminant are made, where the regression begins.
const STEEPNESS: f32 = 0.07;

/// Examples per intent from which the regression improves on the discriminant.
const REGRESSED: usize = 20;

/// The sharpness of a scope with too few examples to fit it.
const SHARPNESS: f32 = 1.0;

/// Fewer held-out examples than this say nothing about what is usual.
const FEWEST_HELD_OUT: usize = 8;

/// What was learned from a scope.
pub struct Understanding {
    pub(crate) examples: Examples,
    rarity: Rarity,
    classes: Classes,
    neighbours: usize,
    usual: Usual,
    outside: Logistic,
    /// The log odds of being outside of the held-out examples inside, lowest first.
    inside: Vec<f32>,
    /// What makes logits of intents into log probabilities.
    sharpness: f32,
    /// The agreement from which two turns are of one intent.
    shared: f32,
    memory: Memory,
}

/// The intents as classes of points.
struct Classes {
    discriminant: Discriminant,
    /// Tells the intents apart.
    intents: Linear,
}

/// Where a point lies.
struct Position {
    /// How well each intent fits: log odds, up to a constant of all.
    fits: Vec<f32>,
    /// How much farther it lies from the nearest intent than from the centre of everything.
    relative: f32,
}

impl Understanding {
    /// Learns from examples.
    ///
    /// It keeps the calling thread and its neighbours busy: under a second for 150 intents with 100
    /// examples each.
    pub(crate) fn of(examples: Examples) -> Understanding {
        let parts = on_all_cores(&examples.all, |example| Parts::of(&example.text));
        let rarity = Rarity::of(&parts);
        let points = points(&rarity, &examples, &parts);
        let inside = examples.all.iter().filter(|e| e.intent.is_some()).count();
        let intents = examples.intents.len().max(1);
        let mut understanding = Understanding {
            classes: Classes::none(),
            neighbours: (inside / intents).clamp(2, MOST_NEIGHBOURS),
            usual: Usual::default(),
            outside: Logistic {
                bias: PRIOR.0,
                weights: PRIOR.1.to_vec(),
            },
            inside: Vec::new(),
            sharpness: SHARPNESS,
            shared: agreement::SHARED,
            memory: Memory::new(),
            examples,
            rarity,
        };
        let (classes, held_out) = folds::learned(&understanding, points.view());
        understanding.classes = classes;
        understanding.calibrate(&held_out);
        understanding
    }

    /// Whether there is no example inside, and so no scope.
    pub fn is_empty(&self) -> bool {
        self.examples.all.iter().all(|e| e.intent.is_none())
    }

    /// The name of the intent at a place in the scope, as a [`Reading`] gives it.
    ///
    /// # Panics
    ///
    /// If the scope has no such place.
    pub fn intent(&self, place: usize) -> &str {
        &self.examples.intents[place]
    }

    /// What a turn of this meaning is taken for; `vector` is what the encoder that the scope was
    /// learned through makes of it. The same meaning is not read twice while it is remembered.
    pub fn reading(&self, meaning: &str, vector: &Vector) -> Arc<Reading> {
        self.memory.of(meaning, || self.read(meaning, vector))
    }

    fn read(&self, meaning: &str, vector: &Vector) -> Reading {
        let Alike { whole, meanings } = self.examples.similarities(vector);
        let nearness = self.nearness(&whole, &|_| true);
        let point = point(&self.rarity, &Parts::of(meaning), vector);
        let position = self.classes.position(&point, &nearness);
        let strangeness = self.strangeness(&position, &whole, &|_| true);
        let outside = self.known_side(&meanings);
        let outside =
            outside.unwrap_or_else(|| self.outside.logit(&self.usual.features(&strangeness)));
        Reading::new(
            outside,
            Nearest::of(&self.examples, &whole),
            probabilities(&position.fits, self.sharpness),
        )
    }

    /// The log odds of being outside that the share `accept` of the held-out examples inside does
    /// not exceed; none where none could be held out.
    pub fn edge(&self, accept: f32) -> Option<f32> {
        let last = self.inside.len().checked_sub(1)?;
        let rank = (accept * last as f32).ceil() as usize;
        Some(self.inside[rank.min(last)])
    }

    fn strangeness(
        &self,
        position: &Position,
        similarities: &[f32],
        kept: Kept<'_>,
    ) -> Strangeness {
        let side = |inside: bool| {
            let pairs = self.examples.all.iter().zip(similarities).enumerate();
            pairs
                .filter(move |(i, (e, _))| e.intent.is_some() == inside && kept(*i))
                .map(|(_, (_, similarity))| *similarity)
        };
        let near = mean_of_largest(side(true), self.neighbours);
        let outside = mean_of_largest(side(false), NEAREST_OUTSIDE);
        Strangeness {
            relative: position.relative,
            energy: -log_sum_exp(&position.fits),
            near,
            // Without known examples outside, there is nothing to be nearer to.
            nearer_outside: if outside <= -1.0 { 0.0 } else { outside - near },
        }
    }

    /// Which side of the border the example has that says the same, where one does: what is taught
    /// is taken at its word, however strange it is among the rest.
    fn known_side(&self, meanings: &[f32]) -> Option<f32> {
        let pairs = self.examples.all.iter().zip(meanings);
        let (nearest, cosine) = pairs.max_by(|a, b| a.1.total_cmp(b.1))?;
        (*cosine >= SAME).then_some(match nearest.intent {
            Some(_) => -CERTAIN,
            None => CERTAIN,
        })
    }

    /// How similar the nearest examples of each intent are.
    fn nearness(&self, similarities: &[f32], kept: Kept<'_>) -> Vec<f32> {
        let mut of: Vec<[f32; NEAREST_OF_INTENT]> =
            vec![[-1.0; NEAREST_OF_INTENT]; self.examples.intents.len()];
        let pairs = self.examples.all.iter().zip(similarities).enumerate();
        for (i, (example, similarity)) in pairs {
            let Some(intent) = example.intent.filter(|_| kept(i)) else {
                continue;
            };
            let largest = &mut of[intent];
            let at = largest.partition_point(|known| known >= similarity);
            if at < NEAREST_OF_INTENT {
                largest[at..].rotate_right(1);
                largest[at] = *similarity;
            }
        }
        let mean = |largest: [f32; NEAREST_OF_INTENT]| mean_of_known(&largest);
        of.into_iter().map(mean).collect()
    }

    fn calibrate(&mut self, held_out: &[HeldOut]) {
        let inside = || held_out.iter().filter(|held| held.is_inside);
        if inside().count() < FEWEST_HELD_OUT {
            return;
        }
        self.usual = Usual {
            relative: Spread::of(inside().map(|held| held.strangeness.relative)),
            energy: Spread::of(inside().map(|held| held.strangeness.energy)),
        };
        let sample = |held: &HeldOut| Sample {
            features: self.usual.features(&held.strangeness).to_vec(),
            positive: !held.is_inside,
        };
        let samples: Vec<Sample> = held_out.iter().map(sample).collect();
        self.outside = self.outside.fitted(&samples, PRIOR_STRENGTH);
        let inside_samples = samples.iter().filter(|sample| !sample.positive);
        self.inside = inside_samples
            .map(|sample| self.outside.logit(&sample.features))
            .collect();
        self.inside.sort_by(f32::total_cmp);
        let answers: Vec<(&[f32], usize)> = inside()
            .filter_map(|held| Some((held.fits.as_slice(), held.intent?)))
            .collect();
        self.sharpness = sharpness(&answers);
        self.shared = self.shared_by(held_out);
    }
}

impl Classes {
    fn none() -> Classes {
        Classes {
            discriminant: Discriminant::learned(&Moments::none(0, 0)),
            intents: Linear::none(0, 0),
        }
    }

    /// Learns from `points`, a row for each, of which `of` gives the intent; `moments` are theirs.
    fn learned(moments: &Moments, points: ArrayView2<'_, f32>, of: &[usize]) -> Classes {
        let discriminant = Discriminant::learned(moments);
        let begin = discriminant.nearness().scaled(STEEPNESS);
        let intents = if of.len() >= REGRESSED * moments.classes() {
            begin.fitted(points, of)
        } else {
            begin
        };
        Classes {
            discriminant,
            intents,
        }
    }

    /// Where `point` lies, of which `nearness` says how similar the nearest examples of each intent
    /// are.
    fn position(&self, point: &[f32], nearness: &[f32]) -> Position {
        let pairs = self.intents.logits(point).into_iter().zip(nearness);
        Position {
            fits: pairs.map(|(logit, near)| logit + NEARNESS * near).collect(),
            relative: self.discriminant.relative(point),
        }
    }
}

/// A text as a point.
fn point(rarity: &Rarity, parts: &Parts, vector: &Vector) -> Vec<f32> {
    let mut point = Vec::with_capacity(vector.dims() + PLACES);
    point.extend_from_slice(vector.as_slice());
    point.extend(rarity.sketch(parts).map(|x| WORDS * x));
    point
}

/// All examples as points, a row for each, of which `parts` gives the parts.
fn points(rarity: &Rarity, examples: &Examples, parts: &[Parts]) -> Array2<f32> {
    let dims = examples.all.first().map_or(0, |e| e.vector.dims() + PLACES);
    let pairs: Vec<_> = examples.all.iter().zip(parts).collect();
    let made = on_all_cores(&pairs, |(e, parts)| point(rarity, parts, &e.vector));
    let mut points = Array2::zeros((examples.all.len(), dims));
    for (made, mut row) in made.into_iter().zip(points.rows_mut()) {
        row.iter_mut().zip(made).for_each(|(to, from)| *to = from);
    }
    points
}

/// The mean of those that were found at all.
fn mean_of_known(largest: &[f32]) -> f32 {
    let known = || largest.iter().filter(|similarity| **similarity > -1.0);
    match known().count() {
        0 => -1.0,
        count => known().sum::<f32>() / count as f32,
    }
}

fn descending(a: f32, b: f32) -> Ordering {
    b.total_cmp(&a)
}
