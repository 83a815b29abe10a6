//! Language models in their roles, behind a scripted endpoint.

#![cfg(feature = "openai")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../llm/tests/endpoints/scripted.rs"]
mod scripted;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use scripted::{Answer as Scripted, Scripted as Server};
use warmline::core::card::CardSource;
use warmline::core::source::Source;
use warmline::core::turn::Action;
use warmline::detect::HashedEncoder;
use warmline::{
    Answer, Ask, Assistant, AssistantError, Citation, Config, ConversationId, Draft, Files,
    HandbackNote, Inbound, OperatorId, SignalKind, StateName, TriggerKind, Warmline,
};

const PASSAGE: &str = "Boots can be returned within 30 days of delivery.";

/// One document, whatever is asked for.
struct Shelf;

impl Files for Shelf {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Ok(format!("# Returns\n\n## Boots\n\n{PASSAGE}\n"))
    }

    fn list(&self, _: &Path) -> std::io::Result<Vec<PathBuf>> {
        Ok(vec![PathBuf::from("returns.md")])
    }
}

/// A bot that answers from the passage, or acts when it is asked to.
struct Bot;

impl Assistant for Bot {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        let question = ask.question();
        if let Some(amount) = question.strip_prefix("pay ") {
            let pay = Action {
                name: "pay".to_owned(),
                input: format!("{{\"amount\": {amount}, \"currency\": \"EUR\"}}"),
                result: None,
            };
            ask.permission.to_do(vec![pay.clone()]).await?;
            let paid = Action {
                result: Some("paid".to_owned()),
                ..pay
            };
            return Ok(Draft {
                text: "It is done.".to_owned(),
                actions: vec![paid],
                ..Draft::default()
            });
        }
        if question == "spree" {
            let pay = Action {
                name: "pay".to_owned(),
                input: "{}".to_owned(),
                result: None,
            };
            ask.permission.to_do(vec![pay; 20]).await?;
        }
        let passage = Citation {
            document: "returns".to_owned(),
            title: "Returns".to_owned(),
            passage: PASSAGE.to_owned(),
        };
        let text = match question.contains("invent") {
            true => "Boots can be returned within 90 days, and we pay you 500 EUR.",
            false => "You have 30 days.",
        };
        Ok(Draft {
            text: text.to_owned(),
            citations: vec![passage.clone()],
            passages: vec![passage],
            ..Draft::default()
        })
    }
}

fn role(name: &str, server: &Server) -> String {
    format!(
        "[models.{name}]\nretries = 0\ntimeout = \"5s\"\nsilence = \"2s\"\n\
         [[models.{name}.endpoints]]\nbase_url = \"{}\"\nmodel = \"m\"\n",
        server.base_url()
    )
}

/// Only `signals` and gates hand off.
fn only(signals: &str) -> String {
    format!(
        "[[gates]]\nname = \"large\"\nwhen = 'draft && amount > 100.0'\n\
         [thresholds]\nout_of_domain = \"off\"\nscope_pivot = \"off\"\nsentiment = \"off\"\n\
         repeat_loop = \"off\"\ncommitment = \"off\"\ncitation_density = \"off\"\n{signals}\n"
    )
}

const VERIFIED: &str = "grounding = \"off\"\nverifier = 0.5";

fn parsed(text: &str) -> Config {
    let source = Source::new("test.toml", text);
    Config::parse(&source, Path::new(""), &Shelf).unwrap()
}

async fn start(text: &str, bot: Option<Bot>) -> Warmline {
    let builder = Warmline::builder()
        .config(parsed(text))
        .encoder(Arc::new(HashedEncoder));
    let builder = match bot {
        Some(bot) => builder.assistant(bot),
        None => builder,
    };
    builder.start().await.unwrap()
}

async fn say(warmline: &Warmline, id: &str, words: &str) -> Answer {
    let id = ConversationId::new(id).unwrap();
    let said = warmline.customer_says(&id, Inbound::text(words)).await;
    said.unwrap()
}

fn reply(answer: &Answer) -> Option<&str> {
    answer.reply.as_ref().map(|turn| turn.text.as_str())
}

