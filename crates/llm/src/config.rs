//! `[models]`: which language model plays which role, and what it may cost.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// `[models]`: which language model plays which role.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelsConfig {
    /// Answers customers. Default: none; then the assistant that quotes documents does, if there
    /// are any.
    pub assistant: Option<RoleConfig>,
    /// Is asked the customer's question again, to see whether the answers agree. Default: none;
    /// then there is no signal `verifier`.
    pub verifier: Option<RoleConfig>,
    /// Writes the card. Default: none; then the extracted card stays.
    pub summarizer: Option<RoleConfig>,
    /// What the proxy passes requests on to. Default: none; then there is no proxy.
    pub upstream: Option<RoleConfig>,
    /// What all roles together may use.
    pub budget: BudgetConfig,
}

/// `[models.ROLE]`: the endpoints of one role, and how they are treated.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleConfig {
    /// Where the model is, in order of preference: the next is tried when one fails.
    #[serde(deserialize_with = "some")]
    pub endpoints: Vec<EndpointConfig>,
    /// How long one request may take, from start to end. Default: `"20s"`.
    #[serde(default = "defaults::timeout", deserialize_with = "some_time")]
    pub timeout: Duration,
    /// How long an endpoint may send nothing. Default: `"15s"`.
    #[serde(default = "defaults::silence", deserialize_with = "some_time")]
    pub silence: Duration,
    /// How often a request is sent again to an endpoint that is busy or broken. Default: 2.
    #[serde(default = "defaults::retries")]
    pub retries: u32,
    /// Most requests of this role at once; further ones wait. Default: 32.
    #[serde(default = "defaults::at_once")]
    pub at_once: NonZeroU32,
    /// Failures in a row after which an endpoint is left alone for a while. Default: 5.
    #[serde(default = "defaults::failures")]
    pub failures: NonZeroU32,
    /// How long it is left alone. Default: `"30s"`.
    #[serde(default = "defaults::pause", deserialize_with = "some_time")]
    pub pause: Duration,
    /// Longest answer, in tokens. Default: 600. The proxy's clients say so themselves.
    #[serde(default = "defaults::max_tokens")]
    pub max_tokens: NonZeroU32,
    /// How freely the model speaks, 0 to 2. Default: the model's own, but 0.7 for the verifier,
    /// whose answers must be able to differ.
    #[serde(default, deserialize_with = "temperature")]
    pub temperature: Option<f32>,
    /// Most times the verifier asks again. Default: 4.
    #[serde(default = "defaults::samples")]
    pub samples: NonZeroU32,
    /// Whether the verifier also has every claim of a draft held against its passages, which costs
    /// one more request. Default: false.
    #[serde(default)]
    pub claims: bool,
    /// When the assistant's answer is released: `"whole"` once all of it has been checked, or
    /// `"sentences"`, each as a turn of its own once it has been checked by itself, while the rest is
    /// on its way. What was said cannot be taken back, and the verifier judges the answer only when
    /// its end is about to be said. Default: `"whole"`.
    #[serde(default)]
    pub release: Release,
    /// Whether the assistant's endpoint is asked for the probability of each token, which not every
    /// one knows: recorded for comparison, nothing rests on it. Default: false.
    #[serde(default)]
    pub logprobs: bool,
    /// What the assistant is told of itself besides the rules that it always gets. Default: none.
    #[serde(default)]
    pub instructions: String,
}

/// When an answer that is still on its way is released.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Once all of it has been checked.
    #[default]
    Whole,
    /// Sentence by sentence, each once it has been checked.
    Sentences,
}

/// An OpenAI-compatible endpoint.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// Its address up to the version, such as `https://api.openai.com/v1`.
    #[serde(deserialize_with = "address")]
    pub base_url: String,
    /// The model. The proxy may leave it out: then its clients' own choice is passed on.
    #[serde(default)]
    pub model: Option<String>,
    /// The environment variable that holds the key. Default: none, and no key is sent.
    #[serde(default)]
    pub key_env: Option<String>,
    /// The file that holds the key, relative to the configuration file.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Price of a million tokens read, in the currency of the budget. Default: 0.
    #[serde(default, deserialize_with = "price")]
    pub price_in: f64,
    /// Price of a million tokens written. Default: 0.
    #[serde(default, deserialize_with = "price")]
    pub price_out: f64,
}

/// `[models.budget]`: what all roles together may use. Spent is counted since the start of the
/// process, days by UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetConfig {
    /// Most tokens of one conversation. Default: no limit.
    pub conversation_tokens: Option<u64>,
    /// Most money of one conversation. Default: no limit.
    pub conversation_cost: Option<f64>,
    /// Most tokens of a day. Default: no limit.
    pub day_tokens: Option<u64>,
    /// Most money of a day. Default: no limit.
    pub day_cost: Option<f64>,
}

