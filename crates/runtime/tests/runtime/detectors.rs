//! Detectors that are slow, fail or crash never hold up the customer.

use std::sync::Arc;
use std::time::Duration;

use warmline::journal::MemoryJournal;
use warmline::{Entry, Event, TriggerKind};

use crate::desk::{Desk, config, conversation, words};
use crate::script::Words;

/// What the detectors that gave no finding said.
fn failures(entries: &[Entry]) -> Vec<String> {
    let findings = entries.iter().filter_map(|entry| match &entry.event {
        Event::TurnExamined { findings, .. } | Event::DraftExamined { findings, .. } => {
            Some(&findings.failures)
        }
        _ => None,
    });
    let failures = findings.flatten();
    failures
        .map(|failure| format!("{}: {}", failure.detector, failure.reason))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_recorded_and_hands_off_within_the_budget() {
    let desk = Desk::open().await;
    for (id, text, reason) in [
        ("web-1", "be slow", "words: took longer than 300 ms"),
        ("web-2", "be broken", "words: the encoder has stopped"),
        ("web-3", "go boom", "words: crashed"),
        (
            "web-4",
            "say nonsense",
            "words: found a score that is not a number",
        ),
    ] {
        let began = tokio::time::Instant::now();
        let answer = desk.says(id, text).await;
        assert!(began.elapsed() <= Duration::from_millis(301), "{id}");
        let trigger = answer.trigger.unwrap();
        assert_eq!(trigger.kind, TriggerKind::Rule);
        assert_eq!(trigger.rule, "failures.words");
        assert_eq!(failures(&desk.entries(id)), [reason]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_configured_choice_may_be_to_go_on() {
    let desk = Desk::with("failures.default = 'continue'").await;
    let answer = desk.says("web-1", "go boom").await;
    assert_eq!(words(&answer), "You said: go boom");
    let both = ["words: crashed", "promises: crashed"];
    assert_eq!(failures(&desk.entries("web-1")), both);
    let answer = desk.says("web-1", "once more").await;
    assert_eq!(words(&answer), "You said: once more", "it works again");
}

#[tokio::test(start_paused = true)]
async fn what_the_others_found_counts() {
    let journal = Arc::new(MemoryJournal::new());
    let text = "failures.moody = 'continue'";
    let desk = Desk::built(journal, text, |builder| {
        builder.detector(Words::called("moody"))
    })
    .await;
    let answer = desk.says("web-1", "I am furious, moody:slow").await;
    assert_eq!(answer.trigger.unwrap().kind, TriggerKind::Sentiment);
    let reason = "moody: took longer than 300 ms";
    assert_eq!(failures(&desk.entries("web-1")), [reason]);
}

#[tokio::test(start_paused = true)]
async fn a_detector_of_drafts_that_fails_keeps_the_draft_back() {
    let desk = Desk::open().await;
    let answer = desk.says("web-1", "moody, not broken").await;
    let trigger = answer.trigger.unwrap();
    assert_eq!(trigger.rule, "failures.words");
    let desk = Desk::with("failures.words = 'continue'").await;
    let answer = desk.says("web-1", "be broken").await;
    assert_eq!(answer.trigger.unwrap().rule, "failures.promises");
    let view = desk.warmline.view(&conversation("web-1")).await.unwrap();
    assert!(view.state.held_back.is_some());
}

#[tokio::test(start_paused = true)]
async fn two_detectors_cannot_have_one_name() {
    let builder = warmline::Warmline::builder().config(config(""));
    let builder = builder.detector(Words::of_turns());
    let started = builder.detector(Words::called("words")).start().await;
    let error = started.err().unwrap().to_string();
    assert_eq!(error, "another detector is called `words`");
}
