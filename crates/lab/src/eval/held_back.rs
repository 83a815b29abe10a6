//! Which rule finds the bad answers of a model: its own token probabilities, or pattern 1?
//!
//! The whole runtime is at work. A model answers public questions from passages that are retrieved
//! for each, verifier and grounding examine the drafts, and the journal has what they found beside
//! the probability of the tokens. An answer is bad where it resembles none of the answers in which
//! people found nothing wrong. Then each rule holds the same share of answers back.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use warmline::core::signal::{Findings, SignalKind};
use warmline::core::turn::Draft;
use warmline::core::{ConversationId, Event};
use warmline::{Config, Disk, Document, Inbound, Warmline};
use warmline_core::source::Source;

use super::Suite;
use super::bench::{Bench, score};
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use super::ranked::Ranked;
use crate::Error;
use crate::answers::{self, Half};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "confidence",
    about: "Bad answers of a model that are caught: by token probabilities, and by pattern 1.",
    needs: &["ragtruth_qa_test"],
    run,
};

/// The policy: it hands nothing off and waits for everybody.
const POLICY: &str = r#"
[thresholds]
out_of_domain = "off"
scope_pivot = "off"
sentiment = "off"
repeat_loop = "off"
commitment = "off"
grounding = "off"
citation_density = "off"
verifier = "off"
[failures]
default = "continue"
[runtime]
assistant_budget = "10m"
verifier_budget = "30m"
"#;

/// The parts of pattern 1.
const PARTS: [SignalKind; 3] = [
    SignalKind::Grounding,
    SignalKind::CitationDensity,
    SignalKind::Verifier,
];

/// The shares of answers that are held back.
const SHARES: [f64; 4] = [0.1, 0.2, 0.3, 0.4];

/// The likeness to a good answer from which an answer is right (Kuhn, Gal and Farquhar 2023, whose
/// questions have answers of one sentence too).
const RIGHT: f64 = 0.3;

/// A question with what its answer rests on, and answers in which people found nothing wrong.
struct Question {
    text: String,
    passages: Vec<String>,
    good: Vec<String>,
}

/// An answer of the model, as it was examined.
struct Examined {
    is_bad: bool,
    /// One minus the mean probability of its tokens.
    unlikely: f32,
    /// The scores of the parts, in their order.
    parts: [f32; 3],
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut questions = questions(bench)?;
        if bench.quick {
            questions.truncate(8);
        }
        let asked = questions.len();
        let (answers, model) = examined(bench, questions).await?;
        Ok(outcome(&answers, asked, &model))
    })
}

/// The questions of the half that nothing was trained on, which has good answers.
fn questions(bench: &Bench) -> Result<Vec<Question>, Error> {
    let mut questions: BTreeMap<String, Question> = BTreeMap::new();
    for answer in answers::ragtruth(&bench.data, Half::Untouched)? {
        let is_bad = answer.is_bad();
        let question = questions
            .entry(answer.question.clone())
            .or_insert(Question {
                text: answer.question,
                passages: answer.passages,
                good: Vec::new(),
            });
        if !is_bad {
            question.good.push(answer.text);
        }
    }
    let mut questions: Vec<Question> = questions.into_values().collect();
    questions.retain(|question| !question.good.is_empty());
    Ok(questions)
}

/// Has the model answer, and gives what was found in its answers, with the model's name.
async fn examined(
    bench: &Bench,
    questions: Vec<Question>,
) -> Result<(Vec<Examined>, String), Error> {
    let Some(subject) = &bench.subject else {
        return Err(Error::Option(
            "`confidence` asks a model: set WARMLINE_LLM_BASE_URL and WARMLINE_LLM_MODEL, or run \
             tests/peer/confidence.sh, which brings a small one"
                .to_owned(),
        ));
    };
    let source = Source::new("confidence.toml", format!("{POLICY}{}", subject.roles()));
    let config = Config::parse(&source, "".as_ref(), &Disk);
    let mut config = config.map_err(|problems| Error::Option(problems.to_string()))?;
    let passages = questions.iter().flat_map(|question| &question.passages);
    config.knowledge = (1..)
        .zip(passages)
        .map(|(number, passage)| {
            let text = format!("# Passage {number}\n\n{}", passage.replace('\n', " "));
            Document::parse(&format!("passage-{number}"), &text)
        })
        .collect();
    let warmline = Warmline::builder()
        .config(config)
        .encoder(Arc::clone(&bench.encoder))
        .start()
        .await?;
    let answers = stream::iter(questions.into_iter().enumerate())
        .map(|(number, question)| answered(&warmline, number, question))
        .buffered(subject.at_once)
        .try_filter_map(async |answer| Ok(answer))
        .try_collect()
        .await;
    warmline.shutdown().await;
    Ok((answers?, subject.model.clone()))
}

