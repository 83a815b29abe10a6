//! Thresholds, gates, failures, limits and the playbook, with the places where they stand.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, sections, within};
use crate::policy::{Gate, OnFailure, Play, Policy, Threshold};
use crate::signal::{SignalKind, TriggerKind};
use crate::source::suggestion;

/// The score from which a signal hands off where the configuration says nothing: every detector
/// scales its scores so that its own margin, learned or configured, lies at one half.
pub const DEFAULT_THRESHOLD: f32 = 0.5;

/// How often a conversation may be handed back where the configuration says nothing.
pub const DEFAULT_MAX_HANDBACKS: u32 = 3;

/// The policy as it was written, to be checked as a whole.
pub(in crate::workflow) struct PolicyEntry {
    policy: Policy,
    /// The gates, in the order of the file.
    pub(in crate::workflow) gates: Vec<GateEntry>,
    /// The places of the thresholds of the file; the defaults have none.
    pub(in crate::workflow) thresholds: Vec<(Threshold, Range<usize>)>,
    /// Those of `[calibrated]`, which decide instead of equally particular ones.
    pub(in crate::workflow) calibrated: Vec<(Threshold, Range<usize>)>,
    /// The playbook, in the order of the file.
    pub(in crate::workflow) playbook: Vec<PlayEntry>,
}

/// A gate and its places.
pub(in crate::workflow) struct GateEntry {
    /// `gates[3]`.
    pub(in crate::workflow) key: String,
    pub(in crate::workflow) name_place: Range<usize>,
    pub(in crate::workflow) when_text: Spanned<String>,
    pub(in crate::workflow) gate: Gate,
}

/// A play and its places.
pub(in crate::workflow) struct PlayEntry {
    /// `playbook[3]`.
    pub(in crate::workflow) key: String,
    pub(in crate::workflow) place: Range<usize>,
    pub(in crate::workflow) rule_place: Option<Range<usize>>,
    pub(in crate::workflow) play: Play,
}

impl PolicyEntry {
    /// The policy of a file without problems.
    pub(super) fn finished(self) -> Policy {
        let defaults = SignalKind::ALL.into_iter().map(|kind| Threshold {
            kind,
            channel: None,
            segment: None,
            score: Some(DEFAULT_THRESHOLD),
            origin: "default".to_owned(),
        });
        let given = self.thresholds.into_iter().chain(self.calibrated);
        let given = given.map(|(threshold, _)| threshold);
        Policy {
            gates: self.gates.into_iter().map(|entry| entry.gate).collect(),
            // Of equally particular thresholds the later decides.
            thresholds: defaults.chain(given).collect(),
            playbook: self.playbook.into_iter().map(|entry| entry.play).collect(),
            ..self.policy
        }
    }
}

/// Reads everything of the policy.
pub(super) fn read(reader: &mut Reader<'_>, sections: &mut DeTable<'_>) -> PolicyEntry {
    let thresholds = thresholds(reader, sections, "");
    let calibrated = calibrated(reader, sections);
    let gates = numbered(reader, sections, "gates")
        .into_iter()
        .filter_map(|(key, item)| gate(reader, key, item))
        .collect();
    let playbook = numbered(reader, sections, "playbook")
        .into_iter()
        .filter_map(|(key, item)| play(reader, key, item))
        .collect();
    let (other_failure, detector_failure) = failures(reader, sections);
    let limits: sections::Limits = reader.section(sections, "limits");
    PolicyEntry {
        policy: Policy {
            gates: Vec::new(),
            thresholds: Vec::new(),
            detector_failure,
            other_failure,
            max_handbacks: limits.max_handbacks.unwrap_or(DEFAULT_MAX_HANDBACKS),
            playbook: Vec::new(),
        },
        gates,
        thresholds,
        calibrated,
        playbook,
    }
}

