//! What is recorded and unfinished is finished after a restart, once.

use std::time::Duration;

use warmline::Error;

use crate::desk::{Desk, conversation, settle, words};

#[tokio::test(start_paused = true)]
async fn an_answer_owed_at_a_crash_is_given_once() {
    let desk = Desk::open().await;
    let held = desk.begins_to_say("web-1", "hold the line");
    let lost = desk.begins_to_say("web-2", "hang on");
    desk.until("web-2", "customer_spoke").await;
    settle().await;
    // Callers hold handles too; their connections go with the process.
    held.abort();
    lost.abort();
    settle().await;

    let desk = desk.crash("").await;
    desk.assistant.permits.add_permits(1);
    desk.until("web-1", "draft_examined").await;
    desk.until("web-2", "assistant_failed").await;
    let desk = desk.crash("").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(
        desk.assistant.asked().is_empty(),
        "nothing is owed any more"
    );
    let said = desk.said("web-1");
    assert_eq!(
        said,
        [
            "1 customer: hold the line",
            "2 assistant: You said: hold the line"
        ]
    );
    assert_eq!(desk.warmline.active(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_owed_answers_are_given_side_by_side() {
    let desk = Desk::open().await;
    let mut pending = Vec::new();
    for number in 0..1000 {
        pending.push(desk.begins_to_say(&format!("web-{number}"), "hold the line"));
    }
    desk.until("web-999", "customer_spoke").await;
    settle().await;
    pending.iter().for_each(|pending| pending.abort());
    settle().await;
    let desk = desk.crash("").await;
    desk.assistant.permits.add_permits(1000);
    for number in 0..1000 {
        desk.until(&format!("web-{number}"), "draft_examined").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_answers_finish_and_refuses_new_turns() {
    let desk = Desk::open().await;
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    let finish = async {
        settle().await;
        let refused = desk.try_says("web-2", "Hello").await.unwrap_err();
        assert!(matches!(refused, Error::Stopped), "{refused}");
        assert!(matches!(desk.warmline.ready(), Err(Error::Stopped)));
        desk.assistant.permits.add_permits(1);
    };
    tokio::join!(desk.warmline.shutdown(), finish);
    assert_eq!(
        words(&pending.await.unwrap().unwrap()),
        "You said: hold the line"
    );
    let erased = desk.warmline.erase(&conversation("web-1")).await;
    assert!(matches!(erased, Err(Error::Stopped)));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_ever() {
    let desk = Desk::with("runtime.assistant_budget = '1h'").await;
    let pending = desk.begins_to_say("web-1", "hang on");
    desk.until("web-1", "customer_spoke").await;
    let began = tokio::time::Instant::now();
    desk.warmline.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(30));
    let stopped = pending.await.unwrap().unwrap_err();
    assert!(matches!(stopped, Error::Stopped), "{stopped}");
    let desk = desk.crash("").await;
    desk.until("web-1", "assistant_failed").await;
}
