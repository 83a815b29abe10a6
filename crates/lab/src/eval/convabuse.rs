//! Abuse of a bot: ConvAbuse (Cercas Curry et al. 2021), the official test split.

use futures::future::BoxFuture;
use warmline_core::signal::SignalKind;
use warmline_detect::{DetectConfig, Scope, abuse_of};

use super::Suite;
use super::bench::{Bench, said, score};
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::corpus::Judged;
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
        let chosen = best_threshold(abuse(bench, "valid").await?);
        let ranked = Ranked::new(abuse(bench, "test").await?);
        let whole = Ranked::new(sentiment(bench, "test").await?);
        Ok(Outcome {
            figures: vec![
                Figure::higher("auroc", ranked.auroc())
                    .floor(0.952)
                    .goal(0.97),
                Figure::higher("f1", ranked.f1(chosen))
                    .floor(0.76)
                    .published("below .90")
                    .goal(0.83),
                Figure::higher("best_f1", ranked.best_f1()),
                Figure::higher("sentiment_auroc", whole.auroc()),
                Figure::higher("sentiment_recall", whole.recall(0.5)),
                Figure::lower("sentiment_false_alarms", whole.false_alarms(0.5)),
            ],
            curves: vec![
                Curve::roc("convabuse", &[("abuse", &ranked), ("sentiment", &whole)]),
                Curve::precision_recall("convabuse", &[("abuse", &ranked), ("sentiment", &whole)]),
            ],
            notes: vec![format!(
                "`f1` is at the threshold that is best on the validation split, {chosen:.2}; \
                 `best_f1` is at the one that is best on the test split. These and `auroc` are of \
                 the part of the detector that reads abuse; `sentiment_` is its whole score, which \
                 rises for other displeasure too."
            )],
        })
    })
}

/// The chance of abuse of each turn of a split, and whether most annotators called it that.
async fn abuse(bench: &Bench, split: &str) -> Result<Vec<(f32, bool)>, Error> {
    let turns = turns(bench, split)?;
    let texts: Vec<String> = turns.iter().map(|turn| turn.text.clone()).collect();
    let scores = abuse_of(&texts, &*bench.encoder).await?;
    Ok(scores
        .into_iter()
        .zip(turns.iter().map(Judged::is_abusive))
        .collect())
}

/// The same for the detector's score.
async fn sentiment(bench: &Bench, split: &str) -> Result<Vec<(f32, bool)>, Error> {
    let turns = turns(bench, split)?;
    let detectors = bench
        .detectors(&["sentiment"], DetectConfig::default(), &Scope::default())
        .await?;
    let cases = turns.iter().map(|turn| said(&turn.text)).collect();
    let findings = bench.examine(&detectors, cases).await?;
    let scores = findings.iter().map(|f| score(f, SignalKind::Sentiment));
    Ok(scores.zip(turns.iter().map(Judged::is_abusive)).collect())
}

fn turns(bench: &Bench, split: &str) -> Result<Vec<Judged>, Error> {
    let stride = if bench.quick { QUICK_STRIDE } else { 1 };
    let turns = corpus::abuse(&bench.data, split)?;
    Ok(turns.into_iter().step_by(stride).collect())
}

/// The threshold with the best F1.
fn best_threshold(mut scored: Vec<(f32, bool)>) -> f32 {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = scored.iter().filter(|(_, positive)| *positive).count();
    let (mut best, mut threshold, mut found) = (0.0, 1.0, 0);
    for (at, (score, positive)) in scored.iter().enumerate() {
        found += usize::from(*positive);
        let f1 = 2.0 * found as f64 / (at + 1 + positives) as f64;
        let ends_tie = scored.get(at + 1).is_none_or(|next| next.0 < *score);
        if ends_tie && f1 > best {
            (best, threshold) = (f1, *score);
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_keeps_ties_together() {
        let scored = vec![(0.9, true), (0.7, true), (0.7, false), (0.2, false)];
        assert_eq!(best_threshold(scored), 0.7);
        assert_eq!(best_threshold(Vec::new()), 1.0);
    }
}
