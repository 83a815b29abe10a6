//! States and rules, with the places where everything about them stands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sections::{self, Name};
use super::{Reader, within};
use crate::ids::{StateName, TimerName};
use crate::outcome::Outcome;
use crate::queue::{BREACH, WARNING};
use crate::source::suggestion;
use crate::workflow::guard::Guard;
use crate::workflow::{Messages, On, Owner, Rule, StateSpec, TimerSpec};

/// The machine as it was written, to be checked as a whole.
pub(in crate::workflow) struct Machine {
    /// Where conversations begin.
    pub(in crate::workflow) initial: StateName,
    /// Whether the file says so; then that place is checked by itself.
    pub(in crate::workflow) initial_given: bool,
    /// The states in the order of the file.
    pub(in crate::workflow) states: Vec<StateEntry>,
    /// The rules in the order of the file, one for each state that they leave.
    pub(in crate::workflow) rules: Vec<RuleEntry>,
    /// Whether every state and rule could be read; otherwise what is missing is not known.
    pub(in crate::workflow) complete: bool,
}

/// A state and its places.
pub(in crate::workflow) struct StateEntry {
    pub(in crate::workflow) name: StateName,
    pub(in crate::workflow) place: Range<usize>,
    /// `None` if it was not given.
    pub(in crate::workflow) owner: Option<Owner>,
    pub(in crate::workflow) queue: Option<Spanned<String>>,
    pub(in crate::workflow) timers: Vec<(TimerSpec, Range<usize>)>,
    pub(in crate::workflow) tell: Messages,
}

/// A rule for one of the states that it leaves, and its places.
pub(in crate::workflow) struct RuleEntry {
    /// `rules[3]`.
    pub(in crate::workflow) key: String,
    pub(in crate::workflow) place: Range<usize>,
    pub(in crate::workflow) from: StateName,
    pub(in crate::workflow) from_place: Range<usize>,
    pub(in crate::workflow) on: On,
    /// Where the event stands; where the timer stands if it is one.
    pub(in crate::workflow) on_place: Range<usize>,
    pub(in crate::workflow) when: Condition,
    pub(in crate::workflow) to: StateName,
    pub(in crate::workflow) to_place: Range<usize>,
    pub(in crate::workflow) tell: Option<Messages>,
    pub(in crate::workflow) outcome: Option<(Outcome, Range<usize>)>,
}

/// The condition of a rule.
pub(in crate::workflow) enum Condition {
    /// None: it always holds.
    Always,
    /// A guard, as it was written.
    Guard(Guard, Spanned<String>),
    /// A guard with a fault, which was reported: nothing is known about it.
    Unknown,
}

impl Machine {
    /// The initial state, the states and the rules of a machine without problems.
    pub(super) fn finished(self) -> (StateName, BTreeMap<StateName, StateSpec>, Vec<Rule>) {
        let states = self.states.into_iter().filter_map(StateEntry::finished);
        let rules = self.rules.into_iter().map(|entry| Rule {
            from: entry.from,
            on: entry.on,
            when: match entry.when {
                Condition::Guard(guard, _) => Some(guard),
                Condition::Always | Condition::Unknown => None,
            },
            to: entry.to,
            tell: entry.tell,
            outcome: entry.outcome.map(|(outcome, _)| outcome),
        });
        let states = states.map(|state| (state.name.clone(), state)).collect();
        (self.initial, states, rules.collect())
    }
}

impl StateEntry {
    fn finished(self) -> Option<StateSpec> {
        let owner = self.owner?;
        let queue = (owner == Owner::Queue).then(|| match self.queue {
            Some(queue) => queue.into_inner(),
            None => self.name.to_string(),
        });
        Some(StateSpec {
            name: self.name,
            owner,
            queue,
            timers: self.timers.into_iter().map(|(timer, _)| timer).collect(),
            tell: self.tell,
        })
    }
}

