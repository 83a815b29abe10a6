//! What a calibration came to.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};
use warmline_core::policy::{Policy, Threshold};
use warmline_core::signal::SignalKind;

use super::{Labelled, Limit, Scope, Thresholds};

/// What thresholds come to on some conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Conversations.
    pub conversations: usize,
    /// Those that needed a human.
    pub needed: usize,
    /// Of these, those that are not handed off.
    pub missed: usize,
    /// Conversations that are handed off.
    pub handoffs: usize,
    /// Of these, those that needed none.
    pub false_alarms: usize,
}

impl Figures {
    pub(super) fn of(part: &[Labelled], is_handed_off: impl Fn(&Labelled) -> bool) -> Self {
        let mut figures = Self::default();
        for one in part {
            let handed_off = is_handed_off(one);
            figures.conversations += 1;
            figures.needed += usize::from(one.needed);
            figures.missed += usize::from(one.needed && !handed_off);
            figures.handoffs += usize::from(handed_off);
            figures.false_alarms += usize::from(handed_off && !one.needed);
        }
        figures
    }

    /// These, beside those of now.
    pub(super) fn beside(self, now: Self) -> String {
        format!(
            "missed {} of {} (now {}), handoffs {} of {} (now {}), needless {} (now {})",
            self.missed,
            self.needed,
            now.missed,
            self.handoffs,
            self.conversations,
            now.handoffs,
            self.false_alarms,
            now.false_alarms
        )
    }
}

/// What a calibration came to for some of the conversations.
#[derive(Debug, Clone)]
pub struct Group {
    /// For which.
    pub scope: Scope,
    /// The thresholds; `None` where nothing can be promised.
    pub thresholds: Option<Thresholds>,
    /// The thresholds in force now.
    pub current: BTreeMap<SignalKind, Option<f32>>,
    /// Conversations of the bound that needed a human.
    pub needed: usize,
    /// What is in force now, on conversations that nothing was fitted to.
    pub now: Figures,
    /// What all that is proposed comes to on them; `None` where nothing is.
    pub then: Option<Figures>,
    /// What handing off at any signal comes to, on the conversations of the bound.
    pub strictest: Figures,
}

/// What a calibration came to.
#[derive(Debug, Clone)]
pub struct Calibration {
    /// Labelled conversations.
    pub conversations: usize,
    /// Those that needed a human.
    pub needed: usize,
    /// How many the path, the bound and the report rest on.
    pub parts: [usize; 3],
    /// What may be missed.
    pub limit: Limit,
    /// How many that needed a human it takes to bound anything.
    pub enough: usize,
    /// What chance began with.
    pub seed: u64,
    /// For the others, then for each channel and segment that has thresholds of its own. Every
    /// conversation is in one of them.
    pub groups: Vec<Group>,
    /// The signals that somebody raised, so that something can be said of their thresholds.
    pub weighed: Vec<SignalKind>,
    /// What is in force now, on all conversations that nothing was fitted to.
    pub now: Figures,
    /// What all that is proposed comes to on them; `None` where nothing is.
    pub then: Option<Figures>,
    pub(super) held_out: Vec<Labelled>,
    /// All thresholds in force now.
    pub(super) in_force: Vec<Threshold>,
}

impl Scope {
    /// Its name in reports.
    pub fn name(&self) -> String {
        match self {
            Scope::Others => "the others".to_owned(),
            Scope::Channel(channel) => format!("channel {channel}"),
            Scope::Segment(segment) => format!("segment {segment}"),
        }
    }
}

impl Calibration {
    /// Whether the promise is made for every conversation.
    pub fn holds(&self) -> bool {
        self.groups.iter().all(|group| group.thresholds.is_some())
    }

    /// What `policy` comes to on the conversations that nothing was fitted to.
    pub fn held_out_under(&self, policy: &Policy) -> Figures {
        let handed_off = |one: &Labelled| one.is_handed_off_by(&policy.thresholds);
        Figures::of(&self.held_out, handed_off)
    }

    /// The promise, in words.
    pub fn promise(&self) -> String {
        format!(
            "misses at most {} % of the conversations that needed a human, with {} % confidence",
            percent(self.limit.miss),
            percent(self.limit.confidence)
        )
    }

