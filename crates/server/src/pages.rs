//! Console, chat and widget: plain files, and the headers that keep them safe.

mod frame;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app::App;
use crate::problem::Problem;
use frame::Page;

pub(crate) use frame::escaped;

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
const ASSETS: [Asset; 45] = assets! {
    CSS:
        "chat/chat.css",
        "console/access.css",
        "console/console.css",
        "console/floor.css",
        "console/list.css",
        "console/policy.css",
        "console/reports.css",
        "console/talk.css",
        "shared/tables.css",
        "shared/theme.css";
    SCRIPT:
        "chat/chat.js",
        "chat/kept.js",
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
        "console/drawn.js",
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
        "console/tables.js",
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

/// The pages of the console: the path that people open, the page, and what it holds.
const CONSOLE: [(&str, Page, &str); 7] = [
    (
        "/console",
        Page {
            title: "console",
            styles: &["list.css", "talk.css"],
            script: "console/console.js",
            tools: include_str!("pages/console/tools.html"),
        },
        include_str!("pages/console/console.html"),
    ),
    (
        "/console/floor",
        page("floor", &["floor.css"], "console/floor.js"),
        include_str!("pages/console/floor.html"),
    ),
    (
        "/console/people",
        page("people", &["access.css"], "console/people.js"),
        include_str!("pages/console/people.html"),
    ),
    (
        "/console/policy",
        page("policy", &["access.css", "policy.css"], "console/policy.js"),
        include_str!("pages/console/policy.html"),
    ),
    (
        "/console/setup",
        page("set-up", &[], "console/setup.js"),
        include_str!("pages/console/setup.html"),
    ),
    (
        "/console/trail",
        page("trail", &["access.css"], "console/trail.js"),
        include_str!("pages/console/trail.html"),
    ),
    (
        "/console/webhooks",
        page("webhooks", &["access.css"], "console/webhooks.js"),
        include_str!("pages/console/webhooks.html"),
    ),
];

/// A page of the console that the server draws, and a refusal that a browser is shown.
pub(crate) const DRAWN: Page = page("reports", &["reports.css"], "console/drawn.js");

const fn page(title: &'static str, styles: &'static [&'static str], script: &'static str) -> Page {
    Page {
        title,
        styles,
        script,
        tools: "",
    }
}

/// The page that other sites may show in a frame.
const CHAT: &str = "/chat";
const CHAT_PAGE: &str = include_str!("pages/chat/chat.html");

/// The script that other sites include: the only file they may load.
const WIDGET: &str = include_str!("pages/widget.js");

pub(crate) fn routes(app: &App) -> Router<App> {
    let mut router = Router::new()
        .route("/", get(async || Redirect::to("console")))
        .route("/widget.js", get(widget));
    let console = CONSOLE.map(|(path, page, holds)| (path, page.around(path, holds)));
    for (path, text) in console.into_iter().chain([(CHAT, CHAT_PAGE.to_owned())]) {
        let (policy, text) = (policy(app, path), Bytes::from(text));
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

fn file(kind: &'static str, text: impl IntoResponse, policy: HeaderValue) -> Response {
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

/// A page that the server draws at `path`, around markup; it may ask for itself by a form.
pub(crate) fn drawn(path: &str, holds: &str) -> Response {
    let policy = PAGE_POLICY.replace("form-action 'none'", "form-action 'self'");
    let policy = HeaderValue::try_from(format!("{policy}; frame-ancestors 'none'"));
    let policy = policy.expect("the policy has no control characters");
    let page = DRAWN.around(path, holds);
    let mut response = file(HTML, page, policy);
    // It shows figures that others may not see.
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// Where browsers come back to that a provider signs in, and the way there.
const PROVIDER: &str = "/v1/session/oidc";

/// Shows a browser that opens a page of the console, or signs in by a provider, a refusal as a page,
/// with the way to sign in. Programs get the problem as it is.
pub(crate) async fn refused(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let accepts = request.headers().get(header::ACCEPT);
    let signing_in = path.starts_with(PROVIDER);
    let opened = *request.method() == Method::GET
        && (path.starts_with("/console") || signing_in)
        && accepts.is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/html"));
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| opened) else {
        return response;
    };
    let (signing, title) = match signing_in {
        true => (" data-signing-in", "You were not signed in"),
        false => ("", problem.title.as_str()),
    };
    let holds = format!(
        "  <main id=\"desk\" class=\"report\" data-refused=\"{}\"{signing} hidden><p \
         id=\"problem\" role=\"alert\">{}: {}.</p></main>\n",
        response.status().as_u16(),
        escaped(title),
        escaped(&problem.detail),
    );
    let mut page = drawn(&path, &holds);
    *page.status_mut() = response.status();
    page
}

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
}
