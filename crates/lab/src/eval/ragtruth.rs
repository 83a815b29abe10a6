//! Ungrounded answers: answers of six models to questions with passages, RAGTruth (Niu et al.
//! 2024), in which people marked what the passages do not support.

use futures::future::BoxFuture;
use warmline_core::signal::{Findings, SignalKind};

use super::Suite;
use super::bench::{Bench, score};
use super::figure::{Figure, Outcome};
use super::grounded::{Run, flagged};
use super::interval::Estimate;
use crate::Error;
use crate::answers::{self, Answer, Half};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "ragtruth",
    about: "Ungrounded answers to questions with passages, the untouched half of RAGTruth's.",
    needs: &["ragtruth_qa_test"],
    run,
};

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let run = Run::of(bench, answers::ragtruth(&bench.data, Half::Untouched)?).await?;
        let figures = vec![
            Figure::higher("auroc", run.ranked.auroc())
                .floor(run.baselines.overlap.auroc().value)
                .goal(0.82),
            Figure::higher("best_f1", run.ranked.best_f1())
                .floor(run.baselines.overlap.best_f1().value)
                .goal(0.56),
            Figure::higher("span", span(&run.answers, &run.findings)).goal(0.70),
        ];
        let note = "The sources of RAGTruth's answers to questions were dealt into halves once; \
                    one half trains and tunes, this is the other. It is not the official test set: \
                    figures published for that are no measure of these. `span` is the share of \
                    true alarms whose first evidence stands in a sentence with a span that people \
                    marked.";
        Ok(run.outcome("ragtruth", figures, note))
    })
}

/// Of the bad answers that score one half or more, the share whose first evidence stands where
/// people marked something.
fn span(answers: &[Answer], findings: &[Findings]) -> Estimate {
    let alarms: Vec<bool> = answers
        .iter()
        .zip(findings)
        .filter(|(answer, found)| answer.is_bad() && score(found, SignalKind::Grounding) >= 0.5)
        .map(|(answer, found)| {
            let Some(sentence) = flagged(answer, found) else {
                return false;
            };
            let marked = answer.unsupported.iter();
            marked
                .clone()
                .any(|span| span.start < sentence.end && sentence.start < span.end)
        })
        .collect();
    Estimate::share(&alarms)
}
