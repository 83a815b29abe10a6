use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::{Server, call, get, post};
use super::{PASSWORD, Signed};
use crate::auth::{Access, Token};

#[tokio::test]
async fn the_link_of_the_first_start_makes_one_administrator_and_no_second() {
    let server = Server::start().await;
    let (_, ways) = server.json(get("/v1/session/ways").bearer(None)).await;
    assert_eq!(ways, json!({"password": true, "oidc": null, "setup": true}));

    let key = server.setup.as_ref().unwrap().text().to_owned();
    let body = json!({"token": key, "name": "dana", "password": PASSWORD});
    let wrong = json!({"token": "guessed", "name": "dana", "password": PASSWORD});
    let set_up = |body: &Value| post("/v1/setup").bearer(None).body(body);
    assert_eq!(
        server.json(set_up(&wrong)).await.0,
        StatusCode::UNAUTHORIZED
    );
    let (status, headers, view) = server.whole(set_up(&body)).await;
    assert_eq!(status, StatusCode::OK, "{view}");
    let dana = Signed::of(&headers, view);
    assert_eq!(dana.view["role"], "administrator");
    let (status, people) = server.json(dana.call("GET", "/v1/people")).await;
    assert_eq!(
        (status, &people["people"][0]["name"]),
        (StatusCode::OK, &json!("dana"))
    );

    let second = json!({"token": key, "name": "eve", "password": PASSWORD});
    assert_eq!(server.json(set_up(&second)).await.0, StatusCode::CONFLICT);
    let (_, ways) = server.json(get("/v1/session/ways").bearer(None)).await;
    assert_eq!(ways["setup"], false);
}

