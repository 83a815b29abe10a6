//! A conversation that crashes comes back; one that keeps crashing stays away, alone.

use std::sync::Arc;
use std::time::Duration;

use warmline::Error;

use crate::desk::{Desk, conversation, words};
use crate::faulty::Faulty;

#[tokio::test(start_paused = true)]
async fn it_comes_back_after_a_pause_and_answers_what_it_owes() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let id = conversation("web-1");
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;

    journal.panics(&id, true);
    desk.assistant.permits.add_permits(1);
    let lost = pending.await.unwrap().unwrap_err();
    assert!(matches!(lost, Error::Interrupted(_)), "{lost}");
    journal.panics(&id, false);

    // At once it is still away; somebody else's conversation is not.
    let away = desk.try_says("web-1", "Hello?").await.unwrap_err();
    assert!(matches!(away, Error::Overloaded { .. }), "{away}");
    assert_eq!(words(&desk.says("web-2", "Hi").await), "You said: Hi");

    desk.assistant.permits.add_permits(1);
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
async fn it_is_quarantined_when_it_keeps_crashing_and_forgiven_in_time() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "").await;
    let id = conversation("web-1");
    journal.panics(&id, true);
    let mut crashes = 0;
    let reason = loop {
        match desk.try_says("web-1", "Hello?").await.unwrap_err() {
            Error::Interrupted(_) => crashes += 1,
            Error::Overloaded { retry_after } => tokio::time::sleep(retry_after).await,
            Error::Quarantined {
                conversation,
                reason,
            } => {
                assert_eq!(conversation, id);
                break reason;
            }
            other => panic!("{other}"),
        }
    };
    assert_eq!(
        (crashes, reason.as_str()),
        (4, "it crashed 4 times in a row")
    );
    assert_eq!(words(&desk.says("web-2", "Hi").await), "You said: Hi");

    journal.panics(&id, false);
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(
        words(&desk.says("web-1", "Hello?").await),
        "You said: Hello?"
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_journal_quarantines_its_conversation_alone() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "runtime.idle = '1s'").await;
    desk.says("web-1", "Hello").await;
    desk.says("web-2", "Hello").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    journal.damage(&conversation("web-1"));

    let refused = desk.try_says("web-1", "Hello?").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "conversation `web-1` is quarantined: entry 3 of web-1 is unreadable: \
         its checksum does not match"
    );
    let looked = desk.warmline.view(&conversation("web-1")).await;
    assert!(matches!(looked, Err(Error::Quarantined { .. })));
    let read = desk.warmline.entries(&conversation("web-1"), 0, 10);
    assert!(matches!(read, Err(Error::Quarantined { .. })));
    assert_eq!(words(&desk.says("web-2", "Hi").await), "You said: Hi");

    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    assert_eq!(words(&desk.says("web-1", "Hi").await), "You said: Hi");
}
