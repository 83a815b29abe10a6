//! Anger at us against what only looks like it: sentences written for this purpose, held apart
//! from everything that the detector learns.

use futures::future::BoxFuture;
use warmline_core::signal::SignalKind;
use warmline_detect::{DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, said, score};
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use super::ranked::Ranked;
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "mood",
    about: "Anger at us and polite rage, against terse turns and anger at the world.",
    needs: &[],
    run,
};

/// The kinds of sentences, and whether they are upset with us.
const KINDS: [(&str, bool, &str); 4] = [
    ("open", true, include_str!("../../fixtures/mood/open.txt")),
    (
        "polite",
        true,
        include_str!("../../fixtures/mood/polite.txt"),
    ),
    (
        "terse",
        false,
        include_str!("../../fixtures/mood/terse.txt"),
    ),
    (
        "world",
        false,
        include_str!("../../fixtures/mood/world.txt"),
    ),
];

/// Sentences that are named as missed or as false alarms.
const MOST_NAMED: usize = 12;

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let detectors = bench
            .detectors(&["sentiment"], DetectConfig::default(), &Scope::default())
            .await?;
        let mut outcome = Outcome::default();
        let mut scored: Vec<(f32, bool)> = Vec::new();
        let mut wrong: Vec<(f32, &str)> = Vec::new();
        for (kind, upset, text) in KINDS {
            let lines: Vec<&str> = text.lines().collect();
            let cases = lines.iter().map(|line| said(line)).collect();
            let findings = bench.examine(&detectors, cases).await?;
            let scores = findings.iter().map(|f| score(f, SignalKind::Sentiment));
            let scores: Vec<f32> = scores.collect();
            let fired: Vec<bool> = scores.iter().map(|score| *score >= 0.5).collect();
            outcome.figures.push(match upset {
                true => Figure::higher(format!("{kind}_recall"), Estimate::share(&fired)),
                false => Figure::lower(format!("{kind}_false_alarms"), Estimate::share(&fired)),
            });
            let missed = |(score, line): (&f32, &&'static str)| {
                let distance = (score - 0.5).abs();
                ((*score >= 0.5) != upset).then_some((distance, *line))
            };
            wrong.extend(scores.iter().zip(&lines).filter_map(missed));
            scored.extend(scores.into_iter().map(|score| (score, upset)));
        }
        let ranked = Ranked::new(scored);
        outcome
            .figures
            .insert(0, Figure::higher("auroc", ranked.auroc()));
        outcome.curves = vec![
            Curve::roc("mood", &[("sentiment", &ranked)]),
            Curve::precision_recall("mood", &[("sentiment", &ranked)]),
        ];
        wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
        let named = wrong.iter().take(MOST_NAMED);
        let named: Vec<String> = named
            .map(|(_, line)| format!("\u{201c}{line}\u{201d}"))
            .collect();
        if !named.is_empty() {
            outcome
                .notes
                .push(format!("Furthest on the wrong side: {}.", named.join(", ")));
        }
        Ok(outcome)
    })
}
