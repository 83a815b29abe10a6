//! Durable timers fire once, whatever happens to the system in the meantime.

use std::sync::Arc;
use std::time::Duration;

use warmline::Owner;

use crate::desk::{Desk, conversation, words};
use crate::faulty::Faulty;

const MINUTE: Duration = Duration::from_secs(60);

fn fired(desk: &Desk, id: &str) -> usize {
    let entries = desk.entries(id);
    let fired = entries
        .iter()
        .filter(|entry| entry.event.name() == "timer_fired");
    fired.count()
}

#[tokio::test(start_paused = true)]
async fn a_handoff_that_nobody_claims_comes_back_once() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    tokio::time::sleep(MINUTE * 10 - Duration::from_secs(1)).await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Queue);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Assistant);
    tokio::time::sleep(MINUTE * 60).await;
    assert_eq!(fired(&desk, "web-1"), 1);
    assert_eq!(desk.warmline.active(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_came_due_while_the_system_was_down_fires_at_the_start() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    let desk = desk.crash_for(MINUTE * 60, "", |builder| builder).await;
    desk.until("web-1", "timer_fired").await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Assistant);
    let desk = desk.crash("").await;
    tokio::time::sleep(MINUTE * 60).await;
    assert_eq!(fired(&desk, "web-1"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_takes_the_timer_back() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    tokio::time::sleep(MINUTE * 20).await;
    assert_eq!(fired(&desk, "web-1"), 0);
}

#[tokio::test(start_paused = true)]
async fn activity_starts_a_timer_anew() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    for _ in 0..5 {
        tokio::time::sleep(MINUTE * 25).await;
        desk.reply("web-1", "dana", "I am still looking").await;
    }
    assert_eq!(desk.view("web-1").await.owner, Owner::Operator);
    // An operator who falls silent gives the conversation back to the queue.
    tokio::time::sleep(MINUTE * 31).await;
    let view = desk.view("web-1").await;
    assert_eq!(view.owner, Owner::Queue);
    assert_eq!(view.state.last_operator.unwrap().as_str(), "dana");
}

#[tokio::test(start_paused = true)]
async fn a_customer_who_stays_away_is_let_go_and_welcome_again() {
    let desk = Desk::open().await;
    desk.says("web-1", "Hello").await;
    tokio::time::sleep(MINUTE * 60 * 25).await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Nobody);
    let answer = desk.says("web-1", "Hello again").await;
    assert_eq!(words(&answer), "You said: Hello again");
    assert_eq!(answer.owner, Owner::Assistant);
}

#[tokio::test(start_paused = true)]
async fn conversations_that_cannot_be_recorded_hold_up_no_other() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    for number in 0..200 {
        let id = format!("web-{number}");
        desk.says(&id, "I am furious").await;
        journal.closes(&conversation(&id));
    }
    desk.says("web-200", "I am furious").await;
    tokio::time::sleep(MINUTE * 12).await;
    assert_eq!(fired(&desk, "web-200"), 1);
}

#[tokio::test(start_paused = true)]
async fn many_timers_come_due_together() {
    let desk = Desk::open().await;
    for number in 0..600 {
        desk.says(&format!("web-{number}"), "I am furious").await;
    }
    tokio::time::sleep(MINUTE * 11).await;
    for number in 0..600 {
        assert_eq!(fired(&desk, &format!("web-{number}")), 1);
    }
    assert_eq!(desk.warmline.active(), 0, "they rest again at once");
}
