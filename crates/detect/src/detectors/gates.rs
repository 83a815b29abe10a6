//! Hard gates: what must reach a human whatever the scores say.
//!
//! Patterns decide alone and without the encoder. Examples add intents that no pattern foresaw;
//! where the encoder does not answer, that is recorded and what the patterns found stands.

mod amount;
mod commitment;
mod human;
mod lexer;
mod number;
mod recognition;

use std::sync::Arc;

use regex::Regex;
use warmline_core::signal::{Amount, Evidence, Failure, Findings, Intent, Signal, SignalKind};
use warmline_core::turn::{Draft, Turn};

use crate::Error;
use crate::config::GatesConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Encoder};
use crate::examples::{Examples, encode_within, meaning};
use crate::scope::Scope;
use crate::text::{Folded, is_small_talk, quote, sentences};

use human::HUMAN_REQUEST;
use recognition::Recognition;

/// The detector's name.
const NAME: &str = "gates";

/// The latest open turns that are read; a longer burst was examined while it came in.
const MAX_TURNS: usize = 16;

/// Sentences of one turn that are compared with the examples, besides the turn as a whole.
const MAX_SENTENCES: usize = 6;

/// Pieces of evidence for one draft's commitments, and actions of one draft that are read.
const MAX_EVIDENCE: usize = 4;
const MAX_ACTIONS: usize = 16;

/// Finds intents and amounts in turns, and commitments and amounts in drafts.
pub(super) struct Gates {
    config: GatesConfig,
    /// Intents with patterns.
    patterns: Vec<(String, Vec<Regex>)>,
    recognition: Recognition,
    encoder: Arc<dyn Encoder>,
}

impl Gates {
    /// Learns the intents of `scope`.
    pub(super) fn new(
        config: GatesConfig,
        scope: &Scope,
        examples: Arc<Examples>,
        encoder: Arc<dyn Encoder>,
    ) -> Gates {
        let patterns = scope.intents.iter().filter(|i| !i.patterns.is_empty());
        Gates {
            patterns: patterns
                .map(|i| (i.name.clone(), i.patterns.clone()))
                .collect(),
            recognition: Recognition::learned(examples, config.similarity),
            config,
            encoder,
        }
    }

    async fn turns(&self, case: &Case) -> Findings {
        let mut turns: Vec<&Turn> = case.open_turns().rev().take(MAX_TURNS).collect();
        turns.reverse();
        let mut findings = Findings::default();
        for turn in &turns {
            let views = Folded::views(&turn.text);
            for view in &views {
                for intent in self.matched(turn, view) {
                    strongest(&mut findings.intents, intent);
                }
            }
            // Amounts are read in the plain view alone: the other one turns digits into letters.
            for view in views.iter().take(1) {
                findings.amounts.extend(amounts(turn, view));
            }
        }
        match self.recognised(&turns).await {
            Ok(intents) => {
                for intent in intents {
                    strongest(&mut findings.intents, intent);
                }
            }
            Err(error) => findings.failures.push(Failure {
                detector: NAME.to_owned(),
                reason: format!("intents by examples are unknown: {error}"),
            }),
        }
        findings.intents.sort_by(|a, b| b.score.total_cmp(&a.score));
        findings
    }

    /// The intents whose patterns match, and the built-in one.
    fn matched(&self, turn: &Turn, view: &Folded) -> Vec<Intent> {
        let text = view.text();
        let mut intents = Vec::new();
        if let Some(range) = human::request(text) {
            let why = "asks for a human".to_owned();
            intents.push((HUMAN_REQUEST, range, why));
        }
        for (name, patterns) in &self.patterns {
            let mut found = patterns.iter().flat_map(|p| p.find_iter(text));
            let range = found
                .find(|m| name != HUMAN_REQUEST || !human::is_declined(text, &m.range()))
                .map(|m| m.range());
            if let Some(range) = range {
                intents.push((name, range, format!("matches a pattern of `{name}`")));
            }
        }
        let evidence = |range, why| Evidence {
            turn: Some(turn.number),
            quote: quote(&turn.text[view.origin(range)]),
            why,
        };
        intents
            .into_iter()
            .map(|(name, range, why)| Intent {
                name: name.to_owned(),
                score: 1.0,
                evidence: evidence(range, why),
            })
            .collect()
    }

