//! When signals become a handoff: gates first, then thresholds; and the playbook for the card.

use std::collections::BTreeMap;

use crate::event::CustomerContext;
use crate::signal::{Evidence, Findings, Judged, Signal, SignalKind, Trigger, TriggerKind};
use crate::state::State;
use crate::workflow::guard::{Facts, Guard};

/// A hard gate: a rule over facts that hands off whatever the scores say.
#[derive(Debug)]
pub struct Gate {
    /// Its name, which triggers, metrics and the playbook refer to.
    pub name: String,
    /// When it matches.
    pub when: Guard,
    /// The reason it gives: [`TriggerKind::HardGate`], [`TriggerKind::CustomerRequest`] or
    /// [`TriggerKind::Rule`].
    pub trigger: TriggerKind,
    /// What an operator should be careful about, such as `legal`.
    pub sensitivity: Option<String>,
}

/// A score from which a kind of signal hands off, for some of the conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The kind of signal.
    pub kind: SignalKind,
    /// Only conversations of this channel.
    pub channel: Option<String>,
    /// Only customers of this segment.
    pub segment: Option<String>,
    /// The score, 0 to 1; `None` switches the signal off.
    pub score: Option<f32>,
    /// Where it stands in the configuration, such as `thresholds.sentiment`.
    pub origin: String,
}

impl Threshold {
    /// The one of `thresholds` that decides about `kind` in a conversation: the one that names most
    /// of its channel and segment; of equals the later.
    pub fn deciding<'t>(
        thresholds: &'t [Threshold],
        kind: SignalKind,
        context: &CustomerContext,
    ) -> Option<&'t Threshold> {
        let fits = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        thresholds
            .iter()
            .filter(|threshold| {
                threshold.kind == kind
                    && fits(&threshold.channel, &context.channel)
                    && fits(&threshold.segment, &context.segment)
            })
            .max_by_key(|t| usize::from(t.channel.is_some()) + usize::from(t.segment.is_some()))
    }

    /// Whether it is the one for `kind` in the conversations of exactly this channel and segment.
    pub fn is_for(&self, kind: SignalKind, channel: Option<&str>, segment: Option<&str>) -> bool {
        let own = (self.kind, self.channel.as_deref(), self.segment.as_deref());
        own == (kind, channel, segment)
    }

    /// Whether it is for the same as `other`.
    pub fn is_for_same(&self, other: &Threshold) -> bool {
        self.is_for(
            other.kind,
            other.channel.as_deref(),
            other.segment.as_deref(),
        )
    }
}

/// What is done when a detector, or the assistant, fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// A human takes over.
    HandOff,
    /// The conversation goes on without.
    Continue,
}

/// A recommended next step for operators.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// Only for this trigger.
    pub trigger: Option<TriggerKind>,
    /// Only for this gate or rule.
    pub rule: Option<String>,
    /// Only for this intent.
    pub intent: Option<String>,
    /// The step, in words for an operator.
    pub step: String,
}

/// When signals become a handoff.
#[derive(Debug)]
pub struct Policy {
    /// The gates in the order of the file: of several that match, the first decides.
    pub gates: Vec<Gate>,
    /// The thresholds; of several that apply, the most particular decides.
    pub thresholds: Vec<Threshold>,
    /// What a detector's failure leads to, by its name.
    pub detector_failure: BTreeMap<String, OnFailure>,
    /// What the failure of any other detector leads to.
    pub other_failure: OnFailure,
    /// How many handbacks a conversation may have; after the last it stays with humans.
    pub max_handbacks: u32,
    /// The playbook in the order of the file: the most particular play is recommended.
    pub playbook: Vec<Play>,
}

impl Facts {
    /// What is known of a conversation before anything new is found.
    pub(crate) fn of(state: &State) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let trigger = state.trigger.as_deref();
        Self {
            trigger: trigger.map_or_else(String::new, |t| t.kind.as_str().to_owned()),
            gate: trigger.map_or_else(String::new, |t| t.rule.clone()),
            intent: text(&state.intent),
            amount: state.amount,
            currency: state.currency.clone(),
            signals: trigger.map_or_else(BTreeMap::new, |trigger| {
                let scores = trigger.signals.iter().map(|judged| &judged.signal);
                scores
                    .map(|signal| (signal.kind, f64::from(signal.score)))
                    .collect()
            }),
            channel: text(&state.context.channel),
            segment: text(&state.context.segment),
            language: text(&state.context.language),
            handbacks: i64::from(state.handbacks),
            turns: i64::from(state.customer_turns),
            ..Self::default()
        }
    }
}

impl Policy {
    /// Why the customer's turns, examined with `findings`, go to a human; `None` lets the
    /// assistant answer. Gates come first and in the order of the file, then signals in the order
    /// of [`SignalKind::ALL`], then detectors that failed.
    pub fn judge_turn(&self, state: &State, findings: &Findings) -> Option<Trigger> {
        // "I want my money back" and, a turn later, "it was 900 dollars" are one request.
        let earlier = state
            .intent
            .clone()
            .filter(|_| !findings.amounts.is_empty());
        self.judge(state, Facts::of(state), findings, earlier)
    }

