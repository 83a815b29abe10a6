//! Grounding: does each claim of the draft trace to a passage, and does it carry a citation?
//!
//! A claim is held against passages by words, by meaning, and by hard facts: a number, code or
//! address that no source has, or a denial where the source affirms, counts against it however
//! alike the rest reads. A small [head](head::Head), trained on answers that people judged, makes
//! one probability of all that.

mod citation;
mod claim;
mod feature;
mod head;
mod lesson;
mod source;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
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
use crate::fact;
use crate::logistic::sigmoid;
use crate::text::{cut, quote};

use claim::Statement;
use feature::{Claim, Features};
use head::{Head, together};
use source::{Heard, Sentence, Sources};

pub use lesson::{GroundingJudgement, GroundingLesson, train_grounding};

/// Actions of one draft that are read, and bytes of each turn and action.
const MAX_ACTIONS: usize = 24;
const MAX_BYTES: usize = 4_000;

/// The least score of a claim where there is no source at all, of one with a fact that no source
/// has, and of one that denies what its source affirms, however well it is supported otherwise.
const NO_SOURCE: f32 = 0.95;
const FOREIGN_FACT: f32 = 0.75;
const DENIAL: f32 = 0.60;

/// Overlap with a sentence, either way, from which the two must agree in what they deny.
const SAME_MATTER: f32 = 0.6;

/// The most that a sentence scores which claims nothing: courtesy rests on nothing, and harms
/// nobody.
const ASIDE: f32 = 0.4;

/// Unsupported claims named as evidence.
const MAX_EVIDENCE: usize = 3;

/// Checks drafts against their passages and citations.
pub(super) struct Grounding {
    config: GroundingConfig,
    encoder: Arc<dyn Encoder>,
}

/// Whether a text claims nothing and says that it has no answer.
pub(crate) fn is_excuse(text: &str) -> bool {
    let claims = claim::statements(text).into_iter().any(|s| s.is_claim);
    !claims && claim::excuse(text).is_some()
}

/// A claim held against sources.
struct Held {
    at: Range<usize>,
    features: Features,
    /// The sentence that supports it best.
    nearest: String,
    /// A fact of it that no source has.
    foreign: Option<Range<usize>>,
    /// In what it contradicts its source.
    denial: Option<String>,
}

/// What is thought of a claim.
struct Verdict {
    logit: f32,
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
        let unsourced = draft.passages.is_empty() && draft.citations.is_empty();
        if unsourced && !self.config.require_passages {
            return Ok(Vec::new());
        }
        let (claims, asides): (Vec<Statement>, Vec<Statement>) = claim::statements(&draft.text)
            .into_iter()
            .partition(|statement| statement.is_claim);
        let places = |statements: Vec<Statement>| statements.into_iter().map(|s| s.at).collect();
        let (claims, asides): (Vec<Range<usize>>, Vec<Range<usize>>) =
            (places(claims), places(asides));
        let heard = heard(case, draft);
        let given = given(draft, &heard);
        let mut verdicts = self
            .verdicts(draft, &claims, &vec![&given; claims.len()])
            .await?;
        let asides = self
            .verdicts(draft, &asides, &vec![&given; asides.len()])
            .await?;
        let cited = self.cited(draft, &claims, &heard).await?;
        let density = density(draft, &verdicts, cited);
        let logits: Vec<f32> = verdicts.iter().map(|verdict| verdict.logit).collect();
        let aside = asides
            .iter()
            .map(|aside| ASIDE * aside.badness)
            .fold(0.0, f32::max);
        verdicts.sort_by(|a, b| b.badness.total_cmp(&a.badness));
        let score = sigmoid(together(&logits)).max(aside);
        let grounding = Signal {
            kind: SignalKind::Grounding,
            score,
            evidence: evidence(draft, verdicts, score >= 0.5),
        };
        Ok(vec![grounding, density])
    }

    /// Each claim beside the citations that it points to alone.
    async fn cited(
        &self,
        draft: &Draft,
        claims: &[Range<usize>],
        heard: &Heard,
    ) -> Result<Vec<Verdict>, Error> {
        let sources: Vec<Sources<'_>> = claims
            .iter()
            .map(|at| Sources::of(citation::of_claim(draft, at).into_iter(), heard))
            .collect();
        let sources: Vec<&Sources<'_>> = sources.iter().collect();
        self.verdicts(draft, claims, &sources).await
    }

    async fn verdicts(
        &self,
        draft: &Draft,
        statements: &[Range<usize>],
        sources: &[&Sources<'_>],
    ) -> Result<Vec<Verdict>, Error> {
        let held = held(&*self.encoder, draft, statements, sources).await?;
        Ok(held.into_iter().map(|held| self.verdict(held)).collect())
    }

    fn verdict(&self, held: Held) -> Verdict {
        let logit = Head::trained().logit(&held.features) + self.shift();
        let badness = sigmoid(logit);
        // Neither hides the other: two reasons for doubt are more than one.
        let doubt = |least: f32| 1.0 - (1.0 - badness) * (1.0 - least);
        let (badness, at, why) = match (held.foreign, held.denial) {
            _ if held.nearest.is_empty() => {
                let why = "no passage speaks of it".to_owned();
                (doubt(NO_SOURCE), held.at, why)
            }
            (Some(at), _) => (doubt(FOREIGN_FACT), at, "stands in no source".to_owned()),
            (None, Some(why)) => (doubt(DENIAL), held.at, why),
            (None, None) => {
                let nearest = quote(&held.nearest);
                let why = format!("nearest in the passages is \u{201c}{nearest}\u{201d}");
                (badness, held.at, why)
            }
        };
        Verdict {
            logit: (badness / (1.0 - badness).max(f32::EPSILON)).ln(),
            badness,
            at,
            why,
        }
    }

    /// What the configured support adds to the log odds.
    fn shift(&self) -> f32 {
        let support = self.config.support.clamp(0.001, 0.999);
        (support / (1.0 - support)).ln()
    }
}

