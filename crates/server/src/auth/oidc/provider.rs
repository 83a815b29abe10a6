//! The provider on the wire: where it is asked, the code for a token, and the token's signature.

use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::claims::complete;
use super::config::OidcConfig;
use crate::Error;
use crate::problem::Problem;

/// How long the provider may take over one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer of the provider, in bytes.
const LONGEST: usize = 1 << 20;
/// How tokens may be signed: by a key that only the provider has.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a provider says of itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether its answers name it (RFC 9207, section 3).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Answer {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

/// What a browser came back with from a provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returned<'a> {
    /// Which sign-in it is about.
    pub(crate) state: &'a str,
    /// What is given for a token.
    pub(crate) code: &'a str,
    /// The provider that says so, where it does.
    pub(crate) issuer: Option<&'a str>,
}

/// The provider on the wire.
pub(super) struct Provider {
    client: Client,
    issuer: String,
    client_id: String,
    secret: Option<String>,
    scopes: String,
    /// The claims that it is asked for besides, where a token has not all of them.
    wanted: Vec<String>,
    /// Those among them without which nobody is let in.
    needed: Vec<String>,
    /// What it said of itself, once it was asked.
    metadata: tokio::sync::OnceCell<Metadata>,
}

impl Provider {
    pub(super) fn new(config: &OidcConfig) -> Result<Self, Error> {
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Oidc(error.to_string()))?;
        Ok(Self {
            client,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            secret: secret(config)?,
            scopes: config.scopes.join(" "),
            wanted: config.wanted().into_iter().map(str::to_owned).collect(),
            needed: config.needed().into_iter().map(str::to_owned).collect(),
            metadata: tokio::sync::OnceCell::new(),
        })
    }

    /// Where a browser is sent to sign somebody in.
    pub(super) async fn question(
        &self,
        redirect: &str,
        state: &str,
        nonce: &str,
        challenge: &str,
    ) -> Result<String, Problem> {
        let address = &self.metadata().await?.authorization_endpoint;
        let mut url = Url::parse(address).map_err(|error| {
            tracing::error!(%error, address, "the provider names no address to sign in at");
            unavailable()
        })?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", redirect),
            ("scope", &self.scopes),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]);
        Ok(url.into())
    }

    /// What the provider says of whoever came back.
    pub(super) async fn answer(
        &self,
        redirect: &str,
        returned: Returned<'_>,
        verifier: &str,
        nonce: &str,
    ) -> Result<Map<String, Value>, Problem> {
        let metadata = self.metadata().await?;
        let own = match returned.issuer {
            Some(issuer) => issuer == self.issuer,
            // One that always says so said nothing here (RFC 9207, section 2.4).
            None => !metadata.authorization_response_iss_parameter_supported,
        };
        if !own {
            return Err(refused("it is another provider's answer"));
        }
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", returned.code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
            ("client_id", &self.client_id),
        ];
        let request = self.client.post(&metadata.token_endpoint);
        let methods = metadata.token_endpoint_auth_methods_supported.as_ref();
        // The usual way is `client_secret_basic` (Discovery, section 3).
        let basic = methods.is_none_or(|them| them.iter().any(|it| it == "client_secret_basic"));
        let request = match &self.secret {
            Some(secret) if basic => {
                request.basic_auth(encoded(&self.client_id), Some(encoded(secret)))
            }
            Some(secret) => {
                form.push(("client_secret", secret));
                request
            }
            None => request,
        };
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form_of(&form));
        let answer: Answer = read(request).await?;
        let claims = self.verified(metadata, &answer.id_token, nonce).await?;
        self.completed(metadata, claims, answer.access_token).await
    }

    /// `claims` with what the provider tells besides, where something is missing: claims of scopes
    /// need not stand in the token (OpenID Connect Core 1.0, section 5.4).
    async fn completed(
        &self,
        metadata: &Metadata,
        mut claims: Map<String, Value>,
        access: Option<String>,
    ) -> Result<Map<String, Value>, Problem> {
        let has = |names: &[String]| names.iter().all(|name| claims.contains_key(name));
        if has(&self.wanted) {
            return Ok(claims);
        }
        let Some((address, access)) = metadata.userinfo_endpoint.as_ref().zip(access) else {
            return Ok(claims);
        };
        let request = self.client.get(address).bearer_auth(access);
        let told: Map<String, Value> = match read(request).await {
            Ok(told) => told,
            Err(_) if has(&self.needed) => return Ok(claims),
            Err(problem) => return Err(problem),
        };
        // It may be about somebody else (section 5.3.2).
        if told.get("sub") != claims.get("sub") {
            return Err(refused("what it tells besides is about somebody else"));
        }
        complete(&mut claims, told);
        Ok(claims)
    }

    /// The claims of a token that this provider made, for this server, for this sign-in.
    async fn verified(
        &self,
        metadata: &Metadata,
        token: &str,
        nonce: &str,
    ) -> Result<Map<String, Value>, Problem> {
        let header = decode_header(token).map_err(|_| refused("it is no token"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(refused("it is signed in a way that is not accepted"));
        }
        // Asked anew each time: keys change, and sign-ins are few.
        let Keys { keys } = read(self.client.get(&metadata.jwks_uri)).await?;
        let keys = keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let mut fitting = keys.filter(|key| match &header.kid {
            Some(kid) => key.common.key_id.as_ref() == Some(kid),
            None => true,
        });
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.client_id]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        let claims = fitting.find_map(|key| {
            let key = DecodingKey::from_jwk(&key).ok()?;
            let token = decode::<Map<String, Value>>(token, &key, &validation).ok()?;
            Some(token.claims)
        });
        let claims = claims.ok_or_else(|| {
            refused("its signature, issuer, audience or time is not what it should be")
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("nonce") != Some(nonce) {
            return Err(refused("it is of another sign-in"));
        }
        // One that is for others too says for whom it was made (Core, section 3.1.3.7).
        let for_others = claims.get("aud").and_then(Value::as_array);
        let for_others = for_others.is_some_and(|all| all.len() > 1);
        let party = text("azp");
        if party.is_some_and(|party| party != self.client_id) || for_others && party.is_none() {
            return Err(refused("it was made for somebody else"));
        }
        Ok(claims)
    }

    async fn metadata(&self) -> Result<&Metadata, Problem> {
        let ask = async || {
            let issuer = self.issuer.trim_end_matches('/');
            let address = format!("{issuer}/.well-known/openid-configuration");
            let metadata: Metadata = read(self.client.get(address)).await?;
            match metadata.issuer == self.issuer {
                true => Ok(metadata),
                false => {
                    let found = metadata.issuer;
                    tracing::error!(found, "the provider calls itself otherwise");
                    Err(unavailable())
                }
            }
        };
        self.metadata.get_or_try_init(ask).await
    }
}

/// The client's secret, from where the configuration says.
fn secret(config: &OidcConfig) -> Result<Option<String>, Error> {
    if let Some(file) = &config.client_secret_file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::Oidc(format!("{}: {error}", file.display())))?;
        return Ok(Some(text.trim().to_owned()));
    }
    config
        .client_secret_env
        .as_ref()
        .map(|name| {
            std::env::var(name)
                .map_err(|_| Error::Oidc(format!("the environment has no variable `{name}`")))
        })
        .transpose()
}

/// Sends a request and reads its JSON, of a bounded length.
async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Problem> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "the provider gave no answer");
        unavailable()
    };
    let response = request.send().await.map_err(|error| failed(&error))?;
    let mut response = response
        .error_for_status()
        .map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| failed(&error))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST {
            return Err(failed(&"it is too long"));
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| failed(&error))
}

fn refused(why: &str) -> Problem {
    tracing::warn!(why, "an answer of the provider was refused");
    Problem::unauthenticated("the provider's answer cannot be trusted; the log says why")
}

fn unavailable() -> Problem {
    Problem::unavailable("the provider cannot be asked at present; the server's log says why")
}

/// Pairs as a form sends them.
fn form_of(pairs: &[(&str, &str)]) -> String {
    let mut url = Url::parse("form:").expect("it is an address");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// A text as a form sends it (RFC 6749, section 2.3.1, wants that of names and secrets).
fn encoded(text: &str) -> String {
    form_of(&[("", text)]).trim_start_matches('=').to_owned()
}
