//! The card, held against hand-written labels of recorded runs: does it say what matters, is it
//! true, is it short; and does the faithfulness check tell true statements from false ones?

mod replayed;
mod wrong;

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Deserialize;
use warmline_core::{Card, Claim, TurnNumber};
use warmline_detect::{Told, faithful};
use warmline_llm::{Ask, SummarizerObject};

use super::Suite;
use super::bench::Bench;
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use crate::Error;

use replayed::Replayed;
use wrong::{KINDS, wrong};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "card",
    about: "Cards of recorded airline runs: what they cover, whether it is true, how long they are.",
    needs: &["tau_bench_gpt4o_airline"],
    run,
};

const LABELS: &str = include_str!("card/labels.toml");

/// Statements that are named as wrongly dropped, or wrongly kept.
const MOST_NAMED: usize = 20;

/// Who writes the cards that are measured.
#[derive(Clone, Default)]
pub enum Subject {
    /// The core, from recorded facts alone.
    #[default]
    Extracted,
    /// A summarizer, whose cards are checked as the runtime checks them. Where it fails, or nothing
    /// of what it wrote is left, the extracted card stays.
    Written(Arc<dyn SummarizerObject>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    run: Vec<Label>,
}

/// What a card must say of a run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    /// The task and the trial, such as `12-1`.
    run: String,
    /// The customer's turn at which it is handed over.
    through: u32,
    goal: Vec<String>,
    actions: Vec<Vec<String>>,
    blockers: Vec<String>,
    claims: Vec<Statement>,
}

/// A true statement and the turns that carry it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    field: String,
    text: String,
    turns: Vec<u32>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(measure(bench, Subject::default()))
}

/// Measures the cards of `subject`.
///
/// # Errors
///
/// When the runs are missing, or another set than the labels are of.
pub async fn measure(bench: &Bench, subject: Subject) -> Result<Outcome, Error> {
    let labels = labels()?;
    let runs = replayed::runs(bench)?;
    let mut scores = Scores::default();
    for label in &labels {
        let run = runs.get(&label.run).ok_or_else(|| Error::Data {
            file: "gpt-4o-airline.json".to_owned(),
            why: format!("there is no run {}", label.run),
        })?;
        let replayed = Replayed::of(run, label.through)?;
        let card = card_of(&subject, &replayed).await;
        scores.cover(label, &card);
        scores.length(&card);
        scores.truth(&replayed, card);
        scores.check(label, &replayed);
    }
    Ok(scores.outcome(labels.len()))
}

fn labels() -> Result<Vec<Label>, Error> {
    let labels: Labels = toml::from_str(LABELS).map_err(|error| Error::Data {
        file: "card/labels.toml".to_owned(),
        why: error.to_string(),
    })?;
    Ok(labels.run)
}

async fn card_of(subject: &Subject, replayed: &Replayed) -> Card {
    let extracted = replayed.card.clone();
    let Subject::Written(summarizer) = subject else {
        return extracted;
    };
    let ask = Ask {
        conversation: replayed.id.clone(),
        turns: replayed.turns.clone(),
        settled: replayed.state.settled,
        attempts: replayed.attempts.clone(),
        context: replayed.state.context.clone(),
        permission: warmline_llm::Permission::default(),
        note: None,
    };
    let Ok(written) = summarizer.write_boxed(ask, extracted.clone()).await else {
        return extracted;
    };
    let checked = faithful(written, &extracted, &replayed.told());
    match checked.kept {
        0 => extracted,
        _ => checked.card.within_budget(),
    }
}

/// What was found in all runs.
#[derive(Default)]
struct Scores {
    goal: Vec<bool>,
    actions: Vec<bool>,
    blockers: Vec<bool>,
    missed: Vec<String>,
    words: Vec<usize>,
    carried: Vec<bool>,
    uncarried: Vec<String>,
    /// True statements that were dropped.
    alarms: Vec<bool>,
    alarming: Vec<String>,
    /// False statements that were dropped or put right, by their kind.
    caught: Vec<Vec<bool>>,
    passed: Vec<String>,
}

impl Scores {
    fn cover(&mut self, label: &Label, card: &Card) {
        let all = |claims: &[Claim]| claims.iter().map(|c| c.text.to_lowercase()).collect();
        let goal: Vec<String> = all(std::slice::from_ref(&card.customer_intent));
        let mut done: Vec<String> = all(&card.actions_attempted);
        done.extend(all(&card.promised) as Vec<String>);
        let blockers: Vec<String> = all(&card.blockers);
        let says = |lines: &[String], facts: &[String]| {
            lines.iter().any(|line| {
                let has = |wording: &str| line.contains(&wording.to_lowercase());
                facts.iter().all(|fact| fact.split('|').any(has))
            })
        };
        let mut take = |hits: &mut Vec<bool>, lines: &[String], facts: &[String]| {
            let hit = says(lines, facts);
            hits.push(hit);
            if !hit {
                self.missed
                    .push(format!("{}: {}", label.run, facts.join(" + ")));
            }
        };
        for fact in &label.goal {
            take(&mut self.goal, &goal, std::slice::from_ref(fact));
        }
        for facts in &label.actions {
            take(&mut self.actions, &done, facts);
        }
        for fact in &label.blockers {
            take(&mut self.blockers, &blockers, std::slice::from_ref(fact));
        }
    }

    fn length(&mut self, card: &Card) {
        self.words.push(card.words());
    }

