//! Waiting for an operator, as stories: targets, hours, call-backs, and operators who vanish.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::fmt::Write as _;

use insta::assert_snapshot;
use warmline_core::event::{CustomerContext, Requester};
use warmline_core::source::Source;
use warmline_core::workflow::Owner;
use warmline_core::{Event, OperatorId, State, TimerName, Timestamp, Workflow, transition};

/// Monday, 23 November 2026, at midnight UTC.
const MONDAY: u64 = 1_795_392_000_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// A conversation, and what became of it in words.
struct Story {
    workflow: Workflow,
    state: State,
    told: String,
}

impl Story {
    /// Begins at `at`, in milliseconds since that Monday, with a question.
    fn begin(queue: &str, at: u64) -> Self {
        let text = format!("[queues.support]\n{queue}");
        let workflow = Workflow::parse(&Source::new("w.toml", text)).unwrap();
        let state = State::new(workflow.initial.clone());
        let mut story = Self {
            workflow,
            state,
            told: String::new(),
        };
        story.happens(
            at,
            Event::CustomerSpoke {
                text: "Where is my refund?".to_owned(),
                message: None,
                context: CustomerContext::default(),
            },
        );
        story
    }

    fn happens(&mut self, at: u64, event: Event) {
        let at = Timestamp(MONDAY + at);
        match transition(&self.workflow, &self.state, at, &event) {
            Ok((state, effects)) => {
                let effects: Vec<String> = effects.iter().map(ToString::to_string).collect();
                let effects = effects.join(", ");
                let last = self.state.last_turn;
                writeln!(self.told, "{} -> {} [{effects}]", event.name(), state.name).unwrap();
                for turn in state.turns_since(last).filter(|turn| !turn.is_customer()) {
                    writeln!(self.told, "  \"{}\"", turn.text).unwrap();
                }
                self.state = state;
            }
            Err(refused) => writeln!(self.told, "{}: refused: {refused}", event.name()).unwrap(),
        }
    }

    fn asks_for_a_human(&mut self, at: u64) {
        let requester = Requester::Customer;
        let reason = "a person, please".to_owned();
        self.happens(at, Event::HandoffRequested { requester, reason });
    }

    fn fires(&mut self, timer: &str) {
        let timer = TimerName::new(timer).unwrap();
        let due = self.state.timers[&timer];
        self.happens(due.0 - MONDAY, Event::TimerFired { timer, due });
    }

    fn claims(&mut self, at: u64, operator: &str) {
        let operator = named(operator);
        let leased = true;
        self.happens(
            at,
            Event::OperatorClaimed {
                operator,
                leased,
                waited: None,
            },
        );
    }

    /// When a timer is due, in hours since Monday.
    fn due(&self, timer: &str) -> f64 {
        let due = self.state.timers[&TimerName::new(timer).unwrap()];
        (due.0 - MONDAY) as f64 / HOUR as f64
    }
}

fn named(operator: &str) -> OperatorId {
    OperatorId::new(operator).unwrap()
}

const OFFICE: &str = "timezone = 'Europe/Berlin'\nhours.monday = '09:00-17:00'\n\
    hours.tuesday = '09:00-17:00'\n";

#[test]
fn a_target_warns_and_is_missed() {
    let mut story = Story::begin("target = '2m'", 0);
    story.asks_for_a_human(0);
    story.fires("target_warning");
    story.fires("target_breach");
    assert_eq!(
        story.state.queued.as_ref().unwrap().since,
        Timestamp(MONDAY)
    );
    story.claims(3 * MINUTE, "dana");
    assert_eq!(story.state.queued, None);
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> pending_handoff [cancel_timer(idle), cancel_answer, start_timer(claim), say(2), start_timer(target_warning), start_timer(target_breach), notify_operators(support), write_card]
      "I'm passing you on to a colleague. They see our whole conversation, so you won't have to repeat yourself."
    timer_fired -> pending_handoff [raise_alarm(support, warning)]
    timer_fired -> pending_handoff [raise_alarm(support, breach)]
    operator_claimed -> human_owned [cancel_timer(claim), start_timer(silence), say(3)]
      "A colleague is with you now."
    "#);
}