/// Reads `[states]` and `[[rules]]`.
pub(super) fn read(reader: &mut Reader<'_>, sections: &mut DeTable<'_>) -> Machine {
    let mut machine = Machine {
        initial: StateName::new("ai_owned").expect("it is a valid name"),
        initial_given: false,
        states: Vec::new(),
        rules: Vec::new(),
        complete: true,
    };
    let Some(states) = reader.entries(sections, "states") else {
        return Machine {
            complete: false,
            ..machine
        };
    };
    for (name, value) in states {
        match state(reader, &name, value) {
            Some(state) => machine.states.push(state),
            None => machine.complete = false,
        }
    }
    let Some(items) = reader.items(sections, "rules") else {
        return Machine {
            complete: false,
            ..machine
        };
    };
    for (number, value) in items.into_iter().enumerate() {
        match rules(reader, &format!("rules[{number}]"), value) {
            Some(rules) => machine.rules.extend(rules),
            None => machine.complete = false,
        }
    }
    machine
}

fn state(
    reader: &mut Reader<'_>,
    name: &Spanned<String>,
    value: Spanned<DeValue<'_>>,
) -> Option<StateEntry> {
    let key = format!("states.{name}");
    let id = reader.state_name(name, &key);
    let state: sections::State = reader.read(value)?;
    let mut timers = Vec::new();
    for (timer, section) in state.timers {
        let key = format!("{key}.timers.{timer}");
        let place = timer.span();
        if [WARNING, BREACH].contains(&timer.get_ref().as_str()) {
            let hint =
                "the queue's own: set `target` and `warn` of the queue, or name it otherwise";
            reader.problem(place.clone(), &key, "the name is taken", hint);
        }
        if let Some(name) = reader.name(TimerName::new(timer.get_ref()), place.clone(), &key) {
            let after = duration(reader, &section.after, &format!("{key}.after"));
            let restarts_on = section.restarts_on;
            timers.push((
                TimerSpec {
                    name,
                    after,
                    restarts_on,
                },
                place,
            ));
        }
    }
    let queue = state.queue.map(|queue| {
        let span = queue.span();
        Spanned::new(span, reader.words(queue, &format!("{key}.queue")))
    });
    let tell = reader.messages(state.tell, &format!("{key}.tell"));
    Some(StateEntry {
        name: id?,
        place: name.span(),
        owner: state.owner.map(Spanned::into_inner),
        queue,
        timers,
        tell,
    })
}

/// A duration longer than nothing; a wrong one was reported and is nothing.
pub(super) fn duration(reader: &mut Reader<'_>, text: &Spanned<String>, key: &str) -> Duration {
    let hint = "a number and a unit, such as `90s`, `15m`, `24h` or `7d`";
    match humantime::parse_duration(text.get_ref()) {
        Ok(duration) if !duration.is_zero() => return duration,
        Ok(_) => reader.problem(text.span(), key, "the time is over at once", hint),
        Err(error) => {
            let message = format!("`{text}` is not a length of time: {error}");
            reader.problem(text.span(), key, message, hint);
        }
    }
    Duration::ZERO
}

