use axum::http::StatusCode;
use serde_json::json;

use super::super::{Server, call, get, post};

#[tokio::test]
async fn a_token_opens_what_its_scopes_say_and_is_kept_as_a_hash() {
    let server = Server::start().await;
    let (id, bot) = server.token(&["converse"]).await;
    let body = json!({"text": "please fail"});
    let say = post("/v1/conversations/c1/messages")
        .bearer(Some(&bot))
        .body(&body);
    assert_eq!(server.json(say).await.0, StatusCode::OK);
    for path in ["/v1/conversations", "/v1/people", "/metrics", "/v1/trail"] {
        let (status, problem) = server.json(get(path).bearer(Some(&bot))).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("takes the permission")
        );
    }
    let claim = post("/v1/conversations/c1/claim")
        .bearer(Some(&bot))
        .by("dana");
    assert_eq!(server.json(claim).await.0, StatusCode::FORBIDDEN);

    let (_, list) = server.json(get("/v1/tokens")).await;
    let row = &list["tokens"][0];
    assert_eq!(row["id"], id);
    assert!(row["used"].is_string());
    assert!(
        !list
            .to_string()
            .contains(bot.strip_prefix("Bearer ").unwrap())
    );
}

#[tokio::test]
async fn a_bot_closes_in_its_own_name_alone() {
    let server = Server::start().await;
    let (_, bot) = server.token(&["converse"]).await;
    server.say("c1", "Hello").await;
    let body = json!({"outcome": "resolved_unconfirmed"});
    let close = || post("/v1/conversations/c1/close").bearer(Some(&bot));
    assert_eq!(
        server.json(close().by("dana").body(&body)).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(server.json(close().body(&body)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_and_its_streams_end() {
    let server = Server::start().await;
    let (id, desk) = server.token(&["operate"]).await;
    let mut events = server.stream(get("/v1/events").bearer(Some(&desk))).await;
    let path = format!("/v1/tokens/{id}");
    assert_eq!(
        server.json(call("DELETE", &path)).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(events.next().await, None);
    let (status, _) = server
        .json(get("/v1/conversations").bearer(Some(&desk)))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        server.json(call("DELETE", &path)).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_token_without_scopes_or_with_unknown_ones_is_not_made() {
    let server = Server::start().await;
    for scopes in [json!([]), json!(["everything"]), json!(["personal_data"])] {
        let body = json!({"name": "x", "scopes": scopes});
        let (status, _) = server.json(post("/v1/tokens").body(&body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
