//! For operators: the queues, who is there, and that one is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::{Presence, Profile};

use crate::app::App;
use crate::auth::{Operator, person};
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::Body;
use crate::view::{OperatorsView, QueuesView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(queues))
        .routes(routes!(operators))
        .routes(routes!(show))
}

/// Shows the queues: who waits for how long, and how long somebody who comes now will.
#[utoipa::path(
    get, path = "/v1/queues", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    responses((status = 200, description = "The queues", body = QueuesView), Refusals),
)]
async fn queues(State(app): State<App>) -> Json<QueuesView> {
    let queues = app.warmline().desk().queues();
    Json(QueuesView {
        queues: queues.into_iter().map(Into::into).collect(),
    })
}

/// Shows the operators who are there, were there lately, or have conversations.
#[utoipa::path(
    get, path = "/v1/operators", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    responses((status = 200, description = "The operators", body = OperatorsView), Refusals),
)]
async fn operators(State(app): State<App>) -> Json<OperatorsView> {
    let operators = app.warmline().desk().operators();
    Json(OperatorsView {
        operators: operators.into_iter().map(Into::into).collect(),
    })
}

/// That an operator is there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PresenceRequest {
    /// `available`: they are given conversations; `away`: they keep what they have; `offline`:
    /// they leave.
    #[schema(value_type = String)]
    status: Presence,
}

/// Shows that the operator is there. Say it again every 20 seconds: whoever is silent for longer
/// than `[runtime] offline_after` is offline, and loses after `lease` what they claimed.
#[utoipa::path(
    put, path = "/v1/presence", tag = "operators",
    operation_id = "show_presence",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who is there"),
    ),
    request_body = PresenceRequest,
    responses((status = 204, description = "It is known"), Refusals, ChangeRefusals),
)]
async fn show(
    State(app): State<App>,
    Operator(operator): Operator,
    Body(request): Body<PresenceRequest>,
) -> Result<StatusCode, Problem> {
    // Whoever is no person here, such as a script, works without a profile.
    let profile = match person::find(&app.warmline().records(), &operator)? {
        Some(person) => Profile {
            skills: person.skills,
            languages: person.languages,
            capacity: person.capacity,
        },
        None => Profile::default(),
    };
    app.warmline()
        .desk()
        .show(&operator, profile, request.status);
    Ok(StatusCode::NO_CONTENT)
}
