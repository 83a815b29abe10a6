//! Lets callers in, by what the operation takes, and notes what they did.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Query, Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use warmline::core::card::quoted;
use warmline::core::privacy::{Kinds, mask};
use warmline::{ConversationId, OperatorId};

use super::caller::{Caller, Pass, Visitor};
use super::demand::{Demand, Operation, Operations};
use super::loopback::from_this_machine;
use super::origin::{Origin, peer, same_site};
use super::permission::{Permission, Permissions};
use super::sessions::{self, CSRF_HEADER};
use super::trail::{self, Often, Row};
use super::{DEMO_OPERATOR, OPERATOR_HEADER, Token, tokens};
use crate::app::App;
use crate::problem::Problem;
use crate::view::masked::Mask;

/// How often a stream looks whether whoever opened it is still let in.
const LOOKED: Duration = Duration::from_secs(60);

/// What admission needs to know.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: App,
    pub(crate) operations: Arc<Operations>,
}

/// Whom or what an operation was done to, where its path does not say: for the trail.
#[derive(Debug, Clone)]
pub(crate) struct Subject(pub(crate) String);

/// Lets in whoever the operation's description lets in, and nobody else.
pub(crate) async fn admitted(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let app = &gate.app;
    let pattern = request.extensions().get::<MatchedPath>();
    let pattern = pattern.map_or("", |path| path.as_str()).to_owned();
    let operation = gate.operations.at(request.method(), &pattern).cloned();
    let Some(Operation { name, demand }) = operation else {
        // The router says which methods there are.
        return Ok(next.run(request).await);
    };
    let peer = peer(request.extensions());
    let origin = Origin::of(app.config(), peer, request.headers());
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    match &demand {
        Demand::Open => return Ok(next.run(request).await),
        Demand::Visitor => {
            let visitor = visitor(app, request.headers())?;
            if changes {
                app.rate_limit().asks(origin.address)?;
            }
            request.extensions_mut().insert(visitor);
            return Ok(next.run(request).await);
        }
        Demand::Caller(_) => {}
    }
    let caller = identify(app, peer, request.headers(), request.uri()).await?;
    let words = searched(&pattern, request.uri());
    let noted = noted(&caller, &pattern, request.uri(), changes);
    let noted = noted.map(|often| {
        let row = Row {
            at: app.now(),
            person: caller.operator.as_ref().map(ToString::to_string),
            by: caller.by(),
            action: match words {
                Some(_) => SEARCH.to_owned(),
                None => name,
            },
            conversation: conversation(&pattern, request.uri()),
            subject: words.or_else(|| subject(&pattern, request.uri())),
            from: origin.address,
            status: 0,
        };
        (often, row)
    });
    let admitted = caller
        .check(&demand)
        .and_then(|()| proven(app, &caller, request.headers(), request.uri(), changes));
    let response = match admitted {
        Ok(()) => {
            request.extensions_mut().insert(caller.clone());
            Ok(next.run(request).await)
        }
        Err(problem) => Err(problem),
    };
    if let Some((often, mut row)) = noted {
        row.status = match &response {
            Ok(response) => response.status().as_u16(),
            Err(problem) => problem.status,
        };
        if let Ok(response) = &response
            && let Some(Subject(subject)) = response.extensions().get()
        {
            row.subject = Some(subject.clone());
        }
        // What cannot be noted is not shown; what was done cannot be undone.
        if let Err(problem) = app.trail().note(app, &row, often).await {
            tracing::error!(action = row.action, "the trail could not be written");
            if !changes {
                return Err(problem);
            }
        }
    }
    let response = response?;
    let (asks, of) = (caller.clone(), app.clone());
    let mask = move || {
        let session = asks.session();
        let may = session.map_or(asks.permissions, |it| of.permissions(&it.person));
        of.mask_for(may)
    };
    let response = Mask::response(mask, response).await?;
    Ok(while_let_in(app, &caller, response))
}

/// What shows something of many conversations at once, or of what happened in them.
const LISTS: [&str; 7] = [
    "/v1/conversations",
    "/v1/events",
    "/v1/scope/examples",
    "/v1/webhooks/deliveries",
    "/v1/policy/shadow",
    "/v1/reports",
    "/console/reports",
];
/// What a list is called in the trail where somebody looks for words in it.
const SEARCH: &str = "search";

/// Whether, and how often, the trail tells of it: people, whoever acts for them, and whatever is
/// administered. What customers say through a channel is no act of anybody here.
fn noted(caller: &Caller, pattern: &str, uri: &Uri, changes: bool) -> Option<Often> {
    if !changes && LISTS.contains(&pattern) {
        return Some(Often::NowAndThen);
    }
    let named = conversation(pattern, uri).is_some();
    let administered = ["/v1/people", "/v1/tokens", "/v1/trail"]
        .iter()
        .any(|path| pattern.starts_with(path));
    // A sign of life is no act.
    let alive = pattern == "/v1/presence" || pattern.ends_with("/typing");
    let acts = match caller.operator {
        Some(_) => (changes || named) && !alive,
        None => {
            let told = pattern == "/v1/conversations/{id}" || pattern.starts_with("/v1/policy");
            changes && told
        }
    };
    (acts || administered).then_some(Often::EachTime)
}

/// What somebody looks for in a list, without personal data.
fn searched(pattern: &str, uri: &Uri) -> Option<String> {
    if pattern != LISTS[0] {
        return None;
    }
    let Query(asked) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    let (_, words) = asked.into_iter().find(|(name, _)| name == "q")?;
    let words = quoted(words.trim(), trail::LONGEST);
    Some(mask(&words, Kinds::all()).into_owned())
}

