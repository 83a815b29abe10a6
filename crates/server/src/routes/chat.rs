//! For chat visitors. The conversation is in the token: a visitor cannot name another one, and
//! what only a trusted channel knows (who they are, their segment) is not asked of them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::core::event::Requester;
use warmline::{CustomerContext, Inbound, MessageId};

use super::bots::{RateRequest, language, text};
use crate::app::App;
use crate::auth::{Origin, Visitor, new_conversation};
use crate::events;
use crate::openapi::{ChangeRefusals, Refusals, Stream};
use crate::problem::Problem;
use crate::request::{Body, last_event};
use crate::view::{Owner, Speaking, WaitView};

/// The channel that the chat's conversations carry.
const CHANNEL: &str = "web";
/// What operators read where a visitor pressed the button.
const BUTTON: &str = "pressed “Talk to a person”";

/// What needs no token.
pub(super) fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin))
}

/// What needs a visitor's token.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(say))
        .routes(routes!(follow))
        .routes(routes!(hand_off))
        .routes(routes!(rate))
        .routes(routes!(write))
        .routes(routes!(wait))
        .routes(routes!(leave_contact))
}

/// A visitor's conversation and the key to it.
#[derive(Debug, Serialize, ToSchema)]
struct ChatView {
    /// The conversation.
    conversation: String,
    /// The token that opens it: `Authorization: Bearer …`. It opens nothing else.
    token: String,
}

/// Gives a visitor a conversation of their own. Nothing is recorded before they speak.
#[utoipa::path(
    post, path = "/v1/chat", tag = "chat",
    operation_id = "chat_begin",
    responses(
        (status = 201, description = "The conversation", body = ChatView),
        (status = 429, description = "This address begins too many; `Retry-After` says when to try again",
         body = Problem, content_type = "application/problem+json"),
        Refusals,
    ),
)]
async fn begin(
    State(app): State<App>,
    origin: Origin,
) -> Result<(StatusCode, Json<ChatView>), Problem> {
    app.rate_limit().begins(origin.address)?;
    let conversation = new_conversation().map_err(|error| Problem::internal(&error))?;
    let token = app.visitors().sign(&conversation);
    let conversation = conversation.to_string();
    Ok((
        StatusCode::CREATED,
        Json(ChatView {
            conversation,
            token,
        }),
    ))
}

/// What a visitor says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChatRequest {
    /// The sender's id of the message: one that was heard before is not heard again.
    #[schema(value_type = Option<String>, max_length = 128)]
    id: Option<MessageId>,
    /// The words, at most 16384 bytes.
    #[schema(max_length = 16384)]
    text: String,
    /// The visitor's language, as an ISO 639-1 code such as `en`.
    #[schema(min_length = 2, max_length = 2)]
    language: Option<String>,
}

/// What came of it. What was said comes with the stream of events.
#[derive(Debug, Serialize, ToSchema)]
struct HeardView {
    /// The visitor's turn.
    turn: u32,
    /// Who speaks now.
    speaking: Speaking,
}

/// Takes a visitor's turn, and answers after the decision about it.
#[utoipa::path(
    post, path = "/v1/chat/messages", tag = "chat",
    operation_id = "chat_say",
    security(("visitor" = [])),
    request_body = ChatRequest,
    responses(
        (status = 200, description = "It was heard", body = HeardView),
        Refusals, ChangeRefusals,
    ),
)]
async fn say(
    State(app): State<App>,
    Visitor(id): Visitor,
    Body(request): Body<ChatRequest>,
) -> Result<Json<HeardView>, Problem> {
    let inbound = Inbound {
        text: text(request.text)?,
        message: request.id,
        context: CustomerContext {
            channel: Some(CHANNEL.to_owned()),
            language: language(request.language)?,
            ..CustomerContext::default()
        },
    };
    let answer = app.warmline().customer_says(&id, inbound).await?;
    let speaking = Owner::from(answer.owner).into();
    Ok(Json(HeardView {
        turn: answer.turn.0,
        speaking,
    }))
}

