use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Server, TOKEN, get, post};
use crate::auth::{Access, Token};

async fn visitor(server: &Server) -> (String, String) {
    let (status, chat) = server.json(post("/v1/chat").bearer(None)).await;
    assert_eq!(status, StatusCode::CREATED);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&chat["conversation"]),
        format!("Bearer {}", text(&chat["token"])),
    )
}

#[tokio::test]
async fn a_visitor_chats_asks_for_a_person_and_rates() {
    let server = Server::start().await;
    let (id, bearer) = visitor(&server).await;
    let say = post("/v1/chat/messages")
        .bearer(Some(&bearer))
        .body(&json!({"text": "Hello"}));
    let (status, heard) = server.json(say).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(heard, json!({"turn": 1, "speaking": "assistant"}));

    let (_, asked) = server
        .json(post("/v1/chat/handoff").bearer(Some(&bearer)))
        .await;
    assert_eq!(asked, json!({"speaking": "waiting"}));
    let (_, view) = server.json(get(&format!("/v1/conversations/{id}"))).await;
    assert_eq!(view["trigger"]["kind"], "customer_request");
    assert_eq!(view["customer"]["channel"], "web");

    let (status, _) = server
        .json(post("/v1/chat/handoff").bearer(Some(&bearer)))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let rate = post("/v1/chat/csat")
        .bearer(Some(&bearer))
        .body(&json!({"score": 2}));
    assert_eq!(server.json(rate).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_visitor_cannot_say_who_they_are() {
    let server = Server::start().await;
    let (_, bearer) = visitor(&server).await;
    for claim in ["segment", "customer", "channel", "conversation"] {
        let body = json!({"text": "Hello", claim: "vip"});
        let say = post("/v1/chat/messages").bearer(Some(&bearer)).body(&body);
        assert_eq!(
            server.json(say).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{claim}"
        );
    }
}

#[tokio::test]
async fn nobody_reaches_the_queue_without_having_said_anything() {
    let server = Server::start().await;
    let (_, bearer) = visitor(&server).await;
    let (status, _) = server
        .json(post("/v1/chat/handoff").bearer(Some(&bearer)))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, queue) = server.json(get("/v1/conversations")).await;
    assert_eq!(queue["conversations"], json!([]));
}

#[tokio::test]
async fn a_visitor_token_opens_nothing_of_operators_and_a_forged_one_nothing_at_all() {
    let server = Server::start().await;
    let (id, bearer) = visitor(&server).await;
    server
        .json(
            post("/v1/chat/messages")
                .bearer(Some(&bearer))
                .body(&json!({"text": "Hi"})),
        )
        .await;
    for path in [
        format!("/v1/conversations/{id}"),
        "/v1/events".to_owned(),
        "/metrics".to_owned(),
    ] {
        let (status, _) = server.json(get(&path).bearer(Some(&bearer))).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let claim = format!("/v1/conversations/{id}/claim");
    let claimed = server
        .json(post(&claim).bearer(Some(&bearer)).by("dana"))
        .await;
    assert_eq!(claimed.0, StatusCode::FORBIDDEN);

    let (_, tag) = bearer.rsplit_once('.').unwrap();
    let forged = format!("Bearer chat-another.{tag}");
    let (status, _) = server
        .json(get("/v1/chat/events").bearer(Some(&forged)))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = server.json(get("/v1/chat/events")).await;
    assert_eq!(
        status,
        StatusCode::UNAUTHORIZED,
        "the machine token is no visitor's"
    );
}

#[tokio::test]
async fn a_visitor_sees_what_was_said_and_nothing_behind_it() {
    let server = Server::start().await;
    let (id, bearer) = visitor(&server).await;
    let say = post("/v1/chat/messages").bearer(Some(&bearer));
    server
        .json(say.body(&json!({"id": "m1", "text": "please fail"})))
        .await;
    server
        .json(post(&format!("/v1/conversations/{id}/claim")).by("dana@shop.example"))
        .await;
    let reply = format!("/v1/conversations/{id}/replies");
    let reply = post(&reply)
        .by("dana@shop.example")
        .body(&json!({"text": "Hello!"}));
    server.json(reply).await;

    let mut events = server
        .stream(get("/v1/chat/events").bearer(Some(&bearer)))
        .await;
    let steps = events.take(4).await;
    let speaking: Vec<&str> = steps
        .iter()
        .map(|step| step.data["speaking"].as_str().unwrap())
        .collect();
    assert_eq!(speaking, ["assistant", "waiting", "operator", "operator"]);
    assert_eq!(steps[0].data["message"], "m1");
    assert_eq!(steps[3].data["turns"][0]["text"], "Hello!");
    let shown = format!("{steps:?}");
    for hidden in [
        "dana",
        "trigger",
        "assistant_failure",
        "card",
        "told to",
        "epoch",
    ] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}

#[tokio::test]
async fn an_address_that_asks_for_too_much_is_told_when_to_come_back() {
    let server = Server::configured(
        Access::Token(Token::new(TOKEN).unwrap()),
        "[server.chat]\nconversations = 1\nrequests = 2\n",
        "/",
    )
    .await;
    let peer = "203.0.113.9:40000".parse().unwrap();
    let begin = || post("/v1/chat").bearer(None).from(peer);
    let (_, chat) = server.json(begin()).await;
    let bearer = format!("Bearer {}", chat["token"].as_str().unwrap());
    let (status, problem) = server.json(begin()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(problem["type"], "urn:warmline:problem:too-many");
    assert!(
        problem["retry_after"]
            .as_u64()
            .is_some_and(|wait| wait <= 60)
    );

    let say = |text: &str| {
        let say = post("/v1/chat/messages").bearer(Some(&bearer)).from(peer);
        server.json(say.body(&json!({"text": text})))
    };
    assert_eq!(say("Hello").await.0, StatusCode::OK);
    assert_eq!(say("Are you there?").await.0, StatusCode::OK);
    assert_eq!(say("And now?").await.0, StatusCode::TOO_MANY_REQUESTS);
    let id = chat["conversation"].as_str().unwrap();
    let (_, view) = server.json(get(&format!("/v1/conversations/{id}"))).await;
    let turns = view["turns"].to_string();
    assert!(turns.contains("Are you there?") && !turns.contains("And now?"));
}
