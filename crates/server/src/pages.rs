//! Console, chat and widget: plain files, and the headers that keep them safe.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app::App;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What a page may do: run and show its own files, talk to its own server, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";
/// What an answer that is no page may do.
const NO_PAGE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The files, by path.
const FILES: [(&str, &str, &str); 12] = [
    ("/console", HTML, include_str!("pages/console.html")),
    (
        "/assets/console.css",
        CSS,
        include_str!("pages/console.css"),
    ),
    (
        "/assets/console.js",
        SCRIPT,
        include_str!("pages/console.js"),
    ),
    (
        "/assets/conversation.js",
        SCRIPT,
        include_str!("pages/conversation.js"),
    ),
    ("/chat", HTML, include_str!("pages/chat.html")),
    ("/assets/chat.css", CSS, include_str!("pages/chat.css")),
    ("/assets/chat.js", SCRIPT, include_str!("pages/chat.js")),
    ("/assets/live.js", SCRIPT, include_str!("pages/live.js")),
    (
        "/console/webhooks",
        HTML,
        include_str!("pages/webhooks.html"),
    ),
    (
        "/assets/webhooks.js",
        SCRIPT,
        include_str!("pages/webhooks.js"),
    ),
    ("/assets/reports.css", CSS, crate::report::STYLE),
    ("/assets/theme.css", CSS, include_str!("pages/theme.css")),
];

/// The script that other sites include: the only file they may load.
const WIDGET: &str = include_str!("pages/widget.js");

pub(crate) fn routes(app: &App) -> Router<App> {
    let mut router = Router::new()
        .route("/", get(async || Redirect::to("console")))
        .route("/widget.js", get(widget));
    for (path, kind, text) in FILES {
        let policy = policy(app, path);
        router = router.route(path, get(async move || file(kind, text, policy)));
    }
    router
}

/// The policy of the file at `path`; the chat alone may stand in a frame of other sites.
fn policy(app: &App, path: &str) -> HeaderValue {
    let frames = match path {
        "/chat" => app
            .config()
            .embed_from
            .iter()
            .fold("'self'".to_owned(), |list, origin| {
                format!("{list} {}", origin.as_str())
            }),
        _ => "'none'".to_owned(),
    };
    let policy = format!("{PAGE_POLICY}; frame-ancestors {frames}");
    HeaderValue::try_from(policy).expect("an origin has no control characters")
}

fn file(kind: &'static str, text: &'static str, policy: HeaderValue) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, text).into_response()
}

async fn widget() -> Response {
    let mut response = file(SCRIPT, WIDGET, HeaderValue::from_static(NO_PAGE_POLICY));
    response
        .headers_mut()
        .insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds what every answer carries and does not say itself.
pub(crate) async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (RESOURCE_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, NO_PAGE_POLICY),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