/// Streams what the visitor sees of their conversation.
///
/// Events are called `step` and carry a `CustomerStep`. `Last-Event-ID` resumes without loss or
/// doubling; without one the stream begins with the first turn. A `reset` means that the
/// conversation is told anew, because that event is not part of it. A `typing` without an id means
/// that the operator is writing at this moment.
#[utoipa::path(
    get, path = "/v1/chat/events", tag = "chat",
    operation_id = "chat_follow",
    security(("visitor" = [])),
    params(("last-event-id" = Option<String>, Header, description = "The last event seen")),
    responses(
        (status = 200, description = "Events", body = Stream, content_type = "text/event-stream"),
        Refusals,
    ),
)]
async fn follow(
    State(app): State<App>,
    Visitor(id): Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    events::of_conversation(&app, id, last_event(&headers)?)
}

/// Tells operators that the visitor is writing. Nothing is recorded.
#[utoipa::path(
    post, path = "/v1/chat/typing", tag = "chat",
    operation_id = "chat_write",
    security(("visitor" = [])),
    responses(
        (status = 204, description = "It was told"),
        (status = 429, description = "This address asks for too much; `Retry-After` says when to try again",
         body = Problem, content_type = "application/problem+json"),
        Refusals,
    ),
)]
async fn write(State(app): State<App>, Visitor(id): Visitor) -> StatusCode {
    app.hub().typing(id, None);
    StatusCode::NO_CONTENT
}

/// Who speaks now.
#[derive(Debug, Serialize, ToSchema)]
struct SpeakingView {
    /// Who speaks now.
    speaking: Speaking,
}

/// Asks for a person. The visitor must have said something, and not be with one already.
#[utoipa::path(
    post, path = "/v1/chat/handoff", tag = "chat",
    operation_id = "chat_hand_off",
    security(("visitor" = [])),
    responses(
        (status = 200, description = "The visitor waits for a person", body = SpeakingView),
        Refusals, ChangeRefusals,
    ),
)]
async fn hand_off(
    State(app): State<App>,
    Visitor(id): Visitor,
) -> Result<Json<SpeakingView>, Problem> {
    let view = app
        .warmline()
        .request_handoff(&id, Requester::Customer, BUTTON)
        .await?;
    let speaking = Owner::from(view.owner).into();
    Ok(Json(SpeakingView { speaking }))
}

/// Shows the visitor's place in the queue, and an honest guess of the wait.
#[utoipa::path(
    get, path = "/v1/chat/wait", tag = "chat",
    operation_id = "chat_wait",
    security(("visitor" = [])),
    responses((status = 200, description = "The place", body = WaitView), Refusals),
)]
async fn wait(State(app): State<App>, Visitor(id): Visitor) -> Json<WaitView> {
    let wait = app.warmline().desk().wait(&id);
    Json(wait.map(WaitView::from).unwrap_or_default())
}

/// How to reach a visitor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactRequest {
    /// A phone number or an address, 1 to 256 bytes.
    #[schema(min_length = 1, max_length = 256)]
    contact: String,
}

/// Takes down how to reach a visitor who waits. They keep their place, and need not stay.
#[utoipa::path(
    post, path = "/v1/chat/contact", tag = "chat",
    operation_id = "chat_leave_contact",
    security(("visitor" = [])),
    request_body = ContactRequest,
    responses(
        (status = 200, description = "It is recorded", body = SpeakingView),
        Refusals, ChangeRefusals,
    ),
)]
async fn leave_contact(
    State(app): State<App>,
    Visitor(id): Visitor,
    Body(request): Body<ContactRequest>,
) -> Result<Json<SpeakingView>, Problem> {
    let view = app.warmline().leave_contact(&id, &request.contact).await?;
    let speaking = Owner::from(view.owner).into();
    Ok(Json(SpeakingView { speaking }))
}

/// Records how the visitor rates their conversation.
#[utoipa::path(
    post, path = "/v1/chat/csat", tag = "chat",
    operation_id = "chat_rate",
    security(("visitor" = [])),
    request_body = RateRequest,
    responses(
        (status = 200, description = "It is recorded", body = SpeakingView),
        Refusals, ChangeRefusals,
    ),
)]
async fn rate(
    State(app): State<App>,
    Visitor(id): Visitor,
    Body(request): Body<RateRequest>,
) -> Result<Json<SpeakingView>, Problem> {
    let view = app.warmline().rate(&id, request.score).await?;
    let speaking = Owner::from(view.owner).into();
    Ok(Json(SpeakingView { speaking }))
}