#[tokio::test]
async fn an_answer_may_be_said_sentence_by_sentence_each_examined_by_itself() {
    let model = Server::start(vec![
        told(&["You have ", "30 days [1]. It", " costs nothing [1]."]),
        told(&["You have 30 days. We", " pay you 500 EUR. Bye."]),
        told(&["You have ", "30 days [1]. It", " costs nothing [1]."]),
    ])
    .await;
    let role = role("assistant", &model);
    let role = role.replace("retries = 0", "retries = 0\nrelease = \"sentences\"");
    let policy = only("grounding = \"off\"\nverifier = \"off\"");
    let text = format!("[assistant]\nknowledge = \"shelf\"\n{policy}{role}");
    let warmline = start(&text, None).await;
    let first = say(&warmline, "c-1", "How long can I return boots?").await;
    let said = turns(&warmline, "c-1").await;
    assert_eq!(said, ["You have 30 days [1].", "It costs nothing [1]."]);
    let whole = "You have 30 days [1]. It costs nothing [1].";
    assert_eq!(reply(&first), Some(whole));
    assert_eq!(first.reply.unwrap().citations.len(), 1);

    // What was said stays said; what may not be said is never heard.
    let second = say(&warmline, "c-2", "How long can I return boots?").await;
    assert_eq!(reply(&second), Some("You have 30 days."));
    assert_eq!(second.trigger.unwrap().rule, "large");
    assert_eq!(turns(&warmline, "c-2").await, ["You have 30 days."]);

    // An operator is offered all of it as one, with the passages once.
    let (id, dana) = (second.conversation, OperatorId::new("dana").unwrap());
    warmline.claim(&id, &dana).await.unwrap();
    let draft = warmline.suggest(&id, &dana).await.unwrap().draft;
    assert_eq!(draft.text, whole);
    assert_eq!((draft.citations.len(), draft.passages.len()), (1, 1));
}

#[tokio::test]
async fn a_citation_behind_a_full_stop_counts_for_its_sentence() {
    let model = Server::start(vec![told(&[
        "You have 30 days.",
        " [",
        "1] Boots can be returned. [1]",
    ])])
    .await;
    let role = role("assistant", &model);
    let role = role.replace("retries = 0", "retries = 0\nrelease = \"sentences\"");
    let policy = only("grounding = \"off\"\nverifier = \"off\"");
    let policy = policy.replace("citation_density = \"off\"", "citation_density = 0.9");
    let text = format!("[assistant]\nknowledge = \"shelf\"\n{policy}{role}");
    let warmline = start(&text, None).await;
    let answer = say(&warmline, "c-1", "How long can I return boots?").await;
    assert_eq!(answer.trigger, None);
    let said = turns(&warmline, "c-1").await;
    assert_eq!(
        said,
        ["You have 30 days. [1]", "Boots can be returned. [1]"]
    );
}

/// A model that says `words` as they come.
fn told(words: &[&str]) -> Scripted {
    let piece = |words: &&str| {
        let delta = serde_json::json!({"content": words});
        serde_json::json!({"choices": [{"index": 0, "delta": delta}]}).to_string()
    };
    let end = r#"{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}"#;
    let pieces: Vec<String> = words.iter().map(piece).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).chain([end]).collect();
    Scripted::pieces(&pieces, true)
}

/// What the assistant said.
async fn turns(warmline: &Warmline, id: &str) -> Vec<String> {
    let id = ConversationId::new(id).unwrap();
    let state = warmline.view(&id).await.unwrap().state;
    let turns = state.window.iter();
    let said = turns.filter(|turn| turn.speaker == warmline::core::turn::Speaker::Assistant);
    said.map(|turn| turn.text.clone()).collect()
}

#[tokio::test]
async fn answers_that_agree_let_a_draft_pass_and_are_remembered() {
    let verifier = Server::start(vec![Scripted::says("You have 30 days."); 4]).await;
    let warmline = start(&(only(VERIFIED) + &role("verifier", &verifier)), Some(Bot)).await;
    let first = say(&warmline, "c-1", "How long can I return boots?").await;
    assert_eq!(reply(&first), Some("You have 30 days."));
    assert_eq!(verifier.requests().len(), 2, "two that agree are enough");
    let sent = verifier.requests()[0].to_string();
    assert!(sent.contains(PASSAGE) && !sent.contains("You have 30 days."));

    let second = say(&warmline, "c-2", "How long can I return boots?").await;
    assert!(second.reply.is_some());
    assert_eq!(
        verifier.requests().len(),
        2,
        "the question was asked before"
    );
}

