//! The description of the interface, as OpenAPI 3.1. It is made from the handlers themselves, so
//! a route without a description does not exist.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

use crate::problem::Problem;
use crate::view;

/// The frame that the handlers fill.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Warmline",
        description = "The handoff layer for AI agents that talk to customers. Errors are RFC \
            9457 problem details (`application/problem+json`).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&Schemes),
    components(schemas(view::StepView, view::CustomerStep, view::TypingView)),
    tags(
        (name = "conversations", description = "For bots and channels: what customers say."),
        (name = "operators", description = "For consoles: the queue and the baton."),
        (name = "chat", description = "For chat visitors: their own conversation, nothing else."),
        (name = "session", description = "For people: signing in and out."),
        (name = "access", description = "For administrators: people, tokens, the trail."),
        (name = "policy", description = "For administrators: thresholds, drift, the shadow."),
        (name = "system", description = "Health, metrics, this document."),
    )
)]
pub(crate) struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = |description: &str| {
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some(description))
                    .build(),
            )
        };
        let machine = "The machine token, or a token with one of the scopes that are named.";
        components.add_security_scheme("machine", bearer(machine));
        let session = "The session of somebody with the permissions that are named. Requests that \
            change something send `x-warmline-csrf` as well, with what `GET /v1/session` gave.";
        let session = ApiKeyValue::with_description("warmline_session", session);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
        components.add_security_scheme("visitor", bearer("The token that `POST /v1/chat` gave."));
    }
}

/// What any request may be refused with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum Refusals {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(#[to_schema] Problem),
    /// Authentication is needed.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(#[to_schema] Problem),
    /// This caller may not do this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] Problem),
    /// There is no such conversation.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] Problem),
    /// It cannot be done at present; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] Problem),
}

/// What a request that changes something may be refused with besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum ChangeRefusals {
    /// The conversation's state does not allow this; `state` names it.
    #[response(status = 409, content_type = "application/problem+json")]
    Illegal(#[to_schema] Problem),
    /// The body is too long.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] Problem),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(#[to_schema] Problem),
    /// A value cannot be used.
    #[response(status = 422, content_type = "application/problem+json")]
    Unusable(#[to_schema] Problem),
    /// Too much is under way; nothing was recorded, `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    Overloaded(#[to_schema] Problem),
}

/// Server-sent events, each with an id to resume from.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct Stream(String);
