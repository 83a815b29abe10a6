//! What operators teach about the scope.

use axum::http::StatusCode;
use serde_json::json;

use super::{Server, get, post};

const EXAMPLES: &str = "/v1/scope/examples";

#[tokio::test]
async fn a_lesson_is_kept_under_its_operators_name() {
    let server = Server::start().await;
    let body = json!({"text": "tell me a joke", "belongs": "out_of_scope", "conversation": "c1"});
    let (status, taught) = server.json(post(EXAMPLES).by("ada").body(&body)).await;
    assert_eq!(status, StatusCode::OK, "{taught}");
    let (_, list) = server.json(get(EXAMPLES)).await;
    assert_eq!(list, json!([taught]));
    assert_eq!(
        (&taught["by"], &taught["belongs"]),
        (&json!("ada"), &json!("out_of_scope"))
    );
    assert_eq!(taught["conversation"], "c1");
}

#[tokio::test]
async fn a_lesson_that_says_too_little_is_refused() {
    let server = Server::start().await;
    for (body, expected) in [
        (
            json!({"text": "x", "belongs": "intent"}),
            "name it in `intent`",
        ),
        (
            json!({"text": "x", "belongs": "nowhere", "intent": "a"}),
            "alone",
        ),
        (
            json!({"text": "x", "belongs": "intent", "intent": "a"}),
            "the scope has no intent `a`",
        ),
        (
            json!({"text": " ", "belongs": "nowhere"}),
            "must not be empty",
        ),
        (json!({"text": "x", "belongs": "inside"}), "`out_of_scope`"),
        (
            json!({"text": "a".repeat(1_201), "belongs": "nowhere"}),
            "1200 bytes",
        ),
    ] {
        let (status, problem) = server.json(post(EXAMPLES).by("ada").body(&body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{detail}");
    }
    let body = json!({"text": "x", "belongs": "nowhere"});
    let (status, _) = server.json(post(EXAMPLES).body(&body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, list) = server.json(get(EXAMPLES)).await;
    assert_eq!(list, json!([]));
}
