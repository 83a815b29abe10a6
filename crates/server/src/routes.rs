//! Every route, in a file for each group of callers.

mod assist;
mod bots;
mod canned;
mod chat;
mod desk;
mod operators;
mod outcomes;
mod people;
mod policy;
mod proxy;
mod queue;
mod reports;
mod scope;
mod search;
mod session;
mod system;
mod trail;
mod webhooks;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use warmline::Warmline;

use crate::app::{App, Settings};
use crate::auth::{Gate, Operations};
use crate::openapi::Document;
use crate::problem::Problem;
use crate::{Error, auth, metrics, pages};

/// Everything that the server answers, for a host that listens by itself.
///
/// Give it the peer's address (`into_make_service_with_connect_info::<SocketAddr>()`) where
/// loopback is trusted. Call it on the runtime that will serve.
pub fn router(warmline: Warmline, settings: Settings) -> Result<Router, Error> {
    Ok(assemble(&App::start(warmline, settings, "/".to_owned())?))
}

pub(crate) fn assemble(app: &App) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(bots::routes())
        .merge(queue::routes())
        .merge(operators::routes())
        .merge(assist::routes())
        .merge(desk::routes())
        .merge(canned::routes())
        .merge(scope::routes())
        .merge(outcomes::routes())
        .merge(webhooks::routes())
        .merge(reports::routes())
        .merge(proxy::routes(app))
        .merge(people::routes())
        .merge(trail::routes())
        .merge(policy::routes())
        .merge(session::routes())
        .merge(session::open())
        .merge(chat::routes())
        .merge(chat::open())
        .merge(system::routes())
        .split_for_parts();
    let document = serde_json::to_value(document).expect("a description is JSON");
    let gate = Gate {
        app: app.clone(),
        operations: Arc::new(Operations::of(&document)),
    };
    api.route_layer(from_fn_with_state(gate, auth::admitted))
        .route("/openapi.json", get(async move || Json(document)))
        .merge(pages::routes(app))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(app.body_limit()))
        .layer(from_fn(pages::refused))
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