impl RoleConfig {
    /// A role that has one endpoint, and defaults for the rest.
    pub fn of(endpoint: EndpointConfig) -> Self {
        Self {
            endpoints: vec![endpoint],
            timeout: defaults::timeout(),
            silence: defaults::silence(),
            retries: defaults::retries(),
            at_once: defaults::at_once(),
            failures: defaults::failures(),
            pause: defaults::pause(),
            max_tokens: defaults::max_tokens(),
            temperature: None,
            samples: defaults::samples(),
            claims: false,
            release: Release::Whole,
            logprobs: false,
            instructions: String::new(),
        }
    }
}

impl ModelsConfig {
    /// Gives `base_url`, with the model and the key's variable, to every role that has no endpoint
    /// yet. Without a model only to the proxy, whose clients name theirs.
    pub fn with_default(mut self, base_url: &str, model: Option<&str>, key_env: &str) -> Self {
        let endpoint = EndpointConfig {
            base_url: base_url.trim_end_matches('/').to_owned(),
            model: model.map(str::to_owned),
            key_env: Some(key_env.to_owned()).filter(|name| !name.is_empty()),
            key_file: None,
            price_in: 0.0,
            price_out: 0.0,
        };
        let role = RoleConfig::of(endpoint);
        self.upstream.get_or_insert_with(|| role.clone());
        if model.is_some() {
            for other in [
                &mut self.assistant,
                &mut self.verifier,
                &mut self.summarizer,
            ] {
                other.get_or_insert_with(|| role.clone());
            }
        }
        self
    }

    /// Every role that is configured, with its name.
    pub fn roles(&self) -> impl Iterator<Item = (&'static str, &RoleConfig)> {
        let roles = [
            ("assistant", &self.assistant),
            ("verifier", &self.verifier),
            ("summarizer", &self.summarizer),
            ("upstream", &self.upstream),
        ];
        roles
            .into_iter()
            .filter_map(|(name, role)| Some((name, role.as_ref()?)))
    }

    /// The first endpoint without a model where one is needed, as its key in the configuration.
    pub fn without_model(&self) -> Option<String> {
        self.roles()
            .filter(|(name, _)| *name != "upstream")
            .flat_map(|(name, role)| role.endpoints.iter().map(move |endpoint| (name, endpoint)))
            .find(|(_, endpoint)| endpoint.model.is_none())
            .map(|(name, _)| format!("models.{name}.endpoints.model"))
    }

    /// Takes the files of keys to stand beside the configuration, in `folder`.
    pub fn keys_in(mut self, folder: &std::path::Path) -> Self {
        let roles = [
            &mut self.assistant,
            &mut self.verifier,
            &mut self.summarizer,
            &mut self.upstream,
        ];
        for endpoint in roles.into_iter().flatten().flat_map(|r| &mut r.endpoints) {
            if let Some(file) = &mut endpoint.key_file {
                *file = folder.join(&*file);
            }
        }
        self
    }
}

mod defaults {
    use super::{Duration, NonZeroU32};

    pub(super) const fn timeout() -> Duration {
        Duration::from_secs(20)
    }

    pub(super) const fn silence() -> Duration {
        Duration::from_secs(15)
    }

    pub(super) const fn retries() -> u32 {
        2
    }

    pub(super) const fn at_once() -> NonZeroU32 {
        NonZeroU32::new(32).expect("32 is not zero")
    }

    pub(super) const fn failures() -> NonZeroU32 {
        NonZeroU32::new(5).expect("5 is not zero")
    }

    pub(super) const fn pause() -> Duration {
        Duration::from_secs(30)
    }

    pub(super) const fn max_tokens() -> NonZeroU32 {
        NonZeroU32::new(600).expect("600 is not zero")
    }

    pub(super) const fn samples() -> NonZeroU32 {
        NonZeroU32::new(4).expect("4 is not zero")
    }
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EndpointConfig>, D::Error> {
    let endpoints = Vec::deserialize(deserializer)?;
    match endpoints.is_empty() {
        true => Err(de::Error::custom("name at least one endpoint")),
        false => Ok(endpoints),
    }
}

fn some_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time: Duration = humantime_serde::deserialize(deserializer)?;
    match time.is_zero() {
        true => Err(de::Error::custom(
            "no time at all: write one such as `\"20s\"`",
        )),
        false => Ok(time),
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let address = String::deserialize(deserializer)?;
    match ["http://", "https://"]
        .iter()
        .any(|s| address.starts_with(s))
    {
        true => Ok(address.trim_end_matches('/').to_owned()),
        false => Err(de::Error::custom(
            "an address begins with `https://` or `http://`, as in `https://api.openai.com/v1`",
        )),
    }
}

fn temperature<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    let temperature = f32::deserialize(deserializer)?;
    match (0.0..=2.0).contains(&temperature) {
        true => Ok(Some(temperature)),
        false => Err(de::Error::custom("a temperature is a number from 0 to 2")),
    }
}

fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let price = f64::deserialize(deserializer)?;
    match price.is_finite() && price >= 0.0 {
        true => Ok(price),
        false => Err(de::Error::custom("a price is a number from 0 up")),
    }
}