#[tokio::test]
async fn the_link_is_good_for_an_hour() {
    let server = Server::start().await;
    let key = server.setup.as_ref().unwrap().text().to_owned();
    server.pass(3601);
    let body = json!({"token": key, "name": "dana", "password": PASSWORD});
    let (status, _) = server
        .json(post("/v1/setup").bearer(None).body(&body))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let server = Server::configured(
        Access::Token(Token::new(super::super::TOKEN).unwrap()),
        "\npublic_url = \"https://help.example\"\n",
        "/t/acme/",
    )
    .await;
    server.add("dana", "operator").await;
    let body = json!({"name": "dana", "password": PASSWORD});
    let asked = post("/v1/session").bearer(None).body(&body);
    let (_, headers, view) = server.whole(asked).await;
    let cookie = headers["set-cookie"].to_str().unwrap();
    for part in [
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
        "; Path=/t/acme/",
        "; Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(view["permissions"], json!(["operate", "personal_data"]));
    assert_eq!(view["demo"], false);
    assert!(
        !view
            .to_string()
            .contains(cookie.split(['=', ';']).nth(1).unwrap())
    );
}

#[tokio::test]
async fn a_change_by_a_session_needs_the_second_secret_and_the_own_site() {
    let server = Server::start().await;
    let (dana, lee) = (
        server.signed("dana", "operator").await,
        server.signed("lee", "operator").await,
    );
    server.say("c1", "please fail").await;
    let path = "/v1/conversations/c1/claim";
    let bare = || {
        call("POST", path)
            .bearer(None)
            .header("cookie", &dana.cookie)
    };
    for refused in [
        bare(),
        bare().header("x-warmline-csrf", "guessed"),
        bare().header("x-warmline-csrf", &lee.csrf),
        dana.call("POST", path)
            .header("host", "help.example")
            .header("origin", "https://evil.example"),
        dana.call("POST", path)
            .header("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(server.json(refused).await.0, StatusCode::FORBIDDEN);
    }
    let (status, view) = server.json(dana.call("POST", path)).await;
    assert_eq!(
        (status, &view["operator"]),
        (StatusCode::OK, &json!("dana"))
    );
}

#[tokio::test]
async fn whoever_signed_in_acts_as_themselves() {
    let server = Server::start().await;
    let dana = server.signed("dana", "operator").await;
    server.say("c1", "please fail").await;
    let path = "/v1/conversations/c1/claim";
    let (status, _) = server.json(dana.call("POST", path).by("lee")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, view) = server.json(dana.call("POST", path).by("dana")).await;
    assert_eq!(
        (status, &view["operator"]),
        (StatusCode::OK, &json!("dana"))
    );
}

#[tokio::test]
async fn a_session_ends_at_sign_out_by_disuse_and_by_age() {
    let server = Server::start().await;
    let signed = server.signed("dana", "operator").await;
    let good = async |signed: &Signed| {
        server.json(signed.call("GET", "/v1/session")).await.0 == StatusCode::OK
    };
    assert!(good(&signed).await);
    let bare = call("DELETE", "/v1/session")
        .bearer(None)
        .header("cookie", &signed.cookie);
    assert_eq!(server.json(bare).await.0, StatusCode::FORBIDDEN);
    let (status, headers, _) = server.whole(signed.call("DELETE", "/v1/session")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(
        headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert!(!good(&signed).await);

    let idle = server.sign_in("dana", PASSWORD).await.ok().unwrap();
    server.pass(3601);
    assert!(!good(&idle).await);

    let busy = server.sign_in("dana", PASSWORD).await.ok().unwrap();
    for _ in 0..14 {
        server.pass(3000);
        assert!(good(&busy).await);
    }
    server.pass(3000);
    assert!(!good(&busy).await, "twelve hours have passed");
}

#[tokio::test]
async fn another_password_ends_every_session_but_the_one_that_changed_it() {
    let server = Server::start().await;
    let (one, two) = (
        server.signed("dana", "operator").await,
        server.sign_in("dana", PASSWORD).await.ok().unwrap(),
    );
    let change = |old: &str| json!({"old": old, "new": "another password"});
    let body = change("guessed");
    let (status, _) = server
        .json(one.call("PUT", "/v1/session/password").body(&body))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let body = change(PASSWORD);
    let asked = one.call("PUT", "/v1/session/password").body(&body);
    let (status, headers, view) = server.whole(asked).await;
    assert_eq!(status, StatusCode::OK, "{view}");
    let new = Signed::of(&headers, view);
    for (signed, expected) in [(&one, 401), (&two, 401), (&new, 200)] {
        let (status, _) = server.json(signed.call("GET", "/v1/session")).await;
        assert_eq!(status.as_u16(), expected);
    }
    assert!(server.sign_in("dana", PASSWORD).await.is_err());
    assert!(server.sign_in("dana", "another password").await.is_ok());
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_with_their_streams() {
    let server = Server::start().await;
    server.add("root", "administrator").await;
    let dana = server.signed("dana", "operator").await;
    let mut events = server.stream(dana.call("GET", "/v1/events")).await;
    let body = json!({"disabled": true});
    let (status, view) = server
        .json(call("PATCH", "/v1/people/dana").body(&body))
        .await;
    assert_eq!((status, &view["disabled"]), (StatusCode::OK, &json!(true)));
    assert_eq!(events.next().await, None);
    let (status, _) = server.json(dana.call("GET", "/v1/session")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = server.sign_in("dana", PASSWORD).await.err().unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let body = json!({"disabled": false});
    server
        .json(call("PATCH", "/v1/people/dana").body(&body))
        .await;
    let (status, _) = server.json(dana.call("GET", "/v1/session")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "old sessions stay ended");
    assert!(server.sign_in("dana", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn sign_ins_that_fail_slow_down_and_tell_nothing() {
    let server = Server::start().await;
    server.add("dana", "operator").await;
    let known = server.sign_in("dana", "wrong").await.err().unwrap();
    let unknown = server.sign_in("nobody", "wrong").await.err().unwrap();
    assert_eq!(known, unknown);
    for _ in 0..4 {
        server.sign_in("dana", "wrong").await.err().unwrap();
    }
    let body = json!({"name": "dana", "password": PASSWORD});
    let asked = post("/v1/session").bearer(None).body(&body);
    let (status, headers, _) = server.whole(asked).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["retry-after"], "1");
    let disguised = json!({"name": " dana\t", "password": PASSWORD});
    let asked = post("/v1/session").bearer(None).body(&disguised);
    let (status, _) = server.json(asked).await;
    assert_eq!(
        status,
        StatusCode::TOO_MANY_REQUESTS,
        "blanks change nothing"
    );
    server.pass(1);
    assert!(server.sign_in("dana", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn somebody_is_always_left_to_administer() {
    let server = Server::start().await;
    server.add("root", "administrator").await;
    for change in [json!({"disabled": true}), json!({"role": "operator"})] {
        let (status, _) = server
            .json(call("PATCH", "/v1/people/root").body(&change))
            .await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
    server.add("second", "administrator").await;
    let change = json!({"role": "operator"});
    let (status, _) = server
        .json(call("PATCH", "/v1/people/root").body(&change))
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_that_was_made_is_shown_once_and_works() {
    let server = Server::start().await;
    let body =
        json!({"name": "lee", "role": "supervisor", "languages": ["de"], "skills": ["refunds"]});
    let (status, made) = server.json(post("/v1/people").body(&body)).await;
    assert_eq!(status, StatusCode::CREATED);
    let password = made["one_time_password"].as_str().unwrap();
    let lee = server.sign_in("lee", password).await.ok().unwrap();
    assert_eq!(
        lee.view["permissions"],
        json!(["operate", "supervise", "personal_data"])
    );
    let (_, people) = server.json(get("/v1/people")).await;
    assert!(!people.to_string().contains("argon2"), "{people}");
    assert!(!people.to_string().contains(password));

    let (_, again) = server
        .json(call("PUT", "/v1/people/lee/password").body(&json!({})))
        .await;
    assert!(server.sign_in("lee", password).await.is_err());
    let password = again["one_time_password"].as_str().unwrap();
    assert!(server.sign_in("lee", password).await.is_ok());
    let (status, _) = server.json(post("/v1/people").body(&body)).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn in_a_demonstration_nobody_has_to_sign_in() {
    let server = Server::with(Access::Loopback(None)).await;
    let asked = get("/v1/session")
        .bearer(None)
        .header("host", "localhost:7717")
        .from(([127, 0, 0, 1], 9).into());
    let (status, view) = server.json(asked).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&view["name"], &view["role"]),
        (&json!("demo"), &json!("administrator"))
    );
    assert_eq!(view["demo"], true);
    let (status, _) = server.json(get("/v1/session").bearer(None)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
