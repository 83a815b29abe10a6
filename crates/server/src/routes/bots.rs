//! For bots and channels: what customers say, and what they are told.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::core::turn::MAX_TEXT;
use warmline::{CustomerContext, Inbound, MessageId};

use crate::app::App;
use crate::auth::Caller;
use crate::events;
use crate::openapi::{ChangeRefusals, Refusals, Stream};
use crate::problem::Problem;
use crate::request::{Body, Id, last_event, wants_stream};
use crate::view::{AnswerView, StateView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(say))
        .routes(routes!(hand_off))
        .routes(routes!(rate))
        .routes(routes!(follow))
}

/// A customer's turn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SayRequest {
    /// The sender's id of the message: one that was heard before is not heard again, and gets the
    /// same answer.
    #[schema(value_type = Option<String>, max_length = 128)]
    id: Option<MessageId>,
    /// The words, at most 16384 bytes.
    #[schema(max_length = 16384)]
    text: String,
    /// The customer's own id.
    #[schema(max_length = 128)]
    customer: Option<String>,
    /// Where they write, such as `web`.
    #[schema(max_length = 128)]
    channel: Option<String>,
    /// The segment they belong to, such as `vip`.
    #[schema(max_length = 128)]
    segment: Option<String>,
    /// Their language, as an ISO 639-1 code such as `en`.
    #[schema(min_length = 2, max_length = 2)]
    language: Option<String>,
}

/// Checks the words of a turn.
pub(super) fn text(text: String) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::unusable("`text` must not be empty"));
    }
    if text.len() > MAX_TEXT {
        let length = text.len();
        return Err(Problem::unusable(format!(
            "`text` may have {MAX_TEXT} bytes, this one has {length}"
        )));
    }
    Ok(text)
}

/// Checks a language code.
pub(super) fn language(code: Option<String>) -> Result<Option<String>, Problem> {
    match code {
        Some(code) if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_lowercase()) => {
            Err(Problem::unusable(
                "`language` is an ISO 639-1 code: two lower-case letters, as in `en`",
            ))
        }
        code => Ok(code),
    }
}

/// Takes a customer's turn, and answers after the decision about it.
///
/// With `Accept: text/event-stream` the answer is one event, `answer` or `problem`, after signs of
/// life. What the customer is to be told comes with the conversation's stream of events as well.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/messages", tag = "conversations",
    security(("machine" = ["converse"])),
    params(("id" = String, Path, max_length = 128, description = "The conversation")),
    request_body = SayRequest,
    responses(
        (status = 200, description = "What was decided", content(
            (AnswerView = "application/json"), (Stream = "text/event-stream"),
        )),
        Refusals, ChangeRefusals,
    ),
)]
async fn say(
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
    Body(request): Body<SayRequest>,
) -> Result<Response, Problem> {
    let inbound = Inbound {
        text: text(request.text)?,
        message: request.id,
        context: CustomerContext {
            customer: request.customer,
            channel: request.channel,
            segment: request.segment,
            language: language(request.language)?,
        },
    };
    let asked = app.clone();
    let answer = async move {
        let answer = asked.warmline().customer_says(&id, inbound).await?;
        Ok::<_, Problem>(AnswerView::from(&answer))
    };
    if !wants_stream(&headers) {
        return Ok(Json(answer.await?).into_response());
    }
    let event = async move {
        let event = match answer.await {
            Ok(answer) => Event::default().event("answer").json_data(answer),
            Err(problem) => Event::default().event("problem").json_data(problem),
        };
        Ok::<_, Infallible>(event.unwrap_or_default())
    };
    Ok(events::response(&app, stream::once(event)))
}

/// Why a human is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandOffRequest {
    /// In words for the operator.
    #[schema(max_length = 16384)]
    reason: String,
}

/// Hands the conversation to the operators.
///
/// In the name of the operator in `x-warmline-operator`, else in the bot's own.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/handoff", tag = "conversations",
    security(
        ("machine" = ["converse"]), ("machine" = ["operate"]), ("session" = ["supervise"]),
    ),
    params(("id" = String, Path, max_length = 128, description = "The conversation")),
    request_body = HandOffRequest,
    responses(
        (status = 200, description = "It waits for an operator", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn hand_off(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(request): Body<HandOffRequest>,
) -> Result<Json<StateView>, Problem> {
    let requester = caller.requester();
    let view = app
        .warmline()
        .request_handoff(&id, requester, &request.reason)
        .await?;
    Ok(Json((&view).into()))
}

/// The customer's rating.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RateRequest {
    /// From 1 (worst) to 5 (best).
    #[schema(minimum = 1, maximum = 5)]
    pub(super) score: u8,
}

/// Records how the customer rated the conversation.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/csat", tag = "conversations",
    security(("machine" = ["converse"])),
    params(("id" = String, Path, max_length = 128, description = "The conversation")),
    request_body = RateRequest,
    responses(
        (status = 200, description = "It is recorded", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn rate(
    State(app): State<App>,
    Id(id): Id,
    Body(request): Body<RateRequest>,
) -> Result<Json<StateView>, Problem> {
    let view = app.warmline().rate(&id, request.score).await?;
    Ok(Json((&view).into()))
}

/// Streams what the customer sees of the conversation, for a channel that shows it to them.
///
/// Events are called `step` and carry a `CustomerStep`: no signals, no card, no drafts that were
/// held back. `Last-Event-ID` resumes without loss or doubling; without one the stream begins with
/// the first turn. A `reset` means that the conversation is told anew, because that event is not
/// part of it.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/events", tag = "conversations",
    security(("machine" = ["converse"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("last-event-id" = Option<String>, Header, description = "The last event seen"),
    ),
    responses(
        (status = 200, description = "Events", body = Stream, content_type = "text/event-stream"),
        Refusals,
    ),
)]
async fn follow(
    State(app): State<App>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.warmline().view(&id).await?;
    events::of_conversation(&app, id, last_event(&headers)?)
}