/// The conversation that a path names.
fn conversation(pattern: &str, uri: &Uri) -> Option<ConversationId> {
    if !pattern.starts_with("/v1/conversations/{id}") {
        return None;
    }
    let id = uri.path().split('/').nth(3)?;
    ConversationId::new(percent_decoded(id)?).ok()
}

/// The person, token or proposal that a path names.
fn subject(pattern: &str, uri: &Uri) -> Option<String> {
    let place = match pattern {
        _ if pattern.starts_with("/v1/people/{") || pattern.starts_with("/v1/tokens/{") => 3,
        _ if pattern.starts_with("/v1/policy/proposals/{") => 4,
        _ => return None,
    };
    let subject = uri.path().split('/').nth(place)?;
    percent_decoded(subject).filter(|subject| subject.len() <= 128)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn visitor(app: &App, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let conversation = bearer(headers)?.and_then(|token| app.visitors().verify(token));
    conversation.map(Visitor).ok_or_else(|| {
        Problem::unauthenticated("send the token that `POST /v1/chat` gave, as a bearer token")
    })
}

/// Who calls: by a token, else by a session, else from this very machine.
async fn identify(
    app: &App,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Caller, Problem> {
    let operator = named_operator(headers)?;
    let local = || app.access().loopback() && from_this_machine(peer, headers, uri);
    if let Some(presented) = bearer(headers)? {
        return machine(app, presented, operator, local).await;
    }
    if let Some(session) = sessions::of(app, headers).await? {
        if operator.is_some_and(|named| named != session.name) {
            return Err(Problem::forbidden(format!(
                "whoever signed in acts as themselves: leave `{OPERATOR_HEADER}` out"
            )));
        }
        return Ok(Caller {
            permissions: app.permissions(&session.person),
            operator: Some(session.name.clone()),
            pass: Pass::Session(Box::new(session)),
        });
    }
    match local() {
        true => Ok(Caller {
            pass: Pass::Demo,
            permissions: Permissions::all(),
            operator: operator.or_else(|| OperatorId::new(DEMO_OPERATOR).ok()),
        }),
        false => Err(Problem::unauthenticated(
            "sign in, or send a machine token: `Authorization: Bearer …`",
        )),
    }
}

async fn machine(
    app: &App,
    presented: &str,
    operator: Option<OperatorId>,
    local: impl Fn() -> bool,
) -> Result<Caller, Problem> {
    if app.visitors().verify(presented).is_some() {
        return Err(Problem::forbidden(
            "a chat visitor's token opens `/v1/chat` and nothing else",
        ));
    }
    let master = app.access().token();
    let all = |pass, operator| Caller {
        pass,
        permissions: Permissions::all(),
        operator,
    };
    if master.is_some_and(|Token(expected)| app.visitors().same(presented, expected)) {
        return Ok(all(Pass::Master, operator));
    }
    if let Some((key, token)) = tokens::of(app, presented).await? {
        let permissions = token.permissions();
        if operator.is_some() && !permissions.has(Permission::Operate) {
            return Err(Problem::forbidden(format!(
                "`{OPERATOR_HEADER}` takes the scope `operate`"
            )));
        }
        return Ok(Caller {
            pass: Pass::Token {
                key,
                name: token.name,
            },
            permissions,
            operator,
        });
    }
    // Client libraries insist on a key: where none is set, any will do.
    match master.is_none() && local() {
        true => Ok(all(Pass::Demo, operator)),
        false => Err(Problem::unauthenticated("this token is not known here")),
    }
}

/// Refuses a change by a session that a page of another site asks for.
fn proven(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    uri: &Uri,
    changes: bool,
) -> Result<(), Problem> {
    let Some(session) = caller.session().filter(|_| changes) else {
        return Ok(());
    };
    same_site(app.config(), headers, uri)?;
    let shown = headers
        .get(CSRF_HEADER)
        .and_then(|value| value.to_str().ok());
    match shown.is_some_and(|shown| app.visitors().same(shown, &session.csrf)) {
        true => Ok(()),
        false => Err(Problem::forbidden(format!(
            "send `{CSRF_HEADER}` with what `GET /v1/session` gave as `csrf`"
        ))),
    }
}

/// Ends a stream when whoever opened it is let in no longer.
fn while_let_in(app: &App, caller: &Caller, response: Response) -> Response {
    let streams = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "text/event-stream");
    if !streams || matches!(caller.pass, Pass::Master | Pass::Demo) {
        return response;
    }
    let over = let_in_no_longer(app.clone(), caller.pass.clone());
    let (head, body) = response.into_parts();
    let body = body.into_data_stream().take_until(Box::pin(over));
    Response::from_parts(head, Body::from_stream(body))
}

/// Resolves when `pass` is good no longer.
async fn let_in_no_longer(app: App, pass: Pass) {
    let mut ended = app.sessions_ended().subscribe();
    loop {
        let good = match &pass {
            Pass::Session(session) => sessions::is_good(&app, &session.key),
            Pass::Token { key, .. } => tokens::is_good(&app, key),
            Pass::Master | Pass::Demo => true,
        };
        if !good {
            return;
        }
        tokio::select! {
            changed = ended.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOKED) => {}
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trail_learns_whom_a_path_names() {
        let uri = Uri::from_static("/v1/conversations/web%2F1/claim");
        let named = conversation("/v1/conversations/{id}/claim", &uri).unwrap();
        assert_eq!(named.as_str(), "web/1");
        let uri = Uri::from_static("/v1/people/dana@shop.example");
        assert_eq!(
            subject("/v1/people/{name}", &uri).unwrap(),
            "dana@shop.example"
        );
        assert_eq!(
            conversation("/v1/conversations", &Uri::from_static("/v1/conversations")),
            None
        );
        assert_eq!(percent_decoded("%zz"), None);
        assert_eq!(percent_decoded("a%2"), None);
    }
}
