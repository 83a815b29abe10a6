//! What operators and bots ask of a conversation, and when it is refused.

use std::time::Duration;

use warmline::core::workflow::parse::DEFAULT_MACHINE;
use warmline::{Error, Event, Outcome, Owner, Refused, Requester, StateName, TurnNumber, Warmline};

use crate::desk::{Desk, conversation, operator, settle, words};
use crate::script::Words;

#[tokio::test(start_paused = true)]
async fn nothing_can_be_asked_of_a_conversation_that_does_not_exist() {
    let desk = Desk::open().await;
    let (id, dana) = (conversation("nobody"), operator("dana"));
    let warmline = &desk.warmline;
    let refused = [
        warmline.view(&id).await.map(drop),
        warmline.claim(&id, &dana).await.map(drop),
        warmline.release(&id, &dana, None, None).await.map(drop),
        warmline.reply(&id, &dana, "Hello", None).await.map(drop),
        desk.hand_back("nobody", "dana", "all").await.map(drop),
        warmline
            .request_handoff(&id, Requester::Bot, "")
            .await
            .map(drop),
        warmline
            .close(&id, Requester::Bot, Outcome::Unresolved)
            .await
            .map(drop),
        warmline.rate(&id, 3).await.map(drop),
        warmline.erase(&id).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    }
    assert_eq!(warmline.entries(&id, 0, 10).unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_take_over_that_is_refused_says_nothing() {
    let rules = DEFAULT_MACHINE.split("\n[[rules]]\n");
    let rules: Vec<&str> = rules
        .filter(|it| !it.contains("\"operator_released\""))
        .collect();
    let desk = Desk::with(&rules.join("\n[[rules]]\n")).await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let before = desk.view("web-1").await;
    let (id, sue) = (conversation("web-1"), operator("sue"));
    let refused = desk.warmline.take_over(&id, &sue).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    assert_eq!(desk.view("web-1").await, before);
}

#[tokio::test(start_paused = true)]
async fn the_release_of_a_take_over_says_who_took_it() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let (id, dana, sue) = (conversation("web-1"), operator("dana"), operator("sue"));
    let before = desk.entries("web-1").len();
    let view = desk.warmline.take_over(&id, &sue).await.unwrap();
    assert_eq!(view.state.operator, Some(sue.clone()));
    let entries = desk.entries("web-1");
    let [released, claimed] = &entries[before..] else {
        panic!("{entries:?}");
    };
    let taken = Event::OperatorReleased {
        operator: dana,
        queue: None,
        to: Some(sue.clone()),
        by: Some(sue),
    };
    assert_eq!(released.event, taken);
    assert_eq!(claimed.event.name(), "operator_claimed");

    // Journals from before do not say.
    let old = "{\"kind\": \"operator_released\", \"operator\": \"dana\"}";
    let old: Event = serde_json::from_str(old).unwrap();
    assert!(matches!(old, Event::OperatorReleased { by: None, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_bot_does_not_close_what_it_passed_on_to_humans() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    let id = conversation("web-1");
    let close = || {
        let closed = desk
            .warmline
            .close(&id, Requester::Bot, Outcome::Unresolved);
        async { closed.await.map(|view| view.state.name) }
    };
    for _ in ["waiting", "claimed"] {
        let refused = close().await;
        assert!(
            matches!(refused, Err(Error::Refused(Refused::WithHumans { .. }))),
            "{refused:?}"
        );
        desk.claim("web-1", "dana").await;
    }
    desk.hand_back("web-1", "dana", "send the label")
        .await
        .unwrap();
    assert_eq!(close().await.unwrap().as_str(), "closed");
}

#[tokio::test(start_paused = true)]
async fn only_the_operator_who_has_it_may_work_on_it() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    let (id, lee) = (conversation("web-1"), operator("lee"));
    let refused = desk
        .warmline
        .reply(&id, &lee, "Hello", None)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Refused(Refused::NoRule { .. })),
        "{refused}"
    );
    desk.claim("web-1", "dana").await;
    desk.claim("web-1", "dana").await;
    for refused in [
        desk.warmline.claim(&id, &lee).await.map(drop),
        desk.warmline
            .reply(&id, &lee, "Hello", None)
            .await
            .map(drop),
        desk.warmline.release(&id, &lee, None, None).await.map(drop),
        desk.hand_back("web-1", "lee", "all").await.map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, Error::Refused(Refused::OwnedBy { .. })),
            "{refused}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_handback_needs_an_assistant_and_something_to_do() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let refused = desk.hand_back("web-1", "dana", " ").await.unwrap_err();
    assert!(
        matches!(refused, Error::Refused(Refused::Note(_))),
        "{refused}"
    );

    let alone = Warmline::builder()
        .config(crate::desk::config(""))
        .detector(Words::of_turns())
        .start()
        .await
        .unwrap();
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let answer = alone
        .customer_says(&id, warmline::Inbound::text("Hello"))
        .await
        .unwrap();
    assert_eq!(answer.owner, Owner::Queue, "nobody else can answer");
    alone.claim(&id, &dana).await.unwrap();
    let note = warmline::HandbackNote {
        remaining: vec!["the rest".to_owned()],
        ..warmline::HandbackNote::default()
    };
    let refused = alone.hand_back(&id, &dana, note).await.unwrap_err();
    assert!(matches!(refused, Error::NoAssistant), "{refused}");
    assert_eq!(alone.view(&id).await.unwrap().owner, Owner::Operator);
}

#[tokio::test(start_paused = true)]
async fn after_so_many_handbacks_it_stays_with_a_human() {
    let desk = Desk::with("limits.max_handbacks = 2").await;
    for _ in 0..2 {
        desk.says("web-1", "I am furious").await;
        desk.claim("web-1", "dana").await;
        desk.hand_back("web-1", "dana", "the rest").await.unwrap();
    }
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let refused = desk
        .hand_back("web-1", "dana", "the rest")
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Refused(Refused::HandbackLimit { .. })),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_erased_conversation_begins_anew() {
    let desk = Desk::open().await;
    desk.sends("web-1", "m-1", "I am furious").await.unwrap();
    desk.claim("web-1", "dana").await;
    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    let gone = desk.warmline.view(&conversation("web-1")).await;
    assert!(matches!(gone, Err(Error::NotFound(_))));
    assert!(desk.warmline.list(None, None, 10).unwrap().rows.is_empty());
    let answer = desk.sends("web-1", "m-1", "Hello").await.unwrap();
    assert_eq!(
        (words(&answer), answer.turn),
        ("You said: Hello", TurnNumber(1))
    );
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(
        desk.view("web-1").await.state.handoffs,
        0,
        "no timer is left over"
    );
}

#[tokio::test(start_paused = true)]
async fn an_erased_conversation_waits_in_no_line() {
    let desk = Desk::open().await;
    let waiting = || -> usize {
        let queues = desk.warmline.desk().queues();
        queues.iter().map(|queue| queue.waiting).sum()
    };
    for number in 0..20 {
        let id = format!("web-{number}");
        desk.says(&id, "I am furious").await;
        // Its last steps are on their way to the desk still.
        desk.warmline.erase(&conversation(&id)).await.unwrap();
    }
    settle().await;
    assert_eq!(waiting(), 0);
    desk.says("web-1", "I am furious").await;
    settle().await;
    assert_eq!(waiting(), 1, "an id may begin anew");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_erased_while_an_answer_is_under_way() {
    let desk = Desk::open().await;
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    settle().await;
    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    let lost = pending.await.unwrap().unwrap_err();
    assert!(matches!(lost, Error::Interrupted(_)), "{lost}");
    desk.assistant.permits.add_permits(1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(desk.entries("web-1").is_empty(), "nothing of it comes back");
}

#[tokio::test(start_paused = true)]
async fn the_queue_lists_who_waits_the_longest_first() {
    let desk = Desk::open().await;
    for number in [2, 1, 3] {
        desk.says(&format!("web-{number}"), "I am furious").await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    desk.says("web-4", "Hello").await;
    let waiting = StateName::new("pending_handoff").unwrap();
    let first = desk.warmline.list(Some(&waiting), None, 2).unwrap();
    let names = |page: &warmline::Page| -> Vec<String> {
        page.rows
            .iter()
            .map(|row| row.conversation.to_string())
            .collect()
    };
    assert_eq!(names(&first), ["web-2", "web-1"]);
    let rest = desk
        .warmline
        .list(Some(&waiting), first.next.as_deref(), 2)
        .unwrap();
    assert_eq!((names(&rest), rest.next), (vec!["web-3".to_owned()], None));
    let wrong = desk
        .warmline
        .list(Some(&waiting), Some("zz"), 2)
        .unwrap_err();
    assert!(matches!(wrong, Error::Invalid(_)), "{wrong}");
}
