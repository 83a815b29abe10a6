//! What detectors found, and the trigger that caused a handoff.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::TurnNumber;

/// What a signal is about. Each belongs to one of the seven patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// The turn lies outside the scope learned from examples. Pattern 2.
    OutOfDomain,
    /// After a handback, the customer left what is left to do. Pattern 7.
    ScopePivot,
    /// The customer is upset, or getting there. Pattern 3.
    Sentiment,
    /// The customer or the assistant goes round in circles. Pattern 4.
    RepeatLoop,
    /// The draft's claims do not trace to the passages it was given. Pattern 1.
    Grounding,
    /// Too few of the draft's claims carry a citation. Pattern 1.
    CitationDensity,
    /// The question asked again brings another answer. Pattern 1.
    Verifier,
    /// The draft makes a monetary, legal or transfer commitment. Pattern 5.
    Commitment,
}

impl SignalKind {
    /// Every kind, in the order in which they are considered.
    pub const ALL: [SignalKind; 8] = [
        SignalKind::OutOfDomain,
        SignalKind::ScopePivot,
        SignalKind::Sentiment,
        SignalKind::RepeatLoop,
        SignalKind::Commitment,
        SignalKind::Grounding,
        SignalKind::CitationDensity,
        SignalKind::Verifier,
    ];

    /// The name used in TOML, HTTP, metrics and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            SignalKind::OutOfDomain => "out_of_domain",
            SignalKind::ScopePivot => "scope_pivot",
            SignalKind::Sentiment => "sentiment",
            SignalKind::RepeatLoop => "repeat_loop",
            SignalKind::Grounding => "grounding",
            SignalKind::CitationDensity => "citation_density",
            SignalKind::Verifier => "verifier",
            SignalKind::Commitment => "commitment",
        }
    }

    /// Which of the seven patterns it belongs to.
    pub fn pattern(self) -> u8 {
        match self {
            SignalKind::Grounding | SignalKind::CitationDensity | SignalKind::Verifier => 1,
            SignalKind::OutOfDomain => 2,
            SignalKind::Sentiment => 3,
            SignalKind::RepeatLoop => 4,
            SignalKind::Commitment => 5,
            SignalKind::ScopePivot => 7,
        }
    }

    /// The reason of the handoff that it causes.
    pub fn trigger(self) -> TriggerKind {
        match self {
            SignalKind::OutOfDomain => TriggerKind::OutOfDomain,
            SignalKind::ScopePivot => TriggerKind::ScopePivot,
            SignalKind::Sentiment => TriggerKind::Sentiment,
            SignalKind::RepeatLoop => TriggerKind::RepeatLoop,
            SignalKind::Grounding | SignalKind::CitationDensity | SignalKind::Verifier => {
                TriggerKind::LowConfidence
            }
            SignalKind::Commitment => TriggerKind::Commitment,
        }
    }
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a finding shows: a turn, or the draft, and the words in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The turn it shows in; absent for a draft that was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnNumber>,
    /// The words that show it, quoted from the turn or the draft.
    pub quote: String,
    /// What they show, in words for an operator.
    pub why: String,
}

/// A detector's finding. Higher is always worse: from the threshold up it asks for a human.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What it is about.
    pub kind: SignalKind,
    /// How strong it is, 0 to 1.
    pub score: f32,
    /// Where it shows; may be empty when the score is low.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// An intent recognised in a customer's turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Its name in the configuration, such as `refund_request`.
    pub name: String,
    /// How sure the detector is, 0 to 1; 1 when a pattern matched.
    pub score: f32,
    /// Where it shows.
    pub evidence: Evidence,
}

/// An amount of money named in a turn or a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// In units of the currency, not cents.
    pub value: f64,
    /// ISO 4217 code, such as `USD`; empty when none was named.
    pub currency: String,
    /// Where it shows.
    pub evidence: Evidence,
}

/// A detector that gave no finding in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its name in the configuration, such as `sentiment`.
    pub detector: String,
    /// Slow, failing, crashed: in words.
    pub reason: String,
}

/// All that the detectors found in one examination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The signals raised, at most one of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// The intents recognised, strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<Intent>,
    /// The amounts named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<Amount>,
    /// The language of the customer's words as an ISO 639-1 code, where recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The detectors that gave no finding in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

