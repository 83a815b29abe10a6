//! Whether a program of this very machine calls, for demonstrations.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Uri};

/// Whether a program of this machine calls, and not a page of some other site in its browser.
///
/// The peer must be loopback without a proxy in between, the host that was asked for must be this
/// machine (a name that was pointed here by somebody else is not), and a page that calls must have
/// come from the same host.
pub(super) fn from_this_machine(peer: Option<SocketAddr>, headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let proxied = ["forwarded", "x-forwarded-for", "x-real-ip"]
        .iter()
        .any(|name| headers.contains_key(*name));
    let host = uri.host().or_else(|| text("host")).unwrap_or_default();
    let here =
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| match host.strip_prefix(name) {
                Some(rest) => rest.is_empty() || rest.starts_with(':'),
                None => false,
            });
    let same_page = text("origin").is_none_or(|origin| {
        origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin == host)
    });
    peer.is_some_and(|peer| peer.ip().is_loopback()) && !proxied && here && same_page
}
