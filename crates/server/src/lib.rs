//! HTTP, SSE, the operator console and the customer chat.
//!
//! | module | holds |
//! |---|---|
//! | [`tenants`] | several tenants in one process, each under `/t/NAME` |
//! | [`config`] | the `[server]` section of the configuration file |
//! | [`auth`] | who may call, what they may do, and the trail of it |
//! | [`problem`] | every refusal, as RFC 9457 problem details |
//! | [`view`] | what callers see; journal types never leave by HTTP |
//! | [`events`] | live streams that resume where they broke off |
//! | [`openapi`] | the description of all this, made from the handlers |
//! | [`metrics`] | `/metrics` |
//! | [`report`] | what really happened, for people |
//! | [`policy`] | thresholds proposed, promoted, rolled back; drift; a candidate in the shadow |
//! | [`webhooks`] | what happens, told to other systems |
//! | [`serve()`] | listening, and stopping without dropping anything |
//!
//! Inside: `proxy` (what bots swap their `base_url` for), `request` (reading paths, queries and bodies), `routes` (a file for each group of
//! callers), `pages` (console, chat and widget as plain files), `app` (what handlers share).
//!
//! Deliberately absent: decisions. Handlers translate a request into a command and a state into a
//! view. Also absent: TLS and CORS. A reverse proxy brings the one; pages of other origins have no
//! business here, but for the chat in its frame.

mod app;
pub mod auth;
pub mod config;
pub mod events;
pub mod metrics;
pub mod openapi;
mod pages;
pub mod policy;
pub mod problem;
mod proxy;
pub mod report;
mod request;
mod routes;
pub mod serve;
pub mod tenants;
pub mod view;
pub mod webhooks;

pub use app::Settings;
pub use auth::{Access, SetupKey, Token, VisitorKey};
pub use config::ServerConfig;
pub use metrics::Metrics;
pub use policy::Policing;
pub use routes::router;
pub use serve::{serve, serve_tenants};
pub use tenants::{TenantName, Tenants, Threads};
pub use webhooks::{Webhooks, WebhooksConfig};

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A secret is too weak to protect anything.
    #[error("{what} must have at least {least} characters, this one has {found}")]
    WeakSecret {
        /// Which secret.
        what: &'static str,
        /// How long it must be.
        least: usize,
        /// How long it is.
        found: usize,
    },
    /// The machine has no randomness to offer.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// What is remembered of people cannot be read.
    #[error("nobody can tell who may sign in")]
    Records(#[source] warmline::Error),
    /// The provider that signs people in cannot be asked.
    #[error("server.oidc: {0}")]
    Oidc(String),
    /// Another recorder of metrics is there already.
    #[error("metrics are recorded by something else already")]
    Metrics,
    /// The system gave no threads for a tenant.
    #[error("a tenant's threads could not be started")]
    Threads(#[source] std::io::Error),
    /// The listener failed.
    #[error("the listener failed")]
    Listen(#[from] std::io::Error),
}
