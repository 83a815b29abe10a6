//! Health and metrics.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Refusals;
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(measures))
}

/// Says that the process runs.
#[utoipa::path(
    get, path = "/healthz", tag = "system",
    responses((status = 200, description = "It runs", body = String)),
)]
async fn alive() -> &'static str {
    "ok\n"
}

/// Says whether turns can be taken: the journal can be extended and nobody is stopping the server.
#[utoipa::path(
    get, path = "/readyz", tag = "system",
    responses((status = 200, description = "They can", body = String), Refusals),
)]
async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if *app.closing().borrow() {
        return Err(Problem::unavailable("the server is stopping"));
    }
    app.warmline().ready()?;
    Ok("ready\n")
}

/// Everything that was measured of this tenant, in the Prometheus text format.
#[utoipa::path(
    get, path = "/metrics", tag = "system",
    security(("machine" = ["observe"]), ("session" = ["administer"])),
    responses((status = 200, description = "The measures", body = String), Refusals),
)]
async fn measures(State(app): State<App>) -> impl IntoResponse {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, app.metrics().render())
}
