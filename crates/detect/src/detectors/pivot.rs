//! Scope pivot: after a handback, the customer leaves what the operator left to do.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regex::Regex;
use warmline_core::note::HandbackNote;
use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};

use crate::Error;
use crate::config::PivotConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Encoder, Vector};
use crate::examples::{encode, meaning};
use crate::logistic::sigmoid;
use crate::text::{Folded, cut, is_small_talk, quote, stems};
use crate::topic::Topic;

/// Lines of each list of the note that are read; a note has no more.
const MAX_LINES: usize = 12;

/// Conditions read from the lines of `return_when`, of which one may name several.
const MAX_CONDITIONS: usize = 24;

/// The latest answered turns since the handback that the conversation may still be about.
const MAX_RECENT: usize = 6;

/// Bytes of a turn that are read.
const MAX_BYTES: usize = 2_000;

/// How fast the score moves with the similarity, in log odds: 0.1 more or less makes it 0.77
/// instead of one half.
const STEEPNESS: f32 = 12.0;

/// The score where the turn holds every word of a line of `return_when`.
const ALL_WORDS: f32 = 0.9;

/// Compares the customer's turn with the note. Without a note it finds nothing.
///
/// The score is the higher one of two: how near the turn is to a line of `return_when`, and how
/// far from all that is `remaining`, `done` or was just spoken about. Each is one half at its
/// configured similarity. Small talk and short answers are no pivot.
pub(super) struct Pivot {
    config: PivotConfig,
    encoder: Arc<dyn Encoder>,
}

impl Pivot {
    /// Compares through `encoder`.
    pub(super) fn new(config: PivotConfig, encoder: Arc<dyn Encoder>) -> Pivot {
        Pivot { config, encoder }
    }

    async fn signal(&self, case: &Case, note: &HandbackNote) -> Result<Signal, Error> {
        let mut signal = Signal {
            kind: SignalKind::ScopePivot,
            score: 0.0,
            evidence: Vec::new(),
        };
        let Some(topic) = Topic::of(case) else {
            return Ok(signal);
        };
        // "compensation or any further money" is two conditions.
        let conditions = lines(&note.return_when).flat_map(|line| {
            condition(line)
                .split(" or ")
                .map(move |about| (line, about))
        });
        let (returns, conditions): (Vec<&str>, Vec<&str>) = conditions.take(MAX_CONDITIONS).unzip();
        let recent = case.seen().rev().filter(|turn| turn.number <= case.settled);
        let recent = recent.map(|turn| cut(&turn.text, MAX_BYTES));
        let recent = recent.filter(|text| !is_small_talk(Folded::of(text).text()));
        let here: Vec<&str> = lines(&note.remaining)
            .chain(lines(&note.done))
            .chain(recent.take(MAX_RECENT))
            .collect();
        let mut texts = vec![meaning(&topic.words)];
        texts.extend(topic.in_context.as_deref().map(meaning));
        let readings = texts.len();
        texts.extend(conditions.iter().map(|about| meaning(about)));
        texts.extend(here.iter().map(|line| meaning(line)));
        let vectors = encode(&*self.encoder, texts).await?;
        let (turn, others) = vectors.split_at(readings);
        let (return_vectors, here_vectors) = others.split_at(returns.len());

        let mut raise = |score: f32, why: String| {
            if score > signal.score {
                signal.score = score;
            }
            if score >= 0.5 {
                signal.evidence.push(Evidence {
                    turn: Some(topic.turn),
                    quote: quote(&topic.words),
                    why,
                });
            }
        };
        // What is said now, without its context, is what may meet a condition.
        if let Some((line, similarity)) = nearest(&turn[..1], &returns, return_vectors) {
            let near = sigmoid(STEEPNESS * (similarity - self.config.return_similarity));
            let why = format!(
                "meets \u{201c}{}\u{201d} of the note's `return_when` (similarity {similarity:.2})",
                quote(line)
            );
            raise(near, why);
        }
        let said = stems(&topic.words);
        for (line, about) in returns.iter().zip(&conditions) {
            let wanted = stems(about);
            if !wanted.is_empty() && wanted.iter().all(|word| said.contains(word)) {
                let why = format!(
                    "has every word of \u{201c}{}\u{201d} of the note's `return_when`",
                    quote(line)
                );
                raise(ALL_WORDS, why);
            }
        }
        if let Some((line, similarity)) = nearest(turn, &here, here_vectors) {
            let far = sigmoid(STEEPNESS * (self.config.similarity - similarity));
            let why = format!(
                "leaves what was handed back: nearest is \u{201c}{}\u{201d} (similarity {similarity:.2})",
                quote(line)
            );
            raise(far, why);
        }
        Ok(signal)
    }
}

