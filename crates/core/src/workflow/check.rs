//! What must hold of a machine as a whole, so that nobody strands and no rule is dead.
//!
//! | of | must hold |
//! |---|---|
//! | a state | has an owner, can be reached, can be left in the ways that its owner needs |
//! | a waiting state (queue, operator) | time alone leads out of it, to the assistant or an end |
//! | a rule | names states and timers that exist, can decide, leads to a fitting owner |
//! | a change of owner | the customer is told |
//! | a gate, a threshold, a play | has its own name or scope, can decide |

use std::ops::Range;

use toml::Spanned;

use super::parse::machine::{Condition, EVENTS, Machine, RuleEntry, StateEntry};
use super::parse::policy::PolicyEntry;
use super::{Activity, On, Owner};
use crate::ids::StateName;
use crate::source::{Problem, Source, suggestion};

mod owners;
mod policy;
mod rules;
mod ways;

pub(super) use policy::policy;

/// Everything that is wrong with `machine`.
pub(super) fn machine(source: &Source, machine: &Machine, policy: &PolicyEntry) -> Vec<Problem> {
    let mut report = Report {
        source,
        machine,
        problems: Vec::new(),
    };
    for state in &machine.states {
        report.owner(state);
        report.queue(state);
        report.timers(state);
    }
    for (number, rule) in machine.rules.iter().enumerate() {
        report.names(rule);
        report.gates(rule, policy);
        report.decides(number, rule);
        report.fits(rule);
        report.told(rule);
        report.outcome(rule);
    }
    // Where rules or states are missing, everything might seem a dead end.
    if machine.complete
        && report
            .problems
            .iter()
            .all(|problem| !problem.message.contains(UNKNOWN))
    {
        report.ways();
        report.reachable();
    }
    report.problems
}

/// What is wrong with `initial` as the state in which conversations begin.
pub(super) fn initial(
    source: &Source,
    machine: &Machine,
    initial: &Spanned<String>,
) -> Option<Problem> {
    let report = Report {
        source,
        machine,
        problems: Vec::new(),
    };
    let key = "workflow.initial";
    let Some(state) = report.state(initial.get_ref()) else {
        let message = format!("{UNKNOWN} `{initial}`");
        let hint = report.near(initial.get_ref());
        return Some(source.problem(initial.span(), key, message).hint(hint));
    };
    report
        .wrong_start(state)
        .map(|(message, hint)| source.problem(initial.span(), key, message).hint(hint))
}

/// Whether `name` stands where gates do without being one: `failures.DETECTOR` for a detector that
/// failed, or the event of a rule that led to a human by itself.
fn is_no_gate(name: &str) -> bool {
    name.starts_with("failures.") || name.starts_with("timer_fired(") || EVENTS.contains(&name)
}

const UNKNOWN: &str = "unknown state";

struct Report<'a> {
    source: &'a Source,
    machine: &'a Machine,
    problems: Vec<Problem>,
}

impl<'a> Report<'a> {
    fn problem(
        &mut self,
        span: &Range<usize>,
        key: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = self.source.problem(span.clone(), key, message).hint(hint);
        self.problems.push(problem);
    }

    fn state(&self, name: &str) -> Option<&'a StateEntry> {
        self.machine
            .states
            .iter()
            .find(|state| state.name.as_str() == name)
    }

    fn owner_of(&self, name: &StateName) -> Option<Owner> {
        self.state(name.as_str()).and_then(|state| state.owner)
    }

    fn rules_from(&self, state: &StateEntry) -> impl Iterator<Item = &'a RuleEntry> {
        let name = state.name.clone();
        self.machine
            .rules
            .iter()
            .filter(move |rule| rule.from == name)
    }

    /// What would be right instead of the state `name`.
    fn near(&self, name: &str) -> String {
        let states: Vec<&str> = self
            .machine
            .states
            .iter()
            .map(|state| state.name.as_str())
            .collect();
        suggestion(name, &states, "states")
    }

    fn names(&mut self, rule: &RuleEntry) {
        for (name, place, part) in [
            (&rule.from, &rule.from_place, "from"),
            (&rule.to, &rule.to_place, "to"),
        ] {
            if self.machine.complete && self.state(name.as_str()).is_none() {
                let hint = self.near(name.as_str());
                let key = format!("{}.{part}", rule.key);
                self.problem(place, key, format!("{UNKNOWN} `{name}`"), hint);
            }
        }
        let (On::TimerFired(timer), Some(state)) = (&rule.on, self.state(rule.from.as_str()))
        else {
            return;
        };
        let timers: Vec<&str> = state
            .timers
            .iter()
            .map(|(timer, _)| timer.name.as_str())
            .collect();
        if !timers.contains(&timer.as_str()) {
            let message = format!("`{}` has no timer `{timer}`", state.name);
            let hint = match timers.is_empty() {
                true => format!(
                    "add `[states.{}.timers.{timer}]` with `after = \"…\"`",
                    state.name
                ),
                false => suggestion(timer.as_str(), &timers, "timers"),
            };
            self.problem(&rule.on_place, format!("{}.timer", rule.key), message, hint);
        }
    }

    /// Whether the gates that `rule` asks for exist.
    fn gates(&mut self, rule: &RuleEntry, policy: &PolicyEntry) {
        let Condition::Guard(guard, text) = &rule.when else {
            return;
        };
        let gates: Vec<&str> = policy
            .gates
            .iter()
            .map(|gate| gate.gate.name.as_str())
            .collect();
        for name in guard.texts("gate") {
            if !name.is_empty() && !is_no_gate(name) && !gates.contains(&name) {
                let hint = suggestion(name, &gates, "gates");
                let key = format!("{}.when", rule.key);
                self.problem(&text.span(), key, format!("unknown gate `{name}`"), hint);
            }
        }
    }

    fn timers(&mut self, state: &StateEntry) {
        if !self.machine.complete {
            return;
        }
        for (timer, place) in &state.timers {
            let on = On::TimerFired(timer.name.clone());
            if !self.rules_from(state).any(|rule| rule.on == on) {
                let key = format!("states.{}.timers.{}", state.name, timer.name);
                let hint = format!(
                    "add `[[rules]]` with `from = \"{}\"`, `on = \"timer_fired\"` and \
                     `timer = \"{}\"`, or leave the timer out",
                    state.name, timer.name
                );
                self.problem(place, key, "no rule answers to this timer", hint);
            }
        }
    }
}
