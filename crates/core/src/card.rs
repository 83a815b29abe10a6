//! The card: what an operator reads to take over in eight seconds.

use serde::{Deserialize, Serialize};

use crate::ids::TurnNumber;
use crate::signal::Trigger;

/// A statement of the card and the turns that carry it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The statement.
    pub text: String,
    /// The turns it rests on; empty only for a recommendation of the playbook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<TurnNumber>,
}

/// Who wrote a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardSource {
    /// Put together from recorded facts, at once.
    Extracted,
    /// Written by a model, and found faithful.
    Model,
}

/// What an operator reads to take over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What the customer wants, in their words.
    pub customer_intent: Claim,
    /// What the assistant and its tools did, with what result.
    pub actions_attempted: Vec<Claim>,
    /// What stands in the way.
    pub blockers: Vec<Claim>,
    /// The next step.
    pub recommended_action: Claim,
    /// How the customer feels, in one word for people: `calm`, `uneasy`, `upset`.
    pub sentiment: String,
    /// What to be careful about, such as `legal` or `money`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitivities: Vec<String>,
    /// Why the conversation was handed over.
    pub trigger: Trigger,
    /// Who wrote it.
    pub source: CardSource,
}
