//! Grounding: does each claim of the draft trace to a passage, and does it carry a citation?
//!
//! A claim is held against passages by meaning (the encoder), by words (overlap), and by hard
//! facts: a number, code or address that no source has, or a denial where the source affirms,
//! counts against it however alike the rest reads.

mod claim;
mod fact;
mod source;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};
use warmline_core::turn::Draft;

use crate::Error;
use crate::config::GroundingConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Encoder, Vector};
use crate::examples::{encode, meaning};
use crate::logistic::sigmoid;
use crate::text::{cut, quote};

use source::{Sentence, Sources};

/// Actions of one draft that are read, and bytes of each turn and action.
const MAX_ACTIONS: usize = 24;
const MAX_BYTES: usize = 4_000;

/// What words and meaning contribute to the support of a claim. On answers of language models
/// overlap of words alone tells unsupported ones better than similarity of sentences does.
const WORDS: f32 = 0.6;
const MEANING: f32 = 0.4;

/// How fast the score moves with the support, in log odds.
const STEEPNESS: f32 = 10.0;

/// The score of a claim with a fact that no source has, and of one that denies what its source
/// affirms, however well it is supported otherwise.
const FOREIGN_FACT: f32 = 0.85;
const DENIAL: f32 = 0.65;

/// Overlap with a sentence, either way, from which the two must agree in what they deny.
const SAME_MATTER: f32 = 0.6;

/// Unsupported claims named as evidence.
const MAX_EVIDENCE: usize = 3;

/// Checks drafts against their passages and citations.
pub(super) struct Grounding {
    config: GroundingConfig,
    encoder: Arc<dyn Encoder>,
}

/// A claim held against sources.
struct Verdict {
    badness: f32,
    /// The words of the draft that offend, and why.
    at: Range<usize>,
    why: String,
}

impl Grounding {
    /// Compares through `encoder`.
    pub(super) fn new(config: GroundingConfig, encoder: Arc<dyn Encoder>) -> Grounding {
        Grounding { config, encoder }
    }

    async fn signals(&self, case: &Case, draft: &Draft) -> Result<Vec<Signal>, Error> {
        let claims = claim::claims(&draft.text);
        let unsourced = draft.passages.is_empty() && draft.citations.is_empty();
        if unsourced && !self.config.require_passages {
            return Ok(Vec::new());
        }
        // What the assistant cites it was given, even where it forgot to say so.
        let given = draft.passages.iter().chain(&draft.citations);
        let known = heard(case, draft);
        let given = Sources::of(given, &known);
        let cited = Sources::of(draft.citations.iter(), &known);
        let mut verdicts = self.verdicts(draft, &claims, &given).await?;
        let cited = self.verdicts(draft, &claims, &cited).await?;
        let density = density(draft, cited);
        verdicts.sort_by(|a, b| b.badness.total_cmp(&a.badness));
        let grounding = Signal {
            kind: SignalKind::Grounding,
            score: verdicts.first().map_or(0.0, |verdict| verdict.badness),
            evidence: evidence(draft, verdicts, |verdict| verdict.why.clone()),
        };
        Ok(vec![grounding, density])
    }

    async fn verdicts(
        &self,
        draft: &Draft,
        claims: &[Range<usize>],
        sources: &Sources<'_>,
    ) -> Result<Vec<Verdict>, Error> {
        let contents: Vec<HashSet<String>> = claims
            .iter()
            .map(|at| fact::content(&draft.text[at.clone()]))
            .collect();
        let candidates: Vec<Vec<usize>> = contents
            .iter()
            .map(|content| sources.candidates(content))
            .collect();
        let mut texts: Vec<String> = Vec::new();
        for (at, candidates) in claims.iter().zip(&candidates) {
            texts.push(meaning(&draft.text[at.clone()]));
            texts.extend(
                candidates
                    .iter()
                    .map(|i| meaning(sources.sentences[*i].text)),
            );
        }
        let vectors = encode(&*self.encoder, texts).await?;
        let mut vectors = vectors.as_slice();
        let mut verdicts = Vec::with_capacity(claims.len());
        for ((at, content), candidates) in claims.iter().zip(&contents).zip(&candidates) {
            let (mine, rest) = vectors.split_at(1 + candidates.len());
            vectors = rest;
            let claim = Claim {
                at,
                text: &draft.text[at.clone()],
                content,
                vectors: mine,
            };
            verdicts.push(self.verdict(&claim, candidates, sources));
        }
        Ok(verdicts)
    }

