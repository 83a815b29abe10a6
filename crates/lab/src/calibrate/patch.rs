//! The thresholds as a patch of TOML that a person reviews.
//!
//! It takes the place of every threshold of a configuration, so it says those again that stay: of
//! signals that were not weighed, and of scopes of which nothing can be promised. There each
//! conversation is decided as it is now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use warmline_core::CustomerContext;
use warmline_core::policy::Threshold;
use warmline_core::signal::SignalKind;

use super::{Calibration, Group, Scope};

/// A section of the patch.
struct Section<'a> {
    channel: Option<&'a str>,
    segment: Option<&'a str>,
    /// The scope that it is for; `None` where it says what is in force now for a part of one.
    group: Option<&'a Group>,
    scores: Vec<(SignalKind, Option<f32>)>,
}

impl Calibration {
    /// The thresholds that are proposed, in the order of the patch: they take the place of all that
    /// are in force. Signals that were not weighed stay as they are, and so does a scope of which
    /// nothing can be promised. Empty where nothing is promised at all.
    pub fn proposed(&self) -> Vec<Threshold> {
        if self.groups.iter().all(|group| group.thresholds.is_none()) {
            return Vec::new();
        }
        let mut proposed = Vec::new();
        for section in self.sections() {
            proposed.extend(section.scores.iter().map(|(kind, score)| Threshold {
                kind: *kind,
                channel: section.channel.map(str::to_owned),
                segment: section.segment.map(str::to_owned),
                score: *score,
                origin: format!("thresholds.{kind}"),
            }));
        }
        proposed
    }

    /// The patch: sections that replace all thresholds of a configuration, with what they rest on
    /// in comments.
    pub fn patch(&self) -> String {
        let mut patch = format!(
            "# Proposed by `warmline calibrate`; review it, then put it in place of `[thresholds]` and of\n\
             # every `[[thresholds_for]]`.\n\
             # {} labelled conversations, {} needed a human, seed {}.\n",
            self.conversations, self.needed, self.seed
        );
        for warning in self.warnings() {
            let _ = writeln!(patch, "# warning: {warning}");
        }
        let Some(then) = self.then else {
            patch.push_str("#\n# Nothing can be promised, so nothing is proposed.\n");
            return patch;
        };
        if self.holds() {
            let _ = writeln!(patch, "# It {}.", self.promise());
        }
        let _ = writeln!(patch, "# All, held out: {}.", then.beside(self.now));
        for ((channel, segment), kinds) in self.gone() {
            let whom = whom(channel, segment).map(|(key, name)| format!("{key} {name:?}"));
            let whom: Vec<String> = whom.collect();
            let (kinds, whom) = (kinds.join(", "), whom.join(" and "));
            let _ = writeln!(
                patch,
                "# Gone: {kinds} for {whom}; the sections below decide there."
            );
        }
        for section in self.sections() {
            patch.push('\n');
            match section.group {
                Some(group) => self.introduce(&mut patch, group),
                None => patch.push_str("# As it is now.\n"),
            }
            patch.push_str(match (section.channel, section.segment) {
                (None, None) => "[thresholds]\n",
                _ => "[[thresholds_for]]\n",
            });
            for (key, name) in whom(section.channel, section.segment) {
                let _ = writeln!(patch, "{key} = {}", quoted(name));
            }
            for (kind, score) in section.scores {
                let score = spelled(score);
                let group = section.group;
                let _ = match group.filter(|group| group.thresholds.is_some()) {
                    None => writeln!(patch, "{kind} = {score}"),
                    Some(_) if !self.weighed.contains(&kind) => {
                        writeln!(patch, "{kind} = {score}  # unchanged: not weighed")
                    }
                    Some(group) => {
                        let now = spelled(group.now_of(kind));
                        writeln!(patch, "{kind} = {score}  # now {now}")
                    }
                };
            }
        }
        patch
    }

    /// Says what the section of `group` rests on.
    fn introduce(&self, patch: &mut String, group: &Group) {
        if self.groups.len() > 1 {
            let then = group.then.unwrap_or(group.now);
            let (name, figures) = (group.scope.name(), then.beside(group.now));
            let _ = writeln!(patch, "# {name:?}, held out: {figures}.");
        }
        if group.thresholds.is_none() {
            patch.push_str(
                "# Nothing can be promised for these: their thresholds are those of now.\n",
            );
        }
    }

