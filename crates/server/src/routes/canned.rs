//! For operators: the canned replies that they share.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::journal::Collection;

use crate::app::App;
use crate::auth::Operator;
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::Body;

/// Where they are kept, by name.
const COLLECTION: Collection = Collection::new("canned_reply");
/// Most of them: more are not found again.
const MOST: usize = 200;
/// Longest name and longest text, in bytes.
const LONGEST: (usize, usize) = (120, 4000);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(keep, drop))
}

/// What happens after a canned reply was put in place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Then {
    /// The operator edits it.
    #[default]
    Edit,
    /// It is sent.
    Send,
    /// It is sent, and the conversation is closed.
    Close,
}

/// A canned reply without its name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CannedReply {
    /// The words, at most 4000 bytes; `{operator}` stands for whoever uses it.
    #[schema(max_length = 4000)]
    text: String,
    /// The key that uses it, together with Alt: a digit from 1 to 9.
    #[serde(default)]
    key: Option<String>,
    /// What happens then.
    #[serde(default)]
    then: Then,
}

/// A canned reply.
#[derive(Debug, Serialize, ToSchema)]
struct CannedReplyView {
    /// What it is called.
    name: String,
    /// What it says and does.
    #[serde(flatten)]
    reply: CannedReply,
}

/// All canned replies.
#[derive(Debug, Serialize, ToSchema)]
struct CannedRepliesView {
    /// In the order of their names.
    replies: Vec<CannedReplyView>,
}

/// Lists the canned replies, in the order of their names.
#[utoipa::path(
    get, path = "/v1/canned-replies", tag = "operators",
    operation_id = "canned_replies",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    responses((status = 200, description = "All of them", body = CannedRepliesView), Refusals),
)]
async fn list(State(app): State<App>) -> Result<Json<CannedRepliesView>, Problem> {
    let replies = all(&app).await?;
    let view = |(name, reply)| CannedReplyView { name, reply };
    Ok(Json(CannedRepliesView {
        replies: replies.into_iter().map(view).collect(),
    }))
}

/// Keeps a canned reply under a name, in place of what was under it.
#[utoipa::path(
    put, path = "/v1/canned-replies/{name}", tag = "operators",
    operation_id = "keep_canned_reply",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("name" = String, Path, max_length = 120, description = "What it is called"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who keeps it"),
    ),
    request_body = CannedReply,
    responses((status = 204, description = "It is kept"), Refusals, ChangeRefusals),
)]
async fn keep(
    State(app): State<App>,
    Operator(_): Operator,
    Path(name): Path<String>,
    Body(reply): Body<CannedReply>,
) -> Result<StatusCode, Problem> {
    if name.trim().is_empty() || name.len() > LONGEST.0 {
        let most = LONGEST.0;
        return Err(Problem::unusable(format!("a name has 1 to {most} bytes")));
    }
    if reply.text.trim().is_empty() || reply.text.len() > LONGEST.1 {
        let most = LONGEST.1;
        return Err(Problem::unusable(format!("`text` has 1 to {most} bytes")));
    }
    let is_digit = |key: &String| matches!(key.as_bytes(), [b'1'..=b'9']);
    if !reply.key.as_ref().is_none_or(is_digit) {
        return Err(Problem::unusable("`key` is a digit from 1 to 9"));
    }
    let known = all(&app).await?;
    if known.len() >= MOST && !known.iter().any(|(other, _)| *other == name) {
        return Err(Problem::unusable(format!(
            "there are {MOST} canned replies; drop one first"
        )));
    }
    let records = app.warmline().records();
    records.keep(COLLECTION, &name, None, &reply).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Drops a canned reply; one that is not there is no error.
#[utoipa::path(
    delete, path = "/v1/canned-replies/{name}", tag = "operators",
    operation_id = "drop_canned_reply",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("name" = String, Path, max_length = 120, description = "What it is called"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who drops it"),
    ),
    responses((status = 204, description = "It is kept no longer"), Refusals),
)]
async fn drop(
    State(app): State<App>,
    Operator(_): Operator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if name.is_empty() || name.len() > LONGEST.0 {
        return Ok(StatusCode::NO_CONTENT);
    }
    app.warmline()
        .records()
        .drop(COLLECTION, &name, None)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn all(app: &App) -> Result<Vec<(String, CannedReply)>, Problem> {
    let records = app.warmline().records();
    let read = tokio::task::spawn_blocking(move || records.all(COLLECTION, "")).await;
    Ok(read.map_err(|error| Problem::internal(&error))??)
}
