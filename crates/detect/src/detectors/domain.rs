//! Out of domain: how far the customer's turn lies from the scope, by a margin learned from the
//! scope's own examples.

use std::sync::Arc;
use std::time::Duration;

use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};

use crate::Error;
use crate::config::DomainConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Encoder, Vector};
use crate::examples::{Examples, encode, mean_of_largest, meaning};
use crate::logistic::{Logistic, Sample};
use crate::text::quote;
use crate::topic::Topic;

/// Neighbours whose mean similarity tells how near a side is. Few: an intent may have few examples.
const NEAREST_INSIDE: usize = 3;
const NEAREST_OUTSIDE: usize = 2;

/// Most examples that are held out in turn; a larger scope is sampled evenly.
const MAX_HELD_OUT: usize = 800;

/// The shape of the score before anything is learned: it grows with the distance to the scope, and
/// with how much nearer the examples known to be outside are.
const PRIOR: [f32; 2] = [10.0, 6.0];

/// How many samples the prior counts for, roughly.
const PRIOR_STRENGTH: f32 = 0.5;

/// Finds turns outside the scope.
///
/// The score is the probability that a turn is outside, at even odds before looking. It is fitted
/// on the examples, each held out in turn, and shifted until the share `accept` of those inside
/// comes out below one half. Without examples known to be outside, that share alone sets the
/// margin. Without examples inside there is no scope, and nothing is found.
pub(super) struct Domain {
    config: DomainConfig,
    examples: Arc<Examples>,
    model: Logistic,
    encoder: Arc<dyn Encoder>,
}

impl Domain {
    /// Learns the margin.
    pub(super) fn new(
        config: DomainConfig,
        examples: Arc<Examples>,
        encoder: Arc<dyn Encoder>,
    ) -> Domain {
        let model = margin(&examples, config.accept);
        Domain {
            config,
            examples,
            model,
            encoder,
        }
    }

    async fn signal(&self, case: &Case) -> Result<Option<Signal>, Error> {
        if self.examples.all.iter().all(|e| e.intent.is_none()) {
            return Ok(None);
        }
        let Some(topic) = Topic::of(case) else {
            return Ok(Some(Signal {
                kind: SignalKind::OutOfDomain,
                score: 0.0,
                evidence: Vec::new(),
            }));
        };
        let readings = [Some(&topic.words), topic.in_context.as_ref()];
        let texts = readings.into_iter().flatten().map(|t| meaning(t)).collect();
        let vectors = encode(&*self.encoder, texts).await?;
        // What a short turn refers to may bring it inside, never the other way round.
        let nearest = vectors
            .iter()
            .map(|vector| (self.score(vector), vector))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        Ok(nearest.map(|(score, vector)| Signal {
            kind: SignalKind::OutOfDomain,
            score,
            evidence: vec![Evidence {
                turn: Some(topic.turn),
                quote: quote(&topic.words),
                why: self.explained(vector),
            }],
        }))
    }

    fn score(&self, vector: &Vector) -> f32 {
        let similarities = self.examples.similarities(vector, None);
        self.model.score(&features(&self.examples, &similarities))
    }

    /// The nearest example of either side, in words.
    fn explained(&self, vector: &Vector) -> String {
        let similarities = self.examples.similarities(vector, None);
        let nearest = |inside: bool| {
            (0..similarities.len())
                .filter(|i| self.examples.all[*i].intent.is_some() == inside)
                .max_by(|a, b| similarities[*a].total_cmp(&similarities[*b]))
        };
        let mut why = String::new();
        if let Some(i) = nearest(true) {
            let example = &self.examples.all[i];
            let intent = example.intent.map_or("", |at| &self.examples.intents[at]);
            why = format!(
                "the nearest example in scope is \u{201c}{}\u{201d} of `{intent}` (similarity {:.2})",
                quote(&example.text),
                similarities[i]
            );
            if let Some(o) = nearest(false).filter(|o| similarities[*o] > similarities[i]) {
                why += &format!(
                    "; nearer is \u{201c}{}\u{201d}, known to be out of scope (similarity {:.2})",
                    quote(&self.examples.all[o].text),
                    similarities[o]
                );
            }
        }
        why
    }
}

impl Detector for Domain {
    fn name(&self) -> &'static str {
        "domain"
    }

    fn stage(&self) -> Stage {
        Stage::Turn
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            Ok(Findings {
                signals: self.signal(case).await?.into_iter().collect(),
                ..Findings::default()
            })
        })
    }
}

/// Distance to the scope, and how much nearer the examples outside it are.
fn features(examples: &Examples, similarities: &[f32]) -> [f32; 2] {
    let side = |inside: bool| {
        let pairs = examples.all.iter().zip(similarities);
        pairs
            .filter(move |(e, _)| e.intent.is_some() == inside)
            .map(|(_, s)| *s)
    };
    let inside = mean_of_largest(side(true), NEAREST_INSIDE);
    let outside = mean_of_largest(side(false), NEAREST_OUTSIDE);
    // Without known examples outside, the second feature says nothing.
    let nearer = if outside <= -1.0 {
        0.0
    } else {
        outside - inside
    };
    [1.0 - inside, nearer]
}

