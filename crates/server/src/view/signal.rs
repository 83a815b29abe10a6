//! What detectors found, held against the thresholds, and why a conversation was handed off.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::signal::Judged;
use warmline::core::{Evidence, Findings};
use warmline::{CustomerContext, Signal, Timestamp, Trigger, TurnNumber, Workflow};

use super::moment;

/// Where a finding shows, and what it shows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EvidenceView {
    /// The turn; absent for a draft that was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// The words.
    pub quote: String,
    /// What they show.
    pub why: String,
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        Self {
            turn: evidence.turn.map(|turn| turn.0),
            quote: evidence.quote.clone(),
            why: evidence.why.clone(),
        }
    }
}

/// A detector's finding, held against its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SignalView {
    /// What it is about, such as `sentiment`.
    pub kind: String,
    /// Which of the seven patterns it belongs to.
    pub pattern: u8,
    /// How strong it is, 0 to 1; higher is worse.
    pub score: f32,
    /// The score from which it hands off; absent where it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Where that threshold stands in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Where it shows.
    pub evidence: Vec<EvidenceView>,
}

impl SignalView {
    fn of(signal: &Signal, threshold: Option<f32>, origin: Option<String>) -> Self {
        Self {
            kind: signal.kind.to_string(),
            pattern: signal.kind.pattern(),
            score: signal.score,
            threshold,
            origin,
            evidence: signal.evidence.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Judged> for SignalView {
    fn from(judged: &Judged) -> Self {
        let origin = Some(judged.origin.clone());
        Self::of(&judged.signal, Some(judged.threshold), origin)
    }
}

/// What the detectors found in the customer's turns, or in a draft that answers them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExaminationView {
    /// The last turn they looked at, or that the draft answers.
    pub turn: u32,
    /// Whether they looked at the assistant's draft.
    pub draft: bool,
    /// When, by RFC 3339.
    pub at: String,
    /// The signals, held against the thresholds now in force.
    pub signals: Vec<SignalView>,
    /// The intents recognised, strongest first.
    pub intents: Vec<String>,
    /// The amounts named, such as `389 EUR`.
    pub amounts: Vec<String>,
    /// The detectors that gave no finding in time, and why.
    pub failures: Vec<String>,
}

impl ExaminationView {
    pub(crate) fn of(
        findings: &Findings,
        turn: TurnNumber,
        draft: bool,
        at: Timestamp,
        workflow: &Workflow,
        context: &CustomerContext,
    ) -> Self {
        let signal = |signal: &Signal| {
            let threshold = workflow.policy.threshold(signal.kind, context);
            let origin = threshold.map(|threshold| threshold.origin.clone());
            SignalView::of(
                signal,
                threshold.and_then(|threshold| threshold.score),
                origin,
            )
        };
        Self {
            turn: turn.0,
            draft,
            at: moment(at),
            signals: findings.signals.iter().map(signal).collect(),
            intents: findings.intents.iter().map(|i| i.name.clone()).collect(),
            amounts: findings
                .amounts
                .iter()
                .map(|amount| {
                    format!("{} {}", amount.value, amount.currency)
                        .trim()
                        .to_owned()
                })
                .collect(),
            failures: findings
                .failures
                .iter()
                .map(|failure| format!("{}: {}", failure.detector, failure.reason))
                .collect(),
        }
    }
}

/// Why a conversation was handed off.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TriggerView {
    /// The reason, such as `hard_gate`.
    pub kind: String,
    /// The rule that matched, such as a gate's name; empty where a signal alone decided.
    pub rule: String,
    /// The intent in play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The signals that fired, strongest over its threshold first.
    pub signals: Vec<SignalView>,
    /// What else shows it.
    pub evidence: Vec<EvidenceView>,
    /// The customer's turn that it was decided on.
    pub turn: u32,
}

impl From<&Trigger> for TriggerView {
    fn from(trigger: &Trigger) -> Self {
        Self {
            kind: trigger.kind.to_string(),
            rule: trigger.rule.clone(),
            intent: trigger.intent.clone(),
            signals: trigger.signals.iter().map(Into::into).collect(),
            evidence: trigger.evidence.iter().map(Into::into).collect(),
            turn: trigger.turn.0,
        }
    }
}
