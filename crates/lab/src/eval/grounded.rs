//! What the suites on ungrounded answers share: asking the detector, and the baselines without
//! which its figures would mean nothing.

use std::collections::HashSet;
use std::ops::Range;

use warmline_core::signal::{Findings, SignalKind};
use warmline_detect::{DetectConfig, Scope};

use super::bench::{Bench, score};
use super::confidence::Confidence;
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::Error;
use crate::answers::Answer;

/// Every how manieth answer a quick run takes.
const QUICK_STRIDE: usize = 14;

/// What tells bad answers without looking at what they say.
pub(super) struct Baselines {
    /// By the share of their words that neither the passages nor the question have.
    pub(super) overlap: Ranked,
    /// By their length.
    pub(super) length: Ranked,
}

/// Answers, and what became of them.
pub(super) struct Run {
    pub(super) answers: Vec<Answer>,
    pub(super) findings: Vec<Findings>,
    /// Their scores, higher for bad ones.
    pub(super) ranked: Ranked,
    pub(super) baselines: Baselines,
}

impl Run {
    /// Asks the grounding detector about `answers`; a quick run about a few of them.
    pub(super) async fn of(bench: &Bench, answers: Vec<Answer>) -> Result<Run, Error> {
        let stride = if bench.quick { QUICK_STRIDE } else { 1 };
        let answers: Vec<Answer> = answers.into_iter().step_by(stride).collect();
        let (config, scope) = (DetectConfig::default(), Scope::default());
        let detectors = bench.detectors(&["grounding"], config, &scope).await?;
        let cases = answers.iter().map(Answer::case).collect();
        let findings = bench.examine(&detectors, cases).await?;
        Ok(Run {
            ranked: scores(&answers, &findings),
            baselines: baselines(&answers),
            answers,
            findings,
        })
    }

    /// The outcome: `figures`, what holds at one half, and the baselines.
    pub(super) fn outcome(self, title: &str, mut figures: Vec<Figure>, note: &str) -> Outcome {
        figures.extend(at_one_half(&self.answers, &self.findings, &self.ranked));
        figures.extend(self.baselines.figures());
        Outcome {
            figures,
            curves: curves(title, &self.ranked, &self.baselines),
            notes: vec![note.to_owned()],
        }
    }
}

/// The scores of `answers`, higher for bad ones.
fn scores(answers: &[Answer], findings: &[Findings]) -> Ranked {
    let scores = findings.iter().map(|f| score(f, SignalKind::Grounding));
    Ranked::new(scores.zip(answers.iter().map(Answer::is_bad)))
}

/// The figures of one half: what a host sees that hands off from there.
fn at_one_half(answers: &[Answer], findings: &[Findings], ranked: &Ranked) -> [Figure; 3] {
    let scores = findings.iter().map(|f| score(f, SignalKind::Grounding));
    let confidence = Confidence::new(scores.zip(answers.iter().map(Answer::is_bad)));
    [
        Figure::higher("recall", ranked.recall(0.5)),
        Figure::lower("false_alarms", ranked.false_alarms(0.5)),
        Figure::lower("ece", confidence.at_even_odds().ece()),
    ]
}

/// The baselines on `answers`.
fn baselines(answers: &[Answer]) -> Baselines {
    let ranked = |score: fn(&Answer) -> f32| {
        Ranked::new(
            answers
                .iter()
                .map(|answer| (score(answer), answer.is_bad())),
        )
    };
    Baselines {
        overlap: ranked(strange),
        length: ranked(|answer| answer.text.len() as f32),
    }
}

impl Baselines {
    /// The figures of the baselines.
    fn figures(&self) -> [Figure; 2] {
        [
            Figure::higher("auroc_of_overlap", self.overlap.auroc()),
            Figure::higher("auroc_of_length", self.length.auroc()),
        ]
    }
}

/// How the detector and the baselines tell bad answers apart, drawn.
fn curves(title: &str, ranked: &Ranked, baselines: &Baselines) -> Vec<Curve> {
    let lines = [
        ("grounding", ranked),
        ("word overlap", &baselines.overlap),
        ("length", &baselines.length),
    ];
    vec![
        Curve::roc(title, &lines),
        Curve::precision_recall(title, &lines),
    ]
}

/// The sentence in which the first evidence of a finding stands.
pub(super) fn flagged(answer: &Answer, findings: &Findings) -> Option<Range<usize>> {
    let mut signals = findings.signals.iter();
    let signal = signals.find(|signal| signal.kind == SignalKind::Grounding)?;
    // A quotation is on one line, and may be cut.
    let quote = signal.evidence.first()?.quote.trim_end_matches('…');
    let line: String = answer.text.replace(['\n', '\t', '\r'], " ");
    let at = line.find(quote).or_else(|| {
        let begin: String = quote.split(' ').take(3).collect::<Vec<&str>>().join(" ");
        line.find(&begin)
    })?;
    let end = (at + quote.trim_end_matches(['.', '!', '?']).len()).min(line.len());
    let stops = [". ", "! ", "? "];
    let begins = stops
        .iter()
        .filter_map(|stop| Some(line.get(..at)?.rfind(stop)? + 2));
    let ends = stops
        .iter()
        .filter_map(|stop| Some(end + line.get(end..)?.find(stop)?));
    Some(begins.max().unwrap_or(0)..ends.min().unwrap_or(line.len()))
}

/// The share of an answer's words that are neither in its passages nor in its question.
fn strange(answer: &Answer) -> f32 {
    let texts = answer.passages.iter().chain([&answer.question]);
    let known: HashSet<String> = texts.flat_map(|text| words(text)).collect();
    let said: HashSet<String> = words(&answer.text).collect();
    let new = said.iter().filter(|word| !known.contains(*word)).count();
    new as f32 / said.len().max(1) as f32
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use warmline_core::signal::{Evidence, Signal};

    use super::*;

    fn answer(text: &str) -> Answer {
        Answer {
            question: "How long?".to_owned(),
            passages: vec!["Thirty days.".to_owned()],
            text: text.to_owned(),
            unsupported: Vec::new(),
        }
    }

    #[test]
    fn words_of_the_question_are_not_strange() {
        assert_eq!(strange(&answer("Thirty days long")), 0.0);
        assert_eq!(strange(&answer("Sixty days")), 0.5);
        assert_eq!(strange(&answer("")), 0.0);
    }

    #[test]
    fn the_sentence_of_the_evidence_is_found_again() {
        let answer = answer("It takes thirty days. It costs\n5 euros. Bye.");
        for (quote, expected) in [
            ("5", "It costs\n5 euros"),
            ("It costs 5 euros.", "It costs\n5 euros"),
            ("It takes thirty…", "It takes thirty days"),
        ] {
            let evidence = Evidence {
                turn: None,
                quote: quote.to_owned(),
                why: String::new(),
            };
            let mut findings = Findings::default();
            findings.signals.push(Signal {
                kind: SignalKind::Grounding,
                score: 1.0,
                evidence: vec![evidence],
            });
            let found = flagged(&answer, &findings).unwrap();
            assert_eq!(&answer.text[found], expected);
        }
    }
}
