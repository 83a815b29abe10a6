//! Push channels: each turn is delivered in order, under one key, whatever happens on the way.

use std::sync::Arc;
use std::time::Duration;

use warmline::journal::{Journal, MemoryJournal};

use crate::desk::{Desk, by_post, conversation, settle};
use crate::script::{Delivery, Post};

async fn open(journal: &Arc<MemoryJournal>, post: &Post) -> Desk {
    let post = post.clone();
    Desk::built(journal.clone(), "", |builder| builder.channel(post)).await
}

async fn says(desk: &Desk, id: &str, text: &str) {
    let id = conversation(id);
    let said = desk.warmline.customer_says(&id, by_post(text)).await;
    said.unwrap();
}

fn waiting(journal: &MemoryJournal) -> usize {
    journal.outbox(None, 100).unwrap().rows.len()
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_delivered_in_order() {
    let (journal, post) = (Arc::new(MemoryJournal::new()), Post::default());
    let desk = open(&journal, &post).await;
    says(&desk, "sms-1", "Hello").await;
    says(&desk, "sms-1", "I am furious").await;
    desk.claim("sms-1", "dana").await;
    desk.reply("sms-1", "dana", "Here I am").await;
    let delivered = post.until(4).await;
    let notice = "I'm passing you on to a colleague. They see our whole conversation, so you won't \
                  have to repeat yourself.";
    assert_eq!(
        delivered,
        [
            "sms-1/2 You said: Hello",
            &format!("sms-1/4 {notice}"),
            "sms-1/5 A colleague is with you now.",
            "sms-1/6 Here I am",
        ]
    );
    settle().await;
    assert_eq!(waiting(&journal), 0);
}

#[tokio::test(start_paused = true)]
async fn other_channels_have_no_outbox() {
    let (journal, post) = (Arc::new(MemoryJournal::new()), Post::default());
    let desk = open(&journal, &post).await;
    desk.says("web-1", "Hello").await;
    says(&desk, "sms-1", "Hello").await;
    assert_eq!(post.until(1).await, ["sms-1/2 You said: Hello"]);
    settle().await;
    assert_eq!(waiting(&journal), 0);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_fails_hangs_or_crashes_is_tried_again_before_the_next() {
    let script = [
        Delivery::Fail,
        Delivery::Hang,
        Delivery::Crash,
        Delivery::Fail,
    ];
    let (journal, post) = (Arc::new(MemoryJournal::new()), Post::failing(script));
    let desk = open(&journal, &post).await;
    says(&desk, "sms-1", "one").await;
    says(&desk, "sms-1", "two").await;
    assert!(post.delivered().is_empty());
    let delivered = post.until(2).await;
    assert_eq!(
        delivered,
        ["sms-1/2 You said: one", "sms-1/4 You said: two"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_hangs_holds_up_no_other() {
    let (journal, post) = (
        Arc::new(MemoryJournal::new()),
        Post::failing([Delivery::Hang]),
    );
    let desk = open(&journal, &post).await;
    says(&desk, "sms-1", "one").await;
    settle().await;
    let began = tokio::time::Instant::now();
    says(&desk, "sms-2", "two").await;
    assert_eq!(post.until(1).await, ["sms-2/2 You said: two"]);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(post.until(2).await[1], "sms-1/2 You said: one");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_delivered_before_a_crash_is_delivered_after_it() {
    let (journal, post) = (
        Arc::new(MemoryJournal::new()),
        Post::failing([Delivery::Hang]),
    );
    let desk = open(&journal, &post).await;
    says(&desk, "sms-1", "Hello").await;
    settle().await;
    assert_eq!(waiting(&journal), 1);
    let again = post.clone();
    let desk = desk
        .crash_for(Duration::ZERO, "", |builder| builder.channel(again))
        .await;
    assert_eq!(post.until(1).await, ["sms-1/2 You said: Hello"]);
    settle().await;
    assert_eq!(waiting(&journal), 0);
    drop(desk);
}

#[tokio::test(start_paused = true)]
async fn many_conversations_are_delivered_to() {
    let (journal, post) = (Arc::new(MemoryJournal::new()), Post::default());
    let desk = open(&journal, &post).await;
    for number in 0..400 {
        says(&desk, &format!("sms-{number}"), "one").await;
        says(&desk, &format!("sms-{number}"), "two").await;
    }
    let mut delivered = post.until(800).await;
    let of_one: Vec<String> = delivered
        .iter()
        .filter(|line| line.starts_with("sms-77/"))
        .cloned()
        .collect();
    assert_eq!(of_one, ["sms-77/2 You said: one", "sms-77/4 You said: two"]);
    delivered.sort();
    delivered.dedup();
    assert_eq!(delivered.len(), 800);
}
