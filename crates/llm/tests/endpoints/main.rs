//! What real servers do, played by a scripted one on a loopback port.

#![cfg(feature = "openai")]
#![allow(clippy::unwrap_used)]

mod scripted;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use warmline_core::ConversationId;
use warmline_core::privacy::Kinds;
use warmline_llm::{Budget, BudgetConfig, Chat, Dialect, EndpointConfig, Error, RoleConfig};

use scripted::{Answer, Scripted};

fn endpoint(base_url: &str) -> EndpointConfig {
    let toml = json!({"base_url": base_url, "model": "m", "price_in": 1.0, "price_out": 2.0});
    serde_json::from_value(toml).unwrap()
}

/// A role that gives up soon.
fn role(endpoints: &[&Scripted]) -> RoleConfig {
    let mut endpoints = endpoints.iter().map(|server| endpoint(&server.base_url()));
    let mut role = RoleConfig::of(endpoints.next().unwrap());
    role.endpoints.extend(endpoints);
    role.timeout = Duration::from_secs(3);
    role.silence = Duration::from_millis(400);
    role
}

fn unlimited(role: &RoleConfig) -> Chat {
    Chat::new("assistant", role, Arc::default()).unwrap()
}

fn request() -> Value {
    json!({"messages": [{"role": "user", "content": "Where is my parcel?"}], "seed": 7})
}

async fn complete(chat: &Chat) -> Result<String, Error> {
    let answer = chat.complete(None, Dialect::Chat, &request()).await;
    answer.map(|answer| answer.text)
}

async fn stream(chat: &Chat, heard: &mut String) -> Result<String, Error> {
    let mut listener = |words: &str| heard.push_str(words);
    let answer = chat
        .stream(None, Dialect::Chat, &request(), &mut listener)
        .await;
    answer.map(|answer| answer.text)
}

#[tokio::test]
async fn a_request_goes_out_whole_with_the_endpoints_model() {
    let server = Scripted::start(vec![Answer::says("On its way.")]).await;
    let text = complete(&unlimited(&role(&[&server]))).await.unwrap();
    assert_eq!(text, "On its way.");
    let sent = &server.requests()[0];
    assert_eq!((&sent["model"], &sent["seed"]), (&json!("m"), &json!(7)));
}

#[tokio::test]
async fn personal_data_that_is_masked_never_reaches_the_model() {
    let server = Scripted::start(vec![Answer::says("Noted.")]).await;
    let chat = unlimited(&role(&[&server])).masking(Kinds::all());
    let call = json!({"id": "call-4111111111111111", "type": "function", "function":
        {"name": "refund", "arguments": "{\"card\":4111111111111111,\"amount\":4111}"}});
    let request = json!({"seed": 4_111_111_111_111_111_u64, "messages": [
        {"role": "user", "content": "Mine is 4111 1111 1111 1111, write to ana@mail.example"},
        {"role": "user", "content": [{"type": "text", "text": "DE89 3704 0044 0532 0130 00"}]},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call-4111111111111111", "content": "{\"mail\":\"ana@mail.example\"}"},
        {"role": "user", "name": "ana@mail.example", "content": "Well?"},
        {"role": "user", "name": "4111111111111111", "content": "Well?"},
        {"role": "function", "name": "4111111111111111", "content": "Well."},
    ]});
    chat.complete(None, Dialect::Chat, &request).await.unwrap();
    let sent = server.requests()[0].clone();
    let messages = &sent["messages"];
    assert_eq!(
        messages[0]["content"],
        "Mine is [card number], write to [e-mail]"
    );
    assert_eq!(messages[1]["content"][0]["text"], "[bank account]");
    let call = &messages[2]["tool_calls"][0];
    assert_eq!(call["id"], "call-4111111111111111");
    let arguments = call["function"]["arguments"].as_str().unwrap();
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    assert_eq!(arguments, json!({"card": "[card number]", "amount": 4111}));
    assert_eq!(messages[3]["content"], "{\"mail\":\"[e-mail]\"}");
    // Whom a message is from is masked; what a tool is called is referred to.
    let names = [4, 5, 6].map(|at: usize| &messages[at]["name"]);
    assert_eq!(names, ["[e-mail]", "[card_number]", "4111111111111111"]);
    assert_eq!(sent["seed"], request["seed"]);
}