/// `[thresholds]` and `[[thresholds_for]]` of `sections`, whose keys begin with `path`.
fn thresholds(
    reader: &mut Reader<'_>,
    sections: &mut DeTable<'_>,
    path: &str,
) -> Vec<(Threshold, Range<usize>)> {
    let mut found = Vec::new();
    if let Some(section) = sections.remove("thresholds") {
        found.extend(scores(reader, &format!("{path}thresholds"), section, false));
    }
    for (key, item) in numbered(reader, sections, "thresholds_for") {
        found.extend(scores(reader, &format!("{path}{key}"), item, true));
    }
    found
}

/// `[calibrated]`: thresholds that were promoted over those of the file.
fn calibrated(
    reader: &mut Reader<'_>,
    sections: &mut DeTable<'_>,
) -> Vec<(Threshold, Range<usize>)> {
    let Some(section) = sections.remove("calibrated") else {
        return Vec::new();
    };
    let place = section.span();
    let DeValue::Table(mut inner) = section.into_inner() else {
        let hint = "write `[calibrated.thresholds]`";
        reader.problem(place, "calibrated", "this is not a table", hint);
        return Vec::new();
    };
    let found = thresholds(reader, &mut inner, "calibrated.");
    for name in inner.keys() {
        let key = format!("calibrated.{}", name.get_ref());
        let message = format!("unknown key `{}`", name.get_ref());
        let hint = suggestion(name.get_ref(), &["thresholds", "thresholds_for"], "keys");
        reader.problem(name.span(), key, message, hint);
    }
    found
}

/// The items of the list `[[name]]` with their keys, such as `gates[3]`.
fn numbered<'i>(
    reader: &mut Reader<'_>,
    sections: &mut DeTable<'i>,
    name: &str,
) -> Vec<(String, Spanned<DeValue<'i>>)> {
    let items = reader.items(sections, name).unwrap_or_default();
    items
        .into_iter()
        .enumerate()
        .map(|(number, item)| (format!("{name}[{number}]"), item))
        .collect()
}

/// The thresholds of one table; `scoped` ones may name a channel and a segment.
fn scores(
    reader: &mut Reader<'_>,
    key: &str,
    section: Spanned<DeValue<'_>>,
    scoped: bool,
) -> Vec<(Threshold, Range<usize>)> {
    let place = section.span();
    let DeValue::Table(table) = section.into_inner() else {
        let hint = format!("write `[{key}]` with a line for each signal");
        reader.problem(place, key, "this is not a table", hint);
        return Vec::new();
    };
    let (mut channel, mut segment, mut found) = (None, None, Vec::new());
    for (name, value) in table {
        let key = format!("{key}.{}", name.get_ref());
        match name.get_ref().as_ref() {
            "channel" if scoped => channel = reader.read::<Spanned<String>>(value),
            "segment" if scoped => segment = reader.read::<Spanned<String>>(value),
            name_text => match SignalKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == name_text)
            {
                Some(kind) => {
                    let place = name.span();
                    if let Some(score) = score(reader, &key, &value) {
                        found.push((kind, score, key, place));
                    }
                }
                None => {
                    let known = SignalKind::ALL.map(SignalKind::as_str);
                    let hint = suggestion(name_text, &known, "signals");
                    reader.problem(
                        name.span(),
                        key,
                        format!("unknown signal `{name_text}`"),
                        hint,
                    );
                }
            },
        }
    }
    if scoped && channel.is_none() && segment.is_none() {
        let hint = "name a `channel`, a `segment` or both; for all, use `[thresholds]`";
        reader.problem(place, key, "it says for whom by nothing", hint);
    }
    let mut text = |text: Option<Spanned<String>>, name: &str| {
        text.map(|text| reader.words(text, &format!("{key}.{name}")))
    };
    let (channel, segment) = (text(channel, "channel"), text(segment, "segment"));
    let threshold = |(kind, score, origin, place)| {
        let (channel, segment) = (channel.clone(), segment.clone());
        (
            Threshold {
                kind,
                channel,
                segment,
                score,
                origin,
            },
            place,
        )
    };
    found.into_iter().map(threshold).collect()
}