    /// What is wrong with the data, where they are too few.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let needed: usize = self.groups.iter().map(|group| group.needed).sum();
        if needed < self.enough {
            warnings.push(format!(
                "too few: the bound rests on {needed} conversations that needed a human, and takes {} \
                 at least; label {} more",
                self.enough,
                2 * (self.enough - needed)
            ));
        } else {
            let unreached = self
                .groups
                .iter()
                .filter(|group| group.thresholds.is_none());
            warnings.extend(unreached.map(|group| {
                let of = match self.groups.len() {
                    1 => String::new(),
                    _ => format!(" for {}", group.scope.name()),
                };
                format!(
                    "out of reach{of}: handing off at any signal at all still misses {} of {} that \
                     needed a human; gates or detectors are lacking, not thresholds",
                    group.strictest.missed, group.strictest.needed
                )
            }));
        }
        if let Some(then) = self
            .then
            .filter(|then| then.handoffs * 10 > then.conversations * 9)
        {
            warnings.push(format!(
                "too dear: {} of {} held-out conversations would be handed off; the signals hardly \
                 tell who needs a human, so allow more misses, or add gates and examples",
                then.handoffs, then.conversations
            ));
        }
        if self.parts[2] < 50 {
            warnings.push(format!(
                "the report rests on {} conversations only: its figures are rough",
                self.parts[2]
            ));
        }
        warnings
    }

    /// The calibration for programs.
    pub fn json(&self) -> Value {
        let groups = self.groups.iter().map(|group| {
            let thresholds = group.thresholds.as_ref().map(|thresholds| {
                let kinds = SignalKind::ALL.iter();
                let of =
                    |kind: &SignalKind| (kind.as_str().to_owned(), json!(thresholds.of(*kind)));
                kinds.map(of).collect::<serde_json::Map<_, _>>()
            });
            json!({
                "scope": group.scope.name(),
                "needed_in_bound": group.needed,
                "thresholds": thresholds,
                "now": group.now,
                "then": group.then,
            })
        });
        json!({
            "conversations": self.conversations,
            "needed": self.needed,
            "parts": {"path": self.parts[0], "bound": self.parts[1], "held_out": self.parts[2]},
            "miss": self.limit.miss,
            "confidence": self.limit.confidence,
            "seed": self.seed,
            "holds": self.holds(),
            "now": self.now,
            "then": self.then,
            "warnings": self.warnings(),
            "groups": groups.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [path, bound, held_out] = self.parts;
        writeln!(
            f,
            "{} labelled conversations, {} needed a human; {path} to order thresholds, {bound} for \
             the bound, {held_out} held out (seed {}).",
            self.conversations, self.needed, self.seed
        )?;
        for warning in self.warnings() {
            writeln!(f, "warning: {warning}")?;
        }
        writeln!(
            f,
            "\n{:<26}{:>18}{:>18}{:>20}",
            "on the held-out part", "missed", "handoffs", "of these needless"
        )?;
        beside(f, "all", self.now, self.then)?;
        if self.groups.len() > 1 {
            for group in &self.groups {
                let then = group.then.filter(|_| group.thresholds.is_some());
                beside(f, &group.scope.name(), group.now, then)?;
            }
        }
        if self.holds() {
            writeln!(f, "\nCalibrated, it {}.", self.promise())?;
        }
        Ok(())
    }
}

/// A share in per cent, as it was given: thirteen digits, for the hundredfold of a share such as
/// 0.07 is a little more than 7.
fn percent(share: f64) -> f64 {
    let hundredfold = 100.0 * share;
    format!("{hundredfold:.12e}").parse().unwrap_or(hundredfold)
}

/// What is in force now, and what is proposed.
fn beside(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    now: Figures,
    then: Option<Figures>,
) -> fmt::Result {
    row(f, &format!("{name}, now"), now)?;
    match then {
        Some(then) => row(f, &format!("{name}, calibrated"), then),
        None => writeln!(f, "{name:<26} nothing can be promised"),
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, figures: Figures) -> fmt::Result {
    let Figures {
        conversations,
        needed,
        missed,
        handoffs,
        false_alarms,
    } = figures;
    writeln!(
        f,
        "{name:<26}{:>18}{:>18}{false_alarms:>20}",
        format!("{missed} of {needed}"),
        format!("{handoffs} of {conversations}")
    )
}