#[tokio::test]
async fn a_busy_or_broken_server_is_asked_again() {
    for first in [
        Answer::status(429, r#"{"error": {"message": "slow down"}}"#),
        Answer::status(503, "<html>bad gateway</html>"),
        Answer::body(r#"{"choices": [{"message": {"content": "cut o"#),
        Answer::body(r#"{"choices": []}"#),
        Answer::Hangs,
        Answer::Closes,
    ] {
        let name = format!("{first:?}");
        let server = Scripted::start(vec![first, Answer::says("Here.")]).await;
        let text = complete(&unlimited(&role(&[&server]))).await;
        assert_eq!(text.unwrap(), "Here.", "{name}");
    }
}

#[tokio::test]
async fn a_refusal_is_not_repeated_to_the_same_server_but_the_next_is_asked() {
    let refusal = Answer::status(401, r#"{"error": {"message": "no such key"}}"#);
    let first = Scripted::start(vec![refusal.clone()]).await;
    let second = Scripted::start(vec![Answer::says("Here.")]).await;
    let text = complete(&unlimited(&role(&[&first, &second]))).await;
    assert_eq!(text.unwrap(), "Here.");
    assert_eq!(first.requests().len(), 1);

    let alone = Scripted::start(vec![refusal]).await;
    let error = complete(&unlimited(&role(&[&alone]))).await.unwrap_err();
    assert!(error.to_string().contains("401: no such key"), "{error}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let server = Scripted::start(vec![Answer::Endless]).await;
    let mut role = role(&[&server]);
    role.retries = 0;
    let error = complete(&unlimited(&role)).await.unwrap_err();
    assert!(error.to_string().contains("more than"), "{error}");
}

#[tokio::test]
async fn pieces_are_heard_as_they_come() {
    let server = Scripted::start(vec![Answer::pieces(
        &[
            r#"{"choices": [{"delta": {"role": "assistant", "content": null}}]}"#,
            r#"{"choices": [{"delta": {"content": "On "}}]}"#,
            r#"{"choices": [{"delta": {"content": "its way."}}]}"#,
            r#"{"choices": [{"delta": {}, "finish_reason": "stop"}]}"#,
        ],
        true,
    )])
    .await;
    let mut heard = String::new();
    let text = stream(&unlimited(&role(&[&server])), &mut heard).await;
    assert_eq!(
        (text.unwrap().as_str(), heard.as_str()),
        ("On its way.", "On its way.")
    );
    assert_eq!(
        server.requests()[0]["stream_options"]["include_usage"],
        true
    );
}

#[tokio::test]
async fn an_answer_that_dies_in_mid_stream_is_no_answer_and_is_not_begun_again() {
    let piece = r#"{"choices": [{"delta": {"content": "You will get"}}]}"#;
    let broken = Answer::pieces(&[piece], false);
    let server = Scripted::start(vec![broken, Answer::says("never asked")]).await;
    let mut heard = String::new();
    let error = stream(&unlimited(&role(&[&server])), &mut heard).await;
    assert!(error.unwrap_err().to_string().contains("broke off"));
    assert_eq!(heard, "You will get");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone() {
    let failure = Answer::status(500, "");
    let server = Scripted::start(vec![failure; 8]).await;
    let mut role = role(&[&server]);
    role.retries = 0;
    role.failures = NonZeroU32::new(2).unwrap();
    let chat = unlimited(&role);
    for _ in 0..4 {
        complete(&chat).await.unwrap_err();
    }
    assert_eq!(server.requests().len(), 2);
    let error = complete(&chat).await.unwrap_err();
    assert!(error.to_string().contains("left alone"), "{error}");
}

#[tokio::test]
async fn a_budget_ends_what_it_pays_for() {
    let usage = r#"{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 10}}"#;
    let server = Scripted::start(vec![Answer::body(usage); 3]).await;
    let limits = BudgetConfig {
        conversation_tokens: Some(100),
        ..BudgetConfig::default()
    };
    let budget = Arc::new(Budget::default());
    budget.limit(limits);
    let chat = Chat::new("assistant", &role(&[&server]), budget.clone()).unwrap();
    let [one, other] = ["c-1", "c-2"].map(|id| ConversationId::new(id).unwrap());
    let ask = async |id: &ConversationId| chat.complete(Some(id), Dialect::Chat, &request()).await;
    ask(&one).await.unwrap();
    let error = ask(&one).await.unwrap_err();
    assert!(error.to_string().contains("conversation_tokens"), "{error}");
    ask(&other).await.unwrap();
    assert_eq!(budget.spent_by(&one).tokens, 100);
    assert!((budget.spent_today().cost - 2.0 * 110e-6).abs() < 1e-9);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named() {
    let server = Scripted::start(Vec::new()).await;
    let mut role = role(&[&server]);
    role.endpoints[0].key_env = Some("WARMLINE_NO_SUCH_KEY".to_owned());
    let error = Chat::new("verifier", &role, Arc::default());
    let error = error.err().unwrap();
    assert!(
        error.to_string().contains("models.verifier.endpoints[0]"),
        "{error}"
    );
    assert!(
        error.to_string().contains("WARMLINE_NO_SUCH_KEY"),
        "{error}"
    );
}