#[tokio::test]
async fn answers_that_disagree_hold_a_draft_back_with_what_they_say() {
    let verifier = Server::start(vec![Scripted::says("You have 14 days."); 4]).await;
    let warmline = start(&(only(VERIFIED) + &role("verifier", &verifier)), Some(Bot)).await;
    let answer = say(&warmline, "c-1", "How long can I return boots?").await;
    let trigger = answer.trigger.unwrap();
    assert_eq!(trigger.kind, TriggerKind::LowConfidence);
    let signal = &trigger.signals[0].signal;
    assert_eq!(signal.kind, SignalKind::Verifier);
    assert!(signal.evidence[0].quote.contains("14 days"), "{signal:?}");
    assert!(signal.evidence[0].why.contains("30"), "{signal:?}");
}

#[tokio::test]
async fn an_answer_that_is_said_in_parts_is_verified_as_a_whole() {
    let words = ["You have 30 days [1]. It", " costs nothing [1]."];
    let begins_to_say = |model: &Server| {
        let role = role("assistant", model);
        role.replace("retries = 0", "retries = 0\nrelease = \"sentences\"")
    };
    for (again, reply_in_full) in [
        ("You have 30 days. It costs nothing.", true),
        ("You have 14 days. It costs nothing.", false),
    ] {
        let model = Server::start(vec![told(&words)]).await;
        let verifier = Server::start(vec![Scripted::says(again); 4]).await;
        let roles = begins_to_say(&model) + &role("verifier", &verifier);
        let text = format!(
            "[assistant]\nknowledge = \"shelf\"\n{}{roles}",
            only(VERIFIED)
        );
        let warmline = start(&text, None).await;
        let answer = say(&warmline, "c-1", "How long can I return boots?").await;
        let begun = "You have 30 days [1].";
        assert!(reply(&answer).unwrap().starts_with(begun));
        assert_eq!(reply(&answer) != Some(begun), reply_in_full, "{answer:?}");
        let trigger = answer.trigger.map(|trigger| trigger.kind);
        assert_eq!(trigger.is_none(), reply_in_full);
    }
}

#[tokio::test]
async fn a_verifier_that_fails_is_the_configured_choice() {
    let verifier = Server::start(vec![Scripted::status(500, "")]).await;
    let text = only(VERIFIED) + &role("verifier", &verifier);
    let warmline = start(&text, Some(Bot)).await;
    let answer = say(&warmline, "c-1", "How long can I return boots?").await;
    assert_eq!(answer.trigger.unwrap().kind, TriggerKind::Rule);

    let verifier = Server::start(vec![Scripted::status(500, "")]).await;
    let text = text_with_failures(&verifier);
    let warmline = start(&text, Some(Bot)).await;
    let answer = say(&warmline, "c-1", "How long can I return boots?").await;
    assert_eq!(reply(&answer), Some("You have 30 days."));
}

fn text_with_failures(verifier: &Server) -> String {
    let failures = "[failures]\nverifier = \"continue\"\n";
    only(VERIFIED) + failures + &role("verifier", verifier)
}

#[tokio::test]
async fn a_draft_that_is_held_back_anyway_waits_for_no_model() {
    let verifier = Server::start(vec![Scripted::Hangs; 4]).await;
    let text = only("grounding = 0.5\nverifier = 0.5") + &role("verifier", &verifier);
    let warmline = start(&text, Some(Bot)).await;
    let answer = say(&warmline, "c-1", "invent something about boots").await;
    // A gate on the amount comes first; the verifier's silence would have been a failure.
    let trigger = answer.trigger.unwrap();
    assert_eq!(trigger.kind, TriggerKind::HardGate);
    let entries = warmline.entries(&answer.conversation, 0, 10).unwrap();
    let failed = entries.iter().any(|entry| match &entry.event {
        warmline::Event::DraftExamined { findings, .. } => !findings.failures.is_empty(),
        _ => false,
    });
    assert!(!failed);
}