/// Asks, and reads what was found in the draft; nothing where there was none, or no probability.
async fn answered(
    warmline: &Warmline,
    number: usize,
    question: Question,
) -> Result<Option<Examined>, Error> {
    let id = ConversationId::new(format!("question-{number}"))
        .map_err(|error| Error::Option(error.to_string()))?;
    let asked = warmline.customer_says(&id, Inbound::text(question.text));
    asked.await?;
    let entries = warmline.entries(&id, 0, usize::MAX)?;
    let drafted = entries.into_iter().find_map(|entry| match entry.event {
        Event::DraftExamined {
            draft, findings, ..
        } => Some((draft, findings)),
        _ => None,
    });
    Ok(drafted.and_then(|(draft, findings)| judged(&draft, &findings, &question.good)))
}

fn judged(draft: &Draft, findings: &Findings, good: &[String]) -> Option<Examined> {
    let likeness = good.iter().map(|good| likeness(&draft.text, good));
    Some(Examined {
        is_bad: likeness.fold(0.0, f64::max) < RIGHT,
        unlikely: 1.0 - draft.token_probability?,
        parts: PARTS.map(|part| score(findings, part)),
    })
}

/// The longest common subsequence of the words of two texts, as the harmonic mean of its shares of
/// both (ROUGE-L, Lin 2004).
fn likeness(one: &str, other: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let mut row = vec![0_usize; other.len() + 1];
    for word in &one {
        let mut diagonal = 0;
        for (at, known) in (1..).zip(&other) {
            let above = row[at];
            row[at] = match word == known {
                true => diagonal + 1,
                false => above.max(row[at - 1]),
            };
            diagonal = above;
        }
    }
    let common = row[other.len()] as f64;
    match one.len() + other.len() {
        0 => 0.0,
        both => 2.0 * common / both as f64,
    }
}

/// One score for all parts: the highest rank that any of them gives, a rank being the share of
/// answers that score less. It is what thresholds do that are set at the same rank for each part,
/// and rests on no answer's being right.
fn composite(answers: &[Examined]) -> Vec<f32> {
    let rank = |part: usize, score: f32| {
        let below = answers.iter().filter(|other| other.parts[part] < score);
        below.count() as f32 / answers.len() as f32
    };
    let of = |answer: &Examined| {
        let ranks = (0..PARTS.len()).map(|part| rank(part, answer.parts[part]));
        ranks.fold(0.0, f32::max)
    };
    answers.iter().map(of).collect()
}

/// Of the bad answers, those among the `share` that score highest; of equal ones their part.
fn caught(scores: &[(f32, bool)], share: f64, counts: &[u32]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].0.total_cmp(&scores[*a].0));
    let weight = |at: usize| f64::from(counts[at]);
    let all: f64 = counts.iter().map(|n| f64::from(*n)).sum();
    let bad: f64 = (0..scores.len())
        .filter(|at| scores[*at].1)
        .map(weight)
        .sum();
    let (mut left, mut found) = (share * all, 0.0);
    for tie in order.chunk_by(|a, b| scores[*a].0 == scores[*b].0) {
        let size: f64 = tie.iter().map(|at| weight(*at)).sum();
        let bad: f64 = tie
            .iter()
            .filter(|at| scores[**at].1)
            .map(|at| weight(*at))
            .sum();
        if size > 0.0 {
            found += bad * (left / size).clamp(0.0, 1.0);
            left -= size;
        }
    }
    found / bad
}

