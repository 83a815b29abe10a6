//! Where a request comes from: which address, which site, over which scheme.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Uri, header};

use crate::app::App;
use crate::config::ServerConfig;
use crate::problem::Problem;

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    /// The address of whoever asks, through proxies that are trusted.
    pub(crate) address: Option<IpAddr>,
    /// Whether they ask by https.
    pub(crate) secure: bool,
}

impl FromRequestParts<App> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let peer = peer(&parts.extensions);
        Ok(Self::of(app.config(), peer, &parts.headers))
    }
}

/// The other end of the connection.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| *address)
}

impl Origin {
    pub(crate) fn of(config: &ServerConfig, peer: Option<SocketAddr>, headers: &HeaderMap) -> Self {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let trusted = |address: &IpAddr| config.trusted_proxies.contains(address);
        let proxied = peer.as_ref().is_some_and(trusted);
        let public = config.public_url.as_ref();
        let secure = public.is_some_and(|url| url.as_str().starts_with("https://"))
            || proxied && by_https(headers);
        // Each proxy adds whom it heard it from; the first that is not trusted may have made up
        // everything before it.
        let hops = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let hops: Vec<&str> = hops.collect();
        let heard = hops
            .iter()
            .rev()
            .map_while(|hop| hop.trim().parse::<IpAddr>().ok())
            .map(|hop| hop.to_canonical())
            .find(|hop| !trusted(hop));
        Self {
            address: if proxied { heard.or(peer) } else { peer },
            secure,
        }
    }
}

/// Refuses what a page of another site made a browser ask.
pub(crate) fn same_site(
    config: &ServerConfig,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<(), Problem> {
    let refused = || {
        Err(Problem::forbidden(
            "a page of another site asks; behind a proxy, set `server.public_url`",
        ))
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let public = config.public_url.as_ref().map(|url| url.as_str());
        let host = uri.host().is_some().then(|| uri.authority()).flatten();
        let host = host.map(|host| host.as_str()).or(text(headers, "host"));
        let own = origin.split_once("://").map(|(_, host)| host);
        return match Some(origin) == public || own.is_some() && own == host {
            true => Ok(()),
            false => refused(),
        };
    }
    // Browsers that send no origin with a request say this much of it.
    match text(headers, "sec-fetch-site") {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => refused(),
    }
}

/// Whether the first of the proxies was asked by https: each adds how it was asked itself.
fn by_https(headers: &HeaderMap) -> bool {
    let first = text(headers, "x-forwarded-proto").and_then(|all| all.split(',').next());
    first.is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use warmline::core::source::Source;

    use super::*;

    fn config() -> ServerConfig {
        let text =
            "[server]\ntrusted_proxies = [\"10.0.0.1\"]\npublic_url = \"https://help.example\"";
        ServerConfig::parse(&Source::new("warmline.toml", text)).unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let config = config();
        let heard = headers(&[("x-forwarded-for", "1.2.3.4, 203.0.113.9, 10.0.0.1")]);
        let of =
            |peer: [u8; 4]| Origin::of(&config, Some(SocketAddr::from((peer, 9))), &heard).address;
        assert_eq!(of([10, 0, 0, 1]), Some("203.0.113.9".parse().unwrap()));
        assert_eq!(of([10, 0, 0, 2]), Some("10.0.0.2".parse().unwrap()));
    }

    #[test]
    fn https_is_what_the_configuration_or_a_trusted_proxy_says() {
        let forwarded = headers(&[("x-forwarded-proto", "https")]);
        let peer = |last| Some(SocketAddr::from(([10, 0, 0, last], 9)));
        assert!(Origin::of(&config(), None, &HeaderMap::new()).secure);
        let plain = ServerConfig {
            public_url: None,
            ..config()
        };
        assert!(Origin::of(&plain, peer(1), &forwarded).secure);
        let twice = headers(&[("x-forwarded-proto", "https, http")]);
        assert!(Origin::of(&plain, peer(1), &twice).secure);
        assert!(!Origin::of(&plain, peer(2), &forwarded).secure);
    }

    #[test]
    fn another_sites_page_is_refused() {
        let asks = |pairs: &[(&'static str, &'static str)]| {
            same_site(&config(), &headers(pairs), &Uri::from_static("/v1/session")).is_ok()
        };
        assert!(asks(&[("host", "localhost:7717")]));
        assert!(asks(&[
            ("host", "localhost:7717"),
            ("origin", "http://localhost:7717")
        ]));
        assert!(asks(&[
            ("host", "inner"),
            ("origin", "https://help.example")
        ]));
        assert!(!asks(&[
            ("host", "localhost:7717"),
            ("origin", "https://evil.example")
        ]));
        assert!(!asks(&[("host", "localhost:7717"), ("origin", "null")]));
        assert!(!asks(&[("sec-fetch-site", "cross-site")]));
        assert!(!asks(&[("sec-fetch-site", "same-site")]));
    }
}