/// The rules of one `[[rules]]`, one for each state that it leaves.
fn rules(
    reader: &mut Reader<'_>,
    key: &str,
    value: Spanned<DeValue<'_>>,
) -> Option<Vec<RuleEntry>> {
    let place = value.span();
    let rule: sections::Rule = reader.read(value)?;
    let on = on(reader, key, &rule);
    let to = reader.state_name(&rule.to, &format!("{key}.to"));
    let tell = rule
        .tell
        .map(|tell| reader.messages(tell, &format!("{key}.tell")));
    let from_span = rule.from.span();
    let from = rule.from.into_inner().0;
    if from.is_empty() {
        let key = format!("{key}.from");
        reader.problem(
            from_span.clone(),
            key,
            "it leaves no state",
            "name at least one",
        );
    }
    let (on, to) = (on?, to?);
    let mut entries: Vec<RuleEntry> = Vec::new();
    for (number, name) in from.into_iter().enumerate() {
        let key_from = format!("{key}.from");
        let (name, from_place) = match name {
            Name::Alone(name) => (name, from_span.clone()),
            Name::Listed(name) => (name.get_ref().clone(), name.span()),
        };
        let from = reader.name(StateName::new(&name), from_place.clone(), &key_from)?;
        if entries.iter().any(|entry| entry.from == from) {
            reader.problem(from_place, key_from, format!("`{from}` is named twice"), "");
            continue;
        }
        let when = match &rule.when {
            None => Condition::Always,
            // The faults of a guard are the same for every state that the rule leaves.
            Some(_)
                if matches!(
                    entries.last(),
                    Some(RuleEntry {
                        when: Condition::Unknown,
                        ..
                    })
                ) =>
            {
                Condition::Unknown
            }
            Some(text) => condition(reader, text, &format!("{key}.when"), number == 0, &on),
        };
        entries.push(RuleEntry {
            key: key.to_owned(),
            place: place.clone(),
            from,
            from_place,
            on: on.clone(),
            on_place: match (&on, &rule.timer) {
                (On::TimerFired(_), Some(timer)) => timer.span(),
                _ => rule.on.span(),
            },
            when,
            to: to.clone(),
            to_place: rule.to.span(),
            tell: tell.clone(),
            outcome: rule
                .outcome
                .as_ref()
                .map(|outcome| (*outcome.get_ref(), outcome.span())),
        });
    }
    Some(entries)
}

fn condition(
    reader: &mut Reader<'_>,
    text: &Spanned<String>,
    key: &str,
    first: bool,
    on: &On,
) -> Condition {
    let Some(guard) = reader.guard(text, key) else {
        return Condition::Unknown;
    };
    if first {
        let unknown = [
            ("draft", true, "only gates look at drafts"),
            (
                "queue",
                *on != On::OperatorReleased,
                "it is named by `operator_released` alone",
            ),
        ];
        for (fact, is_unknown, why) in unknown {
            if let Some(span) = guard.asks(fact).filter(|_| is_unknown) {
                let span = within(reader.source, text, &span);
                reader.problem(span, key, format!("`{fact}` is never known here"), why);
            }
        }
    }
    Condition::Guard(guard, text.clone())
}

/// The events that rules answer to.
pub(in crate::workflow) const EVENTS: [&str; 8] = [
    "customer_spoke",
    "handoff_triggered",
    "operator_claimed",
    "operator_released",
    "operator_lost",
    "handed_back",
    "closed",
    "timer_fired",
];

fn on(reader: &mut Reader<'_>, key: &str, rule: &sections::Rule) -> Option<On> {
    let on = match rule.on.get_ref().as_str() {
        "customer_spoke" => On::CustomerSpoke,
        "handoff_triggered" => On::HandoffTriggered,
        "operator_claimed" => On::OperatorClaimed,
        "operator_released" => On::OperatorReleased,
        "operator_lost" => On::OperatorLost,
        "handed_back" => On::HandedBack,
        "closed" => On::Closed,
        "timer_fired" => {
            let Some(timer) = &rule.timer else {
                let hint = "add `timer = \"…\"`, one of the timers of the state";
                reader.problem(
                    rule.on.span(),
                    format!("{key}.on"),
                    "it names no timer",
                    hint,
                );
                return None;
            };
            let name = TimerName::new(timer.get_ref());
            let name = reader.name(name, timer.span(), &format!("{key}.timer"))?;
            return Some(On::TimerFired(name));
        }
        unknown => {
            let message = format!("unknown event `{unknown}`");
            let hint = suggestion(unknown, &EVENTS, "events");
            reader.problem(rule.on.span(), format!("{key}.on"), message, hint);
            return None;
        }
    };
    if let Some(timer) = &rule.timer {
        let message = format!("`{}` has no timer", rule.on);
        let hint = "leave it out, or write `on = \"timer_fired\"`";
        reader.problem(timer.span(), format!("{key}.timer"), message, hint);
    }
    Some(on)
}
