//! Whether two turns are about the same, by what each of them is taken for.

use super::folds::HeldOut;
use super::probability::probabilities;
use super::{Reading, Understanding};
use crate::logistic::{dot, sigmoid};

/// The agreement from which two turns are of one intent, where too few examples were held out; and
/// within which it is fitted.
pub(super) const SHARED: f32 = 0.2;
const FITTED: (f32, f32) = (0.005, 0.5);

/// Each held-out example is paired with so many that are nearest to it and of another intent; and
/// the share of these pairs that stays below what counts as one intent. Chosen, as is the next, on
/// the validation splits of CLINC150 and HWU64.
const NEIGHBOURS: usize = 5;
const APART: f32 = 0.8;

/// How much stranger than all held-out examples a turn must be, in log odds, to share an intent
/// with nothing at even odds.
const BEYOND: f32 = 1.0;

/// Fewer pairs than this say nothing.
const FEWEST_PAIRS: usize = 100;

/// What two turns are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement<'a> {
    /// They are likely of one intent: this one.
    Shared(&'a str),
    /// They are likely of different intents.
    Apart,
    /// At least one seems to lie outside, where the scope says nothing.
    Unknown,
}

impl Understanding {
    /// What two turns are to each other, by what they are taken for.
    pub(crate) fn compared(&self, one: &Reading, other: &Reading) -> Agreement<'_> {
        let inside = self.inside(one.outside, other.outside);
        let alike = dot(&one.all, &other.all);
        let both = one.all.iter().zip(&other.all).map(|(p, q)| p * q);
        let likeliest = both.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        match likeliest {
            Some((intent, _)) if inside * alike >= self.shared => {
                Agreement::Shared(&self.examples.intents[intent])
            }
            Some(_) if inside > 0.5 && alike < self.shared => Agreement::Apart,
            _ => Agreement::Unknown,
        }
    }

    /// How likely two turns with these log odds of being outside are not far outside.
    fn inside(&self, one: f32, other: f32) -> f32 {
        let edge = self.edge(1.0).unwrap_or(0.0) + BEYOND;
        sigmoid(edge - one) * sigmoid(edge - other)
    }

    /// The agreement that most pairs of held-out examples do not reach which resemble each other
    /// and are of different intents.
    pub(super) fn shared_by(&self, held_out: &[HeldOut]) -> f32 {
        let opinions: Vec<(&HeldOut, f32, Vec<f32>)> = held_out
            .iter()
            .filter(|held| held.is_inside)
            .map(|held| {
                let outside = self.outside.logit(&self.usual.features(&held.strangeness));
                (held, outside, probabilities(&held.fits, self.sharpness))
            })
            .collect();
        let vector = |held: &HeldOut| &self.examples.all[held.example].vector;
        let mut apart: Vec<f32> = Vec::new();
        for (held, outside, likely) in &opinions {
            let others = opinions
                .iter()
                .filter(|other| other.0.intent != held.intent);
            let mut others: Vec<_> = others
                .map(|other| (vector(held).cosine(vector(other.0)), other))
                .collect();
            others.sort_by(|a, b| b.0.total_cmp(&a.0));
            let nearest = others.iter().take(NEIGHBOURS);
            apart.extend(
                nearest.map(|(_, other)| self.inside(*outside, other.1) * dot(likely, &other.2)),
            );
        }
        if apart.len() < FEWEST_PAIRS {
            return SHARED;
        }
        apart.sort_by(f32::total_cmp);
        let rank = (APART * (apart.len() - 1) as f32).round() as usize;
        apart[rank].clamp(FITTED.0, FITTED.1)
    }
}
