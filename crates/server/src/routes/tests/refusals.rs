use std::net::SocketAddr;

use axum::http::StatusCode;
use serde_json::json;

use super::{Server, call, get, post};
use crate::Access;

const MESSAGES: &str = "/v1/conversations/c1/messages";

#[tokio::test]
async fn every_refusal_is_a_problem_that_says_what_is_right() {
    let server = Server::start().await;
    let long = json!({"text": "a".repeat(16 * 1024 + 1)});
    let huge = json!({"text": "a".repeat(70 * 1024)});
    let cases = [
        (post(MESSAGES).raw("{"), 400, "the body"),
        (
            post(MESSAGES).raw(r#"{"txt": "a"}"#),
            422,
            "expected one of `id`, `text`",
        ),
        (
            post(MESSAGES).raw(r#"{"id": "a b", "text": "a"}"#),
            422,
            "an id must be",
        ),
        (
            post(MESSAGES).body(&json!({"text": " \n"})),
            422,
            "must not be empty",
        ),
        (post(MESSAGES).body(&long), 422, "16384 bytes"),
        (post(MESSAGES).body(&huge), 413, "65536 bytes"),
        (
            post(MESSAGES).body(&json!({"text": "a", "language": "English"})),
            422,
            "ISO 639-1",
        ),
        (
            post(MESSAGES).body(&json!({"text": "a", "segment": "x".repeat(200)})),
            422,
            "128",
        ),
        (post(MESSAGES), 415, "content-type: application/json"),
        (call("PUT", MESSAGES), 405, "does not take PUT"),
        (get("/v1/nothing"), 404, "/openapi.json"),
        (
            get("/v1/conversations/unknown"),
            404,
            "no conversation `unknown`",
        ),
        (get("/v1/conversations/a%20b"), 400, "printable ascii"),
        (get("/v1/conversations?limit=0"), 400, "1 to 500"),
        (get("/v1/conversations?stat=x"), 400, "stat"),
        (
            get("/v1/conversations?state=x&owner=queue"),
            400,
            "not for both",
        ),
        (get("/v1/conversations?after=zz"), 422, "cursor"),
        (
            get("/v1/conversations?owner=queue&after=zz"),
            400,
            "`next` of a page",
        ),
        (
            post("/v1/conversations/c1/claim"),
            400,
            "x-warmline-operator",
        ),
        (
            post("/v1/conversations/c1/claim").by("a b"),
            400,
            "printable ascii",
        ),
        (get("/v1/conversations/unknown/events"), 404, "unknown"),
    ];
    for (call, status, words) in cases {
        let path = call.path.to_owned();
        let (found, headers, problem) = server.whole(call).await;
        assert_eq!(found.as_u16(), status, "{path}: {problem}");
        assert_eq!(
            headers["content-type"], "application/problem+json",
            "{path}"
        );
        assert_eq!(problem["status"], status);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let server = Server::start().await;
    let (_, headers, _) = server.whole(call("PUT", "/v1/conversations/c1")).await;
    assert_eq!(headers["allow"], "GET,HEAD,DELETE");
}

#[tokio::test]
async fn ratings_and_notes_are_checked() {
    let server = Server::start().await;
    server.say("c1", "please fail").await;
    let rate = post("/v1/conversations/c1/csat").body(&json!({"score": 6}));
    assert_eq!(server.json(rate).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    server
        .json(post("/v1/conversations/c1/claim").by("dana"))
        .await;
    let back = post("/v1/conversations/c1/handback")
        .by("dana")
        .body(&json!({"remaining": []}));
    let (status, problem) = server.json(back).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("remaining"));
}

#[tokio::test]
async fn a_demonstration_trusts_this_machine_and_no_other() {
    let server = Server::with(Access::Loopback(None)).await;
    let from = |peer: [u8; 4]| {
        get("/v1/workflow")
            .bearer(None)
            .header("host", "localhost:7717")
            .from(SocketAddr::from((peer, 9)))
    };
    assert_eq!(server.json(from([127, 0, 0, 1])).await.0, StatusCode::OK);
    assert_eq!(
        server.json(from([192, 168, 1, 7])).await.0,
        StatusCode::UNAUTHORIZED
    );
    let page = from([127, 0, 0, 1]).header("origin", "https://evil.example");
    assert_eq!(server.json(page).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn outside_of_a_demonstration_this_machine_needs_the_token_too() {
    let server = Server::start().await;
    let call = get("/v1/workflow")
        .bearer(None)
        .header("host", "localhost:7717")
        .from(SocketAddr::from(([127, 0, 0, 1], 9)));
    let (status, headers, _) = server.whole(call).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(headers.contains_key("www-authenticate"));
    let wrong = get("/v1/workflow").bearer(Some("Bearer a token for tests onlx"));
    assert_eq!(server.json(wrong).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_server_that_is_stopping_says_so() {
    let server = Server::start().await;
    assert_eq!(server.json(get("/readyz")).await.0, StatusCode::OK);
    server.warmline.shutdown().await;
    assert_eq!(server.json(get("/healthz")).await.0, StatusCode::OK);
    let (status, headers, _) = server.whole(get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key("retry-after"));
}
