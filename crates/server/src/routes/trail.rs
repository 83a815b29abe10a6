//! For administrators: who saw and did what.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::{ConversationId, Timestamp};

use crate::app::App;
use crate::auth::trail::{self, Asked, Row};
use crate::openapi::Refusals;
use crate::problem::Problem;
use crate::request::Params;
use crate::view::moment;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Rows of a page where nothing else is asked for.
const PAGE: usize = 100;
/// Most rows of a page.
const MAX_PAGE: usize = 500;

/// Which part of the trail.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TrailParams {
    /// Only what this person did.
    person: Option<String>,
    /// Only what was done with this conversation.
    #[param(value_type = Option<String>)]
    conversation: Option<ConversationId>,
    /// Only from this moment on, by RFC 3339.
    since: Option<String>,
    /// Only before this moment, by RFC 3339.
    until: Option<String>,
    /// Where the list goes on: `next` of the page before.
    after: Option<String>,
    /// Most rows of a page, 1 to 500. Default: 100.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// One thing that somebody did.
#[derive(Debug, Serialize, ToSchema)]
struct TrailRow {
    /// When, by RFC 3339.
    at: String,
    /// Who; null for a machine that named no operator.
    person: Option<String>,
    /// As what they were let in: `session`, `token:NAME`, `machine`, `demo` or `sign_in`.
    by: String,
    /// The operation, by its name in this document.
    action: String,
    /// The conversation.
    conversation: Option<String>,
    /// Whom or what it was done to: a person, a token; for a search, the words without personal data.
    subject: Option<String>,
    /// From which address.
    from: Option<String>,
    /// The HTTP status it came to.
    status: u16,
}

impl From<Row> for TrailRow {
    fn from(row: Row) -> Self {
        Self {
            at: moment(row.at),
            person: row.person,
            by: row.by,
            action: row.action,
            conversation: row.conversation.map(|id| id.to_string()),
            subject: row.subject,
            from: row.from.map(|address| address.to_string()),
            status: row.status,
        }
    }
}

/// A part of the trail.
#[derive(Debug, Serialize, ToSchema)]
struct TrailPage {
    /// The latest first.
    rows: Vec<TrailRow>,
    /// Where the list goes on: give it as `?after=`. Null at its end.
    next: Option<String>,
}

/// Tells who saw which conversation and who did what, the latest first.
#[utoipa::path(
    get, path = "/v1/trail", tag = "access",
    operation_id = "trail",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(TrailParams),
    responses((status = 200, description = "A page of the trail", body = TrailPage), Refusals),
)]
async fn read(
    State(app): State<App>,
    Params(params): Params<TrailParams>,
) -> Result<Json<TrailPage>, Problem> {
    let limit = params.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::malformed(format!(
            "`limit` is from 1 to {MAX_PAGE}, not {limit}"
        )));
    }
    let asked = Asked {
        person: params.person,
        conversation: params.conversation,
        since: params.since.map(|text| at("since", &text)).transpose()?,
        until: params.until.map(|text| at("until", &text)).transpose()?,
    };
    let after = params.after;
    let read = move |app: &App| trail::read(app, &asked, after.as_deref(), limit);
    let (rows, next) = app.reading(read).await?;
    let rows = rows.into_iter().map(Into::into).collect();
    Ok(Json(TrailPage { rows, next }))
}

fn at(name: &str, text: &str) -> Result<Timestamp, Problem> {
    let wrong = || {
        Problem::malformed(format!(
            "`{name}` is a moment by RFC 3339, such as `2026-11-23T09:00:00Z`"
        ))
    };
    let moment = humantime::parse_rfc3339_weak(text).map_err(|_| wrong())?;
    let since = moment
        .duration_since(std::time::UNIX_EPOCH)
        .map_err(|_| wrong())?;
    Ok(Timestamp(
        u64::try_from(since.as_millis()).map_err(|_| wrong())?,
    ))
}
