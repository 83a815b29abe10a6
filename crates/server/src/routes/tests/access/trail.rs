use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::{Server, call, get, post};

async fn trail(server: &Server, query: &str) -> Vec<Value> {
    let (status, page) = server.json(get(&format!("/v1/trail?{query}"))).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["rows"].as_array().unwrap().clone()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn it_tells_who_saw_and_did_what_and_never_what_was_said() {
    let server = Server::start().await;
    let dana = server.signed("dana", "operator").await;
    server
        .say("c1", "please fail, my secret is swordfish")
        .await;
    server.say("c2", "please fail").await;
    server.json(dana.call("GET", "/v1/conversations/c1")).await;
    server
        .json(dana.call("POST", "/v1/conversations/c1/claim"))
        .await;
    let body = json!({"text": "a reply of mine"});
    server
        .json(
            dana.call("POST", "/v1/conversations/c1/replies")
                .body(&body),
        )
        .await;
    server.json(dana.call("GET", "/v1/people")).await;
    server
        .json(call("DELETE", "/v1/conversations/c2").by("lee"))
        .await;

    let by_dana = trail(&server, "person=dana").await;
    assert_eq!(
        actions(&by_dana),
        ["list_people", "reply", "claim", "show", "sign_in"]
    );
    assert_eq!(by_dana[0]["status"], 403);
    assert_eq!(by_dana[1]["by"], "session");
    assert_eq!(
        actions(&trail(&server, "conversation=c1").await),
        ["reply", "claim", "show"]
    );
    let erased = trail(&server, "conversation=c2").await;
    assert_eq!(
        (&erased[0]["action"], &erased[0]["person"]),
        (&json!("erase"), &json!("lee"))
    );

    let everything = trail(&server, "limit=500").await;
    let told = json!(everything).to_string();
    for word in ["swordfish", "a reply of mine", "correct horse"] {
        assert!(!told.contains(word), "{told}");
    }
    assert_eq!(everything.last().unwrap()["action"], "add_person");
}

#[tokio::test]
async fn a_search_is_noted_with_its_words_and_a_list_now_and_then() {
    let server = Server::start().await;
    let dana = server.signed("dana", "operator").await;
    let looks = async |path: &str| {
        // What happens in one moment is in no order.
        server.pass(1);
        let (status, page) = server.json(dana.call("GET", path)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
    };
    for _ in 0..9 {
        looks("/v1/conversations?owner=queue").await;
        looks("/v1/conversations?ids=c1%20c2").await;
        looks("/v1/conversations?q=lost+parcel").await;
    }
    looks("/v1/conversations?limit=5&q=ana%40mail.example%204111%201111%201111%201111").await;
    server.pass(1);
    server.json(get("/v1/conversations")).await;
    server.pass(1);
    let seen = |rows: &[Value]| -> Vec<(String, Value)> {
        let rows = rows.iter();
        rows.map(|row| {
            (
                row["action"].as_str().unwrap().to_owned(),
                row["subject"].clone(),
            )
        })
        .collect()
    };
    let named = |action: &str, subject: Value| (action.to_owned(), subject);
    let by_dana = trail(&server, "person=dana").await;
    let expected = [
        named("search", json!("[e-mail] [card number]")),
        named("search", json!("lost parcel")),
        named("list", Value::Null),
        named("sign_in", Value::Null),
    ];
    assert_eq!(seen(&by_dana), expected);
    let all = trail(&server, "").await;
    assert_eq!(
        (&all[1]["action"], &all[1]["by"]),
        (&json!("list"), &json!("machine")),
        "a machine without an operator looks too"
    );
    server.pass(900);
    looks("/v1/conversations").await;
    assert_eq!(
        trail(&server, "person=dana").await.len(),
        expected.len() + 1
    );
}

#[tokio::test]
async fn the_trail_of_a_conversation_is_not_that_of_one_whose_id_goes_on() {
    let server = Server::start().await;
    for path in ["/v1/conversations/web", "/v1/conversations/web%2F1"] {
        server.json(call("DELETE", path).by("dana")).await;
    }
    let rows = trail(&server, "conversation=web").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["conversation"], "web");
}

#[tokio::test]
async fn pages_join_without_a_gap_and_times_cut() {
    let server = Server::start().await;
    for number in 0..5 {
        let path = format!("/v1/conversations/c{number}");
        server.json(call("DELETE", &path).by("dana")).await;
        server.pass(60);
    }
    let (_, first) = server.json(get("/v1/trail?person=dana&limit=3")).await;
    let next = first["next"].as_str().unwrap();
    let path = format!("/v1/trail?person=dana&limit=3&after={next}");
    let (_, second) = server.json(get(&path)).await;
    let ids = |page: &Value| -> Vec<Value> {
        let rows = page["rows"].as_array().unwrap().iter();
        rows.map(|row| row["conversation"].clone()).collect()
    };
    assert_eq!(ids(&first), ["c4", "c3", "c2"]);
    assert_eq!(ids(&second), ["c1", "c0"]);
    assert_eq!(second["next"], Value::Null);

    let at = first["rows"][1]["at"].as_str().unwrap();
    assert_eq!(
        trail(&server, &format!("person=dana&since={at}"))
            .await
            .len(),
        2
    );
    assert_eq!(
        trail(&server, &format!("person=dana&until={at}"))
            .await
            .len(),
        3
    );
    let (status, _) = server.json(get("/v1/trail?since=yesterday")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_failed_sign_in_is_noted_by_name_where_somebody_has_that_name() {
    let server = Server::start().await;
    server.add("dana", "operator").await;
    for name in ["dana", "my-password-by-mistake"] {
        let body = json!({"name": name, "password": "wrong"});
        server
            .json(post("/v1/session").bearer(None).body(&body))
            .await;
    }
    let rows = trail(&server, "").await;
    let failed: Vec<&Value> = rows
        .iter()
        .filter(|row| row["action"] == "sign_in")
        .collect();
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[0]["person"], Value::Null);
    assert_eq!(failed[1]["person"], "dana");
    assert!(failed.iter().all(|row| row["status"] == 401));
}
