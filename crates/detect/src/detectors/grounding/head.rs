//! The trained head: from what is measured of claims to the probability of a bad draft.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::logistic::{dot, sigmoid};

use super::feature::{Features, NAMES};

/// What `warmline train grounding` wrote.
const TRAINED: &str = include_str!("head.toml");

/// Steps of the descent; it has settled long before.
const STEPS: usize = 3_000;

/// How strongly the weights are held to zero.
const HOLD: f32 = 1e-2;

/// Tells bad drafts by their claims.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Head {
    weights: Features,
    bias: f32,
}

/// How the head is kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    bias: f32,
    weights: BTreeMap<String, f32>,
}

/// The claims of a draft, and whether one of them is bad.
pub(super) struct Bag {
    pub(super) claims: Vec<Features>,
    pub(super) is_bad: bool,
    /// How much it counts.
    pub(super) weight: f32,
}

impl Bag {
    /// A bag that counts as one.
    pub(super) fn new(claims: Vec<Features>, is_bad: bool) -> Bag {
        Bag {
            claims,
            is_bad,
            weight: 1.0,
        }
    }
}

impl Head {
    /// The head that ships.
    pub(super) fn trained() -> &'static Head {
        static HEAD: LazyLock<Head> = LazyLock::new(|| {
            Head::parse(TRAINED).expect("the built-in head has a weight for each feature")
        });
        &HEAD
    }

    fn parse(text: &str) -> Option<Head> {
        let kept: Kept = toml::from_str(text).ok()?;
        let mut weights = [0.0; NAMES.len()];
        for (weight, name) in weights.iter_mut().zip(NAMES) {
            *weight = *kept.weights.get(name)?;
        }
        Some(Head {
            weights,
            bias: kept.bias,
        })
    }

    /// The head as it is kept.
    pub(super) fn toml(&self) -> String {
        let rounded = |x: f32| (f64::from(x) * 1e4).round() / 1e4;
        let mut text = format!("bias = {:.4}\n\n[weights]\n", rounded(self.bias));
        for (name, weight) in NAMES.iter().zip(self.weights) {
            text.push_str(&format!("{name} = {:.4}\n", rounded(weight)));
        }
        text
    }

    /// The log odds that a draft with this one claim is bad.
    pub(super) fn logit(&self, claim: &Features) -> f32 {
        self.bias + dot(&self.weights, claim)
    }

    /// The same, moved so that the probabilities of `bags` are right on average.
    pub(super) fn centred(mut self, bags: &[Bag]) -> Head {
        let logit = |bag: &Bag| {
            let logits = bag.claims.iter().map(|claim| self.logit(claim));
            together(&logits.collect::<Vec<f32>>())
        };
        let logits: Vec<f32> = bags.iter().map(logit).collect();
        let excess = |offset: f32| -> f32 {
            let bags = bags.iter().zip(&logits);
            bags.map(|(bag, logit)| {
                bag.weight * (sigmoid(logit + offset) - f32::from(u8::from(bag.is_bad)))
            })
            .sum()
        };
        let (mut low, mut high) = (-20.0_f32, 20.0_f32);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if excess(middle) > 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        self.bias += low;
        self
    }

    /// Learns from `bags`: minimises the mean logistic loss of [`together`] by gradient descent
    /// with momentum, on features of equal spread.
    pub(super) fn learned(bags: &[Bag]) -> Head {
        let spread = Spread::of(bags);
        let all: f32 = bags.iter().map(|bag| bag.weight).sum();
        let scaled: Vec<Vec<Features>> = bags
            .iter()
            .map(|bag| {
                bag.claims
                    .iter()
                    .map(|claim| spread.scaled(claim))
                    .collect()
            })
            .collect();
        let mut head = Head {
            weights: [0.0; NAMES.len()],
            bias: 0.0,
        };
        let mut ahead = head.clone();
        // A bag's curvature is at most a quarter of its claims' squared length.
        let curvature: f32 = bags
            .iter()
            .zip(&scaled)
            .map(|(bag, claims)| {
                let longest = claims.iter().map(|claim| 1.0 + dot(claim, claim));
                bag.weight / all * longest.fold(0.0, f32::max)
            })
            .sum();
        let step = 1.0 / (curvature + HOLD);
        for k in 0..STEPS {
            let mut slope = ahead.weights.map(|weight| HOLD * weight);
            let mut slope_of_bias = 0.0;
            for (bag, claims) in bags.iter().zip(&scaled) {
                let logits: Vec<f32> = claims.iter().map(|claim| ahead.logit(claim)).collect();
                let whole = together(&logits);
                let target = f32::from(u8::from(bag.is_bad));
                let error = bag.weight / all * (sigmoid(whole) - target);
                for (claim, logit) in claims.iter().zip(&logits) {
                    let error = error * (logit - whole).exp();
                    slope_of_bias += error;
                    for (slope, x) in slope.iter_mut().zip(claim) {
                        *slope += error * x;
                    }
                }
            }
            let momentum = k as f32 / (k as f32 + 3.0);
            let next = Head {
                weights: std::array::from_fn(|i| ahead.weights[i] - step * slope[i]),
                bias: ahead.bias - step * slope_of_bias,
            };
            ahead = Head {
                weights: std::array::from_fn(|i| {
                    next.weights[i] + momentum * (next.weights[i] - head.weights[i])
                }),
                bias: next.bias + momentum * (next.bias - head.bias),
            };
            head = next;
        }
        spread.unscaled(&head)
    }
}