#[tokio::test]
async fn an_assistant_acts_only_when_it_may() {
    let warmline = start(&only("grounding = \"off\""), Some(Bot)).await;
    let small = say(&warmline, "c-1", "pay 20").await;
    assert_eq!(reply(&small), Some("It is done."));
    let large = say(&warmline, "c-1", "pay 500").await;
    assert_eq!(large.trigger.unwrap().rule, "large");
    assert_eq!(large.reply, None);
    let view = warmline.view(&large.conversation).await.unwrap();
    let done: Vec<_> = view.state.attempts.iter().map(|a| &a.action).collect();
    assert_eq!(done.len(), 1, "{done:?}");
    assert_eq!(done[0].result.as_deref(), Some("paid"));
    let held = view.state.held_back.unwrap();
    assert!(held.actions[0].input.contains("500"));
    // Nothing hides behind what is cut off.
    let padded = format!("pay {}500", " ".repeat(3000));
    let hidden = say(&warmline, "c-2", &padded).await;
    assert_eq!(hidden.trigger.unwrap().rule, "large");
    let many = say(&warmline, "c-3", "spree").await.trigger.unwrap();
    assert_eq!(many.kind, TriggerKind::AssistantFailure);
    assert!(
        many.evidence[0].why.contains("20 things at once"),
        "{many:?}"
    );
}

#[tokio::test]
async fn the_assistant_on_a_model_cites_what_it_was_given() {
    let model = Server::start(vec![Scripted::says(
        "Boots: 30 days after delivery [1] [7].",
    )])
    .await;
    let text = only("grounding = \"off\"") + "[assistant]\nknowledge = \"k\"\n";
    let warmline = start(&(text + &role("assistant", &model)), None).await;
    let answer = say(&warmline, "c-1", "How long can I return boots?").await;
    let turn = answer.reply.unwrap();
    assert_eq!(turn.text, "Boots: 30 days after delivery [1].");
    assert_eq!(turn.citations[0].passage, PASSAGE);
}

