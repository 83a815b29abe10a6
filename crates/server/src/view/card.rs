//! The baton in both directions: the card, the held-back draft, the handback note.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::card::CardSource;
use warmline::core::turn::Action;
use warmline::{Card, Claim, Draft, HandbackNote};

use super::{CitationView, TriggerView};

/// A statement, and the turns that carry it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClaimView {
    /// The statement.
    pub text: String,
    /// The turns it rests on; none for a recommendation of the playbook.
    pub turns: Vec<u32>,
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self {
            text: claim.text.clone(),
            turns: claim.turns.iter().map(|turn| turn.0).collect(),
        }
    }
}

/// What an operator reads to take over.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CardView {
    /// What the customer wants.
    pub customer_intent: ClaimView,
    /// What was tried, with what result.
    pub actions_attempted: Vec<ClaimView>,
    /// What stands in the way.
    pub blockers: Vec<ClaimView>,
    /// The next step, from the playbook.
    pub recommended_action: ClaimView,
    /// What the customer was promised.
    pub promised: Vec<ClaimView>,
    /// How the customer feels: `calm`, `uneasy`, `upset`.
    pub sentiment: String,
    /// What to be careful about.
    pub sensitivities: Vec<String>,
    /// Why the conversation was handed off.
    pub trigger: TriggerView,
    /// Who wrote it: `extracted` from recorded facts, or a `model`.
    pub source: String,
}

impl From<&Card> for CardView {
    fn from(card: &Card) -> Self {
        Self {
            customer_intent: (&card.customer_intent).into(),
            actions_attempted: card.actions_attempted.iter().map(Into::into).collect(),
            blockers: card.blockers.iter().map(Into::into).collect(),
            recommended_action: (&card.recommended_action).into(),
            promised: card.promised.iter().map(Into::into).collect(),
            sentiment: card.sentiment.clone(),
            sensitivities: card.sensitivities.clone(),
            trigger: (&card.trigger).into(),
            source: match card.source {
                CardSource::Extracted => "extracted",
                CardSource::Model => "model",
            }
            .to_owned(),
        }
    }
}

/// A draft that was held back: the customer has not seen it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DraftView {
    /// The words.
    pub text: String,
    /// What they rest on.
    pub citations: Vec<CitationView>,
    /// The calls of tools that belong to it.
    pub actions: Vec<ActionView>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActionView {
    /// What was to be called.
    pub name: String,
    /// With what.
    pub input: String,
    /// What came of it; null where it was not carried out.
    pub result: Option<String>,
}

impl From<&Action> for ActionView {
    fn from(action: &Action) -> Self {
        Self {
            name: action.name.clone(),
            input: action.input.clone(),
            result: action.result.clone(),
        }
    }
}

impl From<&Draft> for DraftView {
    fn from(draft: &Draft) -> Self {
        Self {
            text: draft.text.clone(),
            citations: draft.citations.iter().map(Into::into).collect(),
            actions: draft.actions.iter().map(Into::into).collect(),
        }
    }
}

/// What an operator told the assistant at the last handback.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NoteView {
    /// What was done.
    pub done: Vec<String>,
    /// What is left to do.
    pub remaining: Vec<String>,
    /// What the assistant must not do.
    pub limits: Vec<String>,
    /// When to come back to a human.
    pub return_when: Vec<String>,
}

impl From<&HandbackNote> for NoteView {
    fn from(note: &HandbackNote) -> Self {
        Self {
            done: note.done.clone(),
            remaining: note.remaining.clone(),
            limits: note.limits.clone(),
            return_when: note.return_when.clone(),
        }
    }
}
