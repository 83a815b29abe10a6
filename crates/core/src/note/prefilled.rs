//! The note that an operator would write, put together from what happened since they claimed.

use crate::card::{commits, quotation, quoted};
use crate::note::{HandbackNote, MAX_NOTE};
use crate::sentence::sentences;
use crate::signal::TriggerKind;
use crate::state::State;
use crate::turn::{Speaker, Turn};

/// Lines of one list: what is read and changed in ten seconds.
const LINES: usize = 4;
/// Longest quotation, in characters.
const QUOTE: usize = 160;

/// A note to begin with: what the operator said they did, what the customer still waits for, what
/// the assistant must keep to, and when it should come back. All of it from `state` alone; whoever
/// hands back reads and changes it.
///
/// `remaining` is empty where nothing shows what is left, and such a note is not usable as it is.
pub fn prefilled(state: &State) -> HandbackNote {
    let note = HandbackNote {
        done: done(state),
        remaining: remaining(state),
        limits: limits(state),
        return_when: return_when(state),
    };
    debug_assert!(note.remaining.is_empty() || note.check().is_ok());
    note
}

/// What was said since the present operator claimed.
fn since_claim(state: &State) -> impl DoubleEndedIterator<Item = &Turn> {
    let turns = state.window.iter().map(AsRef::as_ref);
    turns.filter(|turn: &&Turn| turn.at >= state.since)
}

fn is_operator(turn: &Turn) -> bool {
    matches!(turn.speaker, Speaker::Operator { .. })
}

/// What the operator said was done; where nothing sounds like it, the last thing they told.
fn done(state: &State) -> Vec<String> {
    let told: Vec<String> = since_claim(state)
        .filter(|turn| is_operator(turn))
        .flat_map(|turn| sentences(&turn.text).into_iter().map(|at| &turn.text[at]))
        .filter(|sentence| !sentence.trim_end().ends_with('?'))
        .map(str::to_owned)
        .collect();
    let deeds: Vec<String> = told.iter().filter(|told| commits(told)).cloned().collect();
    let chosen = match deeds.is_empty() {
        true => told,
        false => deeds,
    };
    let from = chosen.len().saturating_sub(match commits_any(&chosen) {
        true => LINES,
        false => 1,
    });
    let lines = chosen[from..].iter();
    lines.map(|line| quoted(line, MAX_NOTE.1 / 2)).collect()
}

fn commits_any(lines: &[String]) -> bool {
    lines.iter().any(|line| commits(line))
}

/// What the customer said that nobody has answered since; else what they came for, where the
/// operator has not spoken at all.
fn remaining(state: &State) -> Vec<String> {
    let spoken = state.window.iter().rev().find(|turn| is_operator(turn));
    let after = spoken.map_or(state.last_customer_turn, |turn| turn.number);
    let open: Vec<&Turn> = state
        .turns_since(after)
        .filter(|turn| turn.is_customer())
        .collect();
    let from = open.len().saturating_sub(LINES);
    let answer = |words: &str| format!("Answer {}", quotation(words, QUOTE));
    let open: Vec<String> = open[from..].iter().map(|turn| answer(&turn.text)).collect();
    if !open.is_empty() {
        return open;
    }
    let has_spoken = since_claim(state).any(is_operator);
    let wanted = state.card.as_deref().map(|card| &card.customer_intent.text);
    match wanted.filter(|wanted| !wanted.is_empty() && !has_spoken) {
        Some(wanted) => vec![format!("Help with {}", quoted(wanted, QUOTE))],
        None => Vec::new(),
    }
}

/// What the case is delicate about.
fn limits(state: &State) -> Vec<String> {
    let sensitivities = state.card.iter().flat_map(|card| &card.sensitivities);
    let limit = |name: &String| match name.as_str() {
        "money" => "Promise no further money".to_owned(),
        "commitment" => "Promise nothing beyond the documents".to_owned(),
        "legal" => "Say nothing about law or liability".to_owned(),
        "medical" => "Give no medical advice".to_owned(),
        other => format!("Decide nothing about {}", quoted(other, QUOTE)),
    };
    sensitivities.take(LINES).map(limit).collect()
}

