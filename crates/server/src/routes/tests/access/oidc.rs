//! Signing in by a provider, which a script plays.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::body::to_bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get as got, post as posted};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::super::{Access, Server, TOKEN, Token, get};
use super::Signed;

/// A provider that says what it is told to say.
#[derive(Clone)]
struct Scripted {
    issuer: String,
    key: Arc<(Vec<u8>, Vec<u8>)>,
    /// The claims of the next token, and the challenge its code was given for.
    next: Arc<Mutex<(Value, String)>>,
    /// What it tells of somebody besides; null where it cannot be reached for that.
    besides: Arc<Mutex<Value>>,
}

impl Scripted {
    async fn start() -> Self {
        let key =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let key = key.unwrap().as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).unwrap();
        let public = pair.public_key().as_ref().to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            key: Arc::new((key, public)),
            next: Arc::default(),
            besides: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", got(about))
            .route("/keys", got(keys))
            .route("/token", posted(token))
            .route("/me", got(me))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    async fn server(&self, more: &str) -> Server {
        let issuer = &self.issuer;
        let config = format!(
            "\npublic_url = \"http://localhost:7717\"\n[server.oidc]\nissuer = \"{issuer}\"\n\
             client_id = \"warmline\"\n{more}\n"
        );
        let access = Access::Token(Token::new(TOKEN).unwrap());
        Server::configured(access, &config, "/").await
    }

    /// What the provider will say of whoever signs in: claims beside the usual ones.
    fn says(&self, asked: &Asked, claims: Value) {
        let mut whole = json!({
            "iss": self.issuer, "aud": "warmline", "sub": "1", "nonce": asked.query("nonce"),
            "exp": 4_102_444_800_u64, "email": "dana@shop.example", "email_verified": true,
        });
        let more = claims.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(more);
        *self.next.lock().unwrap() = (whole, asked.query("code_challenge"));
    }

    /// Leaves claims out of the next token.
    fn forgets(&self, names: &[&str]) {
        let mut next = self.next.lock().unwrap();
        let claims = next.0.as_object_mut().unwrap();
        claims.retain(|name, _| !names.contains(&name.as_str()));
    }
}

async fn about(State(it): State<Scripted>) -> Json<Value> {
    let issuer = it.issuer;
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/me"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn me(State(it): State<Scripted>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    assert_eq!(headers["authorization"], "Bearer x");
    match it.besides.lock().unwrap().clone() {
        Value::Null => Err(StatusCode::SERVICE_UNAVAILABLE),
        besides => Ok(Json(besides)),
    }
}

async fn keys(State(it): State<Scripted>) -> Json<Value> {
    // An uncompressed point: 4, then x and y.
    let part = |from, to| URL_SAFE_NO_PAD.encode(&it.key.1[from..to]);
    let key = json!({"kty": "EC", "crv": "P-256", "kid": "k1", "alg": "ES256", "use": "sig", "x": part(1, 33), "y": part(33, 65)});
    Json(json!({ "keys": [{"kty": "unknown", "kid": "k0"}, key] }))
}