    /// Why a draft, examined with `findings`, goes to a human instead of the customer.
    ///
    /// Hosts may ask before all findings are in: what is found further takes nothing back.
    pub fn judge_draft(&self, state: &State, findings: &Findings) -> Option<Trigger> {
        let facts = Facts {
            draft: true,
            ..Facts::of(state)
        };
        self.judge(state, facts, findings, None)
    }

    fn judge(
        &self,
        state: &State,
        facts: Facts,
        findings: &Findings,
        earlier: Option<String>,
    ) -> Option<Trigger> {
        self.gated(state, facts, findings, earlier)
            .or_else(|| self.signalled(state, findings))
            .or_else(|| self.failed(state, findings))
    }

    fn gated(
        &self,
        state: &State,
        mut facts: Facts,
        findings: &Findings,
        earlier: Option<String>,
    ) -> Option<Trigger> {
        // What counts is what is named here, not an amount of earlier turns.
        let largest = findings.largest_amount();
        facts.amount = largest.map_or(0.0, |amount| amount.value);
        facts.currency = largest.map_or_else(String::new, |amount| amount.currency.clone());
        facts.signals.clear();
        for signal in &findings.signals {
            facts.signals.insert(signal.kind, f64::from(signal.score));
        }
        let mut candidates: Vec<(String, Option<&Evidence>)> = findings
            .intents
            .iter()
            .map(|intent| (intent.name.clone(), Some(&intent.evidence)))
            .collect();
        if candidates.is_empty() {
            candidates.push((earlier.unwrap_or_default(), None));
        }
        for gate in &self.gates {
            for (intent, evidence) in &candidates {
                facts.intent.clone_from(intent);
                if gate.when.holds(&facts) {
                    let amount = largest.map(|amount| &amount.evidence);
                    return Some(Trigger {
                        kind: gate.trigger,
                        rule: gate.name.clone(),
                        intent: Some(intent.clone()).filter(|name| !name.is_empty()),
                        signals: Vec::new(),
                        evidence: evidence.iter().copied().chain(amount).cloned().collect(),
                        turn: state.last_customer_turn,
                    });
                }
            }
        }
        None
    }

    fn signalled(&self, state: &State, findings: &Findings) -> Option<Trigger> {
        let signals: Vec<Judged> = SignalKind::ALL
            .iter()
            .filter_map(|kind| findings.signals.iter().find(|signal| signal.kind == *kind))
            .filter_map(|signal| self.fired(state, signal))
            .collect();
        let first = signals.first()?;
        Some(Trigger {
            kind: first.signal.kind.trigger(),
            rule: String::new(),
            intent: findings
                .intents
                .first()
                .map(|intent| intent.name.clone())
                .or_else(|| state.intent.clone()),
            evidence: Vec::new(),
            turn: state.last_customer_turn,
            signals,
        })
    }

    fn fired(&self, state: &State, signal: &Signal) -> Option<Judged> {
        let threshold = self.threshold(signal.kind, &state.context)?;
        let score = threshold.score?;
        (signal.score >= score).then(|| Judged {
            signal: signal.clone(),
            threshold: score,
            origin: threshold.origin.clone(),
        })
    }

    /// The threshold for `kind` in a conversation, by [`Threshold::deciding`].
    pub fn threshold(&self, kind: SignalKind, context: &CustomerContext) -> Option<&Threshold> {
        Threshold::deciding(&self.thresholds, kind, context)
    }

    fn failed(&self, state: &State, findings: &Findings) -> Option<Trigger> {
        let failure = findings.failures.iter().find(|failure| {
            let choice = self.detector_failure.get(&failure.detector);
            choice.unwrap_or(&self.other_failure) == &OnFailure::HandOff
        })?;
        Some(Trigger {
            kind: TriggerKind::Rule,
            rule: format!("failures.{}", failure.detector),
            intent: state.intent.clone(),
            signals: Vec::new(),
            evidence: vec![Evidence {
                turn: None,
                quote: String::new(),
                why: format!(
                    "detector `{}` gave no finding: {}",
                    failure.detector, failure.reason
                ),
            }],
            turn: state.last_customer_turn,
        })
    }

    /// The recommended next step: the most particular play that fits; of equals the first.
    pub fn play(&self, trigger: &Trigger) -> Option<&Play> {
        self.playbook
            .iter()
            .rev()
            .filter(|play| {
                play.trigger.is_none_or(|kind| kind == trigger.kind)
                    && play.rule.as_ref().is_none_or(|rule| *rule == trigger.rule)
                    && (play.intent.is_none() || play.intent == trigger.intent)
            })
            .max_by_key(|play| {
                usize::from(play.trigger.is_some())
                    + 2 * usize::from(play.intent.is_some())
                    + 4 * usize::from(play.rule.is_some())
            })
    }

    /// What to be careful about after `trigger`.
    pub fn sensitivity(&self, trigger: &Trigger) -> Option<&str> {
        self.gates
            .iter()
            .find(|gate| gate.name == trigger.rule)
            .and_then(|gate| gate.sensitivity.as_deref())
    }
}
