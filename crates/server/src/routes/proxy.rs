//! For client libraries: the interfaces that a bot speaks already.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::llm::Dialect;

use crate::app::App;
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::proxy;
use crate::request::Body;

pub(super) fn routes(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(chat_completions))
        .routes(routes!(responses))
        .layer(DefaultBodyLimit::max(app.config().proxy.body_limit))
}

/// Answers like a chat completion, after the handoff layer has looked at it.
///
/// Everything in the body goes on to the configured endpoint, but for the field `warmline`, which
/// may hold `passages` (each with `document`, `title`, `passage`), `customer`, `channel`, `segment`,
/// `language` and `release` (`whole` or `sentences`). On a handoff the answer is what the customer is told, with `finish_reason`
/// `stop`; while a human has the conversation the endpoint is not called. The field `warmline` of
/// the answer, in a stream of its last chunk, tells state, owner and trigger.
#[utoipa::path(
    post, path = "/v1/chat/completions", tag = "proxy",
    security(("machine" = ["converse"])),
    params(
        ("x-warmline-conversation" = Option<String>, Header, description = "The conversation; else \
            `metadata.conversation`, else `user`, else it is found by its first words"),
    ),
    request_body(content = Object, description = "A request of the OpenAI interface"),
    responses(
        (status = 200, description = "A completion, or a stream of chunks", content(
            (Object = "application/json"), (String = "text/event-stream"),
        )),
        Refusals,
    ),
)]
async fn chat_completions(
    State(app): State<App>,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Response, Problem> {
    proxy::answer(&app, Dialect::Chat, &headers, body).await
}

/// Answers like a response, after the handoff layer has looked at it.
///
/// As `/v1/chat/completions`, for the other interface. Clients send the whole conversation as
/// `input`.
#[utoipa::path(
    post, path = "/v1/responses", tag = "proxy",
    security(("machine" = ["converse"])),
    params(
        ("x-warmline-conversation" = Option<String>, Header, description = "The conversation"),
    ),
    request_body(content = Object, description = "A request of the OpenAI interface"),
    responses(
        (status = 200, description = "A response, or a stream of events", content(
            (Object = "application/json"), (String = "text/event-stream"),
        )),
        Refusals,
    ),
)]
async fn responses(
    State(app): State<App>,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Response, Problem> {
    proxy::answer(&app, Dialect::Responses, &headers, body).await
}
