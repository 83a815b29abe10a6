//! Several turns in quick succession are answered once.

use std::time::Duration;

use crate::desk::{Desk, settle, words};

#[tokio::test(start_paused = true)]
async fn turns_that_come_while_an_answer_is_under_way_are_answered_with_it() {
    let desk = Desk::open().await;
    let first = desk.begins_to_say("web-1", "I have a question, hold on");
    desk.until("web-1", "customer_spoke").await;
    settle().await;
    let second = desk.begins_to_say("web-1", "It is about my parcel");
    let third = desk.begins_to_say("web-1", "Where is it?");
    settle().await;
    desk.assistant.permits.add_permits(1);

    let [first, second, third] =
        [first, second, third].map(|pending| async { pending.await.unwrap().unwrap() });
    let (first, second, third) = tokio::join!(first, second, third);
    assert_eq!(words(&first), "-");
    assert_eq!(words(&second), "-");
    let together = "You said: I have a question, hold on / It is about my parcel / Where is it?";
    assert_eq!(words(&third), together);
    assert_eq!([first.turn.0, second.turn.0, third.turn.0], [1, 2, 3]);

    assert_eq!(desk.assistant.given_up(), desk.assistant.asked().len() - 1);
    let said = desk.said("web-1");
    assert_eq!(
        said.iter()
            .filter(|line| line.contains("assistant:"))
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_configured_pause_waits_for_more_turns() {
    let desk = Desk::with("runtime.burst = '2s'").await;
    let first = desk.begins_to_say("web-1", "Hello");
    desk.until("web-1", "customer_spoke").await;
    tokio::time::advance(Duration::from_millis(1500)).await;
    let second = desk.says("web-1", "Where is my parcel?").await;
    assert_eq!(words(&second), "You said: Hello / Where is my parcel?");
    assert_eq!(words(&first.await.unwrap().unwrap()), "-");
    assert_eq!(desk.assistant.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_customer_who_writes_without_a_pause_is_answered_in_the_end() {
    let desk = Desk::with("runtime.burst = '2s'").await;
    let mut waiting = Vec::new();
    for number in 1..=7 {
        waiting.push(desk.begins_to_say("web-1", &format!("{number}")));
        settle().await;
        tokio::time::advance(Duration::from_millis(1700)).await;
        settle().await;
    }
    let answered = waiting
        .iter()
        .filter(|pending| pending.is_finished())
        .count();
    assert!(answered >= 6, "{answered} of 7 are answered");
    for pending in waiting {
        pending.await.unwrap().unwrap();
    }
}
