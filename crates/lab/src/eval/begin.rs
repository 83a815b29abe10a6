//! Ungrounded answers in conversations about a piece of knowledge: BEGIN (Dziri et al. 2022), the
//! test split on Wizard of Wikipedia.

use futures::future::BoxFuture;

use super::Suite;
use super::bench::Bench;
use super::figure::{Figure, Outcome};
use super::grounded::{at_one_half, baselines, curves, examined, scores};
use crate::Error;
use crate::answers::{self, Answer};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "begin",
    about: "Ungrounded answers in conversations, BEGIN's test split.",
    needs: &["begin"],
    run,
};

/// Every how manieth answer a quick run takes.
const QUICK_STRIDE: usize = 14;

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let stride = if bench.quick { QUICK_STRIDE } else { 1 };
        let answers = answers::begin(&bench.data, answers::BEGIN_TEST)?;
        let answers: Vec<Answer> = answers.into_iter().step_by(stride).collect();
        let findings = examined(bench, &answers).await?;
        let ranked = scores(&answers, &findings);
        let baseline = baselines(&answers);
        let mut figures = vec![
            Figure::higher("auroc", ranked.auroc())
                .floor(baseline.overlap.auroc().value)
                .goal(0.96),
            Figure::higher("best_f1", ranked.best_f1()),
        ];
        figures.extend(at_one_half(&answers, &findings, &ranked));
        figures.extend(baseline.figures());
        Ok(Outcome {
            figures,
            curves: curves("begin", &ranked, &baseline),
            notes: vec![
                "Trained and tuned on the development splits. The answers of the models give \
                 themselves away by the words that they share with the knowledge."
                    .to_owned(),
            ],
        })
    })
}
