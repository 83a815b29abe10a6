//! Nothing of one tenant means anything to another.

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;
use tower::ServiceExt;
use warmline::Warmline;

use super::access::Signed;
use super::{Call, Server, call, get, post};
use crate::{
    Access, Metrics, Policing, ServerConfig, Settings, TenantName, Tenants, Threads, Token,
    VisitorKey,
};

/// Three tenants behind one listener, as a server to ask.
async fn house() -> Server {
    let mut tenants = None;
    for (number, name) in [(1, None), (2, Some("acme")), (3, Some("beta"))] {
        let threads = name.map(|name: &str| {
            Threads::start(TenantName::try_from(name.to_owned()).unwrap()).unwrap()
        });
        let starting = Warmline::builder().assistant(super::Scripted).start();
        let warmline = match &threads {
            Some(threads) => threads.run(starting).await.unwrap(),
            None => starting.await,
        };
        let warmline = warmline.unwrap();
        let none = Metrics::none().unwrap();
        let settings = Settings {
            config: ServerConfig::default(),
            access: Access::Token(Token::new(&format!("the token of number {number}")).unwrap()),
            visitors: VisitorKey::new([number; 32]),
            metrics: threads.as_ref().map_or(none, Threads::metrics),
            webhooks: crate::Webhooks::default(),
            setup: None,
            policing: Policing::default(),
        };
        tenants = Some(match (tenants, threads) {
            (Some(tenants), Some(threads)) => {
                Tenants::with(tenants, threads, warmline, settings).unwrap()
            }
            _ => Tenants::new(warmline, settings).unwrap(),
        });
    }
    let mut server = Server::start().await;
    server.router = tenants.unwrap().router();
    server
}

const BASES: [(&str, &str); 3] = [
    ("", "Bearer the token of number 1"),
    ("/t/acme", "Bearer the token of number 2"),
    ("/t/beta", "Bearer the token of number 3"),
];

/// Every kind of credential of one tenant.
struct Credentials {
    master: String,
    token: String,
    visitor: String,
    session: Signed,
}

impl Credentials {
    async fn of(server: &Server, base: &str, master: &str) -> Self {
        let at = |path: &str| format!("{base}{path}");
        let made = json!({"name": "x", "scopes": ["converse", "operate", "supervise", "administer", "observe"]});
        let path = at("/v1/tokens");
        let (_, token) = server
            .json(post(&path).bearer(Some(master)).body(&made))
            .await;
        let person =
            json!({"name": "dana", "role": "administrator", "password": "correct horse battery"});
        let path = at("/v1/people");
        let (status, _) = server
            .json(post(&path).bearer(Some(master)).body(&person))
            .await;
        assert_eq!(status, StatusCode::CREATED);
        let path = at("/v1/session");
        let body = json!({"name": "dana", "password": "correct horse battery"});
        let (_, headers, view) = server.whole(post(&path).bearer(None).body(&body)).await;
        let path = at("/v1/chat");
        let (_, chat) = server.json(post(&path).bearer(None)).await;
        Self {
            master: master.to_owned(),
            token: format!("Bearer {}", token["text"].as_str().unwrap()),
            visitor: format!("Bearer {}", chat["token"].as_str().unwrap()),
            session: Signed::of(&headers, view),
        }
    }

    fn ask<'a>(&'a self, method: &'a str, path: &'a str) -> [Call<'a>; 4] {
        [
            call(method, path).bearer(Some(&self.master)).by("dana"),
            call(method, path).bearer(Some(&self.token)).by("dana"),
            call(method, path).bearer(Some(&self.visitor)),
            self.session.call(method, path),
        ]
    }
}

#[tokio::test]
async fn no_credential_of_one_tenant_opens_anything_of_another() {
    let server = house().await;
    let mut all = Vec::new();
    for (base, master) in BASES {
        all.push((base, Credentials::of(&server, base, master).await));
    }
    let (_, document) = server.json(get("/openapi.json").bearer(None)).await;
    let mut walked = 0;
    for (base, own) in &all {
        for (other, credentials) in &all {
            if base == other {
                continue;
            }
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    if operation["security"].is_null() {
                        continue;
                    }
                    let method = method.to_uppercase();
                    let place = path.replace("{id}", "c1").replace(['{', '}'], "");
                    let place = format!("{base}{place}");
                    for asked in credentials.ask(&method, &place) {
                        walked += 1;
                        let status = server.send(asked).await.status().as_u16();
                        assert!(
                            matches!(status, 401 | 403 | 404),
                            "{other} at {method} {place}: {status}"
                        );
                    }
                }
            }
        }
        // And each is good where it is from.
        let path = format!("{base}/v1/people");
        let status = server.send(own.session.call("GET", &path)).await.status();
        assert_eq!(status, StatusCode::OK);
    }
    assert!(walked > 500, "{walked}");
}