/// What brought it to a human would bring it to one again.
fn return_when(state: &State) -> Vec<String> {
    let Some(trigger) = state.trigger.as_deref() else {
        return Vec::new();
    };
    let about = trigger.intent.as_deref().or(state.intent.as_deref());
    let about = about.map(|intent| quoted(intent, QUOTE).replace('_', " "));
    let when = match (trigger.kind, about) {
        (TriggerKind::HardGate | TriggerKind::Rule, Some(about)) => {
            format!("The customer asks about {about} again")
        }
        (TriggerKind::Sentiment, _) => "The customer is upset again".to_owned(),
        (TriggerKind::CustomerRequest, _) => "The customer asks for a person again".to_owned(),
        (TriggerKind::RepeatLoop, _) => "The same question comes again".to_owned(),
        (TriggerKind::Commitment, _) => "The customer asks for a promise".to_owned(),
        (TriggerKind::LowConfidence | TriggerKind::AssistantFailure, _) => {
            "No document answers the question".to_owned()
        }
        _ => "The customer asks about anything else".to_owned(),
    };
    vec![when]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ids::{Epoch, OperatorId, StateName, Timestamp, TurnNumber};
    use crate::signal::Trigger;

    fn told(turns: &[(&str, &str)]) -> State {
        let mut state = State::new(StateName::new("human_owned").unwrap());
        state.since = Timestamp(100);
        for (at, (by, text)) in turns.iter().enumerate() {
            let number = TurnNumber(at as u32 + 1);
            let speaker = match *by {
                "customer" => Speaker::Customer,
                "assistant" => Speaker::Assistant,
                operator => Speaker::Operator {
                    operator: OperatorId::new(operator).unwrap(),
                },
            };
            if speaker == Speaker::Customer {
                state.last_customer_turn = number;
            }
            state.last_turn = number;
            state.window.push_back(Arc::new(Turn {
                number,
                speaker,
                text: (*text).to_owned(),
                at: Timestamp(if *by == "assistant" { 50 } else { 150 }),
                epoch: Epoch(1),
                citations: Vec::new(),
            }));
        }
        state
    }

    #[test]
    fn what_the_operator_did_is_done_and_what_came_after_is_left() {
        let state = told(&[
            ("customer", "I want my 389 euros back."),
            ("dana", "Hello! I have refunded 389 EUR. Is that all?"),
            ("customer", "Thank you. And how do I send the jacket back?"),
        ]);
        let note = prefilled(&state);
        assert_eq!(note.done, ["I have refunded 389 EUR."]);
        assert_eq!(
            note.remaining,
            ["Answer “Thank you. And how do I send the jacket back?”"]
        );
        assert_eq!(note.check(), Ok(()));
    }

    #[test]
    fn what_the_assistant_said_before_the_claim_is_not_done() {
        let state = told(&[
            ("customer", "Hello"),
            ("assistant", "I have sent you a label."),
            ("dana", "Dana here."),
        ]);
        assert_eq!(prefilled(&state).done, ["Dana here."]);
    }

    #[test]
    fn nothing_is_left_where_the_operator_spoke_last() {
        let state = told(&[("customer", "Hello"), ("dana", "I have cancelled it.")]);
        assert_eq!(prefilled(&state).remaining, [""; 0]);
    }

    #[test]
    fn it_comes_back_for_what_brought_it() {
        let mut state = told(&[("customer", "I want my money back.")]);
        state.trigger = Some(Arc::new(Trigger {
            kind: TriggerKind::HardGate,
            rule: "refund-over-limit".to_owned(),
            intent: Some("refund_request".to_owned()),
            signals: Vec::new(),
            evidence: Vec::new(),
            turn: TurnNumber(1),
        }));
        assert_eq!(
            prefilled(&state).return_when,
            ["The customer asks about refund request again"]
        );
    }

    #[test]
    fn hostile_words_stay_one_bounded_line() {
        let words = "x\u{202e}\n".repeat(4000);
        let note = prefilled(&told(&[("dana", "Hi."), ("customer", &words)]));
        assert_eq!(note.check(), Ok(()));
        assert!(!note.remaining[0].contains(['\n', '\u{202e}']));
    }
}