    /// The intents whose examples the turns resemble.
    async fn recognised(&self, turns: &[&Turn]) -> Result<Vec<Intent>, Error> {
        if self.recognition.is_empty() {
            return Ok(Vec::new());
        }
        let mut pieces: Vec<(&Turn, &str)> = Vec::new();
        for turn in turns {
            if is_small_talk(Folded::of(&turn.text).text()) {
                continue;
            }
            pieces.push((turn, &turn.text));
            let parts = sentences(&turn.text);
            if parts.len() > 1 {
                let parts = parts.into_iter().take(MAX_SENTENCES);
                pieces.extend(parts.map(|at| (*turn, &turn.text[at])));
            }
        }
        let texts = pieces.iter().map(|(_, text)| meaning(text)).collect();
        // Half of the budget: the patterns' findings must be out before it ends.
        let limit = self.config.budget / 2;
        let vectors = encode_within(&*self.encoder, texts, limit).await?;
        let mut intents = Vec::new();
        for ((turn, text), vector) in pieces.into_iter().zip(vectors) {
            for found in self.recognition.intents(&vector) {
                if found.name == HUMAN_REQUEST && human::only_declined(Folded::of(text).text()) {
                    continue;
                }
                let why = format!(
                    "reads like \u{201c}{}\u{201d} (similarity {:.2})",
                    quote(found.example),
                    found.similarity
                );
                intents.push(Intent {
                    name: found.name.to_owned(),
                    score: found.score,
                    evidence: Evidence {
                        turn: Some(turn.number),
                        quote: quote(text),
                        why,
                    },
                });
            }
        }
        Ok(intents)
    }

    fn draft(&self, draft: &Draft) -> Findings {
        let view = Folded::of(&draft.text);
        let evidence = |range, why: String| Evidence {
            turn: None,
            quote: quote(&draft.text[view.origin(range)]),
            why,
        };
        let commitments = commitment::commitments(view.text());
        let signal = Signal {
            kind: SignalKind::Commitment,
            score: commitments.first().map_or(0.0, |c| c.score),
            evidence: commitments
                .into_iter()
                .take(MAX_EVIDENCE)
                .map(|c| evidence(c.at, format!("the draft {}", c.promise.why())))
                .collect(),
        };
        let mut amounts: Vec<Amount> = amount::amounts(view.text())
            .into_iter()
            .map(|money| Amount {
                value: money.value,
                currency: money.currency.to_owned(),
                evidence: evidence(money.at, "an amount in the draft".to_owned()),
            })
            .collect();
        for action in draft.actions.iter().take(MAX_ACTIONS) {
            let view = Folded::of(&action.input);
            amounts.extend(
                amount::in_action(view.text())
                    .into_iter()
                    .map(|money| Amount {
                        value: money.value,
                        currency: money.currency.to_owned(),
                        evidence: Evidence {
                            turn: None,
                            quote: quote(&action.input[view.origin(money.at)]),
                            why: format!("an amount given to `{}`", quote(&action.name)),
                        },
                    }),
            );
        }
        Findings {
            signals: vec![signal],
            amounts,
            ..Findings::default()
        }
    }
}

impl Detector for Gates {
    fn name(&self) -> &'static str {
        NAME
    }

    fn stage(&self) -> Stage {
        Stage::Both
    }

    fn budget(&self) -> std::time::Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            Ok(match &case.draft {
                Some(draft) => self.draft(draft),
                None => self.turns(case).await,
            })
        })
    }
}

fn amounts<'a>(turn: &'a Turn, view: &'a Folded) -> impl Iterator<Item = Amount> + 'a {
    amount::amounts(view.text())
        .into_iter()
        .map(|money| Amount {
            value: money.value,
            currency: money.currency.to_owned(),
            evidence: Evidence {
                turn: Some(turn.number),
                quote: quote(&turn.text[view.origin(money.at)]),
                why: "an amount of money".to_owned(),
            },
        })
}

