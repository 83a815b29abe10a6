//! The cases that a guard tells apart, to find conditions that are constant or covered by others.

use std::collections::BTreeMap;

use super::terms::{Atom, Constant};
use super::{Facts, Guard};
use crate::signal::TriggerKind;

/// With more cases than this, nothing is said about a guard.
const MAX_CASES: usize = 4096;

impl Guard {
    /// Whether it has the same value for all facts, and which; `None` also where it cannot be told.
    pub fn constant(&self) -> Option<bool> {
        let cases = cases(&[self])?;
        let held = cases.iter().filter(|facts| self.holds(facts)).count();
        match held {
            0 => Some(false),
            held if held == cases.len() => Some(true),
            _ => None,
        }
    }

    /// Whether one of `others` holds whenever it does; `false` also where it cannot be told.
    pub fn is_covered_by(&self, others: &[&Guard]) -> bool {
        let words = |guard: &Guard| guard.source().split_whitespace().collect::<String>();
        if others.iter().any(|other| words(other) == words(self)) {
            return true;
        }
        let mut all = others.to_vec();
        all.push(self);
        cases(&all).is_some_and(|cases| {
            cases
                .iter()
                .filter(|facts| self.holds(facts))
                .all(|facts| others.iter().any(|other| other.holds(facts)))
        })
    }
}

/// Facts for every case that `guards` tell apart: each fact at, between and beyond the constants
/// that it is compared with. `None` if comparisons with constants are not all that they do.
fn cases(guards: &[&Guard]) -> Option<Vec<Facts>> {
    let mut constants: BTreeMap<Atom, Vec<&Constant>> = BTreeMap::new();
    for guard in guards {
        if guard.asked.otherwise {
            return None;
        }
        for (atom, compared) in &guard.asked.constants {
            constants.entry(*atom).or_default().extend(compared);
        }
    }
    let mut cases = vec![Facts::default()];
    for (atom, compared) in &constants {
        let values = values(*atom, compared);
        if cases.len() * values.len() > MAX_CASES {
            return None;
        }
        cases = cases
            .iter()
            .flat_map(|facts| values.iter().map(|value| facts.with(*atom, value)))
            .collect();
    }
    Some(cases)
}

/// The values of `atom` that comparisons with `constants` tell apart.
fn values(atom: Atom, constants: &[&Constant]) -> Vec<Constant> {
    let mut numbers: Vec<f64> = constants
        .iter()
        .filter_map(|constant| match constant {
            Constant::Number(number) => Some(*number),
            _ => None,
        })
        .collect();
    numbers.sort_by(f64::total_cmp);
    let texts = constants.iter().filter_map(|constant| match constant {
        Constant::Text(text) => Some(text.clone()),
        _ => None,
    });
    match atom {
        Atom::Fact("draft") => vec![Constant::Bool(false), Constant::Bool(true)],
        Atom::Fact("trigger") => std::iter::once(String::new())
            .chain(TriggerKind::ALL.map(|kind| kind.as_str().to_owned()))
            .map(Constant::Text)
            .collect(),
        Atom::Fact("handbacks" | "turns") => {
            let near = numbers
                .iter()
                .flat_map(|n| [n.floor() - 1.0, n.floor(), n.ceil(), n.ceil() + 1.0]);
            distinct(near.chain([0.0]).filter(|n| *n >= 0.0).collect())
        }
        Atom::Fact("amount") => {
            let beyond = numbers.last().map(|last| last + 1.0);
            let between = numbers.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
            let all = numbers.iter().copied().chain(between).chain(beyond);
            distinct(with_halves(
                all.chain([0.0]).filter(|n| *n >= 0.0).collect(),
            ))
        }
        Atom::Signal(_) => {
            let all = numbers.iter().copied().chain([0.0, 1.0]);
            distinct(with_halves(
                all.filter(|n| (0.0..=1.0).contains(n)).collect(),
            ))
        }
        Atom::Fact(_) => {
            let mut texts: Vec<String> = texts.collect();
            // Stands for every other text; no channel or intent has such a name.
            texts.push("\u{0}".to_owned());
            texts.push(String::new());
            texts.sort();
            texts.dedup();
            texts.into_iter().map(Constant::Text).collect()
        }
    }
}

/// The numbers and the points half way between neighbours.
fn with_halves(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    let halves: Vec<f64> = numbers
        .windows(2)
        .map(|pair| (pair[0] + pair[1]) / 2.0)
        .collect();
    numbers.extend(halves);
    numbers
}

fn distinct(mut numbers: Vec<f64>) -> Vec<Constant> {
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers.into_iter().map(Constant::Number).collect()
}

impl Facts {
    /// The same facts but for one.
    fn with(&self, atom: Atom, value: &Constant) -> Self {
        let mut facts = self.clone();
        match (atom, value) {
            (Atom::Signal(kind), Constant::Number(score)) => {
                facts.signals.insert(kind, *score);
            }
            (Atom::Fact("amount"), Constant::Number(amount)) => facts.amount = *amount,
            (Atom::Fact("handbacks"), Constant::Number(count)) => facts.handbacks = *count as i64,
            (Atom::Fact("turns"), Constant::Number(count)) => facts.turns = *count as i64,
            (Atom::Fact("draft"), Constant::Bool(draft)) => facts.draft = *draft,
            (Atom::Fact(name), Constant::Text(text)) => {
                if let Some(fact) = facts.text_mut(name) {
                    fact.clone_from(text);
                }
            }
            // The check gave every fact constants of its own type.
            _ => {}
        }
        facts
    }

    fn text_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "trigger" => &mut self.trigger,
            "gate" => &mut self.gate,
            "intent" => &mut self.intent,
            "currency" => &mut self.currency,
            "channel" => &mut self.channel,
            "segment" => &mut self.segment,
            "language" => &mut self.language,
            "queue" => &mut self.queue,
            _ => return None,
        })
    }
}
