//! Reading requests: paths, queries and bodies, and what is said when they cannot be read.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use warmline::{ConversationId, OperatorId};

use crate::app::App;
use crate::problem::Problem;

/// The conversation that a path names.
pub(crate) struct Id(pub(crate) ConversationId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::malformed(error.body_text()))?;
        ConversationId::new(id)
            .map(Self)
            .map_err(|error| Problem::malformed(format!("the conversation's id: {error}")))
    }
}

/// The person, or the token, that a path names.
pub(crate) struct Named(pub(crate) OperatorId);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(name) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::malformed(error.body_text()))?;
        OperatorId::new(name)
            .map(Self)
            .map_err(|error| Problem::malformed(format!("the name: {error}")))
    }
}

/// The parameters after the question mark.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(Problem::malformed(error.body_text())),
        }
    }
}

/// A body of JSON. Its content type must say so: that keeps forms of other sites out.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::not_json());
        }
        let bytes = read(request, app).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let detail = format!("the body: {error}");
            match error.classify() {
                Category::Data => Problem::unusable(detail),
                _ => Problem::malformed(detail),
            }
        })
    }
}

/// A body of JSON, or none at all.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let empty = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .is_none_or(|length| length == "0")
            && !request.headers().contains_key(header::TRANSFER_ENCODING);
        if empty {
            return Ok(Self(T::default()));
        }
        let Body(value) = Body::from_request(request, app).await?;
        Ok(Self(value))
    }
}

async fn read(request: Request, app: &App) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &())
        .await
        .map_err(|error| match refused_for_length(error) {
            true => Problem::too_large(app.body_limit()),
            false => Problem::malformed("the body broke off"),
        })
}

fn refused_for_length(error: BytesRejection) -> bool {
    error.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether the caller wants the answer as a stream of events.
pub(crate) fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// The last event that a reader of a stream has seen.
pub(crate) fn last_event(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match headers.get("last-event-id") {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok("") => Ok(None),
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(Problem::malformed(
                "`last-event-id` is not an id of this stream",
            )),
        },
    }
}
