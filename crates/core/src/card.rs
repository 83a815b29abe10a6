//! The card: what an operator reads to take over in eight seconds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::TurnNumber;
use crate::policy::Policy;
use crate::signal::{Trigger, TriggerKind};
use crate::state::State;
use crate::turn::Turn;

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

/// Longest quotation in a card, in characters: two of them are read in a glance.
const QUOTE: usize = 160;
/// Most lines of what was attempted; the latest stay.
const ATTEMPTS: usize = 4;

impl Card {
    /// Puts a card together from recorded facts. Nothing of what the customer said becomes a
    /// recommendation: that comes from the playbook, or from the kind of the trigger.
    pub fn extract(state: &State, trigger: &Trigger, policy: &Policy) -> Self {
        Self {
            customer_intent: goal(state, trigger),
            actions_attempted: attempted(state),
            blockers: vec![blocker(trigger)],
            recommended_action: Claim {
                text: policy.play(trigger).map_or_else(
                    || next_step(trigger.kind).to_owned(),
                    |play| play.step.clone(),
                ),
                turns: Vec::new(),
            },
            sentiment: mood(state.mood).to_owned(),
            sensitivities: policy
                .sensitivity(trigger)
                .map(str::to_owned)
                .into_iter()
                .collect(),
            trigger: trigger.clone(),
            source: CardSource::Extracted,
        }
    }
}

/// What the customer wants: their first substantial words since the last handback, and the latest.
fn goal(state: &State, trigger: &Trigger) -> Claim {
    let said: Vec<&Arc<Turn>> = state.examined().filter(|turn| turn.is_customer()).collect();
    let substantial = |turn: &&&Arc<Turn>| turn.text.split_whitespace().count() > 3;
    let first = said.iter().find(substantial).or(said.first());
    let last = said.iter().rfind(|turn| turn.number == trigger.turn);
    let mut claim = Claim::default();
    for turn in [first, last].into_iter().flatten() {
        if claim.turns.contains(&turn.number) {
            continue;
        }
        let joint = if claim.text.is_empty() { "" } else { " then " };
        claim.text = format!("{}{joint}“{}”", claim.text, quoted(&turn.text, QUOTE));
        claim.turns.push(turn.number);
    }
    claim
}

/// What the assistant and its tools did, latest last.
fn attempted(state: &State) -> Vec<Claim> {
    let actions = state.attempts.iter().map(|attempt| {
        let action = &attempt.action;
        let input = match action.input.as_str() {
            "" => String::new(),
            input => format!(" ({})", quoted(input, 60)),
        };
        let result = match action.result.as_deref() {
            Some(result) => format!(": {}", quoted(result, 80)),
            None => ": no result yet".to_owned(),
        };
        Claim {
            text: format!("Called {}{input}{result}", quoted(&action.name, 40)),
            turns: vec![attempt.turn],
        }
    });
    let answers = state
        .examined()
        .filter(|turn| turn.is_assistant())
        .map(|turn| Claim {
            text: match turn.citations.first() {
                Some(citation) => format!("Answered from “{}”", quoted(&citation.title, 60)),
                None => format!("Answered “{}”", quoted(&turn.text, 80)),
            },
            turns: vec![turn.number],
        });
    let mut claims: Vec<Claim> = actions.chain(answers).collect();
    claims.sort_by_key(|claim| claim.turns.first().copied());
    claims.split_off(claims.len().saturating_sub(ATTEMPTS))
}

/// What stands in the way: the trigger in words, with the words that show it.
fn blocker(trigger: &Trigger) -> Claim {
    let what = match trigger.kind {
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
    };
    let evidence = trigger
        .signals
        .first()
        .and_then(|judged| judged.signal.evidence.first())
        .or_else(|| trigger.evidence.first());
    let text = match evidence {
        Some(evidence) if !evidence.quote.is_empty() => {
            format!("{what}: “{}”", quoted(&evidence.quote, QUOTE))
        }
        Some(evidence) => format!("{what}: {}", quoted(&evidence.why, QUOTE)),
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

/// `text` on one line, without control or direction characters, cut to `most` characters.
pub fn quoted(text: &str, most: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
