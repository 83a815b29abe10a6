//! Several tenants in one process, each with everything of its own.
//!
//! A tenant is a whole server under `/t/NAME`: its own runtime and journal, its own people, tokens,
//! sessions and visitors, and [`Threads`] on which its measures are taken. Nothing but the listener
//! is shared, so nothing of one means anything to another. What stands at the root is the default
//! tenant.

mod threads;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use axum::Router;
use axum::extract::Request;
use axum::http::{Uri, uri::PathAndQuery};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower::ServiceExt;
use warmline::Warmline;
use warmline::core::source::{Problems, Source};

use crate::app::{App, Settings};
use crate::problem::Problem;
use crate::{Error, routes};

pub use threads::Threads;

/// The name of the section.
pub const SECTION: &str = "tenants";
/// Longest name of a tenant.
const LONGEST: usize = 32;

/// The name of a tenant: 1 to 32 lower-case letters, digits and hyphens. Its paths begin with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TenantName(String);

impl TenantName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the tenant's paths begin with.
    pub fn base(&self) -> String {
        format!("/t/{}/", self.0)
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        match (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain) {
            true => Ok(Self(name)),
            false => Err(format!(
                "a tenant's name has 1 to {LONGEST} lower-case letters, digits and hyphens, \
                 unlike `{name}`"
            )),
        }
    }
}

/// `[tenants.NAME]`: a tenant beside the default one, under `/t/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// The tenant's own configuration, relative to this file. Its `[server]` section counts but for
    /// `listen`; it has no tenants of its own.
    pub config: PathBuf,
    /// Where the tenant's conversations are kept. Default: `tenants/NAME` in the data directory.
    pub data: Option<PathBuf>,
}

/// Reads the tenants out of `source`, by name.
pub fn parse(source: &Source) -> Result<BTreeMap<TenantName, TenantConfig>, Problems> {
    Ok(source.section(SECTION)?.unwrap_or_default())
}

/// Everything that one listener serves.
pub struct Tenants {
    default: App,
    others: BTreeMap<TenantName, (App, Threads)>,
}

impl Tenants {
    /// The default tenant, at the root. Call it on the runtime that will serve.
    pub fn new(warmline: Warmline, settings: Settings) -> Result<Self, Error> {
        Ok(Self {
            default: App::start(warmline, settings, "/".to_owned())?,
            others: BTreeMap::new(),
        })
    }

    /// Another tenant, under `/t/NAME`. Its runtime was started on its `threads`, and its requests
    /// are answered there.
    pub fn with(
        mut self,
        threads: Threads,
        warmline: Warmline,
        settings: Settings,
    ) -> Result<Self, Error> {
        let name = threads.name().clone();
        let app = {
            let _on_them = threads.enter();
            App::start(warmline, settings, name.base())?
        };
        self.others.insert(name, (app, threads));
        Ok(self)
    }

    /// Everything that the server answers, for a host that listens by itself.
    pub fn router(&self) -> Router {
        let default = routes::assemble(&self.default);
        if self.others.is_empty() {
            return default;
        }
        let others = self.others.iter();
        let others: BTreeMap<String, (Router, Threads)> = others
            .map(|(name, (app, threads))| {
                let router = routes::assemble(app);
                (name.to_string(), (router, threads.clone()))
            })
            .collect();
        // No pattern of this router may match: each tenant's routes are told by their own.
        Router::new().fallback(async move |request: Request| match place(request.uri()) {
            Place::Default => answer(default, request).await,
            Place::Bare(base) => Redirect::permanent(&base).into_response(),
            Place::Tenant(name, rest) => match others.get(&name) {
                Some((router, threads)) => {
                    let answer = answer(router.clone(), moved(request, rest));
                    let answered = threads.run(answer).await;
                    answered.unwrap_or_else(|error| Problem::internal(&error).into_response())
                }
                None => Problem::not_found("there is no such tenant").into_response(),
            },
        })
    }

    pub(crate) fn apps(&self) -> impl Iterator<Item = &App> {
        let others = self.others.values().map(|(app, _)| app);
        std::iter::once(&self.default).chain(others)
    }
}

/// Whom a path is for.
#[derive(Debug, PartialEq)]
enum Place {
    Default,
    /// A tenant's root without its slash, from which relative links would lead astray.
    Bare(String),
    /// The tenant, and the path and query within.
    Tenant(String, PathAndQuery),
}

fn place(uri: &Uri) -> Place {
    let Some(path) = uri.path().strip_prefix("/t/") else {
        return Place::Default;
    };
    let Some((name, rest)) = path.split_once('/') else {
        return match TenantName::try_from(path.to_owned()) {
            Ok(name) => Place::Bare(name.base()),
            Err(_) => Place::Default,
        };
    };
    let query = uri.query().map(|query| format!("?{query}"));
    let rest = format!("/{rest}{}", query.unwrap_or_default());
    match rest.parse() {
        Ok(rest) => Place::Tenant(name.to_owned(), rest),
        Err(_) => Place::Default,
    }
}

/// `request` with another path.
fn moved(mut request: Request, path: PathAndQuery) -> Request {
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path);
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

async fn answer(router: Router, request: Request) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_tenant() {
        let at = |path: &str| place(&path.parse().unwrap());
        assert_eq!(at("/v1/session"), Place::Default);
        assert_eq!(at("/t/acme"), Place::Bare("/t/acme/".to_owned()));
        let within = Place::Tenant("acme".to_owned(), "/v1/trail?limit=3".parse().unwrap());
        assert_eq!(at("/t/acme/v1/trail?limit=3"), within);
        let root = Place::Tenant("acme".to_owned(), "/".parse().unwrap());
        assert_eq!(at("/t/acme/"), root);
        // Not another tenant's by a detour: what is behind the name is looked up as it is.
        let detour = Place::Tenant("acme".to_owned(), "/../beta/v1/trail".parse().unwrap());
        assert_eq!(at("/t/acme/../beta/v1/trail"), detour);
    }

    #[test]
    fn names_are_plain() {
        let text = "[tenants.\"Acme Inc\"]\nconfig = \"acme.toml\"";
        let problem = parse(&Source::new("warmline.toml", text)).unwrap_err();
        assert!(
            problem.to_string().contains("lower-case letters"),
            "{problem}"
        );
        let text = "[tenants.acme]\nconfig = \"acme.toml\"\ndata = \"acme\"";
        let tenants = parse(&Source::new("warmline.toml", text)).unwrap();
        let (name, tenant) = tenants.first_key_value().unwrap();
        assert_eq!(
            (name.base().as_str(), tenant.config.as_os_str()),
            ("/t/acme/", "acme.toml".as_ref())
        );
    }
}