/// The log odds of a draft from those of its claims: one bad claim is enough, several half-bad
/// ones add up.
pub(super) fn together(logits: &[f32]) -> f32 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most == f32::NEG_INFINITY {
        return most;
    }
    most + logits
        .iter()
        .map(|logit| (logit - most).exp())
        .sum::<f32>()
        .ln()
}

/// Means and deviations of the features.
struct Spread {
    mean: Features,
    deviation: Features,
}

impl Spread {
    fn of(bags: &[Bag]) -> Spread {
        let claims = || bags.iter().flat_map(|bag| &bag.claims);
        let n = claims().count().max(1) as f32;
        let mean: Features = std::array::from_fn(|i| claims().map(|c| c[i]).sum::<f32>() / n);
        let deviation = std::array::from_fn(|i| {
            let squares = claims().map(|c| (c[i] - mean[i]).powi(2)).sum::<f32>();
            // A feature that never changes tells nothing, at any scale.
            (squares / n).sqrt().max(1e-3)
        });
        Spread { mean, deviation }
    }

    fn scaled(&self, claim: &Features) -> Features {
        std::array::from_fn(|i| (claim[i] - self.mean[i]) / self.deviation[i])
    }

    fn unscaled(&self, head: &Head) -> Head {
        let weights: Features = std::array::from_fn(|i| head.weights[i] / self.deviation[i]);
        Head {
            bias: head.bias - dot(&weights, &self.mean),
            weights,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(new: f32, length: f32) -> Features {
        let mut claim = [0.0; NAMES.len()];
        (claim[0], claim[9]) = (new, length);
        claim
    }

    #[test]
    fn one_bad_claim_makes_a_bag_bad() {
        let mut bags = Vec::new();
        for i in 0..40 {
            let length = (i % 7) as f32 / 7.0;
            let good = vec![claim(0.1, length), claim(0.2, 1.0 - length)];
            let mut bad = good.clone();
            bad.push(claim(0.8, length));
            for (claims, is_bad) in [(good, false), (bad, true)] {
                bags.push(Bag::new(claims, is_bad));
            }
        }
        let head = Head::learned(&bags).centred(&bags);
        assert!(head.logit(&claim(0.9, 0.5)) > 0.0);
        assert!(together(&[head.logit(&claim(0.1, 0.5)), head.logit(&claim(0.2, 0.5))]) < 0.0);
        assert_eq!(
            Head::parse(&head.toml()).unwrap().weights.len(),
            NAMES.len()
        );
    }

    #[test]
    fn no_claim_is_never_bad() {
        assert_eq!(sigmoid(together(&[])), 0.0);
        assert!((together(&[0.0, 0.0]) - 2.0_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_built_in_head_knows_every_feature() {
        assert!(Head::trained().weights.iter().any(|weight| *weight != 0.0));
    }
}
