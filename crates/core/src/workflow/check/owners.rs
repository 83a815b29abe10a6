//! Owners: every state has one, rules lead to fitting ones, and the customer hears of a change.

use super::{On, Owner, Report};
use crate::outcome::Outcome;
use crate::workflow::parse::machine::{RuleEntry, StateEntry};

impl Report<'_> {
    pub(super) fn owner(&mut self, state: &StateEntry) {
        if state.owner.is_none() {
            let hint = "add `owner = \"assistant\"`, `\"queue\"`, `\"operator\"` or `\"nobody\"`";
            let key = format!("states.{}", state.name);
            self.problem(&state.place, key, "the state has no owner", hint);
        }
    }

    pub(super) fn queue(&mut self, state: &StateEntry) {
        if let (Some(queue), Some(owner)) = (&state.queue, state.owner)
            && owner != Owner::Queue
        {
            let key = format!("states.{}.queue", state.name);
            let message = format!("a state owned by {} has no queue", words(owner));
            let hint = "leave it out, or write `owner = \"queue\"`";
            self.problem(&queue.span(), key, message, hint);
        }
    }

    /// Whether the event of `rule` puts the conversation into hands that can take it.
    pub(super) fn fits(&mut self, rule: &RuleEntry) {
        let (Some(left), Some(entered)) = (self.owner_of(&rule.from), self.owner_of(&rule.to))
        else {
            return;
        };
        let speaks_only = rule.from == rule.to;
        let wanted = match rule.on {
            On::HandoffTriggered => Some(Owner::Queue),
            On::OperatorClaimed => Some(Owner::Operator),
            On::OperatorReleased | On::OperatorLost => Some(Owner::Queue),
            On::HandedBack => Some(Owner::Assistant),
            On::Closed => Some(Owner::Nobody),
            On::CustomerSpoke | On::TimerFired(_) => None,
        };
        let key = format!("{}.to", rule.key);
        if let Some(wanted) = wanted.filter(|wanted| *wanted != entered) {
            let message = format!(
                "`{}` cannot lead to a state owned by {}",
                rule.on,
                words(entered)
            );
            let hint = format!("lead to a state owned by {}", words(wanted));
            return self.problem(&rule.to_place, key, message, hint);
        }
        let claimed = rule.on == On::OperatorClaimed || left == Owner::Operator;
        if entered == Owner::Operator && !claimed && !speaks_only {
            let message = format!("nobody claimed the conversation that enters `{}`", rule.to);
            let hint = "lead to a queue; only `operator_claimed` brings an operator";
            self.problem(&rule.to_place, key, message, hint);
        }
        let possible = match rule.on {
            On::HandoffTriggered => left == Owner::Assistant,
            On::OperatorReleased | On::OperatorLost | On::HandedBack => left == Owner::Operator,
            On::OperatorClaimed => left == Owner::Assistant || left == Owner::Queue,
            On::CustomerSpoke | On::Closed | On::TimerFired(_) => true,
        };
        if !possible {
            let message = format!(
                "`{}` never happens in a state owned by {}",
                rule.on,
                words(left)
            );
            let hint = "leave the rule out, or name another state in `from`";
            self.problem(
                &rule.from_place,
                format!("{}.from", rule.key),
                message,
                hint,
            );
        }
    }

    /// Whether the customer is told when `rule` changes the owner.
    pub(super) fn told(&mut self, rule: &RuleEntry) {
        let (Some(left), Some(target)) = (self.owner_of(&rule.from), self.state(rule.to.as_str()))
        else {
            return;
        };
        let changes = target.owner.is_some_and(|owner| owner != left);
        let words = rule.tell.as_ref().unwrap_or(&target.tell);
        if changes && words.is_empty() {
            let message = format!(
                "the owner changes on the way to `{}` without a word",
                rule.to
            );
            let hint = format!(
                "add `tell.en = \"…\"` to the rule, or to `[states.{}]` for every way there",
                rule.to
            );
            self.problem(&rule.to_place, format!("{}.to", rule.key), message, hint);
        }
    }

    pub(super) fn outcome(&mut self, rule: &RuleEntry) {
        let (Some((outcome, place)), Some(owner)) = (&rule.outcome, self.owner_of(&rule.to)) else {
            return;
        };
        let key = format!("{}.outcome", rule.key);
        if owner != Owner::Nobody {
            let message = format!("`{}` does not end it, so there is no outcome", rule.to);
            let hint = "leave it out, or lead to a state owned by nobody";
            self.problem(place, key, message, hint);
        } else if rule.on == On::Closed {
            let message = format!("`{outcome}` is never used: whoever closes says how it ended");
            self.problem(place, key, message, "leave it out");
        } else if self.owner_of(&rule.from) == Some(Owner::Nobody) {
            let message = format!(
                "`{outcome}` is never used: `{}` is an end already",
                rule.from
            );
            self.problem(place, key, message, "leave it out");
        } else if *outcome == Outcome::Reopened {
            let message = "`reopened` is what an earlier outcome becomes when the customer comes \
                           back"
                .to_owned();
            self.problem(place, key, message, "leave it out, and the facts decide");
        }
    }

    /// Why conversations cannot begin in `state`, and what would be right.
    pub(super) fn wrong_start(&self, state: &StateEntry) -> Option<(String, &'static str)> {
        match state.owner? {
            Owner::Assistant | Owner::Queue => None,
            owner => Some((
                format!(
                    "conversations cannot begin in a state owned by {}",
                    words(owner)
                ),
                "begin in a state owned by the assistant or a queue",
            )),
        }
    }
}

pub(super) fn words(owner: Owner) -> &'static str {
    match owner {
        Owner::Assistant => "the assistant",
        Owner::Queue => "a queue",
        Owner::Operator => "an operator",
        Owner::Nobody => "nobody",
    }
}
