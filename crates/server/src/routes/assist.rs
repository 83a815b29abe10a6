//! For operators: what helps them before they act, and what only their colleagues read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bots::text;
use crate::app::App;
use crate::auth::Operator;
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::{Body, Id};
use crate::view::{
    CitationView, ExaminationView, NoteView, QueuePage, QueueRow, SignalView, StateView,
};

/// Most earlier conversations of a customer that are shown.
const PAST: usize = 10;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(suggest))
        .routes(routes!(prepare))
        .routes(routes!(whisper))
        .routes(routes!(write))
        .routes(routes!(past))
        .routes(routes!(take))
}

/// What the assistant would say in the operator's place.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestionView {
    /// The words. Nobody but the operator sees them.
    text: String,
    /// What they rest on.
    citations: Vec<CitationView>,
    /// What the detectors found in them, held against the thresholds.
    signals: Vec<SignalView>,
}

/// Has the assistant draft an answer for the operator to change and send.
///
/// Nothing is recorded and nothing is said. The conversation must be the operator's.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/suggestion", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who asks"),
    ),
    responses(
        (status = 200, description = "The draft", body = SuggestionView),
        Refusals, ChangeRefusals,
    ),
)]
async fn suggest(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
) -> Result<Json<SuggestionView>, Problem> {
    let suggestion = app.warmline().suggest(&id, &operator).await?;
    let (draft, view) = (suggestion.draft, suggestion.view);
    let state = &view.state;
    let workflow = app.warmline().workflow();
    let found = ExaminationView::of(
        &suggestion.findings,
        state.last_customer_turn,
        true,
        state.heard,
        &workflow,
        &state.context,
    );
    Ok(Json(SuggestionView {
        text: draft.text,
        citations: draft.citations.iter().map(Into::into).collect(),
        signals: found.signals,
    }))
}

/// A note to begin a handback with.
#[derive(Debug, Serialize, ToSchema)]
struct PreparedView {
    /// What happened since the claim, as a note; the operator changes it.
    note: NoteView,
    /// Why a handback would be refused now; null where it would not.
    refused: Option<String>,
}

/// Prepares a handback: a note from what happened since the claim, and whether one is possible.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/handback", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who asks"),
    ),
    responses(
        (status = 200, description = "The note", body = PreparedView),
        Refusals, ChangeRefusals,
    ),
)]
async fn prepare(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
) -> Result<Json<PreparedView>, Problem> {
    let (note, refused) = app.warmline().prepare_handback(&id, &operator).await?;
    Ok(Json(PreparedView {
        note: (&note).into(),
        refused: refused.map(|refused| Problem::from(refused).detail),
    }))
}

/// What an operator writes for operators alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhisperRequest {
    /// The words, at most 16384 bytes.
    #[schema(max_length = 16384)]
    text: String,
}

/// Writes something into the conversation that operators alone read.
///
/// Neither the customer nor the assistant ever sees it. Whoever has the conversation, every
/// operator may whisper.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/whispers", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who whispers"),
    ),
    request_body = WhisperRequest,
    responses(
        (status = 200, description = "It is recorded", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn whisper(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
    Body(request): Body<WhisperRequest>,
) -> Result<Json<StateView>, Problem> {
    let text = text(request.text)?;
    let view = app.warmline().whisper(&id, &operator, &text).await?;
    Ok(Json((&view).into()))
}

/// Tells the customer and other operators that the operator is writing. Nothing is recorded.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/typing", tag = "operators",
    operation_id = "operator_writes",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who writes"),
    ),
    responses(
        (status = 204, description = "It was told, where the conversation is the operator's"),
        Refusals,
    ),
)]
async fn write(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let view = app.warmline().view(&id).await?;
    if view.state.operator.as_ref() == Some(&operator) {
        app.hub().typing(id, Some(operator));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the conversation from the operator who has it. The customer is told of the change.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/take", tag = "operators",
    security(("machine" = ["supervise"]), ("session" = ["supervise"])),
    params(
        ("id" = String, Path, max_length = 128, description = "The conversation"),
        ("x-warmline-operator" = String, Header, max_length = 128, description = "Who takes it"),
    ),
    responses(
        (status = 200, description = "It is the supervisor's", body = StateView),
        Refusals, ChangeRefusals,
    ),
)]
async fn take(
    State(app): State<App>,
    Operator(operator): Operator,
    Id(id): Id,
) -> Result<Json<StateView>, Problem> {
    let view = app.warmline().take_over(&id, &operator).await?;
    Ok(Json((&view).into()))
}

/// Lists the customer's other conversations, the latest first, with how they ended.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/past", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(("id" = String, Path, max_length = 128, description = "The conversation")),
    responses(
        (status = 200, description = "Up to ten; none of a customer without an id", body = QueuePage),
        Refusals,
    ),
)]
async fn past(State(app): State<App>, Id(id): Id) -> Result<Json<QueuePage>, Problem> {
    let view = app.warmline().view(&id).await?;
    let mut conversations = Vec::new();
    if let Some(customer) = view.state.context.customer {
        let warmline = app.warmline().clone();
        let read = move || warmline.of_customer(&customer, PAST + 1);
        let ids = tokio::task::spawn_blocking(read).await;
        let ids = ids.map_err(|error| Problem::internal(&error))??;
        for other in ids.into_iter().filter(|other| *other != id).take(PAST) {
            // One that is damaged or was erased since is not part of the past.
            if let Ok(view) = app.warmline().view(&other).await {
                conversations.push(QueueRow::of(&view, &app.warmline().workflow()));
            }
        }
    }
    Ok(Json(QueuePage {
        conversations,
        next: None,
    }))
}