#[test]
fn outside_the_hours_the_customer_is_told_when_somebody_is_there_and_keeps_the_place() {
    let mut story = Story::begin(&format!("{OFFICE}target = '30m'"), 20 * HOUR);
    story.asks_for_a_human(20 * HOUR);
    // Tuesday at nine in Berlin is eight by UTC: ten minutes, and half an hour, from then.
    assert_eq!(story.due("claim"), 32.0 + 10.0 / 60.0);
    assert_eq!(story.due("target_breach"), 32.5);
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> pending_handoff [cancel_timer(idle), cancel_answer, start_timer(claim), say(2), start_timer(target_warning), start_timer(target_breach), notify_operators(support), write_card]
      "Our team is away right now and back on Tuesday at 09:00. Your message is in the queue: you don't have to do anything, and you won't have to repeat yourself."
    "#);
}

#[test]
fn whoever_leaves_a_contact_need_not_wait_here() {
    let mut story = Story::begin(&format!("{OFFICE}outside = 'contact'"), 20 * HOUR);
    story.asks_for_a_human(20 * HOUR);
    assert!(story.state.queued.as_ref().unwrap().contact_wanted);
    let left = |contact: &str| Event::ContactLeft {
        contact: contact.to_owned(),
    };
    story.happens(20 * HOUR, left("  "));
    story.happens(20 * HOUR, left(" +49 30 1234567 "));
    assert_eq!(story.state.contact.as_ref().unwrap().text, "+49 30 1234567");
    // A day of opening hours later: eight hours on Tuesday, and as many on the Monday and the
    // Tuesday after it.
    assert_eq!(story.due("claim"), 8.0 * 24.0 + 16.0);
    story.claims(33 * HOUR, "dana");
    assert!(story.state.contact.is_some(), "the operator needs it");
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> pending_handoff [cancel_timer(idle), cancel_answer, start_timer(claim), say(2), notify_operators(support), write_card]
      "Our team is away right now and back on Tuesday at 09:00. Leave us a phone number or an e-mail address and we'll get back to you; your message is in the queue either way."
    contact_left: refused: a phone number or an address has 1 to 256 bytes, this one has 0
    contact_left -> pending_handoff [cancel_timer(claim), start_timer(claim), say(3)]
      "Thank you. A colleague will get back to you there; you can close this window, or stay and write on."
    operator_claimed -> human_owned [cancel_timer(claim), start_timer(silence), say(4)]
      "A colleague is with you now."
    "#);
}

#[test]
fn an_assistant_may_carry_on_outside_the_hours() {
    let mut story = Story::begin(&format!("{OFFICE}outside = 'assistant'"), 20 * HOUR);
    story.asks_for_a_human(20 * HOUR);
    assert!(story.state.owes_answer(), "the question is still answered");
    let (through, epoch) = (story.state.last_customer_turn, story.state.epoch);
    let findings = warmline_core::Findings {
        failures: vec![warmline_core::Failure {
            detector: "gates".to_owned(),
            reason: "crashed".to_owned(),
        }],
        ..Default::default()
    };
    let examined = Event::TurnExamined {
        through,
        epoch,
        findings,
    };
    story.happens(20 * HOUR, examined.clone());
    assert!(!story.state.owes_answer());
    assert_eq!((story.state.deferred, story.state.handoffs), (2, 0));
    // By day it is handed over as ever.
    let mut by_day = Story::begin(&format!("{OFFICE}outside = 'assistant'"), 10 * HOUR);
    by_day.happens(10 * HOUR, examined);
    assert_eq!(by_day.state.handoffs, 1);
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> ai_owned [say(2)]
      "This needs a colleague, and our team is back on Tuesday at 09:00. Until then I can go on helping you with other questions; please ask for a colleague again when the team is here."
    turn_examined -> ai_owned [say(3)]
      "This needs a colleague, and our team is back on Tuesday at 09:00. Until then I can go on helping you with other questions; please ask for a colleague again when the team is here."
    "#);
}

#[test]
fn a_call_back_is_offered_once_when_the_wait_is_long() {
    let mut story = Story::begin("offer_call_back = '10m'", 0);
    story.asks_for_a_human(0);
    for minutes in [9, 12, 15] {
        let wait = minutes * MINUTE;
        story.happens(1, Event::WaitEstimated { wait });
    }
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> pending_handoff [cancel_timer(idle), cancel_answer, start_timer(claim), say(2), notify_operators(support), write_card]
      "I'm passing you on to a colleague. They see our whole conversation, so you won't have to repeat yourself."
    wait_estimated: refused: `wait_estimated` came too late: the conversation has moved on to `pending_handoff`
    wait_estimated -> pending_handoff [say(3)]
      "It may take about 12 minutes until somebody is free. If you'd rather not wait here, leave us a phone number or an e-mail address and we'll get back to you. You keep your place either way."
    wait_estimated: refused: `wait_estimated` came too late: the conversation has moved on to `pending_handoff`
    "#);
}

