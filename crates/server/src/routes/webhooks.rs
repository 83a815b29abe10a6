//! For operators: what was told to other systems, and what did not get through.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::Params;
use crate::view::moment;
use crate::webhooks::{self, Delivery, EventKind, Status};

/// Rows of a page, unless asked otherwise, and at most.
const PAGES: (usize, usize) = (50, 200);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(deliveries))
        .routes(routes!(replay))
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct DeliveryParams {
    /// Only those that stand so: `pending`, `delivered` or `dead`. Default: `dead`.
    status: Option<Status>,
    /// At most so many, 1 to 200. Default: 50.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// An event on its way to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryView {
    /// Names the delivery: what `replay` takes.
    id: String,
    /// The id of the event: the receiver sees it in `webhook-id`, the same at every attempt.
    event_id: String,
    /// What happened.
    event: EventKind,
    /// The endpoint, by its name in the configuration.
    endpoint: String,
    /// The conversation.
    conversation: String,
    /// When it happened.
    at: String,
    /// How it stands.
    status: Status,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next, or was tried last.
    tried: String,
    /// The receiver's last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<u16>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id(),
            event_id: delivery.event_id.clone(),
            event: delivery.event,
            endpoint: delivery.endpoint.clone(),
            conversation: delivery.conversation.to_string(),
            at: moment(delivery.at),
            status: delivery.status,
            attempts: delivery.attempts,
            tried: moment(delivery.next),
            answer: delivery.answer,
            error: delivery.error.clone(),
        }
    }
}

/// A part of the log.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryPage {
    /// The endpoints of the configuration, by name.
    endpoints: Vec<String>,
    /// What waits in the order of attempts, the rest latest first.
    deliveries: Vec<DeliveryView>,
    /// Where the list goes on; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists what was sent to other systems, or could not be.
#[utoipa::path(
    get, path = "/v1/webhooks/deliveries", tag = "system",
    security(("machine" = ["supervise"]), ("session" = ["supervise"])),
    params(DeliveryParams),
    responses((status = 200, description = "The log", body = DeliveryPage), Refusals),
)]
async fn deliveries(
    State(app): State<App>,
    Params(params): Params<DeliveryParams>,
) -> Result<Json<DeliveryPage>, Problem> {
    let limit = params.limit.unwrap_or(PAGES.0);
    if !(1..=PAGES.1).contains(&limit) {
        let most = PAGES.1;
        let detail = format!("`limit` is from 1 to {most}, not {limit}");
        return Err(Problem::malformed(detail));
    }
    let records = app.warmline().records();
    let status = params.status.unwrap_or(Status::Dead);
    let read = move || webhooks::deliveries(&records, status, params.after.as_deref(), limit);
    let (rows, next) = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Problem::internal(&error))??;
    let told = app.webhooks().current();
    Ok(Json(DeliveryPage {
        endpoints: told
            .endpoints
            .iter()
            .map(|endpoint| endpoint.name.clone())
            .collect(),
        deliveries: rows.iter().map(DeliveryView::from).collect(),
        next,
    }))
}

/// Sends an event again that was delivered or given up. It keeps its id.
#[utoipa::path(
    post, path = "/v1/webhooks/deliveries/{id}/replay", tag = "system",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("id" = String, Path, description = "`id` of the log")),
    responses((status = 200, description = "It is tried again", body = DeliveryView), Refusals, ChangeRefusals),
)]
async fn replay(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<DeliveryView>, Problem> {
    let now = app.warmline().now();
    match webhooks::replay(&app.warmline().records(), &id, now).await? {
        Some(delivery) => {
            app.webhooks().wake();
            Ok(Json((&delivery).into()))
        }
        None => Err(Problem::not_found(
            "no such delivery was given up or delivered; see `GET /v1/webhooks/deliveries`",
        )),
    }
}
