//! Answers that are said in parts: whoever waits gets what was said, and it is said once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use warmline::core::replay;
use warmline::core::workflow::parse::DEFAULT_MACHINE;
use warmline::{Answer, Owner, TriggerKind};

use crate::desk::{Desk, conversation, operator, settle, words};
use crate::faulty::Faulty;

const PART: &str = "Let me see.";

/// The words of the answer, what led to a human, and who has it.
fn told(answer: &Answer) -> (&str, Option<TriggerKind>, Owner) {
    let kind = answer.trigger.as_ref().map(|trigger| trigger.kind);
    (words(answer), kind, answer.owner)
}

/// How often the part was said.
fn said(desk: &Desk) -> usize {
    let said = desk.said("web-1");
    said.iter().filter(|line| line.ends_with(PART)).count()
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_gets_all_parts_as_one_reply() {
    let desk = Desk::open().await;
    desk.assistant.permits.add_permits(1);
    let answer = desk.sends("web-1", "m-1", "begin").await.unwrap();
    assert_eq!(words(&answer), "Let me see. You said: begin");
    let parts: Vec<&str> = answer.parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(parts, [PART, "You said: begin"]);
    let again = desk.sends("web-1", "m-1", "begin").await.unwrap();
    assert_eq!(again, answer);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_more_turns_than_are_kept_reaches_whoever_waits() {
    let desk = Desk::open().await;
    let answer = desk.sends("web-1", "m-1", "count").await.unwrap();
    let said = words(&answer);
    assert!(
        said.starts_with("1, 2, 3,") && said.ends_with("24, You said: count"),
        "{said}"
    );
    let again = desk.sends("web-1", "m-1", "count").await.unwrap();
    assert_eq!(again, answer);

    // What they said stays at hand as well.
    let state = desk.view("web-1").await.state;
    let kept: Vec<u32> = state.window.iter().map(|turn| turn.number.0).collect();
    assert_eq!((kept[0], kept[1], kept[23]), (1, 4, 26));
    desk.says("web-1", "And then?").await;
    let state = desk.view("web-1").await.state;
    let kept: Vec<u32> = state.window.iter().map(|turn| turn.number.0).collect();
    assert_eq!((kept[0], kept[23]), (5, 28));
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_a_handoff_reaches_whoever_waits() {
    let desk = Desk::open().await;
    let rests: [(&str, TriggerKind); 3] = [
        ("begin to promise", TriggerKind::Commitment),
        ("begin and fail", TriggerKind::AssistantFailure),
        ("begin and crash", TriggerKind::AssistantFailure),
    ];
    for (number, (text, kind)) in rests.into_iter().enumerate() {
        let id = format!("web-{number}");
        desk.assistant.permits.add_permits(1);
        let answer = desk.sends(&id, "m-1", text).await.unwrap();
        assert_eq!(told(&answer), (PART, Some(kind), Owner::Queue));
        assert_eq!(answer.notices.len(), 1, "the customer is told");
        assert_eq!(desk.sends(&id, "m-1", text).await.unwrap(), answer);
    }

    let pending = desk.begins_to_say("web-9", "begin");
    desk.until("web-9", "part_examined").await;
    desk.claim("web-9", "dana").await;
    let answer = pending.await.unwrap().unwrap();
    let takeover = Some(TriggerKind::OperatorTakeover);
    assert_eq!(told(&answer), (PART, takeover, Owner::Operator));
}

#[tokio::test(start_paused = true)]
async fn what_was_said_where_nobody_is_there_reaches_whoever_waits() {
    let closed = "[queues.support]\noutside = 'assistant'\nhours.monday = '00:00-00:01'\n\
        closed.en = 'Nobody is here.'\n";
    let desk = Desk::with(closed).await;
    desk.assistant.permits.add_permits(1);
    let answer = desk.sends("web-1", "m-1", "begin to promise").await;
    let answer = answer.unwrap();
    assert_eq!(told(&answer), (PART, None, Owner::Assistant));
    desk.says("web-1", "Then goodbye").await;
    let again = desk.sends("web-1", "m-1", "begin to promise").await;
    assert_eq!(words(&again.unwrap()), PART);
}

#[tokio::test(start_paused = true)]
async fn each_turn_of_a_burst_gets_what_was_said_behind_it() {
    let desk = Desk::open().await;
    let first = desk.begins_to_send("web-1", "m-1", "begin");
    desk.until("web-1", "part_examined").await;
    let second = desk.begins_to_send("web-1", "m-2", "in May");
    desk.assistant.permits.add_permits(2);
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(words(&first), PART);
    assert_eq!(words(&second), "Let me see. You said: begin / in May");
    for (message, answer) in [("m-1", first), ("m-2", second)] {
        let again = desk.sends("web-1", message, "whatever").await.unwrap();
        assert_eq!(again.reply, answer.reply);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_share_a_part_are_no_loop() {
    let desk = Desk::with("detectors.loop.enabled = true\n").await;
    desk.assistant.permits.add_permits(9);
    for text in [
        "begin with the parcel of my sister",
        "Boots need wax: begin there",
        "And opening hours in May, begin please",
        "begin telling how invoices reach us",
    ] {
        let answer = desk.says("web-1", text).await;
        assert_eq!(answer.trigger, None, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_only_speaks_leaves_the_answer_alone() {
    let timer = "[states.ai_owned.timers.nudge]\nafter = '5s'\n";
    let rule = "[[rules]]\nfrom = 'ai_owned'\non = 'timer_fired'\ntimer = 'nudge'\n\
        to = 'ai_owned'\ntell.en = 'One moment.'\n";
    let desk = Desk::with(&format!("{DEFAULT_MACHINE}\n{timer}{rule}")).await;
    let pending = desk.begins_to_say("web-1", "begin");
    desk.until("web-1", "timer_fired").await;
    desk.assistant.permits.add_permits(1);
    let answer = pending.await.unwrap().unwrap();
    assert_eq!(words(&answer), "Let me see. You said: begin");
    assert_eq!((said(&desk), desk.assistant.asked().len()), (1, 1));

    let pending = desk.begins_to_say("web-2", "begin");
    desk.until("web-2", "timer_fired").await;
    pending.abort();
    settle().await;
    let desk = desk.crash("").await;
    desk.until("web-2", "assistant_failed").await;
    assert_eq!(desk.view("web-2").await.owner, Owner::Queue);
    assert!(desk.assistant.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_two_parts_says_nothing_twice() {
    let desk = Desk::open().await;
    let pending = desk.begins_to_send("web-1", "m-1", "begin");
    desk.until("web-1", "part_examined").await;
    pending.abort();
    settle().await;

    let desk = desk.crash("").await;
    desk.assistant.permits.add_permits(1);
    let answer = desk.sends("web-1", "m-1", "begin").await.unwrap();
    let failed = Some(TriggerKind::AssistantFailure);
    assert_eq!(told(&answer), (PART, failed, Owner::Queue));
    assert!(desk.assistant.asked().is_empty());
    assert_eq!(said(&desk), 1);
    let view = desk.view("web-1").await;
    let card = view.state.card.as_deref().unwrap();
    let why = &card.trigger.evidence[0].why;
    assert_eq!(why, "interrupted after a part was said");

    let workflow = desk.warmline.workflow();
    let again = replay(|_| Some(workflow.clone()), &desk.entries("web-1"));
    assert_eq!(again.unwrap(), Some(view.state));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_between_two_parts_says_nothing_twice() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let pending = desk.begins_to_say("web-1", "begin");
    desk.until("web-1", "part_examined").await;
    journal.failing.store(1, Ordering::SeqCst);
    desk.assistant.permits.add_permits(2);
    pending.await.unwrap().unwrap_err();
    desk.until("web-1", "assistant_failed").await;
    assert_eq!((said(&desk), desk.assistant.asked().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_part_of_work_that_was_stopped_is_not_said() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let pending = desk.begins_to_say("web-1", "hold on and begin");
    desk.until("web-1", "customer_spoke").await;
    settle().await;

    // The part is behind a command that cannot be recorded, which is behind one that is slow.
    journal.slow.store(true, Ordering::SeqCst);
    let (id, sue) = (conversation("web-1"), operator("sue"));
    let slow = desk.warmline.whisper(&id, &sue, "one");
    let lost = async {
        settle().await;
        journal.failing.store(1, Ordering::SeqCst);
        desk.warmline.whisper(&id, &sue, "two").await
    };
    let release = async {
        settle().await;
        settle().await;
        desk.assistant.permits.add_permits(1);
        settle().await;
        journal.slow.store(false, Ordering::SeqCst);
        journal.permits.open(1);
    };
    let (slow, lost, ()) = tokio::join!(slow, lost, release);
    slow.unwrap();
    lost.unwrap_err();
    pending.await.unwrap().unwrap_err();
    settle().await;
    assert_eq!(said(&desk), 0);

    desk.assistant.permits.add_permits(2);
    tokio::time::sleep(Duration::from_secs(5)).await;
    desk.until("web-1", "draft_examined").await;
    assert_eq!((said(&desk), desk.assistant.asked().len()), (1, 2));
}
