//! Every preset takes a conversation through all four states and back, with the real encoder and
//! the documents of its knowledge base. The snapshots are meant to be read.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use warmline::{
    Config, ConversationId, Event, HandbackNote, Inbound, OperatorId, Outcome, Requester,
    SignalKind, Speaker, TriggerKind, Warmline,
};

#[derive(Deserialize)]
struct Story {
    turns: Vec<Line>,
    handback: HandbackNote,
}

#[derive(Deserialize)]
struct Line {
    speaker: String,
    text: String,
}

fn config_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

/// Plays the preset's story, the operator's part included, and writes down what was recorded.
async fn play(preset: &str) -> String {
    let folder = config_folder();
    let mut config = Config::load(&folder.join(format!("{preset}.toml"))).expect("a valid preset");
    be_patient(&mut config);
    let story = std::fs::read_to_string(folder.join(preset).join("dialogue.toml")).unwrap();
    let story: Story = toml::from_str(&story).expect("a valid story");

    warmline::detect::model::fetch(&mut |_| {}).expect("the sentence model");
    let warmline = Warmline::builder()
        .config(config)
        .start()
        .await
        .expect("a runtime");
    let id = ConversationId::new("story").unwrap();
    let dana = OperatorId::new("dana").unwrap();

    let last_word = story
        .turns
        .iter()
        .rposition(|line| line.speaker == "operator");
    let mut claimed = false;
    for (at, line) in story.turns.iter().enumerate() {
        if line.speaker == "customer" {
            let answer = warmline.customer_says(&id, Inbound::text(&line.text)).await;
            answer.expect("an answer");
            continue;
        }
        if !claimed {
            warmline.claim(&id, &dana).await.expect("a claim");
            claimed = true;
        }
        warmline
            .reply(&id, &dana, &line.text, None)
            .await
            .expect("a reply");
        if Some(at) == last_word {
            let note = story.handback.clone();
            warmline
                .hand_back(&id, &dana, note)
                .await
                .expect("a handback");
        }
    }
    warmline.claim(&id, &dana).await.expect("the second claim");
    let words = "I am back with you and take care of it.";
    warmline
        .reply(&id, &dana, words, None)
        .await
        .expect("a reply");
    let by_dana = Requester::Operator { operator: dana };
    warmline
        .close(&id, by_dana, Outcome::ResolvedByHuman)
        .await
        .expect("a close");
    transcript(&warmline, &id)
}

/// Budgets that hold on a busy machine too: the story is not about time.
fn be_patient(config: &mut Config) {
    let patience = std::time::Duration::from_secs(30);
    let detect = &mut config.detect;
    detect.gates.budget = patience;
    detect.domain.budget = patience;
    detect.sentiment.budget = patience;
    detect.repeat.budget = patience;
    detect.pivot.budget = patience;
    detect.grounding.budget = patience;
    config.runtime.assistant_budget = patience;
}

/// What the journal has, a step a line and what was said below it.
fn transcript(warmline: &Warmline, id: &ConversationId) -> String {
    let mut text = String::new();
    let mut state = "(new)".to_owned();
    for entry in warmline.entries(id, 0, 1000).unwrap() {
        let decided = &entry.decided;
        let effects = decided.effects.join(", ");
        let event = entry.event.name();
        writeln!(text, "{state} + {event} -> {} [{effects}]", decided.state).unwrap();
        if let Some(trigger) = &decided.trigger {
            let rule = Some(&trigger.rule).filter(|rule| !rule.is_empty());
            let rule = rule.map(|rule| format!(" by {rule}")).unwrap_or_default();
            writeln!(text, "    ! {}{rule}", trigger.kind).unwrap();
        }
        for turn in &decided.turns {
            let who = match &turn.speaker {
                Speaker::Customer => "customer",
                Speaker::Assistant => "assistant",
                Speaker::Operator { operator } => operator.as_str(),
                Speaker::Notice => "notice",
            };
            let source = turn.citations.first().map(|c| format!(" [{}]", c.title));
            writeln!(
                text,
                "    {who}: {}{}",
                turn.text,
                source.unwrap_or_default()
            )
            .unwrap();
        }
        state = decided.state.to_string();
    }
    text
}