async fn token(State(it): State<Scripted>, body: String) -> Result<Json<Value>, StatusCode> {
    let (claims, challenge) = it.next.lock().unwrap().clone();
    let form = Url::parse(&format!("form:?{body}")).unwrap();
    let field = |name: &str| {
        let mut pairs = form.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let verifier = field("code_verifier").unwrap_or_default();
    let proven = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge;
    if field("code").as_deref() != Some("good") || !proven {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("k1".to_owned());
    let token = encode(&header, &claims, &EncodingKey::from_ec_der(&it.key.0)).unwrap();
    Ok(Json(
        json!({"id_token": token, "access_token": "x", "token_type": "Bearer"}),
    ))
}

/// A browser that was sent to the provider.
struct Asked {
    location: Url,
    cookie: String,
}

impl Asked {
    async fn by(server: &Server) -> Self {
        let sent = server.send(get("/v1/session/oidc").bearer(None)).await;
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
        let text = |name: &str| sent.headers()[name].to_str().unwrap();
        Self {
            location: text("location").parse().unwrap(),
            cookie: text("set-cookie").split(';').next().unwrap().to_owned(),
        }
    }

    fn query(&self, name: &str) -> String {
        let mut pairs = self.location.query_pairs();
        pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
    }

    /// Comes back with a code.
    async fn back(&self, server: &Server, code: &str) -> (StatusCode, HeaderMap, Value) {
        let issuer = self.location.origin().ascii_serialization();
        self.back_from(server, code, &format!("&iss={issuer}"))
            .await
    }

    /// Comes back with a code and more.
    async fn back_from(
        &self,
        server: &Server,
        code: &str,
        more: &str,
    ) -> (StatusCode, HeaderMap, Value) {
        let path = format!(
            "/v1/session/oidc/callback?state={}&code={code}{more}",
            self.query("state")
        );
        server
            .whole(get(&path).bearer(None).header("cookie", &self.cookie))
            .await
    }
}

async fn signed(server: &Server, headers: &HeaderMap) -> Signed {
    let cookie = headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.starts_with("warmline_session="))
        .unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let asked = get("/v1/session").bearer(None).header("cookie", &cookie);
    let (_, view) = server.json(asked).await;
    Signed {
        cookie,
        csrf: String::new(),
        view,
    }
}

#[tokio::test]
async fn whoever_the_provider_signs_in_is_added_where_that_is_configured() {
    let provider = Scripted::start().await;
    let server = provider
        .server("create = true\n[server.oidc.roles]\nleads = \"supervisor\"")
        .await;
    let (_, ways) = server.json(get("/v1/session/ways").bearer(None)).await;
    assert_eq!(ways["oidc"]["label"], "Sign in with single sign-on");
    let asked = Asked::by(&server).await;
    assert_eq!(asked.query("response_type"), "code");
    assert_eq!(
        asked.query("redirect_uri"),
        "http://localhost:7717/v1/session/oidc/callback"
    );
    assert_eq!(asked.query("code_challenge_method"), "S256");
    provider.says(&asked, json!({"groups": ["leads"], "name": "Dana D."}));
    let (status, headers, _) = asked.back(&server, "good").await;
    assert_eq!(
        (status, headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/console")
    );
    let dana = signed(&server, &headers).await;
    assert_eq!(dana.view["name"], "dana@shop.example");
    assert_eq!(dana.view["display"], "Dana D.");
    assert_eq!(dana.view["role"], "supervisor");

    let (status, ..) = asked.back(&server, "good").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "an answer counts once");
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_is_refused() {
    let provider = Scripted::start().await;
    let server = provider.server("create = true").await;
    for wrong in [
        json!({"nonce": "another"}),
        json!({"aud": "another"}),
        json!({"iss": "https://evil.example"}),
        json!({"exp": 1}),
        json!({"azp": "another"}),
        json!({"aud": ["warmline", "another"]}),
        json!({"sub": ""}),
    ] {
        let asked = Asked::by(&server).await;
        provider.says(&asked, wrong.clone());
        let (status, headers, _) = asked.back(&server, "good").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(!headers.contains_key("set-cookie"), "{wrong}");
    }
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    provider.next.lock().unwrap().1 = "another challenge".to_owned();
    assert_eq!(
        asked.back(&server, "good").await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn an_answer_that_names_another_provider_or_none_is_refused() {
    let provider = Scripted::start().await;
    let server = provider.server("create = true").await;
    for more in ["", "&iss=https://evil.example"] {
        let asked = Asked::by(&server).await;
        provider.says(&asked, json!({}));
        let (status, ..) = asked.back_from(&server, "good", more).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{more}");
    }
}

#[tokio::test]
async fn what_the_token_does_not_say_the_provider_is_asked_for() {
    let provider = Scripted::start().await;
    let server = provider
        .server("create = true\n[server.oidc.roles]\nleads = \"supervisor\"")
        .await;
    for (besides, expected) in [
        (json!({"sub": "2"}), StatusCode::UNAUTHORIZED),
        (json!({"sub": "1"}), StatusCode::FORBIDDEN),
        (
            json!({"sub": "1", "email": "dana@shop.example", "groups": ["nobody"]}),
            StatusCode::SEE_OTHER,
        ),
    ] {
        let asked = Asked::by(&server).await;
        provider.says(&asked, json!({"groups": ["leads"]}));
        provider.forgets(&["email", "email_verified"]);
        *provider.besides.lock().unwrap() = besides.clone();
        let (status, headers, _) = asked.back(&server, "good").await;
        assert_eq!(status, expected, "{besides}");
        if status == StatusCode::SEE_OTHER {
            // What the token says goes before.
            assert_eq!(signed(&server, &headers).await.view["role"], "supervisor");
        }
    }
}

#[tokio::test]
async fn a_word_about_another_address_lets_nobody_in() {
    let provider = Scripted::start().await;
    let allowed = "create = true\nallowed_domains = [\"shop.example\"]";
    let server = provider.server(allowed).await;
    for (address, expected) in [
        ("eve@evil.example", StatusCode::FORBIDDEN),
        ("dana@shop.example", StatusCode::SEE_OTHER),
    ] {
        let asked = Asked::by(&server).await;
        provider.says(&asked, json!({}));
        provider.forgets(&["email_verified"]);
        *provider.besides.lock().unwrap() =
            json!({"sub": "1", "email": address, "email_verified": true});
        assert_eq!(asked.back(&server, "good").await.0, expected, "{address}");
    }
}

#[tokio::test]
async fn whether_the_address_that_names_somebody_is_verified_is_asked_for() {
    let provider = Scripted::start().await;
    let server = provider.server("").await;
    server.add("dana@shop.example", "operator").await;
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    provider.forgets(&["email_verified"]);
    *provider.besides.lock().unwrap() =
        json!({"sub": "1", "email": "dana@shop.example", "email_verified": true});
    let (status, ..) = asked.back(&server, "good").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    // From then on they are known by the provider's id, also while it tells nothing besides.
    *provider.besides.lock().unwrap() = Value::Null;
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    provider.forgets(&["email_verified"]);
    assert_eq!(asked.back(&server, "good").await.0, StatusCode::SEE_OTHER);
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    provider.forgets(&["email", "email_verified"]);
    let (status, ..) = asked.back(&server, "good").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_browser_is_told_on_a_page_why_nobody_was_signed_in() {
    let provider = Scripted::start().await;
    let server = provider.server("").await;
    for (path, says) in [
        ("error=access_denied&state=1", "did not let you through"),
        ("error=%3Cb%3Enonsense&state=1", "the log says why"),
        ("code=good&state=1", "begin again"),
    ] {
        let path = format!("/v1/session/oidc/callback?{path}");
        let page = server
            .send(get(&path).bearer(None).header("accept", "text/html"))
            .await;
        assert!(page.status().is_client_error());
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        let bytes = to_bytes(page.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains("You were not signed in"), "{text}");
        assert!(text.contains(says) && !text.contains("nonsense"), "{text}");
    }
}

#[tokio::test]
async fn an_answer_in_another_browser_is_refused() {
    let provider = Scripted::start().await;
    let server = provider.server("create = true").await;
    let mut asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    asked.cookie = Asked::by(&server).await.cookie;
    assert_eq!(
        asked.back(&server, "good").await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn somebody_unknown_is_not_let_in_where_administrators_add_people() {
    let provider = Scripted::start().await;
    let server = provider.server("").await;
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    assert_eq!(asked.back(&server, "good").await.0, StatusCode::FORBIDDEN);

    server.add("dana@shop.example", "operator").await;
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({"email_verified": false}));
    assert_eq!(asked.back(&server, "good").await.0, StatusCode::FORBIDDEN);
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    let (status, headers, _) = asked.back(&server, "good").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(signed(&server, &headers).await.view["role"], "operator");

    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({"sub": "2"}));
    let (status, ..) = asked.back(&server, "good").await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "the address is linked to somebody else"
    );
}

#[tokio::test]
async fn whoever_is_disabled_stays_out_whatever_the_provider_says() {
    let provider = Scripted::start().await;
    let server = provider.server("create = true").await;
    server.add("dana@shop.example", "operator").await;
    let body = json!({"disabled": true});
    server
        .json(super::call("PATCH", "/v1/people/dana@shop.example").body(&body))
        .await;
    let asked = Asked::by(&server).await;
    provider.says(&asked, json!({}));
    assert_eq!(asked.back(&server, "good").await.0, StatusCode::FORBIDDEN);
}
