//! Every refusal, as RFC 9457 problem details.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::Refused;
use warmline::journal;

/// Why a request was refused, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is, such as `urn:warmline:problem:illegal-transition`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request, and what would be right.
    pub detail: String,
    /// The conversation's state, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Seconds after which the same request may succeed; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// Seconds to wait where nothing better is known.
const RETRY: u64 = 1;

impl Problem {
    fn new(status: StatusCode, slug: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:warmline:problem:{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            state: None,
            retry_after: None,
        }
    }

    /// 400: the request cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        let title = "The request cannot be read";
        Self::new(StatusCode::BAD_REQUEST, "malformed", title, detail)
    }

    /// 401: nobody known is calling.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        let title = "Authentication is needed";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", title, detail)
    }

    /// 403: the caller may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        let title = "This caller may not do this";
        Self::new(StatusCode::FORBIDDEN, "forbidden", title, detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        let title = "Not found";
        Self::new(StatusCode::NOT_FOUND, "not-found", title, detail)
    }

    /// 405: the path does not take this method.
    pub fn wrong_method(detail: impl Into<String>) -> Self {
        let title = "The path does not take this method";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "wrong-method",
            title,
            detail,
        )
    }

    /// 409: the state does not allow it.
    pub fn illegal(detail: impl Into<String>) -> Self {
        let title = "The conversation's state does not allow this";
        Self::new(StatusCode::CONFLICT, "illegal-transition", title, detail)
    }

    /// 409: it is at odds with what is there.
    pub fn conflict(detail: impl Into<String>) -> Self {
        let title = "This is at odds with what is there";
        Self::new(StatusCode::CONFLICT, "conflict", title, detail)
    }

    /// 413: the body is too long.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("a body may have {limit} bytes");
        let title = "The body is too long";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title, detail)
    }

    /// 415: the body is not JSON.
    pub fn not_json() -> Self {
        let title = "The body is not JSON";
        let detail = "send a JSON object with `content-type: application/json`";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            title,
            detail,
        )
    }

    /// 422: the request can be read, but what it says cannot be used.
    pub fn unusable(detail: impl Into<String>) -> Self {
        let title = "A value cannot be used";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unusable", title, detail)
    }

    /// 429: too much is under way.
    pub fn overloaded(seconds: u64) -> Self {
        let title = "Too much is under way";
        let detail = "nothing was recorded; send the same request again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", title, detail).after(seconds)
    }

    /// 429: too many sign-ins failed.
    pub fn throttled(wait: std::time::Duration) -> Self {
        let seconds = whole_seconds(wait);
        let title = "Too many sign-ins failed";
        let detail = format!("wait for {seconds} seconds, then try again");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "throttled", title, detail).after(seconds)
    }

    /// 429: one address asks for too much.
    pub fn too_many(wait: std::time::Duration) -> Self {
        let title = "Too many requests";
        let detail = "nothing was recorded; this address asks for too much in a minute";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", title, detail);
        problem.after(whole_seconds(wait))
    }

    /// 503: it cannot be done at present.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        let title = "This cannot be done at present";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            title,
            detail,
        )
        .after(RETRY)
    }

    /// 500: something is wrong with the server itself. Callers learn no more than that.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        let title = "The server failed";
        let detail = "the server's log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title, detail)
    }

    fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn state(mut self, state: Option<String>) -> Self {
        self.state = state;
        self
    }
}

fn whole_seconds(wait: std::time::Duration) -> u64 {
    wait.as_millis().div_ceil(1000).max(1) as u64
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after;
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"warmline\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        // A browser that opens a page is shown a page.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<warmline::Error> for Problem {
    fn from(error: warmline::Error) -> Self {
        use warmline::Error;
        let said = error.to_string();
        match error {
            Error::NotFound(_) => Self::not_found(said),
            Error::Refused(refused) => refused.into(),
            Error::Invalid(_) => Self::unusable(said),
            Error::Overloaded { retry_after } => {
                Self::overloaded(retry_after.as_millis().div_ceil(1000).max(1) as u64)
            }
            Error::NoAssistant => Self::illegal(said),
            Error::Quarantined { .. }
            | Error::Interrupted(_)
            | Error::Assistant(_)
            | Error::Stopped => Self::unavailable(said),
            Error::Journal(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused.state() {
            None => Self::unusable(refused.to_string()),
            state => Self::illegal(refused.to_string()).state(state.map(|name| name.to_string())),
        }
    }
}

impl From<journal::Error> for Problem {
    fn from(error: journal::Error) -> Self {
        use journal::Error;
        match error {
            Error::Cursor(_) => Self::unusable(format!("{error}; take `next` of the page before")),
            Error::Overloaded { .. } => Self::overloaded(RETRY),
            // A path or a disk is nothing that callers should read about.
            error => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the journal failed"
                );
                Self::unavailable("the journal cannot be used; the server's log says why")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_illegal_transition_names_the_state() {
        let state = warmline::StateName::new("human_owned").unwrap();
        let event = "operator_claimed";
        let problem = Problem::from(Refused::NoRule { state, event });
        assert_eq!(problem.status, 409);
        assert_eq!(problem.state.as_deref(), Some("human_owned"));
        assert!(problem.detail.contains("human_owned"));
    }

    #[test]
    fn overload_says_when_to_come_back() {
        let retry_after = Duration::from_millis(1200);
        let response = Problem::from(warmline::Error::Overloaded { retry_after }).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }

    #[test]
    fn a_failing_disk_is_not_described_to_callers() {
        let path = "/var/lib/warmline".into();
        let problem = Problem::from(journal::Error::Full { path });
        assert_eq!(problem.status, 503);
        assert!(!problem.detail.contains("/var"));
    }
}
