use std::sync::Arc;

use super::{Invariant, check};
use crate::event::{CustomerContext, Event};
use crate::ids::{Epoch, OperatorId, Timestamp, TurnNumber};
use crate::note::HandbackNote;
use crate::outcome::Outcome;
use crate::signal::Findings;
use crate::source::Source;
use crate::state::{Awaiting, State, WINDOW};
use crate::turn::{Draft, Speaker};
use crate::workflow::Workflow;
use crate::{Effect, transition};

fn dana() -> OperatorId {
    OperatorId::new("dana").unwrap()
}

fn spoke(text: &str) -> Event {
    Event::CustomerSpoke {
        text: text.to_owned(),
        message: None,
        context: CustomerContext::default(),
    }
}

fn examined(through: u32) -> Event {
    Event::TurnExamined {
        through: TurnNumber(through),
        epoch: Epoch(1),
        findings: Findings::default(),
    }
}

fn drafted(through: u32) -> Event {
    Event::DraftExamined {
        through: TurnNumber(through),
        epoch: Epoch(1),
        draft: Draft {
            text: "Within 30 days.".to_owned(),
            ..Draft::default()
        },
        findings: Findings::default(),
    }
}

fn asked_for_a_person() -> Event {
    Event::HandoffRequested {
        requester: crate::event::Requester::Customer,
        reason: "a person, please".to_owned(),
    }
}

fn claimed() -> Event {
    Event::OperatorClaimed {
        operator: dana(),
        leased: false,
        waited: None,
    }
}

fn handed_back() -> Event {
    Event::HandedBack {
        operator: dana(),
        note: HandbackNote {
            remaining: vec!["say when it arrives".to_owned()],
            ..HandbackNote::default()
        },
    }
}

/// Takes the step at the end of `events`, lets `tamper` change what came of it, and says which
/// promise is broken then.
fn broken(
    events: &[Event],
    tamper: impl FnOnce(&mut State, &mut Vec<Effect>),
) -> Option<Invariant> {
    let workflow = Workflow::parse(&Source::new("default", "")).unwrap();
    let mut state = State::new(workflow.initial.clone());
    let (last, first) = events.split_last().unwrap();
    for event in first {
        (state, _) = transition(&workflow, &state, Timestamp(1), event).unwrap();
    }
    let (mut after, mut effects) = transition(&workflow, &state, Timestamp(2), last).unwrap();
    assert_eq!(check(&workflow, &state, last, &after, &effects), Ok(()));
    tamper(&mut after, &mut effects);
    check(&workflow, &state, last, &after, &effects)
        .err()
        .map(|violation| violation.invariant)
}

fn says_again(effects: &mut Vec<Effect>) {
    let said = effects
        .iter()
        .find(|effect| matches!(effect, Effect::Say(_)))
        .cloned();
    effects.extend(said);
}

#[test]
fn a_second_voice_is_found() {
    let handoff = [spoke("hello"), asked_for_a_person(), claimed()];
    let found = broken(&handoff, |after, _| after.operator = None);
    assert_eq!(found, Some(Invariant::OneVoice));
    let found = broken(&handoff, |after, _| after.epoch = Epoch(2));
    assert_eq!(found, Some(Invariant::OneVoice));
    let found = broken(&handoff, |_, effects| {
        for effect in effects {
            if let Effect::Say(turn) = effect {
                turn.speaker = Speaker::Assistant;
            }
        }
    });
    assert_eq!(found, Some(Invariant::OneVoice));
}

#[test]
fn lost_words_are_found() {
    let found = broken(&[spoke("hello")], |after, _| after.window.clear());
    assert_eq!(found, Some(Invariant::NothingLost));
    let found = broken(&[spoke("hello")], |after, _| {
        Arc::make_mut(&mut after.window[0]).text = "goodbye".to_owned();
    });
    assert_eq!(found, Some(Invariant::NothingLost));
}

#[test]
fn words_said_twice_or_not_at_all_are_found() {
    let answered = [spoke("hello"), examined(1), drafted(1)];
    let found = broken(&answered, |_, effects| says_again(effects));
    assert_eq!(found, Some(Invariant::ExactlyOnce));
    let found = broken(&answered, |_, effects| effects.clear());
    assert_eq!(found, Some(Invariant::ExactlyOnce));
    let found = broken(&answered, |after, _| after.settled = TurnNumber(0));
    assert_eq!(found, Some(Invariant::ExactlyOnce));
}

#[test]
fn an_answer_that_begins_anew_is_found() {
    let found = broken(&[spoke("hello"), examined(1)], |after, effects| {
        after.awaiting = Awaiting::Examination;
        *effects = vec![Effect::Examine {
            through: TurnNumber(1),
            epoch: Epoch(1),
        }];
    });
    assert_eq!(found, Some(Invariant::ExactlyOnce));
}

#[test]
fn a_timer_that_is_not_durable_is_found() {
    let handoff = [spoke("hello"), asked_for_a_person()];
    let found = broken(&handoff, |_, effects| {
        effects.retain(|effect| !matches!(effect, Effect::StartTimer { .. }));
    });
    assert_eq!(found, Some(Invariant::NoStranding));
    let found = broken(&handoff, |after, effects| {
        after.timers.clear();
        effects.retain(|effect| !matches!(effect, Effect::StartTimer { .. }));
    });
    assert_eq!(found, Some(Invariant::NoStranding));
}

#[test]
fn an_answer_that_nobody_works_on_is_found() {
    let found = broken(&[spoke("hello")], |_, effects| {
        effects.retain(|effect| !matches!(effect, Effect::Examine { .. }));
    });
    assert_eq!(found, Some(Invariant::NeverBlocked));
    let found = broken(&[spoke("hello")], |after, _| {
        after.awaiting = Awaiting::Nothing
    });
    assert_eq!(found, Some(Invariant::NeverBlocked));
}

#[test]
fn a_handoff_without_card_is_found() {
    let handoff = [spoke("hello"), asked_for_a_person()];
    let found = broken(&handoff, |after, _| after.card = None);
    assert_eq!(found, Some(Invariant::CardAtOnce));
}

#[test]
fn growth_is_found() {
    let found = broken(&[spoke("hello")], |after, _| {
        let turn = Arc::clone(&after.window[0]);
        for _ in 0..WINDOW {
            let mut old = turn.as_ref().clone();
            old.number = TurnNumber(0);
            after.window.push_front(Arc::new(old));
        }
    });
    assert_eq!(found, Some(Invariant::BoundedCost));
}

#[test]
fn an_old_grievance_is_found() {
    let round = [
        spoke("hello"),
        asked_for_a_person(),
        claimed(),
        handed_back(),
    ];
    let found = broken(&round, |after, _| after.examined_from = TurnNumber(1));
    assert_eq!(found, Some(Invariant::StaysCleared));
    let found = broken(&round, |after, _| after.intent = Some("refund".to_owned()));
    assert_eq!(found, Some(Invariant::StaysCleared));
}

#[test]
fn an_unexplained_end_is_found() {
    let found = broken(&[spoke("hello")], |after, _| {
        after.outcome = Some(Outcome::Abandoned);
    });
    assert_eq!(found, Some(Invariant::Explained));
}
