//! Bad input is refused with words that say what is right.

use warmline::core::turn::MAX_TEXT;
use warmline::{ConversationId, CustomerContext, Inbound, MessageId, Owner, Requester};

use crate::desk::{Desk, conversation, operator, words};

#[tokio::test(start_paused = true)]
async fn texts_are_neither_empty_nor_endless() {
    let desk = Desk::open().await;
    for (text, reason) in [
        (String::new(), "`text` must not be empty".to_owned()),
        (" \n\t".to_owned(), "`text` must not be empty".to_owned()),
        (
            "x".repeat(MAX_TEXT + 1),
            format!(
                "a text has at most {MAX_TEXT} bytes, this one has {}",
                MAX_TEXT + 1
            ),
        ),
    ] {
        let refused = desk.try_says("web-1", &text).await.unwrap_err();
        assert_eq!(refused.to_string(), reason);
    }
    let longest = "x".repeat(MAX_TEXT);
    let answer = desk.says("web-1", &longest).await;
    assert_eq!(
        words(&answer).len(),
        MAX_TEXT,
        "the assistant's words are cut"
    );
}

#[tokio::test(start_paused = true)]
async fn hostile_ids_are_no_ids() {
    for id in [
        "",
        " ",
        "a b",
        "../../etc\u{0}",
        "naïve",
        "x\ny",
        &"x".repeat(129),
    ] {
        assert!(ConversationId::new(id).is_err(), "{id:?}");
        assert!(MessageId::new(id).is_err(), "{id:?}");
    }
    let desk = Desk::open().await;
    for id in [
        "../../etc/passwd",
        "'; drop table turns; --".replace(' ', "_").as_str(),
        "%00",
    ] {
        assert_eq!(words(&desk.says(id, "Hello").await), "You said: Hello");
        desk.warmline.erase(&conversation(id)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_words_are_words() {
    let desk = Desk::open().await;
    let text = "\u{0}\u{1b}[2J <script>\"'\\ \u{202e}{{7*7}} ${x} \u{fffd}";
    assert_eq!(
        words(&desk.says("web-1", text).await),
        format!("You said: {text}")
    );
    let desk = desk.crash("").await;
    assert_eq!(desk.said("web-1")[0], format!("1 customer: {text}"));
}

#[tokio::test(start_paused = true)]
async fn what_is_told_of_a_customer_is_short() {
    let desk = Desk::open().await;
    let context = CustomerContext {
        segment: Some("x".repeat(129)),
        ..CustomerContext::default()
    };
    let inbound = Inbound {
        context,
        ..Inbound::text("Hello")
    };
    let refused = desk
        .warmline
        .customer_says(&conversation("web-1"), inbound)
        .await;
    let refused = refused.unwrap_err().to_string();
    assert_eq!(refused, "`segment` has at most 128 bytes, this one has 129");
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let released = desk
        .warmline
        .release(&id, &dana, Some(&"x".repeat(129)), None)
        .await;
    released.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_customers_language_picks_the_notice() {
    let desk = Desk::open().await;
    for (language, beginning) in [("de", "Ich gebe"), ("fr", "Je vous"), ("xx", "I'm passing")] {
        let id = format!("web-{language}");
        let context = CustomerContext {
            language: Some(language.to_owned()),
            ..CustomerContext::default()
        };
        let inbound = Inbound {
            context,
            ..Inbound::text("I am furious")
        };
        let answer = desk
            .warmline
            .customer_says(&conversation(&id), inbound)
            .await
            .unwrap();
        assert!(answer.notices[0].text.starts_with(beginning), "{language}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reason_for_a_handoff_is_shown_and_bounded() {
    let desk = Desk::open().await;
    desk.says("web-1", "Hello").await;
    let ask = |reason: String| {
        let (warmline, id) = (desk.warmline.clone(), conversation("web-1"));
        async move {
            warmline
                .request_handoff(&id, Requester::Customer, &reason)
                .await
        }
    };
    ask("x".repeat(MAX_TEXT + 1)).await.unwrap_err();
    let view = ask("I want a person".to_owned()).await.unwrap();
    assert_eq!(view.owner, Owner::Queue);
    assert_eq!(
        view.state.trigger.unwrap().evidence[0].quote,
        "I want a person"
    );
}
