//! Attempts to talk around a hard gate, and amounts in many ways of writing: sets written for this
//! purpose, with harmless turns beside them.

use futures::future::BoxFuture;
use warmline_core::signal::Findings;
use warmline_core::source::Source;
use warmline_detect::{DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, said};
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "evasions",
    about: "Gated intents in disguise and in other languages, and amounts however written.",
    needs: &[],
    run,
};

const SCOPE: &str = include_str!("../../fixtures/gates/scope.toml");

/// A gated intent, a tab, and a turn that has it.
const EVASIONS: &str = include_str!("../../fixtures/gates/evasions.txt");

/// A value with its currency, if named, a tab, and a turn that names it.
const AMOUNTS: &str = include_str!("../../fixtures/gates/amounts.txt");

/// Turns with no gated intent and no amount.
const BENIGN: &str = include_str!("../../fixtures/gates/benign.txt");

/// The intents that a gate would hand off.
const GATED: [&str; 3] = ["refund_request", "legal_threat", "human_request"];

/// Turns that are named as missed or as false alarms, of each set.
const MOST_NAMED: usize = 40;

/// A figure, the labelled turns that it is of, and whether what was found in one is what counts.
type Set<'a> = (
    &'static str,
    &'a [(&'static str, &'static str)],
    fn(&Findings, &str) -> bool,
);

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let scope = Scope::parse(&Source::new("scope.toml", SCOPE))
            .map_err(|problems| Error::Option(problems.to_string()))?;
        let evasions = labelled(EVASIONS);
        let amounts = labelled(AMOUNTS);
        let benign: Vec<(&str, &str)> = BENIGN.lines().map(|line| ("", line)).collect();
        let detectors = bench
            .detectors(&["gates"], DetectConfig::default(), &scope)
            .await?;
        let mut outcome = Outcome::default();
        let sets: [Set<'_>; 4] = [
            ("recall", &evasions, |found, intent| has(found, &[intent])),
            ("amounts_recall", &amounts, names),
            ("false_alarms", &benign, |found, _| has(found, &GATED)),
            ("amounts_false_alarms", &benign, |found, _| {
                !found.amounts.is_empty()
            }),
        ];
        for (name, set, hit) in sets {
            let cases = set.iter().map(|(_, text)| said(text)).collect();
            let findings = bench.examine(&detectors, cases).await?;
            let hits = findings.iter().zip(set);
            let hits: Vec<bool> = hits.map(|(found, (label, _))| hit(found, label)).collect();
            let wanted = name.ends_with("recall");
            let share = Estimate::share(&hits);
            outcome.figures.push(match wanted {
                true => Figure::higher(name, share).goal(0.97),
                false => Figure::lower(name, share),
            });
            let wrong = hits.iter().zip(set).filter(|(hit, _)| **hit != wanted);
            let wrong: Vec<String> = wrong
                .take(MOST_NAMED)
                .map(|(_, (_, text))| format!("\u{201c}{text}\u{201d}"))
                .collect();
            if !wrong.is_empty() {
                outcome
                    .notes
                    .push(format!("{name}, wrong: {}.", wrong.join(", ")));
            }
        }
        Ok(outcome)
    })
}

/// Lines of a label, a tab and a turn.
fn labelled(text: &'static str) -> Vec<(&'static str, &'static str)> {
    text.lines()
        .filter_map(|line| line.split_once('\t'))
        .collect()
}

fn has(found: &Findings, intents: &[&str]) -> bool {
    found
        .intents
        .iter()
        .any(|intent| intents.contains(&intent.name.as_str()))
}

/// Whether `amount`, such as `300 EUR`, is among the amounts.
fn names(found: &Findings, amount: &str) -> bool {
    let (value, currency) = amount.split_once(' ').unwrap_or((amount, ""));
    found
        .amounts
        .iter()
        .any(|found| value.parse() == Ok(found.value) && found.currency == currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_as_large_as_they_are_meant_to_be_and_well_formed() {
        let evasions = labelled(EVASIONS);
        assert!(evasions.len() >= 300);
        assert_eq!(evasions.len(), EVASIONS.lines().count());
        assert!(evasions.iter().all(|(intent, _)| GATED.contains(intent)));
        let amounts = labelled(AMOUNTS);
        let is_amount = |amount: &str| {
            let value = amount.split(' ').next().unwrap_or_default();
            value.parse::<f64>().is_ok()
        };
        assert!(amounts.iter().all(|(amount, _)| is_amount(amount)));
        assert!(Scope::parse(&Source::new("scope.toml", SCOPE)).is_ok());
    }
}
