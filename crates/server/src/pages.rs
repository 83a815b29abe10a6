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

/// A file of this folder: its path under `pages`, what it is, and what it says.
struct Asset(&'static str, &'static str, &'static str);

macro_rules! assets {
    ($($kind:ident: $($path:literal),+;)+) => {
        [$($(Asset($path, $kind, include_str!(concat!("pages/", $path))),)+)+]
    };
}

/// What the pages load, at `/assets/` and the file's path.
const ASSETS: [Asset; 41] = assets! {
    CSS:
        "chat/chat.css",
        "console/access.css",
        "console/console.css",
        "console/floor.css",
        "console/list.css",
        "console/policy.css",
        "console/reports.css",
        "console/talk.css",
        "shared/theme.css";
    SCRIPT:
        "chat/chat.js",
        "chat/log.js",
        "chat/outbox.js",
        "chat/place.js",
        "chat/tongue.js",
        "console/administering.js",
        "console/baton.js",
        "console/card.js",
        "console/composer.js",
        "console/console.js",
        "console/desk.js",
        "console/floor.js",
        "console/keys.js",
        "console/list.js",
        "console/macros.js",
        "console/notify.js",
        "console/people.js",
        "console/pictures.js",
        "console/policy.js",
        "console/presence.js",
        "console/rows.js",
        "console/session.js",
        "console/setup.js",
        "console/talk.js",
        "console/trail.js",
        "console/transcript.js",
        "console/webhooks.js",
        "console/words.js",
        "shared/calls.js",
        "shared/elements.js",
        "shared/follow.js",
        "shared/kept.js";
};

/// The pages, by the path that people open.
const PAGES: [(&str, &str); 8] = [
    ("/console", include_str!("pages/console/console.html")),
    ("/console/floor", include_str!("pages/console/floor.html")),
    ("/console/people", include_str!("pages/console/people.html")),
    ("/console/policy", include_str!("pages/console/policy.html")),
    ("/console/setup", include_str!("pages/console/setup.html")),
    ("/console/trail", include_str!("pages/console/trail.html")),
    (
        "/console/webhooks",
        include_str!("pages/console/webhooks.html"),
    ),
    (CHAT, include_str!("pages/chat/chat.html")),
];

/// The page that other sites may show in a frame.
const CHAT: &str = "/chat";

/// The script that other sites include: the only file they may load.
const WIDGET: &str = include_str!("pages/widget.js");

pub(crate) fn routes(app: &App) -> Router<App> {
    let mut router = Router::new()
        .route("/", get(async || Redirect::to("console")))
        .route("/widget.js", get(widget));
    for (path, text) in PAGES {
        let policy = policy(app, path);
        router = router.route(path, get(async move || file(HTML, text, policy)));
    }
    for Asset(path, kind, text) in ASSETS {
        let policy = policy(app, path);
        let path = format!("/assets/{path}");
        router = router.route(&path, get(async move || file(kind, text, policy)));
    }
    router
}

/// The policy of the file at `path`; the chat alone may stand in a frame of other sites.
fn policy(app: &App, path: &str) -> HeaderValue {
    let frames = match path {
        CHAT => app
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        let scripts = ASSETS.into_iter().filter(|asset| asset.1 == SCRIPT);
        scripts
            .map(|Asset(path, _, text)| (path, text))
            .chain([("widget.js", WIDGET)])
    }

    #[test]
    fn no_script_turns_words_into_markup() {
        for (path, script) in scripts() {
            for way in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!script.contains(way), "{path}: {way}");
            }
        }
    }

    #[test]
    fn every_module_that_is_imported_is_served() {
        for (path, script) in scripts() {
            for import in script.split("from \"").skip(1) {
                let named = import.split('"').next().unwrap();
                let folder = path.split('/').next().unwrap();
                let file = match named.strip_prefix("./") {
                    Some(beside) => format!("{folder}/{beside}"),
                    None => named.trim_start_matches("../").to_owned(),
                };
                assert!(ASSETS.iter().any(|asset| asset.0 == file), "{path}: {file}");
            }
        }
    }
}
