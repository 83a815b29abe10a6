//! Repeat loops: sessions of three strikes, built from CLINC150 and HWU64.
//!
//! No public set labels real loops. So a loop is built from three turns of one intent, which say
//! the same in other words; and what is none from three turns of different intents of one domain.
//! Between them the assistant answers something that names nothing new.

use std::collections::BTreeMap;

use fastrand::Rng;
use futures::future::BoxFuture;
use warmline_core::signal::SignalKind;
use warmline_core::turn::Speaker;
use warmline_detect::{Case, DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, conversation, scope_of, score};
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "repeat_loop",
    about: "Repeat loops: sessions of three turns built from CLINC150 and HWU64.",
    needs: &["clinc150", "hwu64"],
    run,
};

/// What chance begins with: the same sessions in every run.
const SEED: u64 = 3;

/// Sessions of each kind and set, in all and in a quick run.
const SESSIONS: usize = 500;
const QUICK_SESSIONS: usize = 100;

/// Examples of an intent that the scope has.
const EXAMPLES: usize = 50;
const QUICK_EXAMPLES: usize = 10;

/// A text and its intent.
type Labelled = (String, String);

/// Turns with their intents and the intents' domains.
pub(super) struct Set {
    name: &'static str,
    train: Vec<Labelled>,
    /// Texts by intent, by domain.
    pub(super) test: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut outcome = Outcome::default();
        for set in [clinc150(bench)?, hwu64(bench)?] {
            let sessions = sessions(
                &set,
                if bench.quick {
                    QUICK_SESSIONS
                } else {
                    SESSIONS
                },
            );
            for same_intent in [false, true] {
                let ranked = scored(bench, &set, &sessions, same_intent).await?;
                let suffix = if same_intent { "_same_intent" } else { "" };
                let name = set.name;
                let recall = Figure::higher(format!("recall_{name}{suffix}"), ranked.recall(0.5));
                let alarms = ranked.false_alarms(0.5);
                let alarms = Figure::lower(format!("false_alarms_{name}{suffix}"), alarms);
                outcome
                    .figures
                    .extend([recall.goal(0.90), alarms.goal(0.02)]);
            }
        }
        outcome.notes.push(
            "`_same_intent`: `same_intent` of `[detectors.loop]` is on, and the scope has examples \
             from the training split. No public set labels real loops; these are built."
                .to_owned(),
        );
        Ok(outcome)
    })
}

async fn scored(
    bench: &Bench,
    set: &Set,
    sessions: &[([String; 3], bool)],
    same_intent: bool,
) -> Result<Ranked, Error> {
    let mut config = DetectConfig::default();
    config.repeat.same_intent = same_intent;
    let most = if bench.quick {
        QUICK_EXAMPLES
    } else {
        EXAMPLES
    };
    let scope = match same_intent {
        true => scope_of(&set.train, most, Vec::new()),
        false => Scope::default(),
    };
    let detectors = bench.detectors(&["loop"], config, &scope).await?;
    let cases = sessions.iter().map(|(turns, _)| session(turns)).collect();
    let findings = bench.examine(&detectors, cases).await?;
    let scores = findings
        .iter()
        .map(|found| score(found, SignalKind::RepeatLoop));
    Ok(Ranked::new(
        scores.zip(sessions.iter().map(|(_, is_loop)| *is_loop)),
    ))
}

/// Three turns of the customer, with answers between them.
fn session(turns: &[String; 3]) -> Case {
    let [first, second, third] = turns;
    conversation(&[
        (Speaker::Customer, first),
        (Speaker::Assistant, "I am looking into that."),
        (Speaker::Customer, second),
        (Speaker::Assistant, "Here is what I have found so far."),
        (Speaker::Customer, third),
    ])
}

/// As many loops as sessions that are none.
fn sessions(set: &Set, count: usize) -> Vec<([String; 3], bool)> {
    let mut chance = Rng::with_seed(SEED);
    let intents: Vec<&Vec<String>> = set.test.values().flat_map(BTreeMap::values).collect();
    let intents: Vec<&Vec<String>> = intents.into_iter().filter(|t| t.len() >= 3).collect();
    let domains: Vec<Vec<&Vec<String>>> = set
        .test
        .values()
        .map(|intents| intents.values().collect())
        .filter(|intents: &Vec<&Vec<String>>| intents.len() >= 3)
        .collect();
    let mut sessions = Vec::new();
    if intents.is_empty() || domains.is_empty() {
        return sessions;
    }
    for _ in 0..count {
        let texts = intents[chance.usize(..intents.len())];
        let said = chance.choose_multiple(texts.iter(), 3);
        sessions.push((three(&said), true));
        let domain = &domains[chance.usize(..domains.len())];
        let different = chance.choose_multiple(domain.iter(), 3);
        let said: Vec<&String> = different
            .into_iter()
            .filter_map(|texts| chance.choice(texts.iter()))
            .collect();
        sessions.push((three(&said), false));
    }
    sessions
}

fn three(texts: &[&String]) -> [String; 3] {
    std::array::from_fn(|i| {
        texts
            .get(i)
            .map_or_else(String::new, |text| (*text).clone())
    })
}

pub(super) fn clinc150(bench: &Bench) -> Result<Set, Error> {
    let domains: BTreeMap<String, Vec<String>> = bench.json("clinc150/domains.json")?;
    let domains: BTreeMap<String, String> = domains
        .into_iter()
        .flat_map(|(domain, intents)| intents.into_iter().map(move |i| (i, domain.clone())))
        .collect();
    let mut splits: BTreeMap<String, Vec<Labelled>> = bench.json("clinc150/data_full.json")?;
    let mut split = |name: &str| splits.remove(name).unwrap_or_default();
    let domain_of = |intent: &str| domains.get(intent).cloned().unwrap_or_default();
    Ok(Set {
        name: "clinc150",
        train: split("train"),
        test: by_domain(split("test"), domain_of),
    })
}

pub(super) fn hwu64(bench: &Bench) -> Result<Set, Error> {
    let split = |name: &str| -> Result<Vec<Labelled>, Error> {
        let texts = bench.lines(&format!("hwu64/{name}/seq.in"))?;
        let labels = bench.lines(&format!("hwu64/{name}/label"))?;
        Ok(texts.into_iter().zip(labels).collect())
    };
    // An intent is named after its domain: `alarm_query`.
    let domain_of = |intent: &str| intent.split('_').next().unwrap_or_default().to_owned();
    Ok(Set {
        name: "hwu64",
        train: split("train")?,
        test: by_domain(split("test")?, domain_of),
    })
}

fn by_domain(
    examples: Vec<Labelled>,
    domain_of: impl Fn(&str) -> String,
) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut sorted: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (text, intent) in examples {
        let domain = sorted.entry(domain_of(&intent)).or_default();
        domain.entry(intent).or_default().push(text);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_of_one_intent_and_what_is_none_of_three() {
        let examples = (0..30).map(|i| (format!("{} {}", i % 3, i / 3), format!("d_{}", i % 3)));
        let set = Set {
            name: "x",
            train: Vec::new(),
            test: by_domain(examples.collect(), |_| "d".to_owned()),
        };
        let sessions = sessions(&set, 20);
        assert_eq!(sessions.len(), 40);
        for (turns, is_loop) in sessions {
            let mut intents: Vec<&str> = turns.iter().map(|turn| &turn[..1]).collect();
            intents.sort_unstable();
            intents.dedup();
            assert_eq!(intents.len(), if is_loop { 1 } else { 3 });
        }
    }
}
