//! Who may call, and what they may do.
//!
//! | module | holds |
//! |---|---|
//! | `permission` | what callers may do: permissions of roles, scopes of tokens |
//! | `demand` | what each operation takes, read from its own description |
//! | `admission` | letting callers in by that, and noting it in the trail |
//! | `caller` | who was let in, and in whose name they act |
//! | `person`, `password`, `sessions`, `throttle` | people who sign in |
//! | `rate_limit` | how much chat visitors of one address may ask for |
//! | `oidc` | people who sign in by a provider |
//! | `tokens` | tokens of machines that administrators made |
//! | `setup` | how the first administrator comes in |
//! | `trail` | who saw and did what |
//! | `origin`, `loopback` | where a request comes from |
//! | `secret` | the machine token, the key of chat visitors, random secrets |
//!
//! A machine shows a token and acts in the name of the operator it names. A person shows the cookie
//! of a session and acts as themselves. A chat visitor shows a token that this server signed for
//! one conversation; it opens the routes under `/v1/chat` and nothing else, and those take the
//! conversation from the token, never from the request.

mod admission;
mod caller;
mod demand;
mod loopback;
pub(crate) mod oidc;
mod origin;
pub(crate) mod password;
mod permission;
pub(crate) mod person;
mod rate_limit;
mod secret;
pub(crate) mod sessions;
mod setup;
mod throttle;
pub(crate) mod tokens;
pub(crate) mod trail;

pub use oidc::OidcConfig;
pub use permission::{Permission, Permissions, Role};
pub use person::{PEOPLE, Person};
pub use secret::{Token, VisitorKey};
pub use sessions::CSRF_HEADER;
pub use setup::SetupKey;

pub(crate) use admission::{Gate, Subject, admitted};
pub(crate) use caller::{Caller, Operator, Pass, Visitor};
pub(crate) use demand::Operations;
pub(crate) use origin::{Origin, same_site};
pub(crate) use rate_limit::RateLimit;
pub(crate) use secret::{hex, new_conversation, random};
pub(crate) use throttle::Throttle;

/// The header that names the operator a machine acts for.
pub const OPERATOR_HEADER: &str = "x-warmline-operator";
/// Who acts when nobody is named and loopback is trusted.
pub(crate) const DEMO_OPERATOR: &str = "demo";

/// Who is let in beside the people and tokens that administrators made.
#[derive(Debug, Clone)]
pub enum Access {
    /// Nobody.
    Made,
    /// Whoever shows the token.
    Token(Token),
    /// Whoever shows the token, if there is one, and whoever calls from this very machine without
    /// any. For demonstrations only.
    Loopback(Option<Token>),
}

impl Access {
    /// The token that opens everything.
    pub(crate) fn token(&self) -> Option<&Token> {
        match self {
            Self::Made | Self::Loopback(None) => None,
            Self::Token(token) | Self::Loopback(Some(token)) => Some(token),
        }
    }

    /// Whether this very machine is trusted.
    pub(crate) fn loopback(&self) -> bool {
        matches!(self, Self::Loopback(_))
    }
}

#[cfg(test)]
mod tests;
