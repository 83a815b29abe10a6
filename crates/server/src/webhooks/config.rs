//! The `[webhooks]` section: who is told of what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use warmline::core::source::{Problem, Problems, Source};

use super::event::EventKind;
use super::signature::Secret;
use super::{Told, Webhooks};

/// The name of the section.
const SECTION: &str = "webhooks";

/// `[webhooks]`: other systems that are told what happens to conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhooksConfig {
    /// Where operators open the console, such as `"https://desk.example/console"`: events link
    /// there. Default: no links.
    pub console: Option<String>,
    /// The endpoints, by a name of lower-case letters, digits, `-` and `_`.
    pub endpoints: BTreeMap<String, EndpointConfig>,
}

/// `[webhooks.endpoints.NAME]`: one system, and what it is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// Where events are sent, `https://` or `http://`.
    pub url: Option<String>,
    /// The environment variable with the address, where the address is a secret itself.
    pub url_env: Option<String>,
    /// The environment variable with the secret that signs, such as `whsec_..`.
    pub secret_env: Option<String>,
    /// The file with the secret, relative to the configuration file.
    pub secret_file: Option<PathBuf>,
    /// The events it is told of. Default: all.
    #[serde(default)]
    pub events: BTreeSet<EventKind>,
    /// What the body looks like. Default: `"cloudevents"`.
    #[serde(default)]
    pub format: Format,
}

/// What the body of a webhook looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// CloudEvents 1.0 in structured JSON.
    #[default]
    CloudEvents,
    /// `{"text": …}`, as incoming webhooks of Slack, Mattermost and Google Chat take it.
    Slack,
    /// An adaptive card, as workflows of Microsoft Teams take it.
    Teams,
}

/// An endpoint ready for use. Neither its address nor its secret is ever shown.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) secret: Option<Secret>,
    pub(crate) events: BTreeSet<EventKind>,
    pub(crate) format: Format,
}

impl Endpoint {
    pub(crate) fn wants(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

impl WebhooksConfig {
    /// Reads the section out of `source`; without one, nobody is told anything.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        Ok(source.section(SECTION)?.unwrap_or_default())
    }

    /// Reads the secrets: files stand beside the configuration, in the folder `beside`, and
    /// `environment` knows variables.
    ///
    /// # Errors
    /// Everything that is wrong, by endpoint.
    pub fn ready(
        &self,
        beside: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Webhooks, Problems> {
        let mut endpoints = Vec::with_capacity(self.endpoints.len());
        let mut problems = Vec::new();
        for (name, config) in &self.endpoints {
            match config.ready(name, beside, &environment) {
                Ok(endpoint) => endpoints.push(endpoint),
                Err((message, hint)) => problems.push(Problem {
                    file: String::new(),
                    line: 1,
                    column: 1,
                    key: format!("webhooks.endpoints.{name}"),
                    message,
                    hint: hint.to_owned(),
                }),
            }
        }
        match problems.is_empty() {
            true => Ok(Webhooks::new(Told {
                endpoints,
                console: self.console.clone(),
            })),
            false => Err(Problems(problems)),
        }
    }
}

impl EndpointConfig {
    fn ready(
        &self,
        name: &str,
        beside: &Path,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<Endpoint, (String, &'static str)> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            let message = format!("`{name}` is no name of an endpoint");
            return Err((message, "1 to 32 lower-case letters, digits, `-` and `_`"));
        }
        let variable = |name: &String| {
            environment(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
                .ok_or_else(|| {
                    (
                        format!("`{name}` is not set"),
                        "set the environment variable",
                    )
                })
        };
        let url = match (&self.url, &self.url_env) {
            (Some(url), None) => url.clone(),
            (None, Some(name)) => variable(name)?,
            _ => {
                return Err((
                    "there is no one address".to_owned(),
                    "write `url` or `url_env`",
                ));
            }
        };
        let parsed = reqwest::Url::parse(&url).ok();
        if !parsed.is_some_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host()) {
            // The address may be a secret: it is not repeated.
            let message = "the address is no web address".to_owned();
            return Err((
                message,
                "write one such as `https://hooks.example/warmline`",
            ));
        }
        let secret = match (&self.secret_env, &self.secret_file) {
            (Some(name), None) => Some(variable(name)?),
            (None, Some(file)) => {
                let path = beside.join(file);
                let text = std::fs::read_to_string(&path).map_err(|e| {
                    (
                        format!("cannot read {}: {e}", path.display()),
                        "name a file",
                    )
                })?;
                Some(text)
            }
            (None, None) => None,
            _ => return Err(("there are two secrets".to_owned(), "leave one of them out")),
        };
        if secret.is_none() && self.format == Format::CloudEvents {
            let message = "there is no secret, so the receiver cannot tell who calls".to_owned();
            return Err((message, "write `secret_env` or `secret_file`"));
        }
        let secret = secret.map(|text| Secret::new(&text)).transpose();
        Ok(Endpoint {
            name: name.to_owned(),
            url,
            secret: secret
                .map_err(|message| (message, "make one with `openssl rand -base64 32`"))?,
            events: self.events.clone(),
            format: self.format,
        })
    }
}
