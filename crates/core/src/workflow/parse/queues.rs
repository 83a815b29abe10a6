//! Queues, with the places where everything about them stands.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeTable;

use super::machine::{Machine, duration};
use super::{Reader, sections, within};
use crate::queue::hours::Hours;
use crate::queue::{MAX_POINTS, Occasion, Priority, QueueSpec, words};
use crate::source::suggestion;
use crate::workflow::{Messages, Owner};

/// The queues of `machine` by name, as `[queues]` has them; the others are open and plain.
pub(super) fn read(
    reader: &mut Reader<'_>,
    sections: &mut DeTable<'_>,
    machine: &Machine,
) -> BTreeMap<String, QueueSpec> {
    let waiting = machine
        .states
        .iter()
        .filter(|state| state.owner == Some(Owner::Queue));
    let named = waiting.map(|state| match &state.queue {
        Some(queue) => queue.get_ref().clone(),
        None => state.name.to_string(),
    });
    let mut queues: BTreeMap<String, QueueSpec> = named
        .map(|name| (name.clone(), QueueSpec::new(&name)))
        .collect();
    let known: Vec<String> = queues.keys().cloned().collect();
    for (name, value) in reader.entries(sections, "queues").unwrap_or_default() {
        let key = format!("queues.{name}");
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        if !known.contains(&name.get_ref().as_str()) && machine.complete {
            let message = format!("no state waits in `{name}`");
            let hint = suggestion(name.get_ref(), &known, "queues");
            reader.problem(name.span(), &key, message, hint);
        }
        if let Some(section) = reader.read(value) {
            let queue = queue(reader, &key, name.get_ref(), section);
            queues.insert(name.into_inner(), queue);
        }
    }
    queues
}

fn queue(reader: &mut Reader<'_>, key: &str, name: &str, section: sections::Queue) -> QueueSpec {
    let plain = QueueSpec::new(name);
    let mut time = |text: &Option<Spanned<String>>, field: &str| -> Option<Duration> {
        text.as_ref()
            .map(|text| duration(reader, text, &format!("{key}.{field}")))
    };
    let target = time(&section.target, "target");
    let warn = time(&section.warn, "warn");
    let sticky = time(&section.sticky, "sticky");
    let offer_call_back = time(&section.offer_call_back, "offer_call_back");
    let call_back_within = time(&section.call_back_within, "call_back_within");
    if let (Some(text), Some(warn)) = (&section.warn, warn)
        && target.is_none_or(|target| warn >= target)
    {
        let message = "the warning does not come before the target is missed";
        let hint = "set `target`, and `warn` to less than that";
        reader.problem(text.span(), format!("{key}.warn"), message, hint);
    }
    let skills = section.skills.into_iter();
    let skills = skills.map(|skill| reader.words(skill, &format!("{key}.skills")));
    let skills = skills.collect();
    let priority = section.priority.into_iter().enumerate();
    let priority = priority
        .filter_map(|(number, rule)| points(reader, &format!("{key}.priority[{number}]"), &rule));
    let priority = priority.collect();
    let hours = hours(
        reader,
        key,
        section.timezone,
        section.hours,
        &section.holidays,
    );
    let mut said = |given: Option<sections::Tell>, field: &str, usual: Messages| match given {
        Some(tell) => reader.messages(tell, &format!("{key}.{field}")),
        None => usual,
    };
    QueueSpec {
        skills,
        same_language: section.same_language,
        assignment: section.assignment,
        sticky: sticky.unwrap_or(plain.sticky),
        target,
        warn: warn.or(target.map(|target| target * 3 / 4)),
        priority,
        hours,
        outside: section.outside,
        offer_call_back,
        call_back_within: call_back_within.unwrap_or(plain.call_back_within),
        closed: said(
            section.closed,
            "closed",
            words(Occasion::Closed(section.outside)),
        ),
        call_back: said(section.call_back, "call_back", plain.call_back),
        contact_taken: said(section.contact_taken, "contact_taken", plain.contact_taken),
        name: plain.name,
    }
}

fn points(reader: &mut Reader<'_>, key: &str, rule: &sections::Priority) -> Option<Priority> {
    let when = reader.guard(&rule.when, &format!("{key}.when"))?;
    for (fact, why) in [
        ("draft", "only gates look at drafts"),
        ("queue", "it is named by `operator_released` alone"),
    ] {
        if let Some(span) = when.asks(fact) {
            let span = within(reader.source, &rule.when, &span);
            let message = format!("`{fact}` is never known here");
            reader.problem(span, format!("{key}.when"), message, why);
        }
    }
    let points = *rule.points.get_ref();
    if points.unsigned_abs() > MAX_POINTS.unsigned_abs() {
        let message = format!("{points} points are too many");
        let hint = format!("at most {MAX_POINTS}; each goes ahead of a minute of waiting");
        reader.problem(rule.points.span(), format!("{key}.points"), message, hint);
    }
    Some(Priority { when, points })
}

fn hours(
    reader: &mut Reader<'_>,
    key: &str,
    zone: Option<Spanned<String>>,
    week: Option<Spanned<sections::Week>>,
    holidays: &[Spanned<String>],
) -> Option<Hours> {
    let Some(week) = week else {
        let stray = zone.map(|zone| (zone.span(), "timezone"));
        let stray = stray.or(holidays.first().map(|day| (day.span(), "holidays")));
        if let Some((span, field)) = stray {
            let hint = format!("add `[{key}.hours]`, or leave it out: it is always open");
            reader.problem(span, format!("{key}.{field}"), "there are no hours", hint);
        }
        return None;
    };
    let (span, week) = (week.span(), week.into_inner());
    let week = [
        week.monday,
        week.tuesday,
        week.wednesday,
        week.thursday,
        week.friday,
        week.saturday,
        week.sunday,
    ];
    let holidays: Vec<String> = holidays.iter().map(|day| day.get_ref().clone()).collect();
    let zone = zone.map_or_else(|| "UTC".to_owned(), Spanned::into_inner);
    Hours::new(&zone, week.map(Vec::from), &holidays)
        .map_err(|error| {
            reader.problem(
                span,
                format!("{key}.hours"),
                error.to_string(),
                String::new(),
            );
        })
        .ok()
}
