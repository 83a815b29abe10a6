//! Gated intents of a shop among 27: the Bitext sample for customer service, 8,359 rows.
//!
//! The set has one part. Every second row of an intent is learned from, the others are measured.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use warmline_core::signal::Findings;
use warmline_detect::{DetectConfig, HUMAN_REQUEST, Scope};

use super::Suite;
use super::bench::{Bench, said, scope_of};
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use crate::{Error, corpus};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "bitext",
    about: "Gated intents among 27, and \u{201c}a human please\u{201d} without any example.",
    needs: &["bitext_sample"],
    run,
};

/// The set's intents that a shop would gate.
const GATED: [&str; 5] = [
    HUMAN,
    "complaint",
    "get_refund",
    "delete_account",
    "payment_issue",
];

/// The set's name for a request for a human.
const HUMAN: &str = "contact_human_agent";

/// A neighbour: whoever contacts customer service wants to talk to somebody too. It counts neither
/// for nor against the request for a human.
const SERVICE: &str = "contact_customer_service";

/// Of a quick run, every how manieth row.
const QUICK_STRIDE: usize = 12;

/// Rows that are named as wrong.
const MOST_NAMED: usize = 8;

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let stride = if bench.quick { QUICK_STRIDE } else { 1 };
        let (learned, measured) = halves(bench, stride)?;
        let mut outcome = Outcome::default();
        let without = Scope::default();
        let human = found(bench, &without, &measured).await?;
        let asks = |found: &Findings| has(found, HUMAN_REQUEST);
        let recall = |intent: &str, wanted: &dyn Fn(&Findings) -> bool, found: &[Findings]| {
            let hits = measured.iter().zip(found);
            let hits = hits.filter(|((_, of), _)| of == intent);
            Estimate::share(&Vec::from_iter(hits.map(|(_, found)| wanted(found))))
        };
        outcome
            .figures
            .push(Figure::higher("human_recall", recall(HUMAN, &asks, &human)).goal(0.99));
        let others = |of: &str| of != HUMAN && of != SERVICE;
        let false_human = measured.iter().zip(&human);
        let false_human = false_human.filter(|((_, of), _)| others(of));
        let false_human: Vec<bool> = false_human.map(|(_, found)| asks(found)).collect();
        outcome
            .figures
            .push(Figure::lower("human_false_alarms", Estimate::share(&false_human)).goal(0.01));
        let scope = scope_of(&learned, usize::MAX, Vec::new());
        let gates = found(bench, &scope, &measured).await?;
        let mut all = Vec::new();
        for intent in GATED {
            let wanted = |found: &Findings| {
                has(found, intent) || (intent == HUMAN && has(found, HUMAN_REQUEST))
            };
            let share = recall(intent, &wanted, &gates);
            outcome
                .figures
                .push(Figure::higher(format!("{intent}_recall"), share));
            let hits = measured.iter().zip(&gates);
            all.extend(
                hits.filter(|((_, of), _)| of == intent)
                    .map(|(_, found)| wanted(found)),
            );
        }
        outcome.figures.insert(
            2,
            Figure::higher("gate_recall", Estimate::share(&all)).goal(0.99),
        );
        let ungated = measured.iter().zip(&gates);
        let ungated = ungated.filter(|((_, of), _)| others(of) && !GATED.contains(&of.as_str()));
        let alarms: Vec<(bool, &str)> = ungated
            .map(|((text, _), found)| {
                let gated = GATED.iter().any(|intent| has(found, intent));
                (gated || asks(found), text.as_str())
            })
            .collect();
        let share = Estimate::share(&Vec::from_iter(alarms.iter().map(|(alarm, _)| *alarm)));
        outcome
            .figures
            .insert(3, Figure::lower("gate_false_alarms", share).goal(0.01));
        let missed = measured.iter().zip(&human);
        let missed = missed.filter(|((_, of), found)| of == HUMAN && !asks(found));
        let missed: Vec<&str> = missed.map(|((text, _), _)| text.as_str()).collect();
        let alarms: Vec<&str> = alarms
            .into_iter()
            .filter_map(|(alarm, text)| alarm.then_some(text))
            .collect();
        for (what, texts) in [("no human", missed), ("false alarms", alarms)] {
            let texts: Vec<&str> = texts.into_iter().take(MOST_NAMED).collect();
            if !texts.is_empty() {
                let texts = texts.join("\u{201d}, \u{201c}");
                outcome
                    .notes
                    .push(format!("{what}: \u{201c}{texts}\u{201d}."));
            }
        }
        outcome.notes.push(format!(
            "`human_recall` is of the built-in patterns, without an example; `{SERVICE}` counts \
             neither for nor against them."
        ));
        Ok(outcome)
    })
}

async fn found(
    bench: &Bench,
    scope: &Scope,
    turns: &[(String, String)],
) -> Result<Vec<Findings>, Error> {
    let detectors = bench
        .detectors(&["gates"], DetectConfig::default(), scope)
        .await?;
    let cases = turns.iter().map(|(text, _)| said(text)).collect();
    bench.examine(&detectors, cases).await
}

fn has(found: &Findings, name: &str) -> bool {
    found.intents.iter().any(|intent| intent.name == name)
}

/// Texts with their intents.
type Labelled = Vec<(String, String)>;

/// What is learned from, and what is measured: the rows of each intent in turn.
pub(super) fn halves(bench: &Bench, stride: usize) -> Result<(Labelled, Labelled), Error> {
    let file = "bitext_sample/Bitext_Sample_Customer_Service_Training_Dataset.csv";
    let file = bench.data.join(file);
    let rows = corpus::rows(&file)?;
    let (mut learned, mut measured) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows.iter().skip(1).step_by(stride) {
        let [_, text, _, intent] = row.as_slice() else {
            return Err(corpus::other(&file, "expected four columns"));
        };
        let count = seen.entry(intent.as_str()).or_default();
        *count += 1;
        let half = if *count % 2 == 1 {
            &mut learned
        } else {
            &mut measured
        };
        half.push((text.clone(), intent.clone()));
    }
    Ok((learned, measured))
}
