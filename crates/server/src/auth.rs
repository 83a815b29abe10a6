//! Who may call: machines with a token, chat visitors with a signed one.
//!
//! A machine (a bot, a console, a script) shows the machine token and may do everything, in the
//! name of the operator it names. A chat visitor shows a token that this server signed for one
//! conversation; it opens the routes under `/v1/chat` and nothing else, and those take the
//! conversation from the token, never from the request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use warmline::core::event::Requester;
use warmline::{ConversationId, OperatorId};

use crate::Error;
use crate::app::App;
use crate::problem::Problem;

/// The header that names the operator a machine acts for.
pub const OPERATOR_HEADER: &str = "x-warmline-operator";
/// Who acts when nobody is named and loopback is trusted.
const DEMO_OPERATOR: &str = "demo";
/// Fewest characters of a machine token: with 16 of base64 it holds 96 bits.
const LEAST_TOKEN: usize = 16;

type Mac256 = Hmac<Sha256>;

/// The machine token. Its text is never shown.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes `token`, which must have at least 16 characters; white space around it is dropped.
    pub fn new(token: &str) -> Result<Self, Error> {
        let token = token.trim();
        match token.chars().count() {
            found if found < LEAST_TOKEN => Err(Error::WeakSecret {
                what: "the machine token",
                least: LEAST_TOKEN,
                found,
            }),
            _ => Ok(Self(token.to_owned())),
        }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The key that signs the tokens of chat visitors.
#[derive(Clone)]
pub struct VisitorKey([u8; 32]);

impl VisitorKey {
    /// Takes a key that was made before.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Makes a new key. Whoever has a token of an old one must open a new conversation.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(random()?))
    }

    /// The key, to be kept where nobody else reads it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn mac(&self, message: &str) -> Mac256 {
        let mut mac = Mac256::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(message.as_bytes());
        mac
    }

    /// A token for `conversation`, and for no other.
    pub(crate) fn sign(&self, conversation: &ConversationId) -> String {
        let tag = self.mac(conversation.as_str()).finalize().into_bytes();
        format!("{conversation}.{}", hex(&tag))
    }

    /// The conversation that `token` opens.
    pub(crate) fn verify(&self, token: &str) -> Option<ConversationId> {
        let (conversation, tag) = token.rsplit_once('.')?;
        let conversation = ConversationId::new(conversation).ok()?;
        self.mac(conversation.as_str())
            .verify_slice(&unhex(tag)?)
            .ok()?;
        Some(conversation)
    }

    /// Whether two secrets are equal, in a time that tells nothing of where they differ.
    fn same(&self, presented: &str, expected: &str) -> bool {
        let expected = self.mac(expected).finalize().into_bytes();
        self.mac(presented).verify_slice(&expected).is_ok()
    }
}

impl std::fmt::Debug for VisitorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitorKey(..)")
    }
}

/// An unguessable id for a conversation that a visitor opens.
pub(crate) fn new_conversation() -> Result<ConversationId, Error> {
    let id = format!("chat-{}", hex(&random::<16>()?));
    Ok(ConversationId::new(id).expect("hexadecimal digits are an id"))
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}

/// `bytes` in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

/// Who is let in as a machine.
#[derive(Debug, Clone)]
pub enum Access {
    /// Whoever shows the token.
    Token(Token),
    /// Whoever shows the token, if there is one, and whoever calls from this very machine without
    /// any. For demonstrations only.
    Loopback(Option<Token>),
}

/// A caller that was let in as a machine.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The operator it acts for.
    operator: Option<OperatorId>,
}

impl Machine {
    /// In whose name it asks: an operator's, where it named one, else its own.
    pub(crate) fn requester(&self) -> Requester {
        match self.operator.clone() {
            Some(operator) => Requester::Operator { operator },
            None => Requester::Bot,
        }
    }
}

/// The operator that a machine acts for; a request that names none is refused.
pub(crate) struct Operator(pub(crate) OperatorId);

