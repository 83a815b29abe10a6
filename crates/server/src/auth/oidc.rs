//! Signing in by a provider: OpenID Connect, the authorization code flow with PKCE.
//!
//! The browser is sent to the provider with a state, a nonce and a challenge, and comes back with a
//! code. State and a cookie bind the answer to the browser that asked, the challenge binds the code
//! to this server, the nonce binds the token to this sign-in (OpenID Connect Core 1.0, sections
//! 3.1.2 and 3.1.3; RFC 7636; RFC 9700, section 2.1).

mod claims;
mod config;
mod provider;

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lru::LruCache;
use sha2::{Digest, Sha256};
use warmline::{OperatorId, Timestamp};

use super::person::{self, Person};
use super::secret::fresh;
use crate::app::App;
use crate::problem::Problem;
use claims::Identity;
use provider::Provider;

pub use config::OidcConfig;
pub(crate) use provider::Returned;

/// The cookie that binds an answer of the provider to the browser that asked.
pub(crate) const COOKIE: &str = "warmline_oidc";
/// Sign-ins that are under way at once; the oldest is forgotten first.
const UNDER_WAY: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not zero");
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Signing in by a provider.
pub(crate) struct Oidc {
    config: OidcConfig,
    provider: Provider,
    under_way: Mutex<LruCache<String, Begun>>,
}

/// A sign-in that is under way.
struct Begun {
    nonce: String,
    verifier: String,
    at: Timestamp,
}

/// Where a browser is sent, and what its answer must show.
pub(crate) struct Sent {
    pub(crate) location: String,
    pub(crate) state: String,
}

impl Oidc {
    /// Makes ready what the configuration says; nobody is asked yet.
    ///
    /// # Errors
    /// When the client's secret is not where the configuration says.
    pub(crate) fn new(config: OidcConfig) -> Result<Self, crate::Error> {
        Ok(Self {
            provider: Provider::new(&config)?,
            config,
            under_way: Mutex::new(LruCache::new(UNDER_WAY)),
        })
    }

    /// What the button says.
    pub(crate) fn label(&self) -> &str {
        &self.config.label
    }

    /// Begins to sign somebody in.
    pub(crate) async fn begin(&self, app: &App) -> Result<Sent, Problem> {
        let secret = || fresh().map_err(|error| Problem::internal(&error));
        let (state, nonce, verifier) = (secret()?, secret()?, secret()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let location = self
            .provider
            .question(&redirect(app)?, &state, &nonce, &challenge)
            .await?;
        let at = app.now();
        let begun = Begun {
            nonce,
            verifier,
            at,
        };
        self.lock().put(state.clone(), begun);
        Ok(Sent { location, state })
    }

    /// Whom the provider's answer is about, as it came; `bound` from the cookie.
    pub(crate) async fn finish(
        &self,
        app: &App,
        returned: Returned<'_>,
        bound: Option<&str>,
    ) -> Result<(OperatorId, Person), Problem> {
        let state = returned.state;
        let again = || Problem::unauthenticated("this sign-in is over: begin again");
        if bound != Some(state) {
            return Err(again());
        }
        // Once: an answer that is sent again finds nothing.
        let begun = self.lock().pop(state).ok_or_else(again)?;
        if app.now().since(begun.at) > PATIENCE {
            return Err(again());
        }
        let claims = self
            .provider
            .answer(&redirect(app)?, returned, &begun.verifier, &begun.nonce)
            .await?;
        let identity = claims::identity(&self.config, &claims)?;
        self.known_or_new(app, identity).await
    }

    /// The person whom the provider means. One that it signed in before is found by its subject;
    /// one of the same name is linked only where the name is an address that the provider verified.
    async fn known_or_new(
        &self,
        app: &App,
        identity: Identity,
    ) -> Result<(OperatorId, Person), Problem> {
        let Identity {
            subject,
            name,
            display,
            role,
            verified,
        } = identity;
        let everybody = app.reading(|app| person::everybody(&app.records())).await?;
        let linked = everybody
            .iter()
            .find(|(_, person)| person.subject.as_ref() == Some(&subject))
            .map(|(name, _)| name.clone());
        let name = match linked {
            Some(name) => name,
            None => name.to_string(),
        };
        let id = OperatorId::new(&name).map_err(|error| Problem::unusable(error.to_string()))?;
        let known = everybody.into_iter().find(|(known, _)| *known == name);
        let Some((_, known)) = known else {
            if !self.config.create {
                return Err(Problem::forbidden(
                    "nobody of that name is here: ask an administrator to add you",
                ));
            }
            let role = role.ok_or_else(|| Problem::forbidden("the provider names no role"))?;
            let mut person = Person::new(display, role, app.now());
            person.subject = Some(subject);
            person::add(app, &id, &person).await?;
            return Ok((id, person));
        };
        if known.disabled {
            return Err(Problem::forbidden("an administrator keeps you out"));
        }
        match &known.subject {
            Some(linked) if *linked != subject => {
                return Err(Problem::forbidden("that name is somebody else's"));
            }
            None if !verified => {
                return Err(Problem::forbidden(
                    "that name is taken, and only a verified address is linked to it",
                ));
            }
            _ => {}
        }
        let role = role.filter(|_| !self.config.roles.is_empty());
        if known.subject.as_ref() == Some(&subject) && role.is_none_or(|role| role == known.role) {
            return Ok((id, known));
        }
        let person = person::change(app, &id, |person| {
            person.subject = Some(subject);
            if let Some(role) = role {
                person.role = role;
            }
            Ok(())
        })
        .await?;
        Ok((id, person))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<String, Begun>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the provider sends the browser back to.
fn redirect(app: &App) -> Result<String, Problem> {
    let public = app.config().public_url.as_ref().ok_or_else(|| {
        Problem::unavailable("signing in by a provider needs `server.public_url`")
    })?;
    let (public, base) = (public.as_str(), app.base());
    Ok(format!("{public}{base}v1/session/oidc/callback"))
}