/// Holds each of `claims` against its own sources.
async fn held(
    encoder: &dyn Encoder,
    draft: &Draft,
    claims: &[Range<usize>],
    sources: &[&Sources<'_>],
) -> Result<Vec<Held>, Error> {
    let contents: Vec<HashSet<String>> = claims
        .iter()
        .map(|at| fact::content(&draft.text[at.clone()]))
        .collect();
    let candidates: Vec<Vec<usize>> = contents
        .iter()
        .zip(sources)
        .map(|(content, sources)| sources.candidates(content))
        .collect();
    let mut texts = Texts::default();
    let places: Vec<Vec<usize>> = claims
        .iter()
        .zip(&candidates)
        .zip(sources)
        .map(|((at, candidates), sources)| {
            let candidates = candidates.iter().map(|i| sources.sentences[*i].text);
            let all = [&draft.text[at.clone()]].into_iter().chain(candidates);
            all.map(|text| texts.place(text)).collect()
        })
        .collect();
    let vectors = encode(encoder, texts.all).await?;
    let mut held = Vec::with_capacity(claims.len());
    for (i, at) in claims.iter().enumerate() {
        let mine: Vec<&Vector> = places[i].iter().map(|place| &vectors[*place]).collect();
        let text = &draft.text[at.clone()];
        let foreign = fact::facts(text)
            .into_iter()
            .find(|fact| fact.hard && !sources[i].facts.contains(&fact.form))
            .map(|fact| at.start + fact.at.start..at.start + fact.at.end);
        let denial = denial(text, &contents[i], &candidates[i], sources[i]);
        let claim = Claim {
            text,
            content: &contents[i],
            vectors: &mine,
            candidates: &candidates[i],
        };
        let measured = claim.measured(sources[i], foreign.is_some(), denial.is_some());
        held.push(Held {
            at: at.clone(),
            features: measured.features,
            nearest: measured.nearest.unwrap_or_default().to_owned(),
            foreign,
            denial,
        });
    }
    Ok(held)
}

/// Texts to encode, each once.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    places: HashMap<String, usize>,
}

impl Texts {
    /// Where the vector of `text` will stand.
    fn place(&mut self, text: &str) -> usize {
        let text = meaning(text);
        *self.places.entry(text).or_insert_with_key(|text| {
            self.all.push(text.clone());
            self.all.len() - 1
        })
    }
}

/// In what a claim contradicts its sources: those that speak of the same matter must not all say
/// the opposite.
fn denial(
    text: &str,
    content: &HashSet<String>,
    candidates: &[usize],
    sources: &Sources<'_>,
) -> Option<String> {
    let same: Vec<&Sentence<'_>> = candidates
        .iter()
        .map(|i| &sources.sentences[*i])
        .filter(|s| fact::overlap(content, &s.content) >= SAME_MATTER)
        .filter(|s| fact::overlap(&s.content, content) >= SAME_MATTER)
        .collect();
    let denies = fact::denies(text);
    let first = same.first()?;
    if same.iter().any(|s| fact::denies(s.text) == denies) {
        return None;
    }
    let verb = if denies { "denies" } else { "affirms" };
    Some(format!(
        "{verb} what its source does not: \u{201c}{}\u{201d}",
        quote(first.text)
    ))
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

/// The passages of a draft. What the assistant cites it was given, even where it forgot to say so.
fn given<'a>(draft: &'a Draft, heard: &Heard) -> Sources<'a> {
    Sources::of(draft.passages.iter().chain(&draft.citations), heard)
}

/// What a draft may repeat without a passage: what the customer or an operator said, and what
/// tools answered.
fn heard(case: &Case, draft: &Draft) -> Heard {
    let said = case.seen().filter(|turn| !turn.is_assistant());
    let said = said.map(|turn| cut(&turn.text, MAX_BYTES));
    let actions = draft.actions.iter().take(MAX_ACTIONS);
    let answered = actions.flat_map(|action| [Some(&action.input), action.result.as_ref()]);
    let answered = answered.flatten().map(|text| cut(text, MAX_BYTES));
    Heard::of(said.chain(answered))
}

/// The share of claims that no citation supports. A draft that claims nothing but that it has no
/// answer is none, unless it cites where it looked.
fn density(draft: &Draft, given: &[Verdict], cited: Vec<Verdict>) -> Signal {
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
    let score = unsupported as f32 / cited.len() as f32;
    let whys = cited
        .into_iter()
        .zip(given)
        .map(|(verdict, given)| Verdict {
            why: if given.badness < 0.5 && !draft.citations.is_empty() {
                "cites the wrong passage: another one supports this claim".to_owned()
            } else {
                "no citation supports this claim".to_owned()
            },
            ..verdict
        });
    let mut whys: Vec<Verdict> = whys.collect();
    whys.sort_by(|a, b| b.badness.total_cmp(&a.badness));
    Signal {
        kind,
        score,
        evidence: evidence(draft, whys, false),
    }
}

/// The claims that are rather bad than good, worst first; the worst at any rate where several
/// together are `bad`.
fn evidence(draft: &Draft, verdicts: Vec<Verdict>, bad: bool) -> Vec<Evidence> {
    let count = verdicts.iter().filter(|v| v.badness >= 0.5).count();
    let count = count.clamp(usize::from(bad), MAX_EVIDENCE);
    let named = verdicts.into_iter().take(count);
    named
        .map(|verdict| Evidence {
            turn: None,
            quote: quote(&draft.text[verdict.at.clone()]),
            why: verdict.why,
        })
        .collect()
}
