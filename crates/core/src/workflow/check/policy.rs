//! Gates, thresholds and plays that can never decide.

use std::ops::Range;

use super::is_no_gate;
use crate::policy::Threshold;
use crate::source::{Problem, Source};
use crate::workflow::guard::Guard;
use crate::workflow::parse::policy::{GateEntry, PlayEntry, PolicyEntry};

/// Everything that is wrong with `policy`.
pub(in crate::workflow) fn policy(source: &Source, policy: &PolicyEntry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, gate) in policy.gates.iter().enumerate() {
        problems.extend(doubled(source, gate, &policy.gates[..number]));
        problems.extend(dead(source, gate, &policy.gates[..number]));
    }
    problems.extend(ambiguous(source, &policy.thresholds));
    problems.extend(ambiguous(source, &policy.calibrated));
    for (number, play) in policy.playbook.iter().enumerate() {
        problems.extend(never(source, play, &policy.gates));
        problems.extend(repeated(source, play, &policy.playbook[..number]));
    }
    problems
}

/// Thresholds of which others say something else for the same conversations.
fn ambiguous(source: &Source, thresholds: &[(Threshold, Range<usize>)]) -> Vec<Problem> {
    let problem = |(number, (threshold, place)): (usize, &(Threshold, Range<usize>))| {
        let mut others = thresholds[..number].iter();
        let (other, _) = others.find(|(other, _)| other.is_for_same(threshold))?;
        let message = format!(
            "ambiguous: `{}` is for the same conversations",
            other.origin
        );
        let problem = source.problem(place.clone(), &threshold.origin, message);
        Some(problem.hint("leave one of them out"))
    };
    thresholds.iter().enumerate().filter_map(problem).collect()
}

fn doubled(source: &Source, gate: &GateEntry, earlier: &[GateEntry]) -> Option<Problem> {
    let other = earlier
        .iter()
        .find(|other| other.gate.name == gate.gate.name)?;
    let message = format!(
        "`{}` is the name of `{}` as well",
        gate.gate.name, other.key
    );
    let problem = source.problem(
        gate.name_place.clone(),
        format!("{}.name", gate.key),
        message,
    );
    Some(problem.hint("give each gate a name of its own"))
}

fn dead(source: &Source, gate: &GateEntry, earlier: &[GateEntry]) -> Option<Problem> {
    let key = format!("{}.when", gate.key);
    let place = gate.when_text.span();
    let problem = |message: String, hint: &str| {
        Some(
            source
                .problem(place.clone(), key.as_str(), message)
                .hint(hint),
        )
    };
    match gate.gate.when.constant() {
        Some(false) => {
            return problem(
                "the gate is dead: its condition never holds".to_owned(),
                "change it",
            );
        }
        // A gate that asks nothing at all is meant to hand everything off.
        Some(true) if gate.gate.when.asks_anything() => {
            let hint = "change it; to hand everything off, write `when = \"true\"`";
            return problem("the condition always holds".to_owned(), hint);
        }
        _ => {}
    }
    let others: Vec<&Guard> = earlier.iter().map(|other| &other.gate.when).collect();
    let covering = earlier
        .iter()
        .find(|other| gate.gate.when.is_covered_by(&[&other.gate.when]));
    match covering {
        Some(other) => problem(
            format!(
                "the gate is dead: `{}` before it matches in all its cases",
                other.key
            ),
            "move it before that gate, or change a condition",
        ),
        None if gate.gate.when.is_covered_by(&others) => problem(
            "the gate is dead: the gates before it match in all its cases".to_owned(),
            "move it before them, or change a condition",
        ),
        None => None,
    }
}

/// A play for a rule that does not exist, or for a reason that its gate does not give.
fn never(source: &Source, entry: &PlayEntry, gates: &[GateEntry]) -> Option<Problem> {
    let (rule, place) = (entry.play.rule.as_ref()?, entry.rule_place.clone()?);
    if is_no_gate(rule) {
        return None;
    }
    let key = format!("{}.rule", entry.key);
    let Some(gate) = gates.iter().find(|gate| gate.gate.name == *rule) else {
        let names: Vec<&str> = gates.iter().map(|gate| gate.gate.name.as_str()).collect();
        let hint = crate::source::suggestion(rule, &names, "gates");
        return Some(
            source
                .problem(place, key, format!("unknown gate `{rule}`"))
                .hint(hint),
        );
    };
    let trigger = entry
        .play
        .trigger
        .filter(|trigger| *trigger != gate.gate.trigger)?;
    let message = format!(
        "`{rule}` gives the reason `{}`, never `{trigger}`",
        gate.gate.trigger
    );
    Some(
        source
            .problem(place, key, message)
            .hint("leave `trigger` out"),
    )
}

fn repeated(source: &Source, entry: &PlayEntry, earlier: &[PlayEntry]) -> Option<Problem> {
    let scope = |entry: &PlayEntry| {
        (
            entry.play.trigger,
            entry.play.rule.clone(),
            entry.play.intent.clone(),
        )
    };
    let other = earlier.iter().find(|other| scope(other) == scope(entry))?;
    let message = format!("the play is dead: `{}` is for the same handoffs", other.key);
    let problem = source.problem(entry.place.clone(), &entry.key, message);
    Some(problem.hint("say both in one step, or tell them apart"))
}
