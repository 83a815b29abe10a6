//! Out of domain among 150 intents: CLINC150 (Larson et al. 2019), 4,500 turns in scope and 1,000
//! out of scope.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use serde::Deserialize;
use warmline_core::signal::{Findings, SignalKind};
use warmline_detect::{DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, said, scope_of, score};
use super::confidence::Confidence;
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use super::ranked::Ranked;
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "clinc150",
    about: "Out of domain, 150 intents: 4,500 turns in scope, 1,000 out of scope.",
    needs: &["clinc150"],
    run,
};

/// Examples per intent of the learning curve; the last is all.
const SIZES: [usize; 4] = [5, 10, 20, 100];

/// Of a quick run: examples per intent, and every how manieth test turn.
const QUICK_SIZE: usize = 20;
const QUICK_STRIDE: usize = 5;

/// A text and its intent.
type Labelled = (String, String);

#[derive(Deserialize)]
struct Data {
    train: Vec<Labelled>,
    test: Vec<Labelled>,
    oos_train: Vec<Labelled>,
    oos_test: Vec<Labelled>,
    #[serde(flatten)]
    _others: BTreeMap<String, serde::de::IgnoredAny>,
}

/// What the detectors said about the test turns.
struct Answers {
    out_of_domain: Ranked,
    is_out: Confidence,
    /// For each turn in scope, how sure its intent was, and whether it was right.
    intents: Vec<(f32, bool)>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut data: Data = bench.json("clinc150/data_full.json")?;
        let sizes = match bench.quick {
            true => &[QUICK_SIZE][..],
            false => &SIZES[..],
        };
        if bench.quick {
            for split in [&mut data.test, &mut data.oos_test] {
                *split = split.iter().step_by(QUICK_STRIDE).cloned().collect();
            }
        }
        let mut outcome = Outcome::default();
        let mut learning = Vec::new();
        for size in sizes {
            let scope = scope_of(&data.train, *size, Vec::new());
            let answers = answers(bench, &scope, &data).await?;
            if Some(size) == sizes.last() {
                outcome.figures.splice(0..0, figures(&answers));
                outcome.curves.extend(curves(&answers));
            } else {
                let auroc = answers.out_of_domain.auroc();
                outcome
                    .figures
                    .push(Figure::higher(format!("auroc_{size}"), auroc));
            }
            learning.push((*size as f64, answers.out_of_domain.auroc().value));
        }
        let known = data.oos_train.iter().map(|(text, _)| text.clone());
        let most = sizes.last().copied().unwrap_or_default();
        let scope = scope_of(&data.train, most, known.collect());
        let known = answers(bench, &scope, &data).await?.out_of_domain;
        outcome.figures.extend([
            Figure::higher("auroc_known", known.auroc()),
            Figure::higher(
                "recall_at_96_known",
                known.recall_where_negatives_pass(0.96),
            ),
        ]);
        outcome.notes.push(
            "`auroc_5` has five examples for each intent, and so on; `_known` has the 100 examples \
             out of scope of the training split in the configuration, the others none."
                .to_owned(),
        );
        if learning.len() > 1 {
            let curve = Curve::learning("clinc150", "AUROC", &[("in scope alone", learning)]);
            outcome.curves.push(curve);
        }
        Ok(outcome)
    })
}

async fn answers(bench: &Bench, scope: &Scope, data: &Data) -> Result<Answers, Error> {
    let detectors = bench
        .detectors(&["domain"], DetectConfig::default(), scope)
        .await?;
    let turns = || data.test.iter().chain(&data.oos_test);
    let cases = turns().map(|(text, _)| said(text)).collect();
    let findings: Vec<Findings> = bench.examine(&detectors, cases).await?;
    let scored = |(findings, at): (&Findings, usize)| {
        let score = score(findings, SignalKind::OutOfDomain);
        (score, at >= data.test.len())
    };
    let scored: Vec<(f32, bool)> = findings.iter().zip(0..).map(scored).collect();
    let understanding = bench.learner(scope).await?.understanding();
    let texts: Vec<String> = data.test.iter().map(|(text, _)| text.clone()).collect();
    let vectors = bench.vectors(&texts).await?;
    let intents = data
        .test
        .iter()
        .zip(&vectors)
        .map(|((text, intent), vector)| {
            let reading = understanding.reading(text, vector);
            let first = reading.intents.first();
            first.map_or((0.0, false), |(place, probability)| {
                (*probability, understanding.intent(*place) == intent)
            })
        });
    Ok(Answers {
        out_of_domain: Ranked::new(scored.iter().copied()),
        is_out: Confidence::new(scored.iter().copied()).at_even_odds(),
        intents: intents.collect(),
    })
}

fn figures(answers: &Answers) -> Vec<Figure> {
    let ranked = &answers.out_of_domain;
    let right: Vec<bool> = answers.intents.iter().map(|(_, right)| *right).collect();
    let confidence = Confidence::new(answers.intents.iter().copied());
    vec![
        Figure::higher("auroc", ranked.auroc())
            .floor(0.964)
            .published("BERT .942, SNGP ensemble .973")
            .goal(0.985),
        Figure::higher("auprc", ranked.auprc())
            .published("BERT .853, SNGP ensemble .910")
            .goal(0.94),
        Figure::lower("fpr95", ranked.fpr95())
            .floor(0.166)
            .goal(0.06),
        Figure::higher("recall_at_96", ranked.recall_where_negatives_pass(0.96))
            .floor(0.731)
            .published("BERT .523 at .962 in scope")
            .goal(0.92),
        Figure::higher("recall", ranked.recall(0.5)),
        Figure::lower("false_alarms", ranked.false_alarms(0.5)).goal(0.04),
        Figure::lower("ece_out", answers.is_out.ece()),
        Figure::higher("accuracy", Estimate::share(&right))
            .floor(0.953)
            .published("BERT .965")
            .goal(0.96),
        Figure::lower("ece", confidence.ece())
            .floor(0.038)
            .published("BERT .022, SNGP ensemble .009")
            .goal(0.01),
    ]
}

fn curves(answers: &Answers) -> [Curve; 4] {
    let ranked = [("out of domain", &answers.out_of_domain)];
    let intents = Confidence::new(answers.intents.iter().copied());
    [
        Curve::roc("clinc150", &ranked),
        Curve::precision_recall("clinc150", &ranked),
        Curve::reliability(
            "clinc150, out of domain",
            &[("at even odds", &answers.is_out)],
        ),
        Curve::reliability("clinc150, intents", &[("in scope", &intents)]),
    ]
}