    /// The sections, in the order of the patch: of those for as many of channel and segment the later
    /// decides.
    fn sections(&self) -> Vec<Section<'_>> {
        let mut sections = Vec::new();
        for group in &self.groups {
            sections.push(self.section(group));
            match group.scope {
                Scope::Others => sections.extend(self.kept()),
                _ if group.thresholds.is_none() => sections.extend(self.refined(group)),
                _ => {}
            }
        }
        sections
    }

    /// The section for the scope of `group`.
    fn section<'a>(&'a self, group: &'a Group) -> Section<'a> {
        let score = |kind: SignalKind| {
            let weighed = self.weighed.contains(&kind);
            let found = group.thresholds.as_ref().filter(|_| weighed);
            let score = found.map_or_else(|| group.now_of(kind), |found| found.of(kind));
            (weighed || group.scope == Scope::Others).then_some((kind, score))
        };
        Section {
            channel: group.scope.channel(),
            segment: group.scope.segment(),
            group: Some(group),
            scores: SignalKind::ALL.into_iter().filter_map(score).collect(),
        }
    }

    /// The sections in force that stay as they are: the signals in them that were not weighed, and
    /// those for some of the others, where nothing can be promised for these. The sections of scopes
    /// come later, so they decide who is in one.
    fn kept<'a>(&'a self) -> Vec<Section<'a>> {
        let stays = |one: &&Threshold| {
            let group = self.group_of(&customer(one.channel.as_deref(), one.segment.as_deref()));
            let kept = group.scope == Scope::Others && group.thresholds.is_none();
            kept || !self.weighed.contains(&one.kind)
        };
        let stay: Vec<&'a Threshold> = self.particular().filter(stays).collect();
        let whom = |one: &Threshold| (one.channel.clone(), one.segment.clone());
        let together = stay.chunk_by(|one, next| whom(one) == whom(next));
        let section = |ones: &[&'a Threshold]| {
            let first = *ones.first()?;
            Some(Section {
                channel: first.channel.as_deref(),
                segment: first.segment.as_deref(),
                group: None,
                scores: ones.iter().map(|one| (one.kind, one.score)).collect(),
            })
        };
        together.filter_map(section).collect()
    }

    /// Sections for a part of the scope of `group` that is decided otherwise than the rest of it now:
    /// where another channel or segment that has thresholds meets its own.
    fn refined<'a>(&'a self, group: &'a Group) -> Vec<Section<'a>> {
        let (channel, segment) = (group.scope.channel(), group.scope.segment());
        let others = self.particular().filter_map(|one| match channel {
            Some(_) => Some((channel, Some(one.segment.as_deref()?))),
            None => Some((Some(one.channel.as_deref()?), segment)),
        });
        let others: BTreeSet<_> = others.collect();
        let section = |(channel, segment)| {
            let customer = customer(channel, segment);
            if self.group_of(&customer).scope != group.scope {
                return None;
            }
            let now = |kind: &SignalKind| {
                let decides = Threshold::deciding(&self.in_force, *kind, &customer);
                (*kind, decides.and_then(|threshold| threshold.score))
            };
            let scores = self.weighed.iter().map(now);
            let scores: Vec<_> = scores
                .filter(|(kind, score)| *score != group.now_of(*kind))
                .collect();
            (!scores.is_empty()).then_some(Section {
                channel,
                segment,
                group: None,
                scores,
            })
        };
        others.into_iter().filter_map(section).collect()
    }

    /// What the patch takes away: the thresholds in force for a channel or segment that is no scope,
    /// where something else is proposed for whoever is in it.
    fn gone(&self) -> BTreeMap<(Option<&str>, Option<&str>), Vec<&'static str>> {
        let mut gone: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for one in self.particular() {
            let whom = (one.channel.as_deref(), one.segment.as_deref());
            let mut scopes = self.groups.iter().map(|group| &group.scope);
            let is_scope = scopes.any(|scope| (scope.channel(), scope.segment()) == whom);
            let promised = self
                .group_of(&customer(whom.0, whom.1))
                .thresholds
                .is_some();
            if self.weighed.contains(&one.kind) && promised && !is_scope {
                gone.entry(whom).or_default().push(one.kind.as_str());
            }
        }
        gone
    }

    /// The thresholds in force for channels and segments, each the last for its kind and for whom.
    fn particular(&self) -> impl Iterator<Item = &Threshold> {
        let all = self.in_force.iter().enumerate();
        let particular = all.filter(|(_, one)| one.channel.is_some() || one.segment.is_some());
        let last = particular.filter(|(number, one)| {
            let mut later = self.in_force[number + 1..].iter();
            !later.any(|later| later.is_for_same(one))
        });
        last.map(|(_, one)| one)
    }

    /// The scope that a customer is in.
    fn group_of(&self, customer: &CustomerContext) -> &Group {
        let mut groups = self.groups.iter().rev();
        let holds = groups.find(|group| group.scope.holds(customer));
        holds.unwrap_or(&self.groups[0])
    }
}

impl Group {
    /// The threshold of a signal in force now; `None` where it is off.
    fn now_of(&self, kind: SignalKind) -> Option<f32> {
        self.current.get(&kind).copied().flatten()
    }
}

/// Somebody of whom no more is known.
fn customer(channel: Option<&str>, segment: Option<&str>) -> CustomerContext {
    CustomerContext {
        channel: channel.map(str::to_owned),
        segment: segment.map(str::to_owned),
        ..CustomerContext::default()
    }
}

/// For whom a section is, by the keys that say it; nothing for everybody.
fn whom<'a>(
    channel: Option<&'a str>,
    segment: Option<&'a str>,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let names = [("channel", channel), ("segment", segment)].into_iter();
    names.filter_map(|(key, name)| Some((key, name?)))
}

/// A threshold as TOML writes it, with every digit.
fn spelled(threshold: Option<f32>) -> String {
    match threshold {
        Some(threshold) => format!("{threshold:?}"),
        None => "\"off\"".to_owned(),
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
