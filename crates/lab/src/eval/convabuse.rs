//! Abuse of a bot: ConvAbuse (Cercas Curry et al. 2021), the official test split.

use futures::future::BoxFuture;
use warmline_core::signal::SignalKind;
use warmline_detect::{DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, said, score};
use super::confidence::Confidence;
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::{Error, corpus};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "convabuse",
    about: "Abuse of a bot: 853 turns, 128 called abusive by most annotators.",
    needs: &["convabuse"],
    run,
};

/// Of a quick run, every how manieth turn.
const QUICK_STRIDE: usize = 4;

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let stride = if bench.quick { QUICK_STRIDE } else { 1 };
        let turns = corpus::abuse(&bench.data, "test")?;
        let turns: Vec<_> = turns.into_iter().step_by(stride).collect();
        let detectors = bench
            .detectors(&["sentiment"], DetectConfig::default(), &Scope::default())
            .await?;
        let cases = turns.iter().map(|turn| said(&turn.text)).collect();
        let findings = bench.examine(&detectors, cases).await?;
        let scores = findings.iter().map(|f| score(f, SignalKind::Sentiment));
        let scored: Vec<(f32, bool)> = scores
            .zip(turns.iter().map(corpus::Judged::is_abusive))
            .collect();
        let ranked = Ranked::new(scored.iter().copied());
        let confidence = Confidence::new(scored);
        Ok(Outcome {
            figures: vec![
                Figure::higher("auroc", ranked.auroc())
                    .floor(0.952)
                    .goal(0.97),
                Figure::higher("f1", ranked.best_f1())
                    .floor(0.76)
                    .published("below .90")
                    .goal(0.83),
                Figure::higher("f1_at_half", ranked.f1(0.5)),
                Figure::lower("ece", confidence.ece()),
            ],
            curves: vec![
                Curve::roc("convabuse", &[("sentiment", &ranked)]),
                Curve::precision_recall("convabuse", &[("sentiment", &ranked)]),
                Curve::reliability("convabuse", &[("sentiment", &confidence)]),
            ],
            ..Outcome::default()
        })
    })
}
