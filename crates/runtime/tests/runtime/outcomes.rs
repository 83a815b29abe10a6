//! How conversations ended: recorded with the step, restated when the customer comes back.

use std::time::Duration;

use warmline::core::outcome::Ended;
use warmline::{CustomerContext, Inbound, Outcome, Requester, Timestamp};

use crate::desk::{Desk, conversation, operator};

const DAY: Duration = Duration::from_secs(24 * 3600);
const BEGIN: Timestamp = Timestamp(1_800_000_000_000);

fn rows(desk: &Desk) -> Vec<Ended> {
    desk.warmline
        .records()
        .outcomes(BEGIN, BEGIN.after(DAY * 60))
        .unwrap()
}

fn outcomes(desk: &Desk) -> Vec<(String, Outcome)> {
    let rows = rows(desk).into_iter();
    rows.map(|row| (row.conversation.to_string(), row.outcome))
        .collect()
}

async fn as_ada(desk: &Desk, id: &str, text: &str) {
    let inbound = Inbound {
        context: CustomerContext {
            customer: Some("ada".to_owned()),
            ..CustomerContext::default()
        },
        ..Inbound::text(text)
    };
    let id = conversation(id);
    desk.warmline.customer_says(&id, inbound).await.unwrap();
}

async fn close(desk: &Desk, id: &str) {
    let id = conversation(id);
    let closed = desk
        .warmline
        .close(&id, Requester::Bot, Outcome::ResolvedUnconfirmed);
    closed.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_end_has_one_row_also_when_it_is_rated_later() {
    let desk = Desk::open().await;
    desk.says("web-1", "where is my parcel").await;
    assert_eq!(rows(&desk), []);
    close(&desk, "web-1").await;
    let id = conversation("web-1");
    desk.warmline.rate(&id, 4).await.unwrap();
    let desk = desk.crash("").await;
    let rows = rows(&desk);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].tally.csat_assistant, Some(4));
    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    assert_eq!(outcomes(&desk), []);
}

#[tokio::test(start_paused = true)]
async fn coming_back_about_the_same_thing_restates_the_end() {
    let desk = Desk::open().await;
    as_ada(&desk, "web-1", "where is my parcel with the blue scarf").await;
    close(&desk, "web-1").await;
    as_ada(&desk, "web-2", "how do I change my billing address").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(outcomes(&desk)[0].1, Outcome::ResolvedUnconfirmed);
    tokio::time::sleep(DAY).await;
    as_ada(
        &desk,
        "web-3",
        "where is my parcel with the blue scarf then",
    )
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(outcomes(&desk)[0], ("web-1".to_owned(), Outcome::Reopened));
    // A rating that comes later takes nothing back.
    let id = conversation("web-1");
    desk.warmline.rate(&id, 1).await.unwrap();
    assert_eq!(outcomes(&desk)[0].1, Outcome::Reopened);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_back_after_the_window_has_a_new_question() {
    let desk = Desk::with("[outcomes]\nwindow = '1d'").await;
    as_ada(&desk, "web-1", "where is my parcel with the blue scarf").await;
    close(&desk, "web-1").await;
    tokio::time::sleep(DAY * 2).await;
    as_ada(&desk, "web-2", "where is my parcel with the blue scarf").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(outcomes(&desk)[0].1, Outcome::ResolvedUnconfirmed);
}

#[tokio::test(start_paused = true)]
async fn a_return_to_the_same_conversation_reopens_it_across_a_crash() {
    let desk = Desk::open().await;
    desk.says("web-1", "where is my parcel with the blue scarf")
        .await;
    close(&desk, "web-1").await;
    desk.says("web-1", "so where is my parcel with the blue scarf")
        .await;
    let desk = desk.crash("").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(outcomes(&desk), [("web-1".to_owned(), Outcome::Reopened)]);
}

#[tokio::test(start_paused = true)]
async fn the_last_word_on_a_handoff_counts() {
    let desk = Desk::open().await;
    let id = conversation("web-1");
    desk.says("web-1", "hello").await;
    let none = desk.warmline.feedback(&id, true, None).await;
    assert!(none.unwrap_err().to_string().contains("never handed off"));
    desk.says("web-1", "I am furious").await;
    for needed in [true, false] {
        let by = Some(operator("dana"));
        desk.warmline.feedback(&id, needed, by).await.unwrap();
    }
    let given = desk
        .warmline
        .records()
        .feedback(BEGIN, BEGIN.after(DAY))
        .unwrap();
    assert_eq!(given.len(), 1);
    assert!(!given[0].needed);
    assert!(given[0].causes.contains("sentiment"), "{given:?}");

    // Nobody said anything of another one, whatever its id begins with.
    desk.says("web-1/2", "I am furious").await;
    let other = conversation("web-1/2");
    desk.warmline.feedback(&other, true, None).await.unwrap();
    let on = |id| desk.warmline.records().feedback_on(id).unwrap();
    assert_eq!(on(&id), given);
    assert_eq!(on(&other).len(), 1);
    assert!(on(&conversation("web")).is_empty());
}