#[tokio::test]
async fn a_model_that_fails_loses_no_customers_turn() {
    for broken in [
        Scripted::status(500, ""),
        Scripted::body("{\"choices\": [{\"mess"),
        Scripted::body("{\"choices\": [{\"message\": {\"content\": null}}]}"),
        Scripted::pieces(&["{\"choices\": []}"], true),
        Scripted::Closes,
        Scripted::Endless,
    ] {
        let model = Server::start(vec![broken]).await;
        let text = only("grounding = \"off\"") + &role("assistant", &model);
        let warmline = start(&text, None).await;
        let answer = say(&warmline, "c-1", "How long can I return boots?").await;
        assert_eq!(answer.trigger.unwrap().kind, TriggerKind::AssistantFailure);
        assert_eq!(answer.state, StateName::new("pending_handoff").unwrap());
    }
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_a_handoff() {
    let model = Server::start(vec![Scripted::says("You have 30 days."); 2]).await;
    let text = only("grounding = \"off\"")
        + "[models.budget]\nconversation_tokens = 1\n"
        + &role("assistant", &model);
    let warmline = start(&text, None).await;
    let first = say(&warmline, "c-1", "How long can I return boots?").await;
    assert!(first.reply.is_some());
    let second = say(&warmline, "c-1", "And sandals, how long?").await;
    let trigger = second.trigger.unwrap();
    assert_eq!(trigger.kind, TriggerKind::AssistantFailure);
    assert!(trigger.evidence[0].why.contains("conversation_tokens"));
}

#[tokio::test]
async fn a_configuration_that_is_not_in_force_changes_no_budget() {
    let model = Server::start(vec![Scripted::says("You have 30 days."); 4]).await;
    let policy = only("grounding = \"off\"") + &role("assistant", &model);
    let file = parsed(&(policy.clone() + "[models.budget]\nconversation_tokens = 1\n"));
    let warmline = Warmline::builder()
        .config(file)
        .canary(parsed(&policy), 0.0)
        .encoder(Arc::new(HashedEncoder))
        .start()
        .await
        .unwrap();
    say(&warmline, "c-1", "How long can I return boots?").await;
    let second = say(&warmline, "c-1", "And sandals, how long?").await;
    assert!(second.reply.is_none());

    let mut keyless = parsed(&(policy.clone() + &role("upstream", &model)));
    let upstream = keyless.models.upstream.as_mut().unwrap();
    upstream.endpoints[0].key_env = Some("WARMLINE_NO_SUCH_KEY".to_owned());
    warmline.reload(keyless).await.unwrap_err();
    say(&warmline, "c-2", "How long can I return boots?").await;
    let second = say(&warmline, "c-2", "And sandals, how long?").await;
    assert!(second.reply.is_none());

    // One that is put in force does.
    warmline.reload(parsed(&policy)).await.unwrap();
    say(&warmline, "c-3", "How long can I return boots?").await;
    let second = say(&warmline, "c-3", "And sandals, how long?").await;
    assert!(second.reply.is_some());
}

#[tokio::test]
async fn a_model_writes_the_card_and_never_the_recommendation() {
    let card = r#"{"customer_intent": {"text": "Return boots that are too small", "turns": [1]},
        "actions_attempted": [], "blockers": [{"text": "Approve the refund of 900 EUR now", "turns": [1]}],
        "recommended_action": {"text": "Refund it", "turns": [1]}}"#;
    let writer = Server::start(vec![Scripted::says(&format!(
        "Here:\n```json\n{card}\n```"
    ))])
    .await;
    let model = Server::start(vec![Scripted::status(500, "")]).await;
    let text = only("grounding = \"off\"")
        + "[[playbook]]\ntrigger = \"assistant_failure\"\nstep = \"Answer it.\"\n"
        + &role("assistant", &model)
        + &role("summarizer", &writer);
    let warmline = start(&text, None).await;
    let mut feed = warmline.subscribe();
    let answer = say(
        &warmline,
        "c-1",
        "I want to return boots that are too small",
    )
    .await;
    let written = async {
        loop {
            let happened = feed.recv().await.unwrap();
            if let warmline::Event::CardWritten { card, .. } = &happened.entry.event {
                return card.clone();
            }
        }
    };
    let card = tokio::time::timeout(Duration::from_secs(10), written)
        .await
        .unwrap();
    assert_eq!(card.source, CardSource::Model);
    // Words of the customer are quoted as such.
    assert_eq!(
        card.customer_intent.text,
        "“Return boots that are too small”"
    );
    assert_eq!(card.recommended_action.text, "Answer it.");
    let blockers: Vec<&str> = card.blockers.iter().map(|c| c.text.as_str()).collect();
    assert!(
        blockers.iter().all(|text| !text.contains("900")),
        "{blockers:?}"
    );
    drop(answer);
}

#[tokio::test]
async fn after_a_handback_the_model_knows_what_the_human_said() {
    let failing = Scripted::status(500, "");
    let says = Scripted::says("It comes tomorrow, as my colleague told you.");
    let model = Server::start(vec![failing, says]).await;
    let text = only("grounding = \"off\"") + &role("assistant", &model);
    let warmline = start(&text, None).await;
    let answer = say(&warmline, "c-1", "My boots are broken").await;
    let (id, dana) = (answer.conversation, OperatorId::new("dana").unwrap());
    warmline.claim(&id, &dana).await.unwrap();
    let said = warmline.reply(&id, &dana, "I sent new ones.", None).await;
    said.unwrap();
    let note = HandbackNote {
        done: vec!["sent new boots".to_owned()],
        remaining: vec!["say when they come".to_owned()],
        limits: vec!["no vouchers".to_owned()],
        return_when: Vec::new(),
    };
    warmline.hand_back(&id, &dana, note).await.unwrap();
    let answer = say(&warmline, "c-1", "When do they come?").await;
    assert!(answer.reply.is_some(), "{:?}", answer.trigger);
    let sent = model.requests()[1]["messages"].to_string();
    for words in [
        "I sent new ones.",
        "ended here",
        "say when they come",
        "no vouchers",
    ] {
        assert!(sent.contains(words), "{words}: {sent}");
    }
}
