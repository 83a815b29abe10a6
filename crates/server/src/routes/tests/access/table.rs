//! The permission table, walked operation by operation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{Server, call, get};

/// Every operation that takes a caller, and who is let in: scopes of tokens, then roles.
fn let_in(operation: &Value) -> (Vec<&str>, Vec<&str>) {
    let (mut scopes, mut roles) = (Vec::new(), Vec::new());
    for way in operation["security"].as_array().unwrap() {
        for (kind, needed) in way.as_object().unwrap() {
            let needed: Vec<&str> = needed
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            match kind.as_str() {
                "machine" => {
                    assert_eq!(
                        needed.len(),
                        1,
                        "a token is asked for one scope: {operation}"
                    );
                    scopes.push(needed[0]);
                }
                "session" => roles.extend(match needed.as_slice() {
                    [] | ["operate"] => ["operator", "supervisor", "administrator"].iter(),
                    ["supervise"] => ["supervisor", "administrator"].iter(),
                    ["administer"] => ["administrator"].iter(),
                    other => panic!("what role has {other:?}?"),
                }),
                "visitor" => {}
                other => panic!("what is {other}?"),
            }
        }
    }
    (scopes, roles)
}

#[tokio::test]
async fn every_operation_lets_in_whom_its_description_names_and_nobody_else() {
    let server = Server::start().await;
    server.add("root", "administrator").await;
    let (_, document) = server.json(get("/openapi.json")).await;
    let scopes = ["converse", "operate", "supervise", "administer", "observe"];
    let roles = ["operator", "supervisor", "administrator"];
    let mut tokens = BTreeMap::new();
    for scope in scopes {
        tokens.insert(scope, server.token(&[scope]).await.1);
    }
    for role in roles {
        server.add(role, role).await;
    }
    let mut walked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"].is_null() {
                continue;
            }
            walked += 1;
            let method = method.to_uppercase();
            // Names that nobody has: who is let in learns that, and nothing happens.
            let place = path.replace("{id}", "nowhere").replace(['{', '}'], "");
            let (allowed, people) = let_in(operation);
            let visitors = operation["security"][0].get("visitor").is_some();
            for scope in scopes {
                let asked = call(&method, &place).bearer(Some(&tokens[scope]));
                let status = server.send(asked).await.status().as_u16();
                let refused = if visitors { 401 } else { 403 };
                let expected = allowed.contains(&scope);
                assert_eq!(
                    status != refused,
                    expected,
                    "{scope}: {method} {path}: {status}"
                );
            }
            for role in roles {
                // A new session each time: some operations end it.
                let signed = server.sign_in(role, super::PASSWORD).await.ok().unwrap();
                let asked = signed.call(&method, &place);
                let status = server.send(asked).await.status().as_u16();
                let refused = if visitors { 401 } else { 403 };
                let expected = people.contains(&role);
                assert_eq!(
                    status != refused,
                    expected,
                    "{role}: {method} {path}: {status}"
                );
            }
        }
    }
    assert!(walked > 20, "{walked}");
}
