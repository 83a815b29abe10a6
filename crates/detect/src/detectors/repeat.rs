//! Repeat loop: the customer says the same in other words, or the assistant gives the same answer
//! again.

mod complaint;
mod progress;

use std::sync::Arc;
use std::time::Duration;

use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};
use warmline_core::turn::{Draft, Speaker, Turn, whole};

use crate::Error;
use crate::config::LoopConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Vector};
use crate::examples::{encode, meaning};
use crate::learner::Learner;
use crate::text::{Folded, cut, is_small_talk, quote, references, unwrapped};
use crate::understanding::{Agreement, Reading, Understanding};

use complaint::COMPLAINT;
use progress::is_done;

/// The latest turns of a speaker that can be part of a loop.
const MAX_TURNS: usize = 12;

/// Bytes of a turn that are read.
const MAX_BYTES: usize = 4_000;

/// Counts how often the same was said.
///
/// Said once is no loop: the score is 0. With each repetition what is missing to 1 shrinks by the
/// same factor, chosen so that the configured number of strikes scores one half:
/// `1 - 0.5^((said - 1) / (strikes - 1))`.
pub(super) struct Repeat {
    config: LoopConfig,
    learner: Arc<Learner>,
}

/// What a turn says.
struct Meaning {
    vector: Vector,
    /// What the scope takes it for, where that counts.
    reading: Option<Arc<Reading>>,
}

/// A turn of a loop: why it counts.
struct Strike<'a> {
    turn: &'a Turn,
    why: String,
}

impl Repeat {
    /// Compares turns, and where configured by what `learner` takes them for.
    pub(super) fn new(config: LoopConfig, learner: Arc<Learner>) -> Repeat {
        Repeat { config, learner }
    }

    /// The customer's loop. The substantive turns are walked from the oldest: one that complains
    /// of not being heard, or says the same as the loop without anything new, is a strike; any
    /// other begins anew. So does one after an action that moved the matter on.
    async fn customer(&self, case: &Case) -> Result<Signal, Error> {
        let mut turns: Vec<&Turn> = case
            .customer_turns()
            .rev()
            .filter(|turn| !is_small_talk(Folded::of(cut(&turn.text, MAX_BYTES)).text()))
            .take(MAX_TURNS)
            .collect();
        turns.reverse();
        let open = turns.last().is_some_and(|turn| turn.number > case.settled);
        let texts: Vec<String> = turns.iter().map(|turn| meaning(&turn.text)).collect();
        let vectors = encode(&**self.learner.encoder(), texts.clone()).await?;
        let understanding = self.learner.understanding();
        let reads = self.config.same_intent && !understanding.is_empty();
        let meanings = texts.iter().zip(vectors).map(|(text, vector)| Meaning {
            reading: reads.then(|| understanding.reading(text, &vector)),
            vector,
        });
        let meanings: Vec<Meaning> = meanings.collect();
        let mut known: Vec<String> = Vec::new();
        let mut told = case.seen().filter(|turn| !turn.is_customer()).peekable();
        let mut members: Vec<&Meaning> = Vec::new();
        let mut strikes: Vec<Strike<'_>> = Vec::new();
        for (turn, said) in turns.iter().zip(&meanings) {
            while let Some(answer) = told.next_if(|answer| answer.number < turn.number) {
                known.extend(references(cut(&answer.text, MAX_BYTES)));
            }
            let facts = references(cut(&turn.text, MAX_BYTES));
            let news = facts.iter().any(|fact| !known.contains(fact));
            let moved = strikes
                .last()
                .is_some_and(|last| moved_on(case, last.turn, turn));
            let view = Folded::of(cut(&turn.text, MAX_BYTES));
            let text = unwrapped(view.text());
            let complaint = COMPLAINT.find(&text);
            if let Some(complaint) = complaint.filter(|_| !strikes.is_empty()) {
                let words = &turn.text[view.origin(complaint.range())];
                let why = format!(
                    "says that it was said before: \u{201c}{}\u{201d}",
                    quote(words)
                );
                strikes.push(Strike { turn, why });
                known.extend(facts);
                continue;
            }
            let same = self.same(&understanding, &members, said);
            if let Some(why) = same.filter(|_| !news && !moved) {
                strikes.push(Strike { turn, why });
            } else {
                strikes.clear();
                members.clear();
                let why = "asked here".to_owned();
                strikes.push(Strike { turn, why });
            }
            members.push(said);
            known.extend(facts);
        }
        // A loop whose last turn was answered already is not asked about now.
        if !open {
            strikes.clear();
        }
        let between = tried(case, &strikes);
        let mut signal = self.signal_of(strikes.len(), strikes);
        if !signal.evidence.is_empty() {
            signal.evidence.extend(between);
        }
        Ok(signal)
    }