#[tokio::test]
async fn a_cookie_goes_no_further_than_its_tenant() {
    let server = house().await;
    for (base, master) in BASES {
        let person =
            json!({"name": "dana", "role": "operator", "password": "correct horse battery"});
        let path = format!("{base}/v1/people");
        server
            .json(post(&path).bearer(Some(master)).body(&person))
            .await;
        let path = format!("{base}/v1/session");
        let body = json!({"name": "dana", "password": "correct horse battery"});
        let (_, headers, _) = server.whole(post(&path).bearer(None).body(&body)).await;
        let cookie = headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains(&format!("; Path={base}/;")), "{cookie}");
    }
}

#[tokio::test]
async fn the_session_of_the_root_that_comes_along_is_not_in_the_way() {
    let server = house().await;
    let root = Credentials::of(&server, "", BASES[0].1).await;
    let acme = Credentials::of(&server, "/t/acme", BASES[1].1).await;
    let both = format!("{}; {}", root.session.cookie, acme.session.cookie);
    let asked = get("/t/acme/v1/session")
        .bearer(None)
        .header("cookie", &both);
    assert_eq!(server.json(asked).await.0, StatusCode::OK);
}

#[tokio::test]
async fn every_tenant_has_the_whole_interface_and_what_is_said_stays_in_it() {
    let server = house().await;
    for (base, master) in BASES {
        let path = format!("{base}/v1/conversations/c1/messages");
        let body = json!({"text": format!("I write to [{base}]")});
        let (status, _) = server
            .json(post(&path).bearer(Some(master)).body(&body))
            .await;
        assert_eq!(status, StatusCode::OK);
    }
    for (base, master) in BASES {
        let path = format!("{base}/v1/conversations/c1");
        let (_, view) = server.json(get(&path).bearer(Some(master))).await;
        assert_eq!(view["turns"][0]["text"], format!("I write to [{base}]"));
        let page = server
            .send(get(&format!("{base}/console")).bearer(None))
            .await;
        assert_eq!(page.status(), StatusCode::OK);
    }
    let bare = server.send(get("/t/acme").bearer(None)).await;
    assert_eq!(bare.headers()["location"], "/t/acme/");
    let (status, _) = server.json(get("/t/nobody/v1/session")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let root = server.router.clone().oneshot(
        axum::http::Request::get("/t/acme/")
            .body(Body::empty())
            .unwrap(),
    );
    assert_eq!(root.await.unwrap().headers()["location"], "console");
}

#[tokio::test]
async fn what_is_measured_of_a_tenant_is_its_own() {
    let server = house().await;
    for (times, (base, master)) in [3, 2, 1].into_iter().zip(BASES) {
        for number in 0..times {
            let path = format!("{base}/v1/conversations/c{number}/messages");
            let body = json!({"text": "hello"});
            let asked = post(&path).bearer(Some(master)).body(&body);
            assert_eq!(server.json(asked).await.0, StatusCode::OK);
        }
    }
    for (times, (base, master)) in [2, 1].into_iter().zip(&BASES[1..]) {
        let path = format!("{base}/metrics");
        let answer = server.send(get(&path).bearer(Some(master))).await;
        let text = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        let text = String::from_utf8(text.unwrap().to_vec()).unwrap();
        let name = base.trim_start_matches("/t/");
        for line in [
            format!("warmline_turns_total{{tenant=\"{name}\",speaker=\"customer\"}} {times}"),
            format!(
                "warmline_http_requests_total{{tenant=\"{name}\",\
                 route=\"/v1/conversations/{{id}}/messages\",method=\"POST\",status=\"200\"}} {times}"
            ),
        ] {
            assert!(text.contains(&line), "{line} in {text}");
        }
        assert!(text.contains("# HELP warmline_turns_total"));
    }
}
