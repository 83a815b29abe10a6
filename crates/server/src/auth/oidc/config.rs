//! `[server.oidc]`: the provider that signs people in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::auth::Role;

/// The claim with somebody's e-mail address.
pub(super) const ADDRESS: &str = "email";
/// The claim that says whether that address was verified.
pub(super) const VERIFIED: &str = "email_verified";

/// `[server.oidc]`: the provider that signs people in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider, as its tokens name it, such as `"https://login.example"`.
    #[serde(deserialize_with = "issuer")]
    pub issuer: String,
    /// What the provider calls this server.
    pub client_id: String,
    /// The environment variable that holds the client's secret. Default: none.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// The file that holds the client's secret, by its whole path. Default: none.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What the button says. Default: `"Sign in with single sign-on"`.
    #[serde(default = "label")]
    pub label: String,
    /// What is asked of the provider. Default: `["openid", "email", "profile"]`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that people are named by. Default: `"email"`.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Domains of the e-mail addresses that are let in; the provider must have verified the address.
    /// Default: any.
    #[serde(default)]
    pub allowed_domains: Vec<String>,
    /// Whether somebody who is not known is added at their first sign-in. Default: false.
    #[serde(default)]
    pub create: bool,
    /// The claim that holds somebody's groups, a text or a list of texts. Default: `"groups"`.
    #[serde(default = "role_claim")]
    pub role_claim: String,
    /// The role of each group; of several the highest. It is set at every sign-in. Default: none,
    /// and administrators give roles.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// The role of whoever is in none of these groups; without one they are not let in. Where no
    /// groups are named, of whoever is added: `"operator"`.
    #[serde(default)]
    pub default_role: Option<Role>,
}

impl OidcConfig {
    /// Whether people are named by their e-mail address.
    pub(super) fn is_named_by_address(&self) -> bool {
        self.name_claim == ADDRESS
    }

    /// The claims without which nobody is let in.
    pub(super) fn needed(&self) -> Vec<&str> {
        let mut needed = vec![self.name_claim.as_str()];
        // Only a verified address is of an allowed domain.
        if !self.allowed_domains.is_empty() {
            needed.extend([ADDRESS, VERIFIED]);
        }
        if !self.roles.is_empty() {
            needed.push(&self.role_claim);
        }
        needed
    }

    /// What the provider is asked for besides, where its token does not say it: the claims without
    /// which nobody is let in, and the word that links an address to somebody who is here.
    pub(super) fn wanted(&self) -> Vec<&str> {
        let mut wanted = self.needed();
        if self.is_named_by_address() {
            wanted.push(VERIFIED);
        }
        wanted
    }
}

/// An address by https; by http only on this machine, for trials.
fn issuer<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let issuer = String::deserialize(deserializer)?;
    let here = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    let safe = issuer.starts_with("https://")
        || here.iter().any(|here| {
            issuer
                .strip_prefix(here)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
    match safe {
        true => Ok(issuer),
        false => Err(serde::de::Error::custom(format!(
            "`{issuer}` is not the address of a provider: write one such as \
             `https://login.example`"
        ))),
    }
}

fn label() -> String {
    "Sign in with single sign-on".to_owned()
}

fn scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(str::to_owned).into()
}

fn name_claim() -> String {
    ADDRESS.to_owned()
}

fn role_claim() -> String {
    "groups".to_owned()
}
