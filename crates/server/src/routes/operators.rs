//! For operators: the baton. Each of these acts in the name of `x-warmline-operator`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::{HandbackNote, MessageId, OperatorId, Outcome};

use super::bots::text;
use crate::app::App;
use crate::auth::{Caller, Operator};
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::{Body, Id, OptionalBody};
use crate::view::{SaidView, StateView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(claim))
        .routes(routes!(release))
        .routes(routes!(reply))
        .routes(routes!(hand_back))
        .routes(routes!(close))
}

/// Takes the conversation over. Claiming one's own again does no harm.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/claim", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who acts"),
    ),
    responses(
        (status = 200, description = "It is the operator's", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn claim(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
) -> Result<Json<StateView>, Problem> {
    let view = app.warmline().claim(&id, &operator).await?;
    Ok(Json((&view).into()))
}

/// Where to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseRequest {
    /// A queue of the workflow; the usual one without it.
    #[schema(max_length = 128)]
    queue: Option<String>,
    /// The operator who is to have it next.
    #[schema(value_type = Option<String>, max_length = 128)]
    operator: Option<OperatorId>,
}

/// Puts the conversation back into a queue, for anybody or for one operator.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/release", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who acts"),
    ),
    request_body = Option<ReleaseRequest>,
    responses(
        (status = 200, description = "It waits again", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn release(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
    OptionalBody(request): OptionalBody<ReleaseRequest>,
) -> Result<Json<StateView>, Problem> {
    let queue = request.queue.as_deref();
    if queue.is_some_and(|queue| queue.is_empty() || queue.len() > 128) {
        return Err(Problem::unusable("`queue` has 1 to 128 bytes"));
    }
    let view = app
        .warmline()
        .release(&id, &operator, queue, request.operator.as_ref())
        .await?;
    Ok(Json((&view).into()))
}

/// What an operator says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplyRequest {
    /// The sender's id of the message: one that was said before is not said again.
    #[schema(value_type = Option<String>, max_length = 128)]
    id: Option<MessageId>,
    /// The words, at most 16384 bytes.
    #[schema(max_length = 16384)]
    text: String,
}

/// Says something to the customer. The conversation must be the operator's.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/replies", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who acts"),
    ),
    request_body = ReplyRequest,
    responses((status = 200, description = "It is said", body = SaidView), Refusals, ChangeRefusals),
)]
async fn reply(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
    Body(request): Body<ReplyRequest>,
) -> Result<Json<SaidView>, Problem> {
    let text = text(request.text)?;
    let (view, said) = app
        .warmline()
        .reply(&id, &operator, &text, request.id)
        .await?;
    Ok(Json(SaidView {
        now: (&view).into(),
        said: (&said).into(),
    }))
}

/// What the assistant is told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandBackRequest {
    /// What was done; up to 12 lines of up to 400 characters, as in the other lists.
    #[serde(default)]
    done: Vec<String>,
    /// What is left for the assistant to do: at least one line.
    remaining: Vec<String>,
    /// What it must not do.
    #[serde(default)]
    limits: Vec<String>,
    /// When to come back to a human.
    #[serde(default)]
    return_when: Vec<String>,
}

/// Hands the conversation back to the assistant, with a note.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/handback", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who acts"),
    ),
    request_body = HandBackRequest,
    responses(
        (status = 200, description = "The assistant goes on", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn hand_back(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
    Body(request): Body<HandBackRequest>,
) -> Result<Json<StateView>, Problem> {
    let note = HandbackNote {
        done: request.done,
        remaining: request.remaining,
        limits: request.limits,
        return_when: request.return_when,
    };
    let view = app.warmline().hand_back(&id, &operator, note).await?;
    Ok(Json((&view).into()))
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Ending {
    /// The customer said that it is settled.
    ResolvedConfirmed,
    /// It seems settled; the customer did not say so.
    ResolvedUnconfirmed,
    /// A human settled it.
    ResolvedByHuman,
    /// The customer left with an open question.
    Abandoned,
    /// It ended without a solution.
    Unresolved,
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::ResolvedConfirmed => Self::ResolvedConfirmed,
            Ending::ResolvedUnconfirmed => Self::ResolvedUnconfirmed,
            Ending::ResolvedByHuman => Self::ResolvedByHuman,
            Ending::Abandoned => Self::Abandoned,
            Ending::Unresolved => Self::Unresolved,
        }
    }
}

/// How it ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CloseRequest {
    /// The outcome.
    outcome: Ending,
}

/// Closes the conversation with an outcome.
///
/// In the name of the operator in `x-warmline-operator`, else in the bot's own. One that an
/// operator has can only be closed by them.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/close", tag = "operators",
    security(
        ("machine" = ["converse"]), ("machine" = ["operate"]), ("session" = ["operate"]),
    ),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = Option<String>, Header, max_length = 128, description = "Who acts"),
    ),
    request_body = CloseRequest,
    responses((status = 200, description = "It is over", body = StateView), Refusals, ChangeRefusals),
)]
async fn close(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(request): Body<CloseRequest>,
) -> Result<Json<StateView>, Problem> {
    let requester = caller.requester();
    let view = app
        .warmline()
        .close(&id, requester, request.outcome.into())
        .await?;
    Ok(Json((&view).into()))
}