impl Findings {
    /// The largest amount of money named.
    pub fn largest_amount(&self) -> Option<&Amount> {
        self.amounts
            .iter()
            .max_by(|a, b| a.value.total_cmp(&b.value))
    }

    /// Takes in what another detector found; of two signals of one kind the stronger stays. A
    /// score that is no number counts as the worst, an amount that is none is left out.
    pub fn merge(&mut self, mut other: Findings) {
        other.amounts.retain(|amount| amount.value.is_finite());
        for mut signal in other.signals {
            signal.score = if signal.score.is_nan() {
                1.0
            } else {
                signal.score.clamp(0.0, 1.0)
            };
            match self.signals.iter_mut().find(|s| s.kind == signal.kind) {
                Some(known) if known.score < signal.score => *known = signal,
                Some(_) => {}
                None => self.signals.push(signal),
            }
        }
        self.intents.extend(other.intents);
        self.intents.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.amounts.extend(other.amounts);
        self.failures.extend(other.failures);
        self.language = self.language.take().or(other.language);
    }
}

/// Why a conversation was handed to a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// A gate of the configuration matched.
    HardGate,
    /// The customer asked for a human.
    CustomerRequest,
    /// The turn is outside the assistant's scope.
    OutOfDomain,
    /// The customer is upset.
    Sentiment,
    /// The conversation goes round in circles.
    RepeatLoop,
    /// The draft is not trustworthy.
    LowConfidence,
    /// The draft promises what the assistant may not promise.
    Commitment,
    /// The assistant failed, or took too long.
    AssistantFailure,
    /// An operator stepped in unasked.
    OperatorTakeover,
    /// After a handback, the customer left what was left to do.
    ScopePivot,
    /// Another rule of the configuration, such as the choice for a failed detector.
    Rule,
}

impl TriggerKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [TriggerKind; 11] = [
        TriggerKind::HardGate,
        TriggerKind::CustomerRequest,
        TriggerKind::OutOfDomain,
        TriggerKind::Sentiment,
        TriggerKind::RepeatLoop,
        TriggerKind::LowConfidence,
        TriggerKind::Commitment,
        TriggerKind::AssistantFailure,
        TriggerKind::OperatorTakeover,
        TriggerKind::ScopePivot,
        TriggerKind::Rule,
    ];

    /// Which of the seven patterns it belongs to. What the assistant could not answer is its lack
    /// of confidence; what an operator took over is a warm transfer.
    pub fn pattern(self) -> u8 {
        match self {
            TriggerKind::LowConfidence | TriggerKind::AssistantFailure => 1,
            TriggerKind::OutOfDomain => 2,
            TriggerKind::Sentiment => 3,
            TriggerKind::RepeatLoop => 4,
            TriggerKind::HardGate
            | TriggerKind::CustomerRequest
            | TriggerKind::Commitment
            | TriggerKind::Rule => 5,
            TriggerKind::OperatorTakeover => 6,
            TriggerKind::ScopePivot => 7,
        }
    }

    /// The name used in TOML, HTTP, metrics and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            TriggerKind::HardGate => "hard_gate",
            TriggerKind::CustomerRequest => "customer_request",
            TriggerKind::OutOfDomain => "out_of_domain",
            TriggerKind::Sentiment => "sentiment",
            TriggerKind::RepeatLoop => "repeat_loop",
            TriggerKind::LowConfidence => "low_confidence",
            TriggerKind::Commitment => "commitment",
            TriggerKind::AssistantFailure => "assistant_failure",
            TriggerKind::OperatorTakeover => "operator_takeover",
            TriggerKind::ScopePivot => "scope_pivot",
            TriggerKind::Rule => "rule",
        }
    }
}

impl fmt::Display for TriggerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A signal held against its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The signal.
    #[serde(flatten)]
    pub signal: Signal,
    /// The score from which it hands off.
    pub threshold: f32,
    /// Where that threshold stands in the configuration, such as `thresholds.sentiment`.
    pub origin: String,
}

/// What caused a handoff, with all that is needed to explain it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// The reason.
    pub kind: TriggerKind,
    /// The rule that matched, such as a gate's name; empty where a signal alone decided.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The intent in play, where one was recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The signals that fired, strongest over its threshold first.
    #[serde(default)]
    pub signals: Vec<Judged>,
    /// What else shows it: the words that a gate matched, the reason that was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The customer's turn that it was decided on.
    pub turn: TurnNumber,
}
