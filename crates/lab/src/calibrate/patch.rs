//! The thresholds as a patch of TOML that a person reviews.

use std::fmt::Write as _;

use warmline_core::signal::SignalKind;

use super::{Calibration, Group, Scope, Thresholds};

impl Calibration {
    /// The patch: sections that replace those of a configuration, with what they rest on in
    /// comments. Signals that nobody raised stay as they are.
    pub fn patch(&self) -> String {
        let mut patch = format!(
            "# Proposed by `warmline calibrate`; review it, then put it in place of these sections.\n\
             # {} labelled conversations, {} needed a human, seed {}.\n",
            self.conversations, self.needed, self.seed
        );
        for warning in self.warnings() {
            let _ = writeln!(patch, "# warning: {warning}");
        }
        if self.holds() {
            let _ = writeln!(patch, "# It {}.", self.promise());
        }
        for group in &self.groups {
            self.section(&mut patch, group);
        }
        patch
    }

    fn section(&self, patch: &mut String, group: &Group) {
        let name = group.scope.name();
        let Some((thresholds, then)) = group.thresholds.as_ref().zip(group.then) else {
            let _ = writeln!(
                patch,
                "\n# {name:?}: nothing can be promised, so nothing is proposed."
            );
            return;
        };
        let now = group.now;
        let _ = writeln!(
            patch,
            "\n# {name:?}, held out: missed {} of {} (now {}), handoffs {} of {} (now {}), needless \
             {} (now {}).",
            then.missed,
            then.needed,
            now.missed,
            then.handoffs,
            then.conversations,
            now.handoffs,
            then.false_alarms,
            now.false_alarms
        );
        let of_all = self.groups.first().and_then(|all| all.thresholds.as_ref());
        if group.scope != Scope::All && of_all == Some(thresholds) {
            let _ = writeln!(patch, "# The thresholds are those for all.");
            return;
        }
        match &group.scope {
            Scope::All => patch.push_str("[thresholds]\n"),
            Scope::Channel(name) => {
                let _ = writeln!(patch, "[[thresholds_for]]\nchannel = {}", quoted(name));
            }
            Scope::Segment(name) => {
                let _ = writeln!(patch, "[[thresholds_for]]\nsegment = {}", quoted(name));
            }
        }
        for kind in SignalKind::ALL {
            self.line(patch, kind, thresholds, &group.scope);
        }
    }

    fn line(&self, patch: &mut String, kind: SignalKind, found: &Thresholds, scope: &Scope) {
        let now = self.current.get(&kind).copied().flatten();
        let spelled = |threshold: Option<f32>| match threshold {
            Some(threshold) => format!("{threshold:.3}"),
            None => "\"off\"".to_owned(),
        };
        let _ = match self.weighed.contains(&kind) {
            // What no conversation shows is not for these data to decide.
            false if *scope == Scope::All => {
                writeln!(patch, "{kind} = {}  # unchanged: not seen", spelled(now))
            }
            false => Ok(()),
            true => {
                let found = spelled(found.of(kind));
                writeln!(patch, "{kind} = {found}  # now {}", spelled(now))
            }
        };
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
