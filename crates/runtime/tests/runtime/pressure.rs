//! Too much at once is refused, never piled up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use warmline::Error;

use crate::desk::{Desk, conversation, operator, settle, words};
use crate::faulty::Faulty;

#[tokio::test(start_paused = true)]
async fn a_conversation_has_so_many_places_for_those_who_wait() {
    let journal = Arc::new(Faulty::default());
    let desk = Desk::on(journal.clone(), "runtime.waiting = 3").await;
    journal.slow.store(true, Ordering::SeqCst);
    let heard = desk.begins_to_say("web-1", "one");
    settle().await;
    let waiting: Vec<_> = ["two", "three", "four"]
        .map(|text| desk.begins_to_say("web-1", text))
        .into();
    settle().await;

    let refused = desk.try_says("web-1", "five").await.unwrap_err();
    assert!(matches!(refused, Error::Overloaded { .. }), "{refused}");
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let refused = desk.warmline.claim(&id, &dana).await.unwrap_err();
    assert!(matches!(refused, Error::Overloaded { .. }), "{refused}");

    journal.permits.open(100);
    heard.await.unwrap().unwrap();
    for pending in waiting {
        pending.await.unwrap().unwrap();
    }
    assert_eq!(words(&desk.says("web-1", "five").await), "You said: five");
}

#[tokio::test(start_paused = true)]
async fn the_system_has_so_many_turns_under_way() {
    let desk = Desk::with("runtime.turns_under_way = 2").await;
    let one = desk.begins_to_say("web-1", "hold the line");
    let two = desk.begins_to_say("web-2", "hold the line");
    settle().await;
    let refused = desk.try_says("web-3", "Hello").await.unwrap_err();
    assert!(matches!(refused, Error::Overloaded { .. }), "{refused}");

    // Operators are let in all the same: they make room.
    desk.claim("web-1", "dana").await;
    one.await.unwrap().unwrap();
    assert_eq!(words(&desk.says("web-3", "Hello").await), "You said: Hello");

    // A caller who hangs up leaves the turn under way.
    two.abort();
    let three = desk.begins_to_say("web-3", "hold the line");
    settle().await;
    let refused = desk.try_says("web-4", "Hello").await.unwrap_err();
    assert!(matches!(refused, Error::Overloaded { .. }), "{refused}");
    desk.assistant.permits.add_permits(2);
    three.await.unwrap().unwrap();
    settle().await;
    desk.says("web-4", "Hello").await;
}