macro_rules! preset {
    ($name:ident, $preset:literal) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let transcript = play($preset).await;
            for state in [
                "ai_owned",
                "pending_handoff",
                "human_owned",
                "reverse_handed",
                "closed",
            ] {
                let reached = transcript.contains(&format!("-> {state} "));
                assert!(reached, "never in {state}:\n{transcript}");
            }
            insta::assert_snapshot!($preset, transcript);
        }
    };
}

preset!(returns_goes_through_all_states, "returns");
preset!(it_helpdesk_goes_through_all_states, "it-helpdesk");
preset!(b2b_onboarding_goes_through_all_states, "b2b-onboarding");
preset!(presales_goes_through_all_states, "presales");

/// Questions that no example was written for.
#[derive(Deserialize)]
struct Topics {
    #[serde(default)]
    in_scope: Vec<String>,
    #[serde(default)]
    off_topic: Vec<String>,
}

impl Topics {
    fn read(name: &str) -> Topics {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/topics");
        let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        toml::from_str(&text).expect("valid topics")
    }
}

/// Whether the first turn `text` is handed off for lying outside the scope, and its score.
async fn outside(warmline: &Warmline, id: &str, text: &str) -> (bool, f32) {
    let id = ConversationId::new(id).unwrap();
    let answer = warmline.customer_says(&id, Inbound::text(text)).await;
    let trigger = answer.expect("an answer").trigger;
    let entries = warmline.entries(&id, 0, 1000).unwrap();
    let signals = entries.iter().flat_map(|entry| match &entry.event {
        Event::TurnExamined { findings, .. } => findings.signals.as_slice(),
        _ => &[],
    });
    let score = signals
        .filter(|signal| signal.kind == SignalKind::OutOfDomain)
        .map(|signal| signal.score)
        .fold(0.0, f32::max);
    let is_outside = trigger.is_some_and(|trigger| trigger.kind == TriggerKind::OutOfDomain);
    (is_outside, score)
}

/// How many questions were asked, and those that are handed off for lying outside the scope and
/// should not be, or are not and should be.
async fn mistaken(preset: &str) -> (usize, Vec<String>) {
    let mut config = Config::load(&config_folder().join(format!("{preset}.toml"))).unwrap();
    be_patient(&mut config);
    // Nothing but the scope is in question here.
    config.knowledge.clear();
    let detect = &mut config.detect;
    detect.sentiment.enabled = false;
    detect.repeat.enabled = false;
    detect.grounding.enabled = false;
    warmline::detect::model::fetch(&mut |_| {}).expect("the sentence model");
    let warmline = Warmline::builder().config(config).start().await.unwrap();
    let in_scope = Topics::read(preset).in_scope.into_iter();
    let off_topic = Topics::read("everywhere").off_topic.into_iter();
    let questions = in_scope.map(|q| (q, false));
    let questions: Vec<(String, bool)> = questions.chain(off_topic.map(|q| (q, true))).collect();
    let mut wrong = Vec::new();
    for (n, (question, is_off)) in questions.iter().enumerate() {
        let (is_outside, score) = outside(&warmline, &format!("topic-{n}"), question).await;
        if is_outside != *is_off {
            wrong.push(format!("{preset}: {question} ({score:.2})"));
        }
    }
    (questions.len(), wrong)
}

#[tokio::test(flavor = "multi_thread")]
async fn off_topic_questions_are_handed_off_and_others_are_not() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for preset in ["returns", "it-helpdesk", "b2b-onboarding", "presales"] {
        let (questions, mistaken) = mistaken(preset).await;
        asked += questions;
        wrong.extend(mistaken);
    }
    assert!(wrong.len() * 25 <= asked, "of {asked}: {wrong:#?}");
}

#[test]
fn every_configuration_is_valid() {
    let mut seen = 0;
    for entry in std::fs::read_dir(config_folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            if let Err(problems) = Config::load(&path) {
                panic!("{problems}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 5, "the presets and the reference, found {seen}");
}