impl Detector for Pivot {
    fn name(&self) -> &'static str {
        "pivot"
    }

    fn stage(&self) -> Stage {
        Stage::Turn
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            let mut findings = Findings::default();
            if let Some(note) = &case.note {
                findings.signals.push(self.signal(case, note).await?);
            }
            Ok(findings)
        })
    }
}

fn lines(list: &[String]) -> impl Iterator<Item = &str> {
    let lines = list.iter().map(|line| line.trim());
    lines.filter(|line| !line.is_empty()).take(MAX_LINES)
}

/// The line nearest to any of the readings of a turn.
fn nearest<'a>(turn: &[Vector], lines: &[&'a str], vectors: &[Vector]) -> Option<(&'a str, f32)> {
    let similarity = |vector: &Vector| {
        let each = turn.iter().map(|reading| reading.cosine(vector));
        each.fold(-1.0, f32::max)
    };
    lines
        .iter()
        .zip(vectors)
        .map(|(line, vector)| (*line, similarity(vector)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What a line of `return_when` is about, without the words that make it a condition: "if the
/// customer asks about a refund" is about a refund, and so is the turn that meets it.
fn condition(line: &str) -> &str {
    static FRAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^\W*(?:(?:as\ soon\ as|if|when|whenever|once|in\ case|should)\s+)?
            (?:(?:the\ |a\ )?(?:customer|client|user|they|he|she)\s+)?
            (?:(?:then|again|ever|still|also)\s+)?
            (?:(?:ask|want|mention|request|demand|talk|speak|complain|raise|bring|report|say|write|need|wish)(?:e?s|ed|ing)?\s+)?
            (?:(?:for|about|of|up|to|that|with)\s+)?",
        )
        .expect("the built-in pattern is a regular expression")
    });
    let rest = FRAME.find(line).map_or(line, |frame| &line[frame.end()..]);
    if rest.trim().is_empty() { line } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HashedEncoder;
    use crate::case;

    fn note() -> Option<Arc<HandbackNote>> {
        let lines = |list: &[&str]| list.iter().map(|line| (*line).to_owned()).collect();
        Some(Arc::new(HandbackNote {
            done: lines(&["replacement jacket ordered"]),
            remaining: lines(&["tell the customer the delivery date of the replacement jacket"]),
            limits: Vec::new(),
            return_when: lines(&["if the customer asks for a refund"]),
        }))
    }

    async fn score(turns: &[(&str, &str)]) -> f32 {
        let pivot = Pivot::new(PivotConfig::default(), Arc::new(HashedEncoder));
        let case = Case {
            note: note(),
            ..case::of(turns)
        };
        let findings = pivot.examine(&case).await.unwrap();
        findings.signals[0].score
    }

    #[tokio::test]
    async fn what_was_left_is_no_pivot() {
        for said in [
            "what is the delivery date of the jacket?",
            "thanks!",
            "ok",
            "the replacement jacket",
        ] {
            assert!(score(&[("customer", said)]).await < 0.5, "{said}");
        }
        let asked = [("assistant", "Which size?"), ("customer", "medium please")];
        assert!(score(&asked).await < 0.5);
    }

    #[tokio::test]
    async fn a_condition_of_the_note_or_another_topic_is_one() {
        for said in ["I want a refund now", "can you reset my wifi password"] {
            assert!(score(&[("customer", said)]).await >= 0.5, "{said}");
        }
    }

    #[tokio::test]
    async fn without_a_note_it_finds_nothing() {
        let pivot = Pivot::new(PivotConfig::default(), Arc::new(HashedEncoder));
        let case = case::of(&[("customer", "can you reset my wifi password")]);
        assert!(pivot.examine(&case).await.unwrap().signals.is_empty());
    }

    #[test]
    fn conditions_are_about_what_they_name() {
        for (line, about) in [
            ("if the customer asks for a refund", "a refund"),
            ("When they mention a lawyer", "a lawyer"),
            ("customer wants to cancel", "cancel"),
            ("delivery is late", "delivery is late"),
            ("if", "if"),
        ] {
            assert_eq!(condition(line).trim(), about);
        }
    }
}