    fn verdict(&self, claim: &Claim<'_>, candidates: &[usize], sources: &Sources<'_>) -> Verdict {
        let mut support: f32 = 0.0;
        let mut nearest = "";
        for (rank, i) in candidates.iter().enumerate() {
            let sentence = &sources.sentences[*i];
            let alike = claim.vectors[0].cosine(&claim.vectors[rank + 1]).max(0.0);
            let words = sources.words(claim.content, sentence);
            let now = WORDS * words + MEANING * alike;
            if now > support {
                (support, nearest) = (now, sentence.text);
            }
        }
        let badness = sigmoid(STEEPNESS * (self.config.support - support));
        let why = if nearest.is_empty() {
            "no passage speaks of it".to_owned()
        } else {
            format!(
                "nearest in the passages is \u{201c}{}\u{201d} (support {support:.2})",
                quote(nearest)
            )
        };
        let plain = Verdict {
            badness,
            at: claim.at.clone(),
            why,
        };
        let foreign = fact::facts(claim.text)
            .into_iter()
            .find(|fact| fact.hard && !sources.facts.contains(&fact.form));
        if let Some(fact) = foreign {
            return Verdict {
                badness: badness.max(FOREIGN_FACT),
                at: claim.at.start + fact.at.start..claim.at.start + fact.at.end,
                why: "stands in no source".to_owned(),
            };
        }
        // The sentences on the same matter must not all say the opposite.
        let same: Vec<&Sentence<'_>> = candidates
            .iter()
            .map(|i| &sources.sentences[*i])
            .filter(|s| fact::overlap(claim.content, &s.content) >= SAME_MATTER)
            .filter(|s| fact::overlap(&s.content, claim.content) >= SAME_MATTER)
            .collect();
        let denies = fact::denies(claim.text);
        if badness < DENIAL
            && !same.is_empty()
            && same.iter().all(|s| fact::denies(s.text) != denies)
        {
            let verb = if denies { "denies" } else { "affirms" };
            return Verdict {
                badness: DENIAL,
                why: format!(
                    "{verb} what its source does not: \u{201c}{}\u{201d}",
                    quote(same[0].text)
                ),
                ..plain
            };
        }
        plain
    }
}

/// A claim and the vectors of it and of its candidates.
struct Claim<'a> {
    at: &'a Range<usize>,
    text: &'a str,
    content: &'a HashSet<String>,
    vectors: &'a [Vector],
}

impl Detector for Grounding {
    fn name(&self) -> &'static str {
        "grounding"
    }

    fn stage(&self) -> Stage {
        Stage::Draft
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            let mut findings = Findings::default();
            if let Some(draft) = &case.draft {
                findings.signals = self.signals(case, draft).await?;
            }
            Ok(findings)
        })
    }
}

/// The facts that a draft may repeat without a passage: those the customer or an operator named,
/// and those that tools answered.
fn heard(case: &Case, draft: &Draft) -> HashSet<String> {
    let said = case.seen().filter(|turn| !turn.is_assistant());
    let said = said.map(|turn| cut(&turn.text, MAX_BYTES));
    let actions = draft.actions.iter().take(MAX_ACTIONS);
    let answered = actions.flat_map(|action| [Some(&action.input), action.result.as_ref()]);
    let answered = answered.flatten().map(|text| cut(text, MAX_BYTES));
    fact::forms(said.chain(answered))
}

/// The share of claims that no citation supports. A draft that claims nothing but that it has no
/// answer is none, unless it cites where it looked.
fn density(draft: &Draft, cited: Vec<Verdict>) -> Signal {
    let kind = SignalKind::CitationDensity;
    if cited.is_empty() {
        let excuse = claim::excuse(&draft.text).filter(|_| draft.citations.is_empty());
        return Signal {
            kind,
            score: if excuse.is_some() { 1.0 } else { 0.0 },
            evidence: Vec::from_iter(excuse.map(|at| Evidence {
                turn: None,
                quote: quote(&draft.text[at]),
                why: "says that it has no answer".to_owned(),
            })),
        };
    }
    let unsupported = cited.iter().filter(|v| v.badness >= 0.5).count();
    Signal {
        kind,
        score: unsupported as f32 / cited.len() as f32,
        evidence: evidence(draft, cited, |_| {
            "no citation supports this claim".to_owned()
        }),
    }
}

fn evidence(
    draft: &Draft,
    verdicts: Vec<Verdict>,
    why: impl Fn(&Verdict) -> String,
) -> Vec<Evidence> {
    let bad = verdicts
        .into_iter()
        .filter(|verdict| verdict.badness >= 0.5);
    bad.take(MAX_EVIDENCE)
        .map(|verdict| Evidence {
            turn: None,
            quote: quote(&draft.text[verdict.at.clone()]),
            why: why(&verdict),
        })
        .collect()
}
