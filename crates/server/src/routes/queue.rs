//! For consoles: conversations, one by one and in lists, and everything as it happens.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::{Row, StateName};

use super::search;
use crate::app::App;
use crate::auth::Caller;
use crate::events;
use crate::openapi::{Refusals, Stream};
use crate::problem::Problem;
use crate::request::{Id, Params, last_event};
use crate::view::{ConversationView, Owner, QueuePage, QueueRow, WorkflowView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, erase))
        .routes(routes!(follow))
        .routes(routes!(workflow))
}

/// Conversations of a page where nothing else is asked for.
const PAGE: usize = 50;
/// Most conversations of a page.
const MAX_PAGE: usize = 500;
/// Steps of a conversation where nothing else is asked for, and most of them.
const STEPS: usize = 500;

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Only those in this state.
    #[param(value_type = Option<String>)]
    state: Option<StateName>,
    /// Only those in a state of this owner; `queue` is everybody who waits.
    owner: Option<Owner>,
    /// Where the list goes on: `next` of the page before.
    after: Option<String>,
    /// Most conversations of a page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// These conversations and no others: up to 100 ids with blanks between them.
    ids: Option<String>,
    /// What to look for: a conversation's id or a customer's, or words of those that wait or are
    /// with operators.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// Lists conversations by state, those in it the longest first.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(ListParams),
    responses((status = 200, description = "A page of the list", body = QueuePage), Refusals),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<QueuePage>, Problem> {
    let limit = params.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::malformed(format!(
            "`limit` is from 1 to {MAX_PAGE}, not {limit}"
        )));
    }
    if let Some(ids) = &params.ids {
        return search::named(&app, ids).await.map(Json);
    }
    if let Some(words) = &params.q {
        let masked = app.mask_for(caller.permissions).everything;
        let found = search::found(&app, words, limit, masked).await;
        return found.map(Json);
    }
    let reader = app.clone();
    let (rows, next) = tokio::task::spawn_blocking(move || rows(&reader, &params, limit))
        .await
        .map_err(|error| Problem::internal(&error))??;
    let workflow = app.warmline().workflow();
    let mut conversations = Vec::with_capacity(rows.len());
    for row in &rows {
        match app.warmline().view(&row.conversation).await {
            Ok(view) => conversations.push(QueueRow::of(&view, &workflow)),
            // It was erased since the list was read.
            Err(warmline::Error::NotFound(_)) => {}
            Err(error) => {
                let owner = app.owner_in(&row.state).unwrap_or(Owner::Nobody);
                let reason = Problem::from(error).detail;
                conversations.push(QueueRow::quarantined(row, owner, reason));
            }
        }
    }
    Ok(Json(QueuePage {
        conversations,
        next,
    }))
}

/// Reads a page, and where the list goes on.
fn rows(
    app: &App,
    params: &ListParams,
    limit: usize,
) -> Result<(Vec<Row>, Option<String>), Problem> {
    let after = params.after.as_deref();
    let Some(owner) = params.owner else {
        let page = app.warmline().list(params.state.as_ref(), after, limit)?;
        return Ok((page.rows, page.next));
    };
    if params.state.is_some() {
        return Err(Problem::malformed(
            "ask for a `state` or an `owner`, not for both",
        ));
    }
    // One state after the other; the cursor names the state it stands in.
    let workflow = app.warmline().workflow();
    let of_owner = |spec: &&warmline::core::workflow::StateSpec| Owner::from(spec.owner) == owner;
    let mut states = workflow
        .states
        .values()
        .filter(of_owner)
        .map(|spec| &spec.name)
        .peekable();
    let mut cursor = None;
    if let Some((state, place)) = after.map(|after| after.rsplit_once(':').unwrap_or((after, ""))) {
        while states.next_if(|name| name.as_str() != state).is_some() {}
        if states.peek().is_none() {
            return Err(Problem::malformed(
                "`after` is not `next` of a page of this list",
            ));
        }
        cursor = Some(place.to_owned()).filter(|place| !place.is_empty());
    }
    let mut rows = Vec::new();
    while let Some(state) = states.next() {
        let page =
            app.warmline()
                .list(Some(state), cursor.take().as_deref(), limit - rows.len())?;
        rows.extend(page.rows);
        if let Some(next) = page.next {
            return Ok((rows, Some(format!("{state}:{next}"))));
        }
        if rows.len() == limit {
            return Ok((rows, states.next().map(|state| format!("{state}:"))));
        }
    }
    Ok((rows, None))
}

/// Which part of a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShowParams {
    /// The first step to show the turns and signals of. Default: the 500th from the end.
    from: Option<u64>,
}

/// Shows a conversation: state, turns, signals, card, note, outcome.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(("id" = String, Path, max_length = 128, description = "The conversation"), ShowParams),
    responses((status = 200, description = "The conversation", body = ConversationView), Refusals),
)]
async fn show(
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<ShowParams>,
) -> Result<Json<ConversationView>, Problem> {
    let view = app.warmline().view(&id).await?;
    let from = params.from.unwrap_or(view.seq.saturating_sub(STEPS as u64));
    let entries = app.entries(&id, from, STEPS).await?;
    let feedback = app.reading(move |app| Ok(app.records().feedback_on(&id)?));
    let shown = ConversationView::of(
        &view,
        &entries,
        from,
        feedback.await?,
        &app.warmline().workflow(),
    );
    Ok(Json(shown))
}

/// Erases everything recorded of a conversation.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}", tag = "operators",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("id" = String, Path, max_length = 128, description = "The conversation")),
    responses((status = 204, description = "It is gone"), Refusals),
)]
async fn erase(State(app): State<App>, Id(id): Id) -> Result<StatusCode, Problem> {
    app.warmline().erase(&id).await?;
    app.hub().erased(&id);
    Ok(StatusCode::NO_CONTENT)
}

/// Streams every step of every conversation.
///
/// Events are `step` (a `StepView`), `erased` (the conversation's id) and `reset`: some steps can
/// no longer be told, so lists must be read again. A `typing` without an id (a `TypingView`) means
/// that somebody is writing at this moment. `Last-Event-ID` resumes without loss or
/// doubling, or with a `reset`; without one the stream begins now.
#[utoipa::path(
    get, path = "/v1/events", tag = "operators",
    operation_id = "follow_everything",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    params(("last-event-id" = Option<String>, Header, description = "The last event seen")),
    responses(
        (status = 200, description = "Events", body = Stream, content_type = "text/event-stream"),
        Refusals,
    ),
)]
async fn follow(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    Ok(events::of_everything(&app, last_event(&headers)?))
}

/// Shows the workflow in force: its states, their owners and queues.
#[utoipa::path(
    get, path = "/v1/workflow", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    responses((status = 200, description = "The workflow", body = WorkflowView), Refusals),
)]
async fn workflow(State(app): State<App>) -> Json<WorkflowView> {
    Json((&*app.warmline().workflow()).into())
}