    /// Why `said` says the same as the turns of a loop; none where it does not. In other words it
    /// must be of one intent with each of them; in similar words with any that the scope does not
    /// hold for another question.
    fn same(
        &self,
        understanding: &Understanding,
        members: &[&Meaning],
        said: &Meaning,
    ) -> Option<String> {
        let mut nearest: Option<f32> = None;
        let mut shared: Vec<&str> = Vec::new();
        for member in members {
            let readings = member.reading.as_deref().zip(said.reading.as_deref());
            let agreement = readings.map(|(one, other)| understanding.compared(one, other));
            if let Some(Agreement::Shared(intent)) = agreement {
                shared.push(intent);
            }
            if agreement != Some(Agreement::Apart) {
                let similarity = member.vector.cosine(&said.vector);
                nearest = Some(nearest.map_or(similarity, |known| known.max(similarity)));
            }
        }
        let similarity = nearest?;
        match shared.last().filter(|_| shared.len() == members.len()) {
            Some(intent) => Some(format!(
                "asked again, as all are about `{intent}` (similarity {similarity:.2})"
            )),
            None if similarity >= self.config.similarity => {
                Some(format!("asked again (similarity {similarity:.2})"))
            }
            None => None,
        }
    }

    /// The assistant's loop: its earlier answers that `draft`, with what was said of it already,
    /// repeats. Whole answers are compared, since many end with the same words, and a sentence is no
    /// answer yet.
    async fn assistant(&self, case: &Case, draft: &Draft) -> Result<Signal, Error> {
        let mut answers = whole(case.seen());
        answers.retain(Turn::is_assistant);
        answers.drain(..answers.len().saturating_sub(MAX_TURNS));
        if is_small_talk(Folded::of(cut(&draft.text, MAX_BYTES)).text()) {
            answers.clear();
        }
        let texts = answers.iter().map(|turn| turn.text.as_str());
        let texts = texts.chain([draft.text.as_str()]).map(meaning).collect();
        let vectors = encode(&**self.learner.encoder(), texts).await?;
        let mut signal = self.signal_of(0, Vec::new());
        if let Some((proposed, earlier)) = vectors.split_last() {
            let repeated = answers.iter().zip(earlier).filter_map(|(turn, vector)| {
                let similarity = proposed.cosine(vector);
                let why = format!("the draft repeats this answer (similarity {similarity:.2})");
                (similarity >= self.config.answer_similarity).then_some(Strike { turn, why })
            });
            let repeated: Vec<Strike<'_>> = repeated.collect();
            signal = self.signal_of(repeated.len() + 1, repeated);
        }
        Ok(signal)
    }

    fn signal_of(&self, said: usize, strikes: Vec<Strike<'_>>) -> Signal {
        let needed = f32::from(self.config.strikes.get()) - 1.0;
        let repetitions = said.saturating_sub(1) as f32;
        let evidence = strikes.into_iter().map(|strike| Evidence {
            turn: Some(strike.turn.number),
            quote: quote(&strike.turn.text),
            why: strike.why,
        });
        Signal {
            kind: SignalKind::RepeatLoop,
            score: 1.0 - 0.5_f32.powf(repetitions / needed.max(1.0)),
            evidence: evidence.filter(|_| repetitions > 0.0).collect(),
        }
    }
}

impl Detector for Repeat {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn stage(&self) -> Stage {
        Stage::Both
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            let signal = match case.answer() {
                Some(draft) => self.assistant(case, &draft).await?,
                None => self.customer(case).await?,
            };
            Ok(Findings {
                signals: vec![signal],
                ..Findings::default()
            })
        })
    }
}

/// Whether the assistant did something new between two turns that moved the matter on.
fn moved_on(case: &Case, from: &Turn, to: &Turn) -> bool {
    let attempts = case.attempts.iter().enumerate();
    let mut between = attempts.filter(|(_, a)| (from.number..to.number).contains(&a.turn));
    // Doing the same once more is a part of the loop.
    between.any(|(at, attempt)| {
        let earlier = case.attempts[..at].iter();
        is_done(&attempt.action) && earlier.into_iter().all(|e| e.action != attempt.action)
    })
}

/// What the customer was told and the assistant did between the turns of a loop.
fn tried(case: &Case, strikes: &[Strike<'_>]) -> Vec<Evidence> {
    let (Some(first), Some(last)) = (strikes.first(), strikes.last()) else {
        return Vec::new();
    };
    let between = first.turn.number..last.turn.number;
    let answers = case.seen().filter(|turn| {
        between.contains(&turn.number) && !turn.is_customer() && turn.speaker != Speaker::Notice
    });
    let answers = answers.map(|turn| Evidence {
        turn: Some(turn.number),
        quote: quote(&turn.text),
        why: "tried: this was the answer".to_owned(),
    });
    let actions = case.attempts.iter().filter(|a| between.contains(&a.turn));
    let actions = actions.map(|attempt| {
        let action = &attempt.action;
        let came = match &action.result {
            Some(result) => format!("came to \u{201c}{}\u{201d}", quote(result)),
            None => "has no result yet".to_owned(),
        };
        Evidence {
            turn: Some(attempt.turn),
            quote: String::new(),
            why: format!("tried: `{}` {came}", quote(&action.name)),
        }
    });
    let mut tried: Vec<Evidence> = answers.chain(actions).collect();
    tried.sort_by_key(|evidence| evidence.turn);
    tried
}

#[cfg(test)]
mod tests;
