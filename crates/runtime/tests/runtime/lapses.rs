//! A journal that fails: callers hear of it, nothing acknowledged is lost, and it goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use warmline::{Error, Owner};

use crate::desk::{Desk, conversation, operator, settle, words};
use crate::faulty::Faulty;

#[tokio::test(start_paused = true)]
async fn a_turn_that_cannot_be_recorded_was_never_heard() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    desk.says("web-1", "Hello").await;
    let before = desk.view("web-1").await;

    journal.failing.store(1, Ordering::SeqCst);
    let lost = desk
        .try_says("web-1", "Where is my parcel?")
        .await
        .unwrap_err();
    assert!(matches!(lost, Error::Journal(_)), "{lost}");
    assert_eq!(desk.view("web-1").await, before);

    let answer = desk.says("web-1", "Where is my parcel?").await;
    assert_eq!(words(&answer), "You said: Where is my parcel?");
    assert_eq!(answer.turn.0, 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_recorded_is_given_when_the_journal_works_again() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    journal.failing.store(1000, Ordering::SeqCst);
    desk.assistant.permits.add_permits(2);
    let lost = pending.await.unwrap().unwrap_err();
    assert!(matches!(lost, Error::Journal(_)), "{lost}");
    assert!(desk.warmline.ready().is_err());

    // The assistant is not asked again before that.
    let asked = desk.assistant.asked().len();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(desk.assistant.asked().len(), asked);

    journal.failing.store(0, Ordering::SeqCst);
    desk.until("web-1", "draft_examined").await;
    let said = desk.said("web-1");
    assert_eq!(
        said,
        [
            "1 customer: hold the line",
            "2 assistant: You said: hold the line"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_recorded_without_word_of_it_is_heard_once() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    journal.recorded.store(true, Ordering::SeqCst);
    journal.failing.store(1, Ordering::SeqCst);
    desk.sends("web-1", "m-1", "Where is my parcel?")
        .await
        .unwrap_err();
    let answer = desk
        .sends("web-1", "m-1", "Where is my parcel?")
        .await
        .unwrap();
    assert_eq!(words(&answer), "You said: Where is my parcel?");
    assert_eq!(desk.said("web-1").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_recorded_leaves_the_conversation_where_it_is() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    desk.says("web-1", "I am furious").await;
    journal.failing.store(1, Ordering::SeqCst);
    let (id, dana) = (conversation("web-1"), operator("dana"));
    desk.warmline.claim(&id, &dana).await.unwrap_err();
    assert_eq!(desk.view("web-1").await.owner, Owner::Queue);
    assert_eq!(desk.claim("web-1", "lee").await.owner, Owner::Operator);
}

#[tokio::test(start_paused = true)]
async fn nobody_hears_of_a_step_before_it_is_recorded() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let mut steps = desk.warmline.subscribe();
    journal.slow.store(true, Ordering::SeqCst);
    let pending = desk.begins_to_say("web-1", "Hello");
    settle().await;
    assert!(steps.try_recv().is_err());
    assert!(desk.assistant.asked().is_empty());

    journal.permits.open(1);
    assert_eq!(
        steps.recv().await.unwrap().entry.event.name(),
        "customer_spoke"
    );
    settle().await;
    assert_eq!(desk.assistant.asked().len(), 1);
    assert!(!pending.is_finished(), "the draft is not recorded yet");
    journal.permits.open(1);
    assert_eq!(words(&pending.await.unwrap().unwrap()), "You said: Hello");
}