#[test]
fn an_operator_who_vanishes_loses_it_and_the_customer_waits_since_their_last_word() {
    let mut story = Story::begin("target = '5m'", 0);
    story.asks_for_a_human(0);
    story.claims(MINUTE, "dana");
    let lost = |name| Event::OperatorLost {
        operator: named(name),
    };
    story.happens(4 * MINUTE, lost("lee"));
    story.happens(4 * MINUTE, lost("dana"));
    let queued = story.state.queued.clone().unwrap();
    assert_eq!(queued.since, Timestamp(MONDAY + MINUTE));
    assert_eq!(queued.reserved_for, None, "she is not there");
    story.happens(4 * MINUTE, lost("dana"));
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> pending_handoff [cancel_timer(idle), cancel_answer, start_timer(claim), say(2), start_timer(target_warning), start_timer(target_breach), notify_operators(support), write_card]
      "I'm passing you on to a colleague. They see our whole conversation, so you won't have to repeat yourself."
    operator_claimed -> human_owned [cancel_timer(claim), cancel_timer(target_breach), cancel_timer(target_warning), start_timer(silence), say(3)]
      "A colleague is with you now."
    operator_lost: refused: operator `dana` has the conversation in `human_owned`
    operator_lost -> pending_handoff [cancel_timer(silence), start_timer(claim), say(4), start_timer(target_warning), start_timer(target_breach), notify_operators(support)]
      "Sorry, my colleague had to leave. I'm finding somebody else for you; they see our whole conversation."
    operator_lost: refused: `pending_handoff` does not accept `operator_lost`
    "#);
}

