//! Ungrounded answers in conversations about a piece of knowledge: BEGIN (Dziri et al. 2022), the
//! test split on Wizard of Wikipedia.

use futures::future::BoxFuture;

use super::Suite;
use super::bench::Bench;
use super::figure::{Figure, Outcome};
use super::grounded::Run;
use crate::Error;
use crate::answers;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "begin",
    about: "Ungrounded answers in conversations, BEGIN's test split.",
    needs: &["begin"],
    run,
};

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let run = Run::of(bench, answers::begin(&bench.data, answers::BEGIN_TEST)?).await?;
        let figures = vec![
            Figure::higher("auroc", run.ranked.auroc())
                .floor(run.baselines.overlap.auroc().value)
                .goal(0.96),
            Figure::higher("best_f1", run.ranked.best_f1()),
        ];
        let note = "Trained and tuned on the development splits. The answers of the models give \
                    themselves away by the words that they share with the knowledge.";
        Ok(run.outcome("begin", figures, note))
    })
}
