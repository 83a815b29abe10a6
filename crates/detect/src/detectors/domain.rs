//! Out of domain: how far the customer's turn lies from the scope, by a margin learned from the
//! scope's own examples.

use std::sync::Arc;
use std::time::Duration;

use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};

use crate::Error;
use crate::config::DomainConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::BoxFuture;
use crate::examples::{encode, meaning};
use crate::language;
use crate::learner::Learner;
use crate::logistic::sigmoid;
use crate::text::quote;
use crate::topic::Topic;
use crate::understanding::{Reading, Understanding};

/// Finds turns outside the scope.
///
/// The score is the probability that a turn is outside, at even odds before looking, shifted until
/// the share `accept` of held-out examples inside comes out below one half. Without examples
/// inside there is no scope, and nothing is found.
pub(super) struct Domain {
    config: DomainConfig,
    /// The languages of the scope; turns in others are not judged.
    languages: Vec<String>,
    learner: Arc<Learner>,
}

impl Domain {
    /// Asks what `learner` understands of turns in one of `languages`.
    pub(super) fn new(
        config: DomainConfig,
        languages: Vec<String>,
        learner: Arc<Learner>,
    ) -> Domain {
        Domain {
            config,
            languages,
            learner,
        }
    }

    async fn signal(&self, case: &Case) -> Result<Option<Signal>, Error> {
        let understanding = self.learner.understanding();
        if understanding.is_empty() {
            return Ok(None);
        }
        let topic = Topic::of(case).filter(|topic| !self.is_foreign(&topic.words));
        let Some(topic) = topic else {
            return Ok(Some(Signal {
                kind: SignalKind::OutOfDomain,
                score: 0.0,
                evidence: Vec::new(),
            }));
        };
        let texts = [Some(&topic.words), topic.in_context.as_ref()];
        let meanings: Vec<String> = texts.into_iter().flatten().map(|t| meaning(t)).collect();
        let vectors = encode(&**self.learner.encoder(), meanings.clone()).await?;
        let readings = meanings.iter().zip(&vectors);
        let readings = readings.map(|(meaning, vector)| understanding.reading(meaning, vector));
        // What a short turn refers to may bring it inside, never the other way round.
        let least = readings.min_by(|a, b| a.outside.total_cmp(&b.outside));
        Ok(least.map(|reading| Signal {
            kind: SignalKind::OutOfDomain,
            score: self.score(&understanding, &reading),
            evidence: vec![Evidence {
                turn: Some(topic.turn),
                quote: quote(&topic.words),
                why: explained(&understanding, &reading),
            }],
        }))
    }

    fn is_foreign(&self, words: &str) -> bool {
        language::recognised(words)
            .is_some_and(|language| self.languages.iter().all(|known| known != language))
    }

    fn score(&self, understanding: &Understanding, reading: &Reading) -> f32 {
        let edge = understanding.edge(self.config.accept).unwrap_or(0.0);
        // One half itself is outside.
        let edge = edge + f32::EPSILON * edge.abs().max(1.0);
        sigmoid(reading.outside - edge)
    }
}

/// The nearest example of either side, in words.
fn explained(understanding: &Understanding, reading: &Reading) -> String {
    let examples = &understanding.examples;
    let mut why = String::new();
    if let Some((i, similarity)) = reading.nearest.inside {
        let example = &examples.all[i];
        let intent = example.intent.map_or("", |at| understanding.intent(at));
        why = format!(
            "the nearest example in scope is \u{201c}{}\u{201d} of `{intent}` (similarity {similarity:.2})",
            quote(&example.text),
        );
        let nearer = reading.nearest.outside.filter(|o| o.1 > similarity);
        if let Some((o, similarity)) = nearer {
            why += &format!(
                "; nearer is \u{201c}{}\u{201d}, known to be out of scope (similarity {similarity:.2})",
                quote(&examples.all[o].text),
            );
        }
    }
    why
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
        let learner = Learner::new(&scope, Arc::new(HashedEncoder)).await.unwrap();
        Domain::new(
            DomainConfig::default(),
            vec!["en".to_owned()],
            Arc::new(learner),
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
        let foreign = "Können Sie mir bitte einen Witz erzählen?";
        assert_eq!(score(&domain, &[("customer", foreign)]).await, 0.0);
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
