//! Drafts that are slow, fail, or are no longer wanted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use warmline::{Owner, TriggerKind};

use crate::desk::{Desk, settle, words};
use crate::faulty::Faulty;

#[tokio::test(start_paused = true)]
async fn an_operator_who_claims_ends_the_draft_in_flight() {
    let desk = Desk::open().await;
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    settle().await;
    assert_eq!(desk.assistant.asked().len(), 1);

    let view = desk.claim("web-1", "dana").await;
    assert_eq!(view.owner, Owner::Operator);
    settle().await;
    assert_eq!(desk.assistant.given_up(), 1);
    let answer = pending.await.unwrap().unwrap();
    assert_eq!((words(&answer), answer.owner), ("-", Owner::Operator));
    desk.assistant.permits.add_permits(1);
    settle().await;
    assert!(
        desk.said("web-1")
            .iter()
            .all(|line| !line.contains("assistant:"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_comes_after_the_claim_is_discarded_and_counted() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    settle().await;

    // The claim is being recorded while the draft arrives behind it.
    journal.slow.store(true, Ordering::SeqCst);
    let claim = desk.claim("web-1", "dana");
    let release = async {
        settle().await;
        desk.assistant.permits.add_permits(1);
        settle().await;
        journal.permits.open(2);
    };
    let (view, ()) = tokio::join!(claim, release);
    assert_eq!(view.owner, Owner::Operator);
    desk.until("web-1", "draft_examined").await;

    let view = desk.view("web-1").await;
    assert_eq!(view.state.discarded_drafts, 1);
    assert_eq!(words(&pending.await.unwrap().unwrap()), "-");
    assert!(
        desk.said("web-1")
            .iter()
            .all(|line| !line.contains("assistant:"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_assistant_beyond_its_budget_hands_off() {
    let desk = Desk::with("runtime.assistant_budget = '5s'").await;
    let began = tokio::time::Instant::now();
    let answer = desk.says("web-1", "hang on").await;
    assert_eq!(began.elapsed().as_secs(), 5);
    let trigger = answer.trigger.unwrap();
    assert_eq!(trigger.kind, TriggerKind::AssistantFailure);
    assert_eq!(trigger.evidence[0].why, "took longer than 5 s");
    assert_eq!(answer.owner, Owner::Queue);
    assert_eq!(answer.notices.len(), 1, "the customer is told");
    assert_eq!(desk.assistant.given_up(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_assistant_that_fails_or_crashes_hands_off() {
    let desk = Desk::open().await;
    for (id, text, why) in [
        ("web-1", "please fail", "as the script says"),
        ("web-2", "please crash", "crashed"),
    ] {
        let answer = desk.says(id, text).await;
        let trigger = answer.trigger.unwrap();
        assert_eq!(trigger.kind, TriggerKind::AssistantFailure);
        assert_eq!(trigger.evidence[0].why, why);
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_must_not_be_said_is_held_back() {
    let desk = Desk::open().await;
    let answer = desk.says("web-1", "Do you promise to pay?").await;
    assert_eq!(answer.trigger.unwrap().kind, TriggerKind::Commitment);
    assert_eq!(answer.reply, None);
    let held = desk.view("web-1").await.state.held_back.unwrap();
    assert_eq!(held.text, "You said: Do you promise to pay?");
}
