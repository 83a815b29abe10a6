//! People, sessions, tokens, roles, and the trail of them.

mod masked;
mod oidc;
mod sessions;
mod table;
mod tokens;
mod trail;

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Call, Server, call, post};

const PASSWORD: &str = "correct horse battery";

/// Somebody who signed in: their cookie, and what proves that their page asks.
pub(super) struct Signed {
    pub(super) cookie: String,
    csrf: String,
    view: Value,
}

impl Signed {
    pub(super) fn of(headers: &HeaderMap, view: Value) -> Self {
        let cookie = headers["set-cookie"].to_str().unwrap();
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: view["csrf"].as_str().unwrap().to_owned(),
            view,
        }
    }

    /// A request as this person.
    pub(super) fn call<'a>(&'a self, method: &'a str, path: &'a str) -> Call<'a> {
        call(method, path)
            .bearer(None)
            .header("cookie", &self.cookie)
            .header("x-warmline-csrf", &self.csrf)
    }
}

impl Server {
    /// Adds somebody by the machine token.
    async fn add(&self, name: &str, role: &str) {
        let body = json!({ "name": name, "role": role, "password": PASSWORD });
        let (status, view) = self.json(post("/v1/people").body(&body)).await;
        assert_eq!(status, StatusCode::CREATED, "{view}");
    }

    /// Signs somebody in.
    async fn sign_in(&self, name: &str, password: &str) -> Result<Signed, (StatusCode, Value)> {
        let body = json!({ "name": name, "password": password });
        let asked = post("/v1/session").bearer(None).body(&body);
        match self.whole(asked).await {
            (StatusCode::OK, headers, view) => Ok(Signed::of(&headers, view)),
            (status, _, problem) => Err((status, problem)),
        }
    }

    /// Adds somebody and signs them in.
    async fn signed(&self, name: &str, role: &str) -> Signed {
        self.add(name, role).await;
        self.sign_in(name, PASSWORD).await.ok().unwrap()
    }

    /// Makes a token with `scopes`, for the header.
    async fn token(&self, scopes: &[&str]) -> (String, String) {
        let body = json!({ "name": "for tests", "scopes": scopes });
        let (status, view) = self.json(post("/v1/tokens").body(&body)).await;
        assert_eq!(status, StatusCode::CREATED, "{view}");
        let text = |name: &str| view[name].as_str().unwrap().to_owned();
        (text("id"), format!("Bearer {}", text("text")))
    }
}