/// Takes in an intent; of two with one name the stronger stays, of equals the first.
fn strongest(intents: &mut Vec<Intent>, intent: Intent) {
    match intents.iter_mut().find(|known| known.name == intent.name) {
        Some(known) if known.score < intent.score => *known = intent,
        Some(_) => {}
        None => intents.push(intent),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use warmline_core::source::Source;
    use warmline_core::turn::Action;

    use super::*;
    use crate::HashedEncoder;
    use crate::case;

    const SCOPE: &str = r#"
        [[intents]]
        name = "refund_request"
        examples = ["I want a refund for my order", "give me my money back", "please refund the order"]
        patterns = ['\brefund me\b']
        [[intents]]
        name = "human_request"
        patterns = ['\btalk to a (human|person)\b']
        [[intents]]
        name = "opening_hours"
        examples = ["when does the shop open", "opening hours of the shop on sunday"]
    "#;

    /// Never answers.
    struct Silent;

    impl Encoder for Silent {
        fn encode(&self, _: Vec<String>) -> BoxFuture<'_, Result<Vec<crate::Vector>, Error>> {
            Box::pin(pending())
        }
    }

    async fn gates(encoder: impl Encoder) -> Gates {
        let scope = Scope::parse(&Source::new("examples.toml", SCOPE)).unwrap();
        let examples = Examples::learned(&scope, &HashedEncoder).await.unwrap();
        Gates::new(
            GatesConfig::default(),
            &scope,
            Arc::new(examples),
            Arc::new(encoder),
        )
    }

    async fn found(turns: &[(&str, &str)]) -> Findings {
        gates(HashedEncoder).await.turns(&case::of(turns)).await
    }

    fn names(findings: &Findings) -> Vec<&str> {
        findings
            .intents
            .iter()
            .map(|intent| intent.name.as_str())
            .collect()
    }

    #[tokio::test]
    async fn a_pattern_is_certain_and_quotes_what_it_matched() {
        let findings = found(&[("customer", "Please REFUND\u{200B} me $20 now")]).await;
        let intent = &findings.intents[0];
        assert_eq!(
            (intent.name.as_str(), intent.score),
            ("refund_request", 1.0)
        );
        assert_eq!(intent.evidence.quote, "REFUND\u{200B} me");
        assert_eq!(intent.evidence.turn, Some(warmline_core::TurnNumber(1)));
        assert_eq!(findings.amounts[0].evidence.quote, "$20");
    }

    #[tokio::test]
    async fn disguises_do_not_get_past_a_pattern() {
        for text in [
            "rеfund mе",
            "r3fund me",
            "r e f u n d me",
            "ｒｅｆｕｎｄ me",
        ] {
            assert_eq!(
                names(&found(&[("customer", text)]).await),
                ["refund_request"],
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn examples_recognise_what_no_pattern_foresaw() {
        let findings = found(&[("customer", "I want a refund for my order, thanks")]).await;
        assert_eq!(names(&findings), ["refund_request"]);
        assert!(
            findings.intents[0]
                .evidence
                .why
                .contains("I want a refund for my order")
        );
        assert!(names(&found(&[("customer", "my cat sleeps on the sofa")]).await).is_empty());
        assert!(names(&found(&[("customer", "ok thanks")]).await).is_empty());
    }

    #[tokio::test]
    async fn a_request_for_a_human_needs_no_configuration_and_can_be_declined() {
        for (text, expected) in [
            ("put me through to your manager", vec![HUMAN_REQUEST]),
            ("I want to talk to a human", vec![HUMAN_REQUEST]),
            ("I don't want to talk to a human", vec![]),
        ] {
            assert_eq!(
                names(&found(&[("customer", text)]).await),
                expected,
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn every_open_turn_counts_and_no_answered_one() {
        let burst = [
            ("customer", "refund me"),
            ("assistant", "Why?"),
            ("customer", "call my operator"),
            ("customer", "transfer me"),
            ("customer", "it was 20 euros"),
        ];
        let findings = found(&burst).await;
        assert_eq!(names(&findings), [HUMAN_REQUEST]);
        assert_eq!(findings.amounts[0].value, 20.0);
    }

    #[tokio::test(start_paused = true)]
    async fn patterns_decide_without_the_encoder_and_its_silence_is_recorded() {
        let gates = gates(Silent).await;
        let findings = gates.turns(&case::of(&[("customer", "refund me")])).await;
        assert_eq!(names(&findings), ["refund_request"]);
        assert_eq!(findings.failures[0].detector, "gates");
        assert!(
            findings.failures[0]
                .reason
                .contains("no answer within 150 ms")
        );
    }

    #[tokio::test]
    async fn a_draft_is_read_for_commitments_and_amounts() {
        let draft = Draft {
            text: "Good news, I have refunded $120.".to_owned(),
            actions: vec![Action {
                name: "issue_refund".to_owned(),
                input: "amount: 120, currency: USD".to_owned(),
                result: None,
            }],
            ..Draft::default()
        };
        let findings = gates(HashedEncoder).await.draft(&draft);
        assert!(findings.signals[0].score > 0.9);
        assert_eq!(findings.signals[0].evidence[0].quote, "I have refunded");
        let amounts: Vec<(f64, &str)> = findings
            .amounts
            .iter()
            .map(|a| (a.value, a.currency.as_str()))
            .collect();
        assert_eq!(amounts, [(120.0, "USD"), (120.0, "USD")]);
        let policy = Draft {
            text: "Refunds take five days.".to_owned(),
            ..Draft::default()
        };
        let findings = gates(HashedEncoder).await.draft(&policy);
        assert_eq!(
            (
                findings.signals[0].score,
                findings.signals[0].evidence.len()
            ),
            (0.0, 0)
        );
    }
}
