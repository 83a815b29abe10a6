//! Conversations that rest are put away, and come back as if they had never been.

use std::sync::Arc;
use std::time::Duration;

use warmline::journal::MemoryJournal;
use warmline::{Inbound, Owner};

use crate::desk::{Desk, conversation, settle, words};

#[tokio::test(start_paused = true)]
async fn an_idle_conversation_is_put_away_and_comes_back_whole() {
    let desk = Desk::with("runtime.idle = '10s'").await;
    for number in 1..=40 {
        desk.says("web-1", &format!("Question {number}")).await;
    }
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let before = desk.view("web-1").await;
    assert_eq!(desk.warmline.active(), 1);

    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(desk.warmline.active(), 0);
    assert_eq!(desk.view("web-1").await, before);
    assert_eq!(
        desk.warmline.active(),
        0,
        "looking brings nothing into memory"
    );

    desk.reply("web-1", "dana", "Here I am").await;
    assert_eq!(desk.warmline.active(), 1);
    assert_eq!(
        desk.view("web-1").await.state.last_turn.0,
        before.state.last_turn.0 + 1
    );
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_owes_an_answer_is_not_put_away() {
    let desk = Desk::with("runtime.idle = '1s'\nruntime.assistant_budget = '1h'").await;
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(desk.warmline.active(), 1);
    desk.assistant.permits.add_permits(1);
    assert_eq!(
        words(&pending.await.unwrap().unwrap()),
        "You said: hold the line"
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(desk.warmline.active(), 0);
}

#[tokio::test(start_paused = true)]
async fn asking_for_what_is_not_there_leaves_nothing_behind() {
    let desk = Desk::open().await;
    for number in 0..100 {
        let id = conversation(&format!("nobody-{number}"));
        let refused = desk.warmline.rate(&id, 3).await.unwrap_err();
        assert!(refused.to_string().starts_with("there is no conversation"));
    }
    settle().await;
    assert_eq!(desk.warmline.active(), 0);
}

/// Real threads and real time: conversations are put away as often as they can be, while their
/// customers go on writing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_when_messages_race_with_passivation() {
    const CONVERSATIONS: usize = 64;
    const TURNS: usize = 60;
    let journal = Arc::new(MemoryJournal::new());
    // Budgets are of no interest here, and the machine may be slow.
    let text = "runtime.idle = '0s'\nfailures.default = 'continue'";
    let desk = Desk::on(journal, text).await;
    let mut customers = Vec::new();
    for number in 0..CONVERSATIONS {
        let warmline = desk.warmline.clone();
        customers.push(tokio::spawn(async move {
            let id = conversation(&format!("web-{number}"));
            for turn in 0..TURNS {
                let inbound = Inbound::text(format!("turn {turn}"));
                let answer = warmline.customer_says(&id, inbound).await.unwrap();
                assert_eq!(words(&answer), format!("You said: turn {turn}"));
                if (number + turn) % 3 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }));
    }
    for customer in customers {
        customer.await.unwrap();
    }
    for number in 0..CONVERSATIONS {
        let id = format!("web-{number}");
        let view = desk.view(&id).await;
        assert_eq!(view.state.last_turn.0 as usize, 2 * TURNS);
        assert_eq!(view.owner, Owner::Assistant);
        let said = desk.said(&id);
        assert_eq!(said.len(), 2 * TURNS);
    }
}