/// A score, `Some(None)` for `"off"`; `None` after a problem.
fn score(reader: &mut Reader<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Option<f32>> {
    let hint = "a score from 0 (always) to 1, or \"off\"";
    let number = match value.get_ref() {
        DeValue::String(text) if text == "off" => return Some(None),
        DeValue::Float(number) => number.as_str().replace('_', "").parse::<f32>().ok(),
        DeValue::Integer(number) => number.as_str().parse::<f32>().ok(),
        _ => None,
    };
    match number {
        Some(score) if (0.0..=1.0).contains(&score) => return Some(Some(score)),
        Some(score) => {
            reader.problem(value.span(), key, format!("{score} is no score"), hint);
        }
        None => reader.problem(value.span(), key, "this is no score", hint),
    }
    None
}

fn gate(reader: &mut Reader<'_>, key: String, value: Spanned<DeValue<'_>>) -> Option<GateEntry> {
    let gate: sections::Gate = reader.read(value)?;
    let name_place = gate.name.span();
    let name = reader.words(gate.name, &format!("{key}.name"));
    let trigger = gate.trigger.map_or(TriggerKind::HardGate, |trigger| {
        let allowed = [
            TriggerKind::HardGate,
            TriggerKind::CustomerRequest,
            TriggerKind::Rule,
        ];
        let kind = *trigger.get_ref();
        if !allowed.contains(&kind) {
            let message = format!("a gate does not give the reason `{kind}`");
            let hint = suggestion("", &allowed.map(TriggerKind::as_str), "reasons of a gate");
            reader.problem(trigger.span(), format!("{key}.trigger"), message, hint);
        }
        kind
    });
    let sensitivity = gate
        .sensitivity
        .map(|text| reader.words(text, &format!("{key}.sensitivity")));
    let when_key = format!("{key}.when");
    let when = reader.guard(&gate.when, &when_key)?;
    for (fact, why) in [
        ("trigger", "a gate is what gives the trigger"),
        ("gate", "ask in `[[rules]]` which gate matched"),
        (
            "queue",
            "it is named by `operator_released`, which rules answer to",
        ),
    ] {
        if let Some(span) = when.asks(fact) {
            let span = within(reader.source, &gate.when, &span);
            reader.problem(
                span,
                &when_key,
                format!("`{fact}` is not known to gates"),
                why,
            );
        }
    }
    Some(GateEntry {
        gate: Gate {
            name,
            when,
            trigger,
            sensitivity,
        },
        when_text: gate.when,
        name_place,
        key,
    })
}

fn play(reader: &mut Reader<'_>, key: String, value: Spanned<DeValue<'_>>) -> Option<PlayEntry> {
    let place = value.span();
    let play: sections::Play = reader.read(value)?;
    let rule_place = play.rule.as_ref().map(Spanned::span);
    let step = reader.words(play.step, &format!("{key}.step"));
    let mut text = |text: Option<Spanned<String>>, name: &str| {
        text.map(|text| reader.words(text, &format!("{key}.{name}")))
    };
    let (rule, intent) = (text(play.rule, "rule"), text(play.intent, "intent"));
    let trigger = play.trigger.map(Spanned::into_inner);
    Some(PlayEntry {
        play: Play {
            trigger,
            rule,
            intent,
            step,
        },
        rule_place,
        place,
        key,
    })
}

fn failures(
    reader: &mut Reader<'_>,
    sections: &mut DeTable<'_>,
) -> (OnFailure, BTreeMap<String, OnFailure>) {
    let section: sections::Failures = reader.section(sections, "failures");
    let mut detectors = BTreeMap::new();
    for (name, choice) in section {
        let choice = match choice.get_ref().as_str() {
            "hand_off" => OnFailure::HandOff,
            "continue" => OnFailure::Continue,
            unknown => {
                let hint = suggestion(unknown, &["hand_off", "continue"], "choices");
                let key = format!("failures.{name}");
                reader.problem(
                    choice.span(),
                    key,
                    format!("unknown choice `{unknown}`"),
                    hint,
                );
                continue;
            }
        };
        detectors.insert(name.into_inner(), choice);
    }
    let other = detectors.remove("default").unwrap_or(OnFailure::HandOff);
    (other, detectors)
}
