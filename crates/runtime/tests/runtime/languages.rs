//! Customers who write in another language are recognised, and routed as configured.

use std::sync::Arc;

use warmline::journal::MemoryJournal;
use warmline::{Ask, Assistant, AssistantError, Draft, TriggerKind};

use crate::desk::{Desk, words};

const GERMAN: &str = "Wo ist mein Paket geblieben?";
const ON: &str = "detectors.language.enabled = true\n";
const GATE: &str = r#"
    [[gates]]
    name = "other_language"
    when = '!(language in ["", "en"])'
    trigger = "rule"
"#;

/// Answers in German, whatever is asked.
struct Deutsch;

impl Assistant for Deutsch {
    async fn draft(&self, _: Ask) -> Result<Draft, AssistantError> {
        Ok(Draft {
            text: "Ihr Paket ist unterwegs.".to_owned(),
            ..Draft::default()
        })
    }
}

async fn desk(text: &str) -> Desk {
    let built = |builder: warmline::Builder| builder.assistant_in("de", Deutsch);
    Desk::built(Arc::new(MemoryJournal::new()), text, built).await
}

#[tokio::test(start_paused = true)]
async fn a_gate_hands_off_what_nobody_here_can_answer() {
    let desk = desk(&format!("{ON}{GATE}")).await;
    let answer = desk.says("web-1", "Where is my parcel now?").await;
    assert_eq!(words(&answer), "You said: Where is my parcel now?");
    let answer = desk.says("web-1", GERMAN).await;
    let trigger = answer.trigger.unwrap();
    assert_eq!(
        (trigger.kind, &*trigger.rule),
        (TriggerKind::Rule, "other_language")
    );
    assert!(
        answer.notices[0].text.starts_with("Ich gebe"),
        "told in their language"
    );
}

#[tokio::test(start_paused = true)]
async fn the_assistant_of_the_language_answers() {
    let desk = desk(ON).await;
    assert_eq!(
        words(&desk.says("web-1", GERMAN).await),
        "Ihr Paket ist unterwegs."
    );
    let answer = desk
        .says("web-1", "and in English, please: where is it?")
        .await;
    assert_eq!(
        words(&answer),
        "You said: and in English, please: where is it?"
    );
    let answer = desk.says("web-2", "¿Dónde está mi pedido de ayer?").await;
    assert!(
        words(&answer).starts_with("You said"),
        "the usual one answers in its stead"
    );
}