fn margin(examples: &Examples, accept: f32) -> Logistic {
    let stride = examples.all.len().div_ceil(MAX_HELD_OUT).max(1);
    let held_out = examples.all.iter().enumerate().step_by(stride);
    let samples: Vec<Sample> = held_out
        .map(|(i, example)| {
            let similarities = examples.similarities(&example.vector, Some(i));
            Sample {
                features: features(examples, &similarities).to_vec(),
                positive: example.intent.is_none(),
            }
        })
        .collect();
    let prior = Logistic {
        bias: -0.5 * PRIOR[0],
        weights: PRIOR.to_vec(),
    };
    let mut model = prior.fitted(&samples, PRIOR_STRENGTH);
    let inside = samples.iter().filter(|s| !s.positive);
    let mut logits: Vec<f32> = inside.map(|s| model.logit(&s.features)).collect();
    logits.sort_by(f32::total_cmp);
    let known_outside = logits.len() < samples.len();
    if let Some(last) = logits.len().checked_sub(1) {
        let rank = (accept * last as f32).ceil() as usize;
        let edge = logits[rank.min(last)];
        if !known_outside || edge > 0.0 {
            model.bias -= edge + f32::EPSILON;
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use warmline_core::source::Source;

    use super::*;
    use crate::case;
    use crate::{HashedEncoder, Scope};

    const INSIDE: &str = r#"
        [[intents]]
        name = "refund"
        examples = ["where is my refund", "when do I get my refund", "my refund is not there yet", "refund status of my order"]
        [[intents]]
        name = "delivery"
        examples = ["where is my parcel", "when is my parcel delivered", "delivery status of my order", "my parcel is not there"]
    "#;
    const OUTSIDE: &str = r#"
        [out_of_scope]
        examples = ["tell me a joke", "who won the football match", "write a poem about football"]
    "#;

    async fn domain(scope: &str) -> Domain {
        let scope = Scope::parse(&Source::new("examples.toml", scope)).unwrap();
        let examples = Examples::learned(&scope, &HashedEncoder).await.unwrap();
        Domain::new(
            DomainConfig::default(),
            Arc::new(examples),
            Arc::new(HashedEncoder),
        )
    }

    async fn score(domain: &Domain, turns: &[(&str, &str)]) -> f32 {
        domain
            .signal(&case::of(turns))
            .await
            .unwrap()
            .unwrap()
            .score
    }

    #[tokio::test]
    async fn the_margin_lies_between_the_scope_and_the_rest() {
        for scope in [INSIDE.to_owned(), format!("{INSIDE}{OUTSIDE}")] {
            let domain = domain(&scope).await;
            for inside in ["where is my refund?", "is my parcel delivered"] {
                assert!(
                    score(&domain, &[("customer", inside)]).await < 0.5,
                    "{inside}"
                );
            }
            for outside in ["sing a song of football", "bitcoin prices tomorrow"] {
                assert!(
                    score(&domain, &[("customer", outside)]).await >= 0.5,
                    "{outside}"
                );
            }
        }
    }

    #[tokio::test]
    async fn what_has_no_topic_is_never_outside() {
        let domain = domain(INSIDE).await;
        for said in ["hi", "thanks so much!", "yes", "no", "AB-123456", "👍"] {
            assert_eq!(score(&domain, &[("customer", said)]).await, 0.0, "{said}");
        }
        let answer = [("assistant", "Which colour?"), ("customer", "burgundy")];
        assert_eq!(score(&domain, &answer).await, 0.0);
    }

    #[tokio::test]
    async fn the_nearest_examples_explain_it() {
        let domain = domain(&format!("{INSIDE}{OUTSIDE}")).await;
        let case = case::of(&[("customer", "Hello! Tell me a funny joke")]);
        let signal = domain.signal(&case).await.unwrap().unwrap();
        let evidence = &signal.evidence[0];
        assert_eq!(evidence.quote, "Tell me a funny joke");
        assert!(
            evidence
                .why
                .contains("nearer is \u{201c}tell me a joke\u{201d}"),
            "{evidence:?}"
        );
    }

    #[tokio::test]
    async fn without_examples_there_is_no_scope() {
        for scope in ["", OUTSIDE] {
            let case = case::of(&[("customer", "tell me a joke")]);
            assert_eq!(domain(scope).await.signal(&case).await.unwrap(), None);
        }
        let one = "[[intents]]\nname = \"a\"\nexamples = [\"where is my refund\"]";
        assert!(score(&domain(one).await, &[("customer", "where is my refund")]).await < 0.5);
    }
}
