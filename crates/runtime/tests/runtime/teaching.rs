//! What operators teach counts at once, survives a restart, and is forgotten with its conversation.

use std::sync::Arc;
use std::time::Duration;

use warmline::core::source::Source;
use warmline::detect::Scope;
use warmline::journal::MemoryJournal;
use warmline::{Belongs, Config, Error, Outcome, Requester, TriggerKind};

use crate::desk::{Desk, config, conversation, operator};

const SCOPE: &str = r#"
    [[intents]]
    name = "refund"
    examples = ["where is my refund", "when do I get my refund", "my refund is not there yet"]
    [[intents]]
    name = "delivery"
    examples = ["where is my parcel", "when is my parcel delivered", "my parcel is not there"]
"#;
const WORDS: &str = "polish the brass telescope";

fn with_scope() -> Config {
    // A crowded machine is no reason to hand off here.
    let text = "detectors.domain.enabled = true\ndetectors.domain.budget = '30s'";
    let mut config = config(text);
    config.scope = Scope::parse(&Source::new("examples.toml", SCOPE)).unwrap();
    config
}

async fn desk(journal: Arc<MemoryJournal>) -> Desk {
    let built = |builder: warmline::Builder| builder.config(with_scope());
    Desk::built(journal, "", built).await
}

async fn is_outside(desk: &Desk, id: &str, text: &str) -> bool {
    let trigger = desk.says(id, text).await.trigger;
    trigger.is_some_and(|trigger| trigger.kind == TriggerKind::OutOfDomain)
}

#[tokio::test]
async fn a_lesson_counts_from_the_next_turn_on_and_after_a_restart() {
    let journal = Arc::new(MemoryJournal::new());
    let desk = desk(journal.clone()).await;
    assert!(is_outside(&desk, "web-1", WORDS).await);
    let inside = Belongs::Intent("delivery".to_owned());
    let ada = operator("ada");
    let taught = desk.warmline.teach(WORDS, inside, &ada, None).await;
    assert_eq!(taught.unwrap().by, ada);
    assert!(!is_outside(&desk, "web-2", WORDS).await);
    drop(desk);
    let desk = self::desk(journal).await;
    assert!(!is_outside(&desk, "web-3", WORDS).await);
    let bob = operator("bob");
    let taught = desk.warmline.teach(WORDS, Belongs::OutOfScope, &bob, None);
    taught.await.unwrap();
    assert!(is_outside(&desk, "web-4", WORDS).await);
    let by: Vec<String> = desk
        .warmline
        .lessons()
        .unwrap()
        .iter()
        .map(|l| l.by.to_string())
        .collect();
    assert_eq!(by, ["ada", "bob"]);
}

#[tokio::test]
async fn an_erased_conversation_has_taught_nothing() {
    let desk = desk(Arc::new(MemoryJournal::new())).await;
    assert!(is_outside(&desk, "web-1", WORDS).await);
    let from = Some(conversation("web-1"));
    let inside = Belongs::Intent("refund".to_owned());
    desk.warmline
        .teach(WORDS, inside, &operator("ada"), from)
        .await
        .unwrap();
    assert!(!is_outside(&desk, "web-2", WORDS).await);
    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    assert!(desk.warmline.lessons().unwrap().is_empty());
    assert!(is_outside(&desk, "web-3", WORDS).await);
}

#[tokio::test(start_paused = true)]
async fn what_retention_erased_has_taught_nothing() {
    let mut config = with_scope();
    config.runtime.retention = Some(Duration::from_secs(3600));
    let built = |builder: warmline::Builder| builder.config(config);
    let desk = Desk::built(Arc::new(MemoryJournal::new()), "", built).await;
    desk.says("web-1", "where is my refund").await;
    let from = Some(conversation("web-1"));
    let inside = Belongs::Intent("refund".to_owned());
    let ada = operator("ada");
    let taught = desk.warmline.teach(WORDS, inside, &ada, from);
    taught.await.unwrap();
    assert!(!is_outside(&desk, "web-2", WORDS).await);
    let web_1 = conversation("web-1");
    let closed = desk
        .warmline
        .close(&web_1, Requester::Bot, Outcome::Unresolved);
    closed.await.unwrap();
    // The clock stands still while a fit runs.
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    assert!(is_outside(&desk, "web-3", WORDS).await);
    assert!(desk.warmline.lessons().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_taught_is_refused_with_what_can() {
    let desk = desk(Arc::new(MemoryJournal::new())).await;
    let teach = async |text: &str, belongs| {
        let refused = desk
            .warmline
            .teach(text, belongs, &operator("ada"), None)
            .await;
        match refused.unwrap_err() {
            Error::Invalid(reason) => reason,
            other => panic!("{other}"),
        }
    };
    let unknown = Belongs::Intent("returns".to_owned());
    assert_eq!(
        teach(WORDS, unknown).await,
        "the scope has no intent `returns`; it has: refund, delivery"
    );
    assert_eq!(
        teach(" ", Belongs::OutOfScope).await,
        "`text` must not be empty"
    );
    let long = "x".repeat(1_201);
    assert!(
        teach(&long, Belongs::OutOfScope)
            .await
            .contains("at most 1200 bytes")
    );
    assert!(desk.warmline.lessons().unwrap().is_empty());
}
