//! The card: what an operator reads to take over in eight seconds.
//!
//! [`Card::extract`] puts one together from recorded facts alone. Words of customers, tools and
//! assistants reach it as quotations, as single values, or not at all.

pub mod address;
mod attempted;
mod budget;
mod digest;
mod goal;
mod masked;
mod promised;
mod quotation;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::ids::TurnNumber;
use crate::policy::Policy;
use crate::privacy::Kinds;
use crate::signal::{SignalKind, Trigger, TriggerKind};
use crate::state::State;
use masked::Facts;

pub use attempted::reported;
pub use budget::{MAX_WORDS, shortened};
pub use promised::commits;
pub use quotation::{is_hidden, quotation, quoted};

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
    /// The next step: the playbook's, whoever wrote the rest.
    pub recommended_action: Claim,
    /// What the customer was promised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promised: Vec<Claim>,
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

/// Longest quotation in a card, in characters: two of them are read in a glance.
const QUOTE: usize = 160;
/// Words of one blocker.
const BLOCKER: usize = 18;

impl Card {
    /// Puts a card together from recorded facts. Nothing of what the customer said becomes a
    /// recommendation: that comes from the playbook, or from the kind of the trigger. Personal data
    /// of the kinds `masked` does not get in.
    pub fn extract(state: &State, trigger: &Trigger, policy: &Policy, masked: Kinds) -> Self {
        let facts = Facts::of(state, trigger, masked);
        let (state, trigger) = (&*facts.state, &*facts.trigger);
        let step = policy.play(trigger).map(|play| play.step.as_str());
        let card = Self {
            customer_intent: goal::goal(state, trigger),
            actions_attempted: attempted::attempted(state),
            blockers: blockers(state, trigger),
            recommended_action: Claim {
                text: step.unwrap_or_else(|| next_step(trigger.kind)).to_owned(),
                turns: Vec::new(),
            },
            promised: promised::promised(state),
            sentiment: mood(state.mood).to_owned(),
            sensitivities: sensitivities(state, trigger, policy),
            trigger: trigger.clone(),
            source: CardSource::Extracted,
        };
        card.within_budget()
    }
}

/// Why it was handed over, the call that failed, and what the assistant said that it cannot do.
fn blockers(state: &State, trigger: &Trigger) -> Vec<Claim> {
    let all = [
        Some(blocker(trigger)),
        attempted::failed(state),
        attempted::refused(state),
    ];
    let brief = |claim: Claim| Claim {
        text: shortened(&claim.text, BLOCKER),
        ..claim
    };
    all.into_iter().flatten().map(brief).collect()
}

/// What to be careful about: what the gate names, and money where money is at stake.
fn sensitivities(state: &State, trigger: &Trigger, policy: &Policy) -> Vec<String> {
    let gate = policy.sensitivity(trigger);
    let promised = trigger
        .signals
        .iter()
        .any(|judged| judged.signal.kind == SignalKind::Commitment);
    let money = (state.amount > 0.0).then_some("money");
    let promise = promised.then_some("commitment");
    let mut found: Vec<String> = Vec::new();
    for name in [gate, money, promise].into_iter().flatten() {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// Why a conversation is handed over, in words for an operator.
pub fn reason(trigger: &Trigger) -> String {
    match trigger.kind {
        TriggerKind::HardGate => format!("Needs a human by rule “{}”", trigger.rule),
        TriggerKind::CustomerRequest => "The customer asked for a human".to_owned(),
        TriggerKind::OutOfDomain => "Outside what the assistant may answer".to_owned(),
        TriggerKind::Sentiment => "The customer is upset".to_owned(),
        TriggerKind::RepeatLoop => "The conversation goes round in circles".to_owned(),
        TriggerKind::LowConfidence => "The assistant's answer was not well founded".to_owned(),
        TriggerKind::Commitment => "The assistant was about to promise something".to_owned(),
        TriggerKind::AssistantFailure => "The assistant could not answer".to_owned(),
        TriggerKind::OperatorTakeover => "Taken over by an operator".to_owned(),
        TriggerKind::ScopePivot => "The customer left what was handed back".to_owned(),
        TriggerKind::Rule => format!("Handed over by rule “{}”", trigger.rule),
    }
}

/// What stands in the way: the trigger in words, with the words that show it.
fn blocker(trigger: &Trigger) -> Claim {
    let what = reason(trigger);
    let evidence = trigger
        .signals
        .first()
        .and_then(|judged| judged.signal.evidence.first())
        .or_else(|| trigger.evidence.first());
    let text = match evidence {
        // How it was asked for helps nobody.
        _ if trigger.kind == TriggerKind::CustomerRequest => what,
        Some(evidence) if !evidence.quote.is_empty() => {
            format!("{what}: {}", quotation(&evidence.quote, QUOTE))
        }
        Some(evidence) => format!("{what}: {}", quotation(&evidence.why, QUOTE)),
        None => what,
    };
    let turn = evidence
        .and_then(|evidence| evidence.turn)
        .unwrap_or(trigger.turn);
    Claim {
        text,
        turns: vec![turn],
    }
}

/// The next step where the playbook has none.
fn next_step(kind: TriggerKind) -> &'static str {
    match kind {
        TriggerKind::HardGate => "Check the case against the policy and decide yourself.",
        TriggerKind::CustomerRequest => "Greet the customer and ask what they need from a person.",
        TriggerKind::OutOfDomain => "Answer, or route to the team that can.",
        TriggerKind::Sentiment => "Acknowledge what went wrong first, then offer one clear step.",
        TriggerKind::RepeatLoop => "Read what was tried, and answer in another way.",
        TriggerKind::LowConfidence => "Check the held-back draft against the source and answer.",
        TriggerKind::Commitment => "Decide whether the promise can be made, and make or refuse it.",
        TriggerKind::AssistantFailure => "Answer the open question.",
        TriggerKind::OperatorTakeover => "Go on from the last turn.",
        TriggerKind::ScopePivot => "Read your note and the new request, and take it from here.",
        TriggerKind::Rule => "Read the last turns and answer.",
    }
}

/// A word for a sentiment score: from 0.5 up is where the signal itself would fire.
fn mood(score: f32) -> &'static str {
    match score {
        s if s >= 0.5 => "upset",
        s if s >= 0.3 => "uneasy",
        _ => "calm",
    }
}
