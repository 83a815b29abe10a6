//! Rules that can never decide: their condition never holds, or earlier rules always decide.

use super::{Condition, Report};
use crate::workflow::guard::Guard;
use crate::workflow::parse::machine::RuleEntry;

impl Report<'_> {
    /// Whether `rule`, the one at `number`, can decide anything.
    pub(super) fn decides(&mut self, number: usize, rule: &RuleEntry) {
        if let Condition::Guard(guard, text) = &rule.when
            && let Some(value) = guard.constant()
        {
            let (message, hint) = match value {
                true => ("the condition always holds", "leave `when` out"),
                false => (
                    "the rule is dead: its condition never holds",
                    "change it, or leave the rule out",
                ),
            };
            return self.problem(&text.span(), format!("{}.when", rule.key), message, hint);
        }
        let earlier = self.machine.rules[..number].iter();
        let rivals: Vec<&RuleEntry> = earlier
            .filter(|other| other.from == rule.from && other.on == rule.on)
            .filter(|other| other.key != rule.key)
            .collect();
        if let Some((problem, hint)) = verdict(rule, &rivals) {
            self.problem(&rule.place, &rule.key, problem, hint);
        }
    }
}

/// What is wrong with `rule` after its `rivals`, and what would be right.
fn verdict(rule: &RuleEntry, rivals: &[&RuleEntry]) -> Option<(String, String)> {
    let event = format!("`{}` in `{}`", rule.on, rule.from);
    let guards: Vec<&Guard> = rivals.iter().filter_map(|rival| guard(rival)).collect();
    if let Some(rival) = rivals
        .iter()
        .find(|rival| matches!(rival.when, Condition::Always))
    {
        return Some(match rule.when {
            Condition::Always => (
                format!("ambiguous: `{}` answers to {event} as well", rival.key),
                "leave one out, or tell them apart with `when`".to_owned(),
            ),
            _ => (
                format!(
                    "the rule is dead: `{}` before it always answers to {event}",
                    rival.key
                ),
                format!("move it before `{}`", rival.key),
            ),
        });
    }
    let own = guard(rule)?;
    let covering = rivals
        .iter()
        .find(|rival| guard(rival).is_some_and(|theirs| own.is_covered_by(&[theirs])));
    match covering {
        Some(rival) if guard(rival).is_some_and(|theirs| theirs.is_covered_by(&[own])) => Some((
            format!(
                "ambiguous: `{}` answers to {event} under the same condition",
                rival.key
            ),
            "leave one out, or change a condition".to_owned(),
        )),
        Some(rival) => Some((
            format!(
                "the rule is dead: `{}` before it answers to {event} in all its cases",
                rival.key
            ),
            format!("move it before `{}`, or change a condition", rival.key),
        )),
        None if own.is_covered_by(&guards) => Some((
            format!("the rule is dead: the rules before it answer to {event} in all its cases"),
            "move it before them, or change a condition".to_owned(),
        )),
        None => None,
    }
}

fn guard(rule: &RuleEntry) -> Option<&Guard> {
    match &rule.when {
        Condition::Guard(guard, _) => Some(guard),
        Condition::Always | Condition::Unknown => None,
    }
}