    /// Holds a card's own claims against the run, as if a model had written them.
    fn truth(&mut self, replayed: &Replayed, card: Card) {
        let all = [&card.customer_intent]
            .into_iter()
            .chain(&card.actions_attempted);
        let count = all.chain(&card.blockers).chain(&card.promised).count();
        let checked = faithful(card, &replayed.bare(), &replayed.told());
        let dropped = checked.dropped.len();
        self.carried.extend((0..count).map(|i| i >= dropped));
        self.uncarried.extend(
            checked
                .dropped
                .into_iter()
                .map(|d| format!("{} ({})", d.text, d.reason.as_str())),
        );
    }

    /// Asks the check about true statements, and about false ones that are made of them.
    fn check(&mut self, label: &Label, replayed: &Replayed) {
        self.caught.resize(KINDS.len(), Vec::new());
        for statement in &label.claims {
            let turns = kept(statement, replayed);
            self.alarms.push(turns.is_none());
            if turns.is_none() {
                let text = &statement.text;
                self.alarming.push(format!("{}: {text}", label.run));
            }
            for (kind, made) in wrong(statement, replayed) {
                let turns = kept(&made, replayed);
                // One that cites other turns after the check was put right.
                let caught = match KINDS[kind] {
                    "turn" => turns.is_none_or(|turns| turns != numbers(&made.turns)),
                    _ => turns.is_none(),
                };
                self.caught[kind].push(caught);
                if !caught {
                    self.passed.push(format!("{}: {}", label.run, made.text));
                }
            }
        }
    }

    fn outcome(self, runs: usize) -> Outcome {
        let covered: Vec<bool> = [&self.goal, &self.actions, &self.blockers]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let brief: Vec<bool> = self.words.iter().map(|words| *words <= 60).collect();
        let caught: Vec<bool> = self.caught.iter().flatten().copied().collect();
        let words = self.words.iter().sum::<usize>() as f64 / runs.max(1) as f64;
        let mut figures = vec![
            Figure::higher("coverage", Estimate::share(&covered)).goal(0.9),
            Figure::higher("coverage_goal", Estimate::share(&self.goal)),
            Figure::higher("coverage_actions", Estimate::share(&self.actions)),
            Figure::higher("coverage_blockers", Estimate::share(&self.blockers)),
            Figure::higher("faithful", Estimate::share(&self.carried)).goal(0.98),
            Figure::higher("within_60_words", Estimate::share(&brief)).goal(1.0),
            Figure::lower("words", Estimate::exact(words, runs)),
            Figure::higher("recall", Estimate::share(&caught)).goal(0.9),
            Figure::lower("false_alarms", Estimate::share(&self.alarms)).goal(0.1),
        ];
        for (kind, caught) in KINDS.iter().zip(&self.caught) {
            figures.push(Figure::higher(
                format!("recall_{kind}"),
                Estimate::share(caught),
            ));
        }
        let named = |what: &str, list: &[String]| {
            let some = list.iter().take(MOST_NAMED).map(|text| format!("“{text}”"));
            let some: Vec<String> = some.collect();
            (!some.is_empty()).then(|| format!("{what}: {}.", some.join(", ")))
        };
        let notes = [
            named("Not covered", &self.missed),
            named("Not carried", &self.uncarried),
            named("True and dropped", &self.alarming),
            named("False and kept", &self.passed),
        ];
        Outcome {
            figures,
            notes: notes.into_iter().flatten().collect(),
            ..Outcome::default()
        }
    }
}

/// The turns that a statement cites after the check; `None` if it is dropped.
fn kept(statement: &Statement, replayed: &Replayed) -> Option<Vec<TurnNumber>> {
    let bare = replayed.bare();
    let claim = Claim {
        text: statement.text.clone(),
        turns: numbers(&statement.turns),
    };
    let mut written = bare.clone();
    match statement.field.as_str() {
        "customer_intent" => written.customer_intent = claim,
        "actions_attempted" => written.actions_attempted = vec![claim],
        "blockers" => written.blockers = vec![claim],
        _ => written.promised = vec![claim],
    }
    let checked = faithful(written, &bare, &replayed.told());
    let card = checked.card;
    let all = [card.actions_attempted, card.blockers, card.promised].into_iter();
    let all = all.flatten().chain([card.customer_intent]);
    let mut found = all.filter(|claim| !claim.text.is_empty());
    found.next().map(|claim| claim.turns)
}

fn numbers(turns: &[u32]) -> Vec<TurnNumber> {
    turns.iter().copied().map(TurnNumber).collect()
}

impl Replayed {
    /// What a summarizer is shown of it.
    fn told(&self) -> Told<'_> {
        Told {
            turns: &self.turns,
            attempts: &self.attempts,
            held_back: self.state.held_back.as_deref(),
        }
    }

    /// A card for its trigger that claims nothing.
    fn bare(&self) -> Card {
        Card {
            customer_intent: Claim::default(),
            actions_attempted: Vec::new(),
            blockers: Vec::new(),
            promised: Vec::new(),
            ..self.card.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_well_formed() {
        let labels = labels().unwrap();
        assert!(labels.len() >= 30);
        let fields = [
            "customer_intent",
            "actions_attempted",
            "blockers",
            "promised",
        ];
        for label in &labels {
            assert!(label.run.split_once('-').is_some(), "{}", label.run);
            assert!(!label.goal.is_empty() && !label.claims.is_empty());
            for claim in &label.claims {
                assert!(fields.contains(&claim.field.as_str()), "{}", claim.field);
                assert!(claim.turns.iter().all(|turn| *turn <= label.through));
            }
        }
    }
}
