use axum::http::StatusCode;
use serde_json::json;

use super::super::{
    Access, CONFIG, Config, Disk, Path, Server, Source, TOKEN, Token, call, get, post,
};

const MASKED: &str = "
[privacy]
operators = \"masked\"
cards = [\"card\"]
";

async fn masking() -> Server {
    let access = Access::Token(Token::new(TOKEN).unwrap());
    Server::configured(access, MASKED, "/").await
}

#[tokio::test]
async fn an_operator_without_the_permission_sees_masks_and_the_journal_keeps_the_words() {
    let server = masking().await;
    let dana = server.signed("dana", "operator").await;
    let mut events = server.stream(dana.call("GET", "/v1/events")).await;
    server.say("c1", "please fail, I am ana@mail.example").await;

    let path = "/v1/conversations/c1";
    let (_, seen) = server.json(dana.call("GET", path)).await;
    assert!(!seen.to_string().contains("ana@mail"), "{seen}");
    assert_eq!(seen["turns"][0]["text"], "please fail, I am [e-mail]");
    let (_, queue) = server.json(dana.call("GET", "/v1/conversations")).await;
    assert!(!queue.to_string().contains("ana@mail"), "{queue}");
    for event in events.take(2).await {
        assert!(!format!("{event:?}").contains("ana@mail"));
    }

    for (words, found) in [("ana@mail", 0), ("please", 1), ("[e-mail]", 1)] {
        let path = format!("/v1/conversations?q={words}");
        let (_, page) = server.json(dana.call("GET", &path)).await;
        let rows = page["conversations"].as_array().unwrap();
        assert_eq!(rows.len(), found, "{words}: {page}");
    }
    let (_, page) = server.json(get("/v1/conversations?q=ana@mail")).await;
    assert_eq!(page["conversations"].as_array().unwrap().len(), 1);

    let (_, kept) = server.json(get(path)).await;
    assert_eq!(
        kept["turns"][0]["text"],
        "please fail, I am ana@mail.example"
    );
    server
        .json(call("PATCH", "/v1/people/dana").body(&json!({"personal_data": true})))
        .await;
    let (_, seen) = server.json(dana.call("GET", path)).await;
    assert_eq!(
        seen["turns"][0]["text"],
        "please fail, I am ana@mail.example"
    );
}

#[tokio::test]
async fn whoever_may_see_no_longer_is_shown_nothing_by_a_stream_from_before() {
    let server = masking().await;
    let lee = server.signed("lee", "supervisor").await;
    let mut events = server.stream(lee.call("GET", "/v1/events")).await;
    server.say("c1", "please fail").await;
    events.take(1).await;
    server
        .json(call("PATCH", "/v1/people/lee").body(&json!({"personal_data": false})))
        .await;
    let (status, _) = server.json(lee.call("GET", "/v1/conversations")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn a_configuration_that_masks_holds_for_streams_that_are_open() {
    let server = Server::start().await;
    let dana = server.signed("dana", "operator").await;
    let mut events = server.stream(dana.call("GET", "/v1/events")).await;
    server.say("c1", "please fail, I am ana@mail.example").await;
    assert!(format!("{:?}", events.take(2).await).contains("ana@mail"));
    let source = Source::new("test.toml", format!("{CONFIG}{MASKED}"));
    let config = Config::parse(&source, Path::new(""), &Disk).unwrap();
    server.warmline.reload(config).await.unwrap();
    server.say("c2", "please fail, I am ana@mail.example").await;
    loop {
        let event = format!("{:?}", events.take(1).await);
        if event.contains("c2") {
            assert!(!event.contains("ana@mail"), "{event}");
            break;
        }
    }
}

#[tokio::test]
async fn cards_are_masked_for_everybody() {
    let server = masking().await;
    server
        .say("c1", "please fail with card 4111 1111 1111 1111")
        .await;
    let (_, seen) = server.json(get("/v1/conversations/c1")).await;
    assert!(seen["card"].is_object());
    assert!(!seen["card"].to_string().contains("4111"), "{seen}");
    assert!(seen["turns"].to_string().contains("4111"));
    let (_, rows) = server.json(get("/v1/conversations")).await;
    let intent = &rows["conversations"][0]["intent"];
    assert!(!intent.to_string().contains("4111"), "{rows}");
}

#[tokio::test]
async fn where_nothing_is_configured_operators_see_what_was_said() {
    let server = Server::start().await;
    let dana = server.signed("dana", "operator").await;
    assert_eq!(
        dana.view["permissions"],
        json!(["operate", "personal_data"])
    );
    let body = json!({"text": "please fail, I am ana@mail.example"});
    server
        .json(post("/v1/conversations/c1/messages").body(&body))
        .await;
    let (_, seen) = server.json(dana.call("GET", "/v1/conversations/c1")).await;
    assert_eq!(
        seen["turns"][0]["text"],
        "please fail, I am ana@mail.example"
    );
}
