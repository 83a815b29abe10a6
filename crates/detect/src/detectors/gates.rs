//! Hard gates: what must reach a human whatever the scores say.
//!
//! Patterns decide alone and without the encoder. Examples add intents that no pattern foresaw;
//! where the encoder does not answer, that is recorded and what the patterns found stands.

mod amount;
mod commitment;
mod currency;
mod human;
mod lexer;
mod number;
mod recognition;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex::Regex;
use warmline_core::signal::{Amount, Evidence, Failure, Findings, Intent, Signal, SignalKind};
use warmline_core::turn::{Draft, Turn};

use crate::Error;
use crate::config::GatesConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Encoder};
use crate::examples::{encode_within, meaning};
use crate::learner::Learner;
use crate::scope::Scope;
use crate::text::{Folded, is_small_talk, quote, sentences, unwrapped};

pub use human::HUMAN_REQUEST;
use recognition::Recognition;

/// The detector's name.
const NAME: &str = "gates";

/// The latest open turns that are read; a longer burst was examined while it came in.
const MAX_TURNS: usize = 16;

/// Sentences at the beginning and at the end of one turn that are compared with the examples, besides
/// the turn as a whole; small talk aside. What somebody wants stands at the end more often.
const FIRST_SENTENCES: usize = 2;
const LAST_SENTENCES: usize = 4;

/// Turns and sentences that are compared with the examples at once.
const MAX_PIECES: usize = 24;

/// Pieces of evidence for one draft's commitments, and actions of one draft that are read.
const MAX_EVIDENCE: usize = 4;
const MAX_ACTIONS: usize = 16;

/// Finds intents and amounts in turns, and commitments and amounts in drafts.
pub(super) struct Gates {
    config: GatesConfig,
    /// Intents with patterns.
    patterns: Vec<(String, Vec<Regex>)>,
    learner: Arc<Learner>,
    encoder: Arc<dyn Encoder>,
}

impl Gates {
    /// Learns the intents of `scope`.
    pub(super) fn new(config: GatesConfig, scope: &Scope, learner: Arc<Learner>) -> Gates {
        let patterns = scope.intents.iter().filter(|i| !i.patterns.is_empty());
        Gates {
            patterns: patterns
                .map(|i| (i.name.clone(), i.patterns.clone()))
                .collect(),
            encoder: Arc::clone(learner.encoder()),
            learner,
            config,
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
            // Between the turns of a long burst others go on, and the budget may end.
            tokio::task::yield_now().await;
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
        let unwrapped = unwrapped(text);
        let mut intents = Vec::new();
        if let Some(range) = human::request(text) {
            let why = "asks for a human".to_owned();
            intents.push((HUMAN_REQUEST, range, why));
        }
        for (name, patterns) in &self.patterns {
            let range = patterns.iter().find_map(|pattern| {
                let found = |text: &str| {
                    pattern
                        .find_iter(text)
                        .map(|found| found.range())
                        .find(|range| name != HUMAN_REQUEST || !human::is_declined(text, range))
                };
                found(text).or_else(|| found(&unwrapped))
            });
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
        let understanding = self.learner.understanding();
        if understanding.is_empty() {
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
                let parts = parts.into_iter().map(|at| &turn.text[at]);
                let mut parts: Vec<&str> = parts
                    .filter(|part| !is_small_talk(Folded::of(part).text()))
                    .collect();
                let last = parts.len().saturating_sub(LAST_SENTENCES);
                parts.drain(FIRST_SENTENCES.min(last)..last);
                pieces.extend(parts.into_iter().map(|part| (*turn, part)));
            }
        }
        // Of a long burst the end: its beginning was examined while it came in.
        let pieces = pieces.split_off(pieces.len().saturating_sub(MAX_PIECES));
        let meanings: Vec<String> = pieces.iter().map(|(_, text)| meaning(text)).collect();
        // Half of the budget: the patterns' findings must be out before it ends.
        let limit = self.config.budget / 2;
        let vectors = encode_within(&*self.encoder, meanings.clone(), limit).await?;
        let recognition = Recognition::new(&understanding, self.config.similarity);
        let mut intents = Vec::new();
        for (((turn, text), meaning), vector) in pieces.into_iter().zip(meanings).zip(vectors) {
            for found in recognition.intents(&meaning, &vector) {
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
