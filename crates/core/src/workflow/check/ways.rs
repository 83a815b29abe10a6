//! Ways through the machine: every state is reached, and none is a trap.

use std::collections::BTreeSet;

use super::owners::words;
use super::{Activity, Condition, On, Owner, Report};
use crate::ids::StateName;
use crate::workflow::guard::Guard;
use crate::workflow::parse::machine::{RuleEntry, StateEntry};

impl<'a> Report<'a> {
    /// Whether every state can be left in the ways that its owner needs.
    pub(super) fn ways(&mut self) {
        for state in &self.machine.states {
            match state.owner {
                Some(Owner::Assistant) => self.needs(
                    state,
                    &[On::HandoffTriggered],
                    "the assistant cannot hand off from here",
                    "`on = \"handoff_triggered\"` and no `when`, to a queue",
                ),
                Some(Owner::Queue) => {
                    let hint = "`on = \"operator_claimed\"` and no `when`, to an operator's state";
                    self.needs(
                        state,
                        &[On::OperatorClaimed],
                        "nobody can claim from here",
                        hint,
                    );
                    self.time_leads_out(state);
                }
                Some(Owner::Operator) => {
                    let ends = [On::HandedBack, On::OperatorReleased, On::Closed];
                    let hint = "`on = \"handed_back\"`, `\"operator_released\"` or `\"closed\"`";
                    self.needs(state, &ends, "the operator can never be done here", hint);
                    self.time_leads_out(state);
                }
                Some(Owner::Nobody) => {
                    let hint = "`on = \"customer_spoke\"` and no `when`, such as to the assistant";
                    let message = "a customer who writes again is turned away here";
                    self.needs(state, &[On::CustomerSpoke], message, hint);
                }
                None => {}
            }
        }
    }

    /// Reports `message` unless some event of `events` is always answered in `state`.
    fn needs(&mut self, state: &StateEntry, events: &[On], message: &str, hint: &str) {
        if events.iter().any(|on| self.always_answered(state, on)) {
            return;
        }
        let hint = format!("add `[[rules]]` with `from = \"{}\"`, {hint}", state.name);
        self.problem(
            &state.place,
            format!("states.{}", state.name),
            message,
            hint,
        );
    }

    /// Whether in every case a rule that leaves `state` answers to `on`.
    fn always_answered(&self, state: &StateEntry, on: &On) -> bool {
        let rules: Vec<&RuleEntry> = self
            .rules_from(state)
            .filter(|rule| rule.on == *on && (rule.to != state.name || *on != On::CustomerSpoke))
            .collect();
        // A condition with a fault may hold always, once it is right.
        if rules
            .iter()
            .any(|rule| !matches!(rule.when, Condition::Guard(..)))
        {
            return true;
        }
        let guards: Vec<&Guard> = rules
            .iter()
            .filter_map(|rule| match &rule.when {
                Condition::Guard(guard, _) => Some(guard),
                _ => None,
            })
            .collect();
        !guards.is_empty()
            && Guard::compile("true").is_ok_and(|always| always.is_covered_by(&guards))
    }

    /// Whether a conversation that waits in `state` comes to the assistant or to an end when
    /// nobody does anything but the customer, who may write as often as they like.
    fn time_leads_out(&mut self, state: &StateEntry) {
        let (mut seen, mut next) = (BTreeSet::new(), vec![state]);
        while let Some(here) = next.pop() {
            if !matches!(here.owner, Some(Owner::Queue | Owner::Operator)) {
                return;
            }
            if seen.insert(&here.name) {
                next.extend(self.after_time(here));
            }
        }
        let stuck = |name: &&StateName| {
            self.state(name.as_str())
                .is_some_and(|state| self.after_time(state).is_empty())
        };
        let key = format!("states.{}", state.name);
        let (message, hint) = match seen.len() {
            1 => (
                "the conversation may wait here for ever",
                "add a timer that the customer does not restart, and `[[rules]]` for it without \
                 `when` to another state"
                    .to_owned(),
            ),
            // The state that it gets stuck in is reported by itself.
            _ if seen.iter().any(stuck) => return,
            _ => (
                "the conversation may wait for ever: time leads only to other waiting states",
                format!(
                    "let a timer lead from one of {} to the assistant or to an end",
                    names(&seen)
                ),
            ),
        };
        self.problem(&state.place, key, message, hint);
    }

    /// Where `state` is left for by time alone.
    fn after_time(&self, state: &StateEntry) -> Vec<&'a StateEntry> {
        state
            .timers
            .iter()
            .filter(|(timer, _)| timer.restarts_on != Some(Activity::Customer))
            .map(|(timer, _)| On::TimerFired(timer.name.clone()))
            .filter(|on| self.always_answered(state, on))
            .flat_map(|on| self.rules_from(state).filter(move |rule| rule.on == on))
            .filter(|rule| rule.to != state.name)
            .filter_map(|rule| self.state(rule.to.as_str()))
            .collect()
    }

    /// Whether every state can be reached from the initial one.
    pub(super) fn reachable(&mut self) {
        let initial = self.state(self.machine.initial.as_str());
        let Some(initial) = initial else {
            if self.machine.initial_given {
                return;
            }
            let message = format!(
                "conversations begin in `{}`, which is not here",
                self.machine.initial
            );
            let hint = format!(
                "set `workflow.initial`; {}",
                self.near(self.machine.initial.as_str())
            );
            return self.problem(&(0..0), "workflow.initial", message, hint);
        };
        if let Some((message, hint)) = self.wrong_start(initial)
            && !self.machine.initial_given
        {
            self.problem(
                &initial.place,
                format!("states.{}", initial.name),
                message,
                hint,
            );
        }
        if initial.owner == Some(Owner::Queue) && initial.tell.is_empty() {
            let message = "conversations begin in this queue without a word to the customer";
            let key = format!("states.{}", initial.name);
            self.problem(&initial.place, key, message, "add `tell.en = \"…\"`");
        }
        let (mut reached, mut next) = (BTreeSet::new(), vec![initial]);
        while let Some(state) = next.pop() {
            if reached.insert(&state.name) {
                let to = self.rules_from(state).map(|rule| rule.to.as_str());
                next.extend(to.filter_map(|name| self.state(name)));
            }
        }
        for state in &self.machine.states {
            if !reached.contains(&state.name) {
                let owner = state.owner.map_or("somebody", words);
                let message = format!("no rule ever leads from `{}` here", initial.name);
                let hint = format!(
                    "add `[[rules]]` with `to = \"{}\"` (it is owned by {owner}), or leave it out",
                    state.name
                );
                self.problem(
                    &state.place,
                    format!("states.{}", state.name),
                    message,
                    hint,
                );
            }
        }
    }
}

fn names(states: &BTreeSet<&StateName>) -> String {
    states
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