fn outcome(answers: &[Examined], asked: usize, model: &str) -> Outcome {
    let scored = |score: &dyn Fn(&Examined) -> f32| -> Vec<(f32, bool)> {
        answers.iter().map(|it| (score(it), it.is_bad)).collect()
    };
    let naive = scored(&|answer| answer.unlikely);
    let ranks = composite(answers).into_iter();
    let composite: Vec<(f32, bool)> = ranks.zip(answers).map(|(s, it)| (s, it.is_bad)).collect();
    let bad: Vec<bool> = answers.iter().map(|answer| answer.is_bad).collect();
    let mut figures = vec![Figure::lower("bad", Estimate::share(&bad))];
    for share in SHARES {
        let percent = (100.0 * share).round();
        let of = |rule: &[(f32, bool)]| {
            Estimate::of(answers.len(), |counts| caught(rule, share, counts))
        };
        let more = Estimate::of(answers.len(), |counts| {
            caught(&composite, share, counts) - caught(&naive, share, counts)
        });
        figures.extend([
            Figure::higher(format!("caught_{percent}_naive"), of(&naive)),
            Figure::higher(format!("caught_{percent}_composite"), of(&composite)),
            Figure::higher(format!("caught_{percent}_more"), more),
        ]);
    }
    let naive = Ranked::new(naive);
    let composite = Ranked::new(composite);
    figures.push(Figure::higher("auroc_naive", naive.auroc()));
    figures.push(Figure::higher("auroc_composite", composite.auroc()));
    for (part, kind) in PARTS.iter().enumerate() {
        let alone = Ranked::new(scored(&|answer| answer.parts[part]));
        figures.push(Figure::higher(format!("auroc_{kind}"), alone.auroc()));
    }
    let lines = [("naive", &naive), ("composite", &composite)];
    Outcome {
        figures,
        curves: vec![Curve::roc("confidence", &lines)],
        notes: vec![
            format!(
                "{model} answered {} of {asked} questions within its limits; `bad` answers resemble \
                 none of those in which people found nothing wrong (ROUGE-L below {RIGHT}).",
                answers.len()
            ),
            "`caught_20_naive` is the share of bad answers among the fifth whose tokens were least \
             likely, `_composite` among the fifth that pattern 1 ranks highest, `_more` the \
             difference on the same resamples."
                .to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(bad: &[bool], unlikely: &[f32], parts: &[[f32; 3]]) -> Vec<Examined> {
        let zipped = bad.iter().zip(unlikely).zip(parts);
        zipped
            .map(|((is_bad, unlikely), parts)| Examined {
                is_bad: *is_bad,
                unlikely: *unlikely,
                parts: *parts,
            })
            .collect()
    }

    #[test]
    fn likeness_is_of_words_in_their_order() {
        assert_eq!(likeness("DNA is a molecule.", "dna is a molecule"), 1.0);
        assert_eq!(likeness("a b c d", "a x c y"), 0.5);
        assert_eq!(likeness("", ""), 0.0);
        assert_eq!(likeness("b a", "a b"), 0.5);
    }

    #[test]
    fn any_part_that_stands_out_counts_and_one_that_never_varies_does_not() {
        let answers = answers(
            &[true, true, false, false],
            &[0.0; 4],
            &[
                [0.9, 1.0, 0.1],
                [0.1, 1.0, 0.9],
                [0.2, 1.0, 0.2],
                [0.1, 1.0, 0.1],
            ],
        );
        assert_eq!(composite(&answers), [0.75, 0.75, 0.5, 0.0]);
    }

    #[test]
    fn what_is_caught_is_counted_among_the_share_held_back() {
        let scores = [(0.9, true), (0.5, false), (0.5, true), (0.1, true)];
        assert_eq!(caught(&scores, 0.25, &[1; 4]), 1.0 / 3.0);
        // Half of the two that are alike.
        assert_eq!(caught(&scores, 0.5, &[1; 4]), 1.5 / 3.0);
        assert_eq!(caught(&scores, 1.0, &[1; 4]), 1.0);
        assert_eq!(caught(&scores, 0.5, &[0, 1, 1, 0]), 0.5);
    }

    #[test]
    fn both_rules_are_compared_on_the_same_answers() {
        let bad: Vec<bool> = (0..40).map(|at| at % 4 == 0).collect();
        let parts: Vec<[f32; 3]> = bad.iter().map(|bad| [f32::from(*bad), 0.0, 0.0]).collect();
        let outcome = outcome(&answers(&bad, &[0.5; 40], &parts), 41, "a-model");
        let value = |name: &str| {
            let figure = outcome.figures.iter().find(|figure| figure.name == name);
            figure.unwrap().value
        };
        assert_eq!(value("bad"), 0.25);
        assert!((value("caught_20_composite") - 0.8).abs() < 1e-9);
        assert!((value("caught_20_naive") - 0.2).abs() < 1e-9);
        assert!((value("caught_20_more") - 0.6).abs() < 1e-9);
        assert_eq!(value("auroc_naive"), 0.5);
        assert!(outcome.notes[0].contains("40 of 41"));
    }
}