/// A chat visitor, and the one conversation that is theirs.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(pub(crate) ConversationId);

/// Lets machines in, and nobody else.
pub(crate) async fn machines_only(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| *address);
    let machine = admit(&app, peer, request.headers(), request.uri())?;
    request.extensions_mut().insert(machine);
    Ok(next.run(request).await)
}

/// Lets chat visitors in, and nobody else.
pub(crate) async fn visitors_only(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let conversation = bearer(request.headers())?
        .and_then(|token| app.visitors().verify(token))
        .ok_or_else(|| {
            Problem::unauthenticated("send the token that `POST /v1/chat` gave, as a bearer token")
        })?;
    request.extensions_mut().insert(Visitor(conversation));
    Ok(next.run(request).await)
}

fn admit(
    app: &App,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Machine, Problem> {
    let operator = named_operator(headers)?;
    let (token, loopback) = match app.access() {
        Access::Token(token) => (Some(token), false),
        Access::Loopback(token) => (token.as_ref(), true),
    };
    match bearer(headers)? {
        Some(presented) if app.visitors().verify(presented).is_some() => Err(Problem::forbidden(
            "a chat visitor's token opens `/v1/chat` and nothing else",
        )),
        Some(presented) => match token {
            Some(Token(expected)) if app.visitors().same(presented, expected) => {
                Ok(Machine { operator })
            }
            // Client libraries insist on a key: where none is set, any will do.
            None if loopback && from_this_machine(peer, headers, uri) => Ok(Machine { operator }),
            _ => Err(Problem::unauthenticated(
                "this token is not the machine token",
            )),
        },
        None if loopback && from_this_machine(peer, headers, uri) => Ok(Machine {
            operator: operator.or_else(|| OperatorId::new(DEMO_OPERATOR).ok()),
        }),
        None => Err(Problem::unauthenticated(
            "send the machine token: `Authorization: Bearer …`",
        )),
    }
}

/// Whether a program of this machine calls, and not a page of some other site in its browser.
///
/// The peer must be loopback without a proxy in between, the host that was asked for must be this
/// machine (a name that was pointed here by somebody else is not), and a page that calls must have
/// come from the same host.
fn from_this_machine(peer: Option<SocketAddr>, headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let proxied = ["forwarded", "x-forwarded-for", "x-real-ip"]
        .iter()
        .any(|name| headers.contains_key(*name));
    let host = uri.host().or_else(|| text("host")).unwrap_or_default();
    let here =
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| match host.strip_prefix(name) {
                Some(rest) => rest.is_empty() || rest.starts_with(':'),
                None => false,
            });
    let same_page = text("origin").is_none_or(|origin| {
        origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin == host)
    });
    peer.is_some_and(|peer| peer.ip().is_loopback()) && !proxied && here && same_page
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match token {
        Some(token) => Ok(Some(token)),
        None => Err(Problem::unauthenticated(
            "write `Authorization: Bearer TOKEN`",
        )),
    }
}

fn named_operator(headers: &HeaderMap) -> Result<Option<OperatorId>, Problem> {
    let Some(value) = headers.get(OPERATOR_HEADER) else {
        return Ok(None);
    };
    let name = value.to_str().unwrap_or("\u{fffd}");
    OperatorId::new(name)
        .map(Some)
        .map_err(|error| Problem::malformed(format!("`{OPERATOR_HEADER}`: {error}")))
}

impl<S: Sync> FromRequestParts<S> for Machine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let machine = parts.extensions.get::<Machine>().cloned();
        machine.ok_or_else(|| Problem::unauthenticated("this is for machines"))
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let machine = Machine::from_request_parts(parts, state).await?;
        machine.operator.map(Self).ok_or_else(|| {
            Problem::malformed(format!(
                "name the operator who acts: `{OPERATOR_HEADER}: dana`"
            ))
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        visitor.ok_or_else(|| Problem::unauthenticated("this is for chat visitors"))
    }
}

#[cfg(test)]
mod tests;
