use std::collections::BTreeSet;

use serde_json::Value;

use super::{Server, call, get};

async fn document(server: &Server) -> Value {
    server.json(get("/openapi.json").bearer(None)).await.1
}

/// Every operation: method, path and description.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods
                .iter()
                .map(|(method, it)| (method.to_uppercase(), path.clone(), it.clone()))
        })
        .collect()
}

#[tokio::test]
async fn the_whole_contract_is_described() {
    let server = Server::start().await;
    let document = document(&server).await;
    assert_eq!(document["openapi"], "3.1.0");
    let known: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let id = "/v1/conversations/{id}";
    let mut contract: Vec<String> = ["handoff", "claim", "release", "replies", "handback"]
        .iter()
        .chain(&["close", "csat", "messages"])
        .map(|command| format!("POST {id}/{command}"))
        .collect();
    contract.extend([
        format!("GET {id}"),
        format!("DELETE {id}"),
        format!("GET {id}/events"),
    ]);
    for path in [
        "/v1/conversations",
        "/v1/events",
        "/metrics",
        "/healthz",
        "/readyz",
    ] {
        contract.push(format!("GET {path}"));
    }
    for operation in contract {
        assert!(
            known.contains(&operation),
            "{operation} is not in {known:?}"
        );
    }
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
    let server = Server::start().await;
    let document = document(&server).await;
    let operations = operations(&document);
    let names: BTreeSet<&str> = operations
        .iter()
        .map(|(_, _, it)| it["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), operations.len());

    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn whoever_shows_no_token_gets_nowhere() {
    let server = Server::start().await;
    for (method, path, operation) in operations(&document(&server).await) {
        let open = operation["security"].is_null();
        let path = path.replace("{id}", "c1").replace(['{', '}'], "");
        let (status, _) = server.json(call(&method, &path).bearer(None)).await;
        assert_eq!(status.as_u16() == 401, !open, "{method} {path}: {status}");
    }
    let open: Vec<String> = operations(&document(&server).await)
        .into_iter()
        .filter(|(_, _, operation)| operation["security"].is_null())
        .map(|(_, path, _)| path)
        .collect();
    let known = [
        "/healthz",
        "/readyz",
        "/v1/chat",
        "/v1/session",
        "/v1/session/oidc",
        "/v1/session/oidc/callback",
        "/v1/session/ways",
        "/v1/setup",
    ];
    assert_eq!(open, known);
}

#[tokio::test]
async fn pages_run_nothing_but_their_own_files() {
    let server = Server::start().await;
    for path in ["/console", "/chat"] {
        let response = server.send(get(path).bearer(None)).await;
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let frames = match path {
            "/chat" => "frame-ancestors 'self' https://shop.example",
            _ => "frame-ancestors 'none'",
        };
        assert!(policy.ends_with(frames), "{policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");

        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let page = std::str::from_utf8(&bytes).unwrap();
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(inline), "{path} has {inline}");
        }
        for file in page.split("assets/").skip(1) {
            let file = format!("/assets/{}", file.split('"').next().unwrap());
            let response = server.send(get(&file).bearer(None)).await;
            assert_eq!(response.status().as_u16(), 200, "{file}");
        }
    }
}

#[tokio::test]
async fn only_the_widget_may_be_loaded_by_other_sites() {
    let server = Server::start().await;
    let policy = async |path| {
        let response = server.send(get(path).bearer(None)).await;
        response.headers()["cross-origin-resource-policy"].clone()
    };
    assert_eq!(policy("/widget.js").await, "cross-origin");
    assert_eq!(policy("/assets/chat/chat.js").await, "same-origin");
    assert_eq!(policy("/v1/conversations").await, "same-origin");
}
