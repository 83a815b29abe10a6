//! Every route, in a file for each group of callers.

mod bots;
mod chat;
mod desk;
mod operators;
mod outcomes;
mod proxy;
mod queue;
mod scope;
mod system;
mod webhooks;

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use warmline::Warmline;

use crate::app::{App, Settings};
use crate::openapi::Document;
use crate::problem::Problem;
use crate::{Error, auth, metrics, pages};

/// Everything that the server answers, for a host that listens by itself.
///
/// Give it the peer's address (`into_make_service_with_connect_info::<SocketAddr>()`) where
/// loopback is trusted. Call it on the runtime that will serve.
pub fn router(warmline: Warmline, settings: Settings) -> Result<Router, Error> {
    Ok(assemble(&App::start(warmline, settings)?))
}

pub(crate) fn assemble(app: &App) -> Router {
    let machines = OpenApiRouter::new()
        .merge(bots::routes())
        .merge(queue::routes())
        .merge(operators::routes())
        .merge(desk::routes())
        .merge(scope::routes())
        .merge(outcomes::routes())
        .merge(webhooks::routes())
        .merge(proxy::routes(app))
        .merge(system::guarded())
        .route_layer(from_fn_with_state(app.clone(), auth::machines_only));
    let visitors = chat::routes().route_layer(from_fn_with_state(app.clone(), auth::visitors_only));
    let (api, document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(machines)
        .merge(visitors)
        .merge(chat::open())
        .merge(system::open())
        .split_for_parts();
    api.route("/openapi.json", get(async move || Json(document)))
        .merge(pages::routes(app))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(app.body_limit()))
        .layer(from_fn(pages::guarded))
        .layer(from_fn(metrics::measured))
        .with_state(app.clone())
}

async fn nowhere(uri: Uri) -> Problem {
    Problem::not_found(format!(
        "there is nothing at `{}`; see `/openapi.json`",
        uri.path()
    ))
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::wrong_method(format!("`{}` does not take {method}", uri.path()))
}

#[cfg(test)]
mod tests;