#[test]
fn a_conversation_is_passed_to_a_person() {
    let mut story = Story::begin("", 0);
    story.asks_for_a_human(0);
    story.claims(MINUTE, "dana");
    story.happens(
        2 * MINUTE,
        Event::OperatorReleased {
            operator: named("dana"),
            queue: None,
            to: Some(named("lee")),
            by: None,
        },
    );
    let queued = story.state.queued.clone().unwrap();
    assert_eq!(queued.reserved_for, Some(named("lee")));
    assert_eq!(
        story.workflow.state(&story.state.name).unwrap().owner,
        Owner::Queue
    );
    assert_snapshot!(story.told, @r#"
    customer_spoke -> ai_owned [start_timer(idle), examine(1)]
    handoff_requested -> pending_handoff [cancel_timer(idle), cancel_answer, start_timer(claim), say(2), notify_operators(support), write_card]
      "I'm passing you on to a colleague. They see our whole conversation, so you won't have to repeat yourself."
    operator_claimed -> human_owned [cancel_timer(claim), start_timer(silence), say(3)]
      "A colleague is with you now."
    operator_released -> pending_handoff [cancel_timer(silence), start_timer(claim), say(4), notify_operators(support, lee first)]
      "Another colleague will take over from here. They see our whole conversation."
    "#);
}

#[test]
fn whoever_lets_go_of_it_is_not_given_it_again_and_whoever_vanishes_may_be() {
    let let_go = |event: Event| {
        let mut story = Story::begin("", 0);
        story.asks_for_a_human(0);
        story.claims(MINUTE, "dana");
        story.happens(2 * MINUTE, event);
        story.state.queued.clone().unwrap().let_go_by
    };
    let (operator, queue, to) = (named("dana"), None, None);
    let lost = let_go(Event::OperatorLost {
        operator: operator.clone(),
    });
    let released = let_go(Event::OperatorReleased {
        operator,
        queue,
        to,
        by: None,
    });
    assert_eq!((released, lost), (Some(named("dana")), None));
}

#[test]
fn whoever_is_given_a_place_in_a_queue_does_not_take_it_out_of_other_hands() {
    let mut story = Story::begin("", 0);
    story.asks_for_a_human(0);
    let waited = Some(story.state.epoch);
    story.claims(MINUTE, "dana");
    let note = warmline_core::HandbackNote {
        done: vec!["sent the refund".to_owned()],
        ..Default::default()
    };
    let operator = named("dana");
    story.happens(2 * MINUTE, Event::HandedBack { operator, note });
    let late = Event::OperatorClaimed {
        operator: named("lee"),
        leased: true,
        waited,
    };
    let before = story.state.clone();
    story.happens(2 * MINUTE, late);
    assert_eq!(story.state, before);
    assert!(story.told.contains("operator_claimed: refused"));
}

#[test]
fn a_promised_call_back_outlives_an_operator_who_vanishes() {
    let mut story = Story::begin("target = '5m'\ncall_back_within = '4h'", 0);
    story.asks_for_a_human(0);
    let contact = "+49 30 1234567".to_owned();
    story.happens(MINUTE, Event::ContactLeft { contact });
    story.claims(HOUR, "dana");
    let operator = named("dana");
    story.happens(2 * HOUR, Event::OperatorLost { operator });
    assert!(story.state.contact.is_some());
    assert_eq!(story.due("claim"), 6.0);
    assert_eq!(story.state.timers.len(), 1, "nobody waits for a target");
}

#[test]
fn what_a_human_let_go_of_waits_also_where_the_assistant_carries_on_with_others() {
    let mut story = Story::begin(&format!("{OFFICE}outside = 'assistant'"), 10 * HOUR);
    story.asks_for_a_human(10 * HOUR);
    story.claims(11 * HOUR, "dana");
    let (operator, queue, to) = (named("dana"), None, None);
    let released = Event::OperatorReleased {
        operator,
        queue,
        to,
        by: None,
    };
    story.happens(20 * HOUR, released);
    assert!(story.state.queued.is_some());
    let last = story.told.lines().last().unwrap();
    assert_snapshot!(last.trim(), @r#""Our team is away right now and back on Tuesday at 09:00. Your message is in the queue: you don't have to do anything, and you won't have to repeat yourself.""#);
}

#[test]
fn points_come_from_the_rules_that_hold() {
    let rules = "priority = [{ when = 'trigger == \"customer_request\"', points = 3 }, \
        { when = 'turns > 0', points = 2 }, { when = 'segment == \"vip\"', points = 9 }]";
    let mut story = Story::begin(rules, 0);
    story.asks_for_a_human(0);
    assert_eq!(story.state.queued.unwrap().points, 5);
}

#[test]
fn wrong_queues_say_what_would_be_right() {
    let problems = |text: &&str| {
        let parsed = Workflow::parse(&Source::new("w.toml", *text));
        parsed.unwrap_err().to_string()
    };
    let wrong = [
        "[queues.suport]\n",
        "[queues.support]\ntarget = '1m'\nwarn = '1m'",
        "[queues.support]\nwarn = '1m'",
        "[queues.support]\ntimezone = 'UTC'",
        "[queues.support]\nhours.mondy = '09:00-17:00'",
        "[queues.support]\ntimezone = 'Berlin'\nhours.monday = '09:00-17:00'",
        "[queues.support]\nhours.monday = '9-5'",
        "[queues.support]\nassignment = 'pus'",
        "[queues.support]\npriority = [{ when = 'queue == \"x\"', points = 2000000 }]",
        "[queues.support]\nclosed.english = 'no'",
    ];
    let said: Vec<String> = wrong.iter().map(problems).collect();
    assert_snapshot!(said.join("\n"), @r"
    w.toml:1:9: queues.suport: no state waits in `suport`; did you mean `support`? known queues: `support`
    w.toml:3:8: queues.support.warn: the warning does not come before the target is missed; set `target`, and `warn` to less than that
    w.toml:2:8: queues.support.warn: the warning does not come before the target is missed; set `target`, and `warn` to less than that
    w.toml:2:12: queues.support.timezone: there are no hours; add `[queues.support.hours]`, or leave it out: it is always open
    w.toml:2:7: queues.support.hours.mondy: unknown key `mondy`; did you mean `monday`? known keys: `monday`, `tuesday`, `wednesday`, `thursday`, `friday`, `saturday`, `sunday`
    w.toml:3:1: queues.support.hours: `Berlin` is no time zone of the IANA database, such as `Europe/Berlin`
    w.toml:2:1: queues.support.hours: `9-5` is no span of a day: write `09:00-17:00`, with the end after the beginning
    w.toml:2:14: queues.support.assignment: unknown value `pus`; did you mean `push`? known values: `pull`, `push`
    w.toml:2:23: queues.support.priority[0].when: `queue` is never known here; it is named by `operator_released` alone
    w.toml:2:47: queues.support.priority[0].points: 2000000 points are too many; at most 1000000; each goes ahead of a minute of waiting
    w.toml:2:8: queues.support.closed.english: unknown language `english`; languages are two small letters (ISO 639-1), such as `en` or `fr`
    ");
}
