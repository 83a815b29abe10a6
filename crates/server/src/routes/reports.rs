//! For supervisors: reports, as a page and as JSON.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Refusals;
use crate::pages;
use crate::problem::Problem;
use crate::report::{Question, Report};
use crate::request::Params;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(page))
}

/// Which report. What is left out or empty has its default.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
struct ReportParams {
    /// The first day, such as `2026-11-01`, in UTC. Default: thirteen days before the last.
    from: Option<String>,
    /// The last day. Default: today.
    to: Option<String>,
    /// Only what this configuration decided, by the beginning of its version.
    policy: Option<String>,
    /// The first day to compare with. Default: the period just before.
    than_from: Option<String>,
    /// The last day to compare with.
    than_to: Option<String>,
    /// The configuration to compare with, in the same days unless others are named.
    than_policy: Option<String>,
}

impl From<ReportParams> for Question {
    fn from(params: ReportParams) -> Self {
        let given = |value: Option<String>| value.filter(|value| !value.is_empty());
        Self {
            from: given(params.from),
            to: given(params.to),
            than_from: given(params.than_from),
            than_to: given(params.than_to),
            policy: given(params.policy),
            than_policy: given(params.than_policy),
        }
    }
}

async fn answer(app: &App, params: ReportParams) -> Result<Report, Problem> {
    let warmline = app.warmline().clone();
    let question = Question::from(params);
    let read = move || {
        let now = warmline.now();
        Report::new(&warmline.records(), &question, &warmline.reopening(), now)
    };
    let report = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Problem::internal(&error))?;
    Ok(report?)
}

/// Shows what really happened: outcomes, rates, times and ratings, by day and by group, beside
/// another period or policy. `docs/outcomes.md` defines every rate.
#[utoipa::path(
    get, path = "/v1/reports", tag = "operators",
    security(("machine" = ["supervise"]), ("session" = ["supervise"])),
    params(ReportParams),
    responses((status = 200, description = "The report", body = Object), Refusals),
)]
async fn report(
    State(app): State<App>,
    Params(params): Params<ReportParams>,
) -> Result<Json<Value>, Problem> {
    let report = answer(&app, params).await?;
    let value = serde_json::to_value(&report).map_err(|error| Problem::internal(&error))?;
    Ok(Json(value))
}

/// The same report as a page, with pictures.
#[utoipa::path(
    get, path = "/console/reports", tag = "operators",
    security(("machine" = ["supervise"]), ("session" = ["supervise"])),
    params(ReportParams),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Refusals),
)]
async fn page(
    State(app): State<App>,
    Params(params): Params<ReportParams>,
) -> Result<Response, Problem> {
    let report = answer(&app, params).await?;
    Ok(pages::drawn("/console/reports", &report.with_form()))
}
