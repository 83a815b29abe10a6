//! For operators: what really happened.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::Caller;
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::{Body, Id};
use crate::view::FeedbackView;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(feedback))
}

/// Whether a human was needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FeedbackRequest {
    /// `true`: a human was needed. `false`: the assistant should have gone on.
    needed: bool,
}

/// Says whether the last handoff of the conversation was needed. The last word counts; reports show
/// from it how precise each detector is.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/feedback", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = Option<String>, Header, max_length = 128, description = "Who says it"),
    ),
    request_body = FeedbackRequest,
    responses((status = 200, description = "It is recorded", body = FeedbackView), Refusals, ChangeRefusals),
)]
async fn feedback(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(request): Body<FeedbackRequest>,
) -> Result<Json<FeedbackView>, Problem> {
    let by = match caller.requester() {
        warmline::Requester::Operator { operator } => Some(operator),
        _ => None,
    };
    let said = app.warmline().feedback(&id, request.needed, by).await?;
    Ok(Json(said.into()))
}
