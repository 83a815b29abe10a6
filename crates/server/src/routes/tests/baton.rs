use axum::http::StatusCode;
use serde_json::json;

use super::{Server, call, get, post};

#[tokio::test]
async fn a_turn_is_answered_with_its_sources() {
    let server = Server::start().await;
    let answer = server.say("c1", "How long do I have?").await;
    assert_eq!(answer["state"], "ai_owned");
    assert_eq!(answer["owner"], "assistant");
    assert_eq!(answer["turn"], 1);
    assert_eq!(answer["reply"]["text"], "You asked: How long do I have?");
    assert_eq!(answer["reply"]["citations"][0]["title"], "Returns");
    assert_eq!(answer["trigger"], json!(null));
}

#[tokio::test]
async fn a_message_that_was_heard_before_is_not_heard_again() {
    let server = Server::start().await;
    let body = json!({"id": "m1", "text": "Hello there"});
    let path = "/v1/conversations/c1/messages";
    let (_, first) = server.json(post(path).body(&body)).await;
    let (_, again) = server.json(post(path).body(&body)).await;
    assert_eq!(first["reply"], again["reply"]);
    let (_, view) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(view["turns"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_baton_goes_to_a_human_and_back() {
    let server = Server::start().await;
    let answer = server.say("c1", "please fail").await;
    assert_eq!(answer["state"], "pending_handoff");
    assert_eq!(answer["reply"], json!(null));
    assert_eq!(answer["trigger"]["kind"], "assistant_failure");
    assert_eq!(answer["notices"].as_array().unwrap().len(), 1);

    let (_, queue) = server.json(get("/v1/conversations?owner=queue")).await;
    let row = &queue["conversations"][0];
    assert_eq!(row["conversation"], "c1");
    assert_eq!(row["trigger"]["kind"], "assistant_failure");
    assert!(row["intent"].as_str().unwrap().contains("please fail"));

    let (status, claimed) = server
        .json(post("/v1/conversations/c1/claim").by("dana"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(claimed["owner"], "operator");
    assert_eq!(claimed["operator"], "dana");

    let reply = json!({"id": "r1", "text": "Dana here."});
    for _ in 0..2 {
        let path = "/v1/conversations/c1/replies";
        let (status, said) = server.json(post(path).by("dana").body(&reply)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(said["said"]["text"], "Dana here.");
        assert_eq!(said["state"], "human_owned");
    }

    let note = json!({"done": ["Refunded"], "remaining": ["Explain the label"]});
    let path = "/v1/conversations/c1/handback";
    let (status, back) = server.json(post(path).by("dana").body(&note)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(back["state"], "reverse_handed");

    let answer = server.say("c1", "Where is my label?").await;
    assert_eq!(answer["reply"]["text"], "You asked: Where is my label?");

    let path = "/v1/conversations/c1/close";
    let outcome = json!({"outcome": "resolved_confirmed"});
    let (status, _) = server.json(post(path).body(&outcome)).await;
    assert_eq!(status, StatusCode::OK);
    let path = "/v1/conversations/c1/csat";
    server.json(post(path).body(&json!({"score": 5}))).await;

    let (_, view) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(view["owner"], "nobody");
    assert_eq!(view["outcome"], "resolved_confirmed");
    assert_eq!(view["csat"], 5);
    assert_eq!(view["note"]["remaining"][0], "Explain the label");
    let turns = view["turns"].as_array().unwrap();
    let said = turns.iter().filter(|turn| turn["by"] == "operator").count();
    assert_eq!(said, 1, "a reply sent twice is said once");
}

#[tokio::test]
async fn an_illegal_transition_names_the_state() {
    let server = Server::start().await;
    server.say("c1", "Hello there").await;
    let (status, problem) = server
        .json(post("/v1/conversations/c1/release").by("dana"))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["state"], "ai_owned");
    assert_eq!(problem["type"], "urn:warmline:problem:illegal-transition");
}

#[tokio::test]
async fn only_one_operator_has_a_conversation() {
    let server = Server::start().await;
    server.say("c1", "please fail").await;
    server
        .json(post("/v1/conversations/c1/claim").by("dana"))
        .await;
    let (status, problem) = server
        .json(post("/v1/conversations/c1/claim").by("lee"))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["state"], "human_owned");
    let close = json!({"outcome": "abandoned"});
    let (status, _) = server
        .json(post("/v1/conversations/c1/close").by("lee").body(&close))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_queue_is_read_page_by_page() {
    let server = Server::start().await;
    for id in ["a", "b", "c"] {
        server.say(id, "please fail").await;
    }
    server.say("d", "Hello there").await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v1/conversations?owner=queue&limit=2{after}");
        let (status, page) = server.json(get(&path)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        for row in page["conversations"].as_array().unwrap() {
            seen.push(row["conversation"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
    let (_, page) = server.json(get("/v1/conversations?state=ai_owned")).await;
    assert_eq!(page["conversations"][0]["conversation"], "d");
}

#[tokio::test]
async fn what_is_erased_is_gone() {
    let server = Server::start().await;
    server.say("c1", "Hello there").await;
    let (status, _) = server.json(call("DELETE", "/v1/conversations/c1")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
