//! The thresholds as a patch of TOML that a person reviews.

use std::fmt::Write as _;

use warmline_core::policy::Threshold;
use warmline_core::signal::SignalKind;

use super::{Calibration, Group, Scope};

impl Calibration {
    /// The thresholds that are proposed, in the order of the patch: they take the place of all that
    /// are in force. Signals that nobody raised stay as they are, and so does a scope of which
    /// nothing can be promised. Empty where nothing is promised at all.
    pub fn proposed(&self) -> Vec<Threshold> {
        if self.groups.iter().all(|group| group.thresholds.is_none()) {
            return Vec::new();
        }
        let of = |group: &Group| -> Vec<Threshold> {
            let kinds = SignalKind::ALL.into_iter();
            let threshold = |kind: SignalKind| self.threshold(group, kind);
            kinds.filter_map(threshold).collect()
        };
        self.groups.iter().flat_map(of).collect()
    }

    /// The threshold for `kind` in the section of `group`; `None` where that for the others holds.
    fn threshold(&self, group: &Group, kind: SignalKind) -> Option<Threshold> {
        let weighed = self.weighed.contains(&kind);
        let found = group.thresholds.as_ref().filter(|_| weighed);
        let kept = || group.current.get(&kind).copied().flatten();
        (weighed || group.scope == Scope::Others).then(|| Threshold {
            kind,
            channel: group.scope.channel().map(str::to_owned),
            segment: group.scope.segment().map(str::to_owned),
            score: found.map_or_else(kept, |found| found.of(kind)),
            origin: format!("thresholds.{kind}"),
        })
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
        for group in &self.groups {
            self.section(&mut patch, group);
        }
        patch
    }

    fn section(&self, patch: &mut String, group: &Group) {
        patch.push('\n');
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
        match &group.scope {
            Scope::Others => patch.push_str("[thresholds]\n"),
            Scope::Channel(name) => {
                let _ = writeln!(patch, "[[thresholds_for]]\nchannel = {}", quoted(name));
            }
            Scope::Segment(name) => {
                let _ = writeln!(patch, "[[thresholds_for]]\nsegment = {}", quoted(name));
            }
        }
        for kind in SignalKind::ALL {
            let Some(threshold) = self.threshold(group, kind) else {
                continue;
            };
            let score = spelled(threshold.score);
            let _ = match self.weighed.contains(&kind) {
                false => writeln!(patch, "{kind} = {score}  # unchanged: not seen"),
                true if group.thresholds.is_none() => writeln!(patch, "{kind} = {score}"),
                true => {
                    let now = spelled(group.current.get(&kind).copied().flatten());
                    writeln!(patch, "{kind} = {score}  # now {now}")
                }
            };
        }
    }
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
