//! The `[server]` section of the configuration file.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use warmline::core::source::{Problems, Source};
use warmline::llm::Release;

use crate::auth::OidcConfig;

/// The name of the section.
pub const SECTION: &str = "server";

/// `[server]`: where Warmline listens, and what it takes from whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port to listen on. Default: `"127.0.0.1:7717"`.
    pub listen: SocketAddr,
    /// A file that holds the machine token, and nothing else; relative to the configuration file.
    /// `WARMLINE_TOKEN` goes before it. Default: none.
    pub token_file: Option<PathBuf>,
    /// Longest body of a request, in bytes, from 32 KiB to 1 MiB. Default: 65536.
    #[serde(deserialize_with = "body_limit")]
    pub body_limit: usize,
    /// Sites that may show the chat in a frame, such as `["https://shop.example"]`. Default: none
    /// but Warmline's own.
    pub embed_from: Vec<Origin>,
    /// Where people reach the server, such as `"https://help.example"`: for links and sign-ins by a
    /// provider; with `https` cookies are sent by https alone. Default: the address a request names.
    pub public_url: Option<Origin>,
    /// Addresses of proxies that are believed whom they speak for (`x-forwarded-for`,
    /// `x-forwarded-proto`), such as `["10.0.0.1"]`. Default: none.
    pub trusted_proxies: Vec<IpAddr>,
    /// How much chat visitors may ask for.
    pub chat: ChatConfig,
    /// How long people stay signed in.
    pub sessions: SessionConfig,
    /// The provider that signs people in. Default: none.
    pub oidc: Option<OidcConfig>,
    /// How long the trail is kept.
    pub trail: TrailConfig,
    /// How the proxy for client libraries behaves.
    pub proxy: ProxyConfig,
    /// How often a silent stream shows that it is alive, from `"1s"` to `"30s"`. Default: `"15s"`.
    #[serde(deserialize_with = "heartbeat")]
    pub heartbeat: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 7717).into(),
            token_file: None,
            body_limit: 64 * 1024,
            embed_from: Vec::new(),
            public_url: None,
            trusted_proxies: Vec::new(),
            chat: ChatConfig::default(),
            sessions: SessionConfig::default(),
            oidc: None,
            trail: TrailConfig::default(),
            proxy: ProxyConfig::default(),
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// `[server.chat]`: how much chat visitors of one address may ask for. An address is an IPv4 address
/// or 64 bits of an IPv6 one; those of this machine are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChatConfig {
    /// Conversations that they may begin in a minute. Default: 30.
    pub conversations: NonZeroU32,
    /// Messages, and whatever else changes something, in a minute. Default: 300.
    pub requests: NonZeroU32,
}

impl Default for ChatConfig {
    fn default() -> Self {
        let positive = |number| NonZeroU32::new(number).expect("it is not zero");
        Self {
            conversations: positive(30),
            requests: positive(300),
        }
    }
}

/// `[server.sessions]`: how long people stay signed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// After how long without a request a session ends, at least `"1m"`. Default: `"1h"`.
    #[serde(deserialize_with = "a_minute")]
    pub idle: Duration,
    /// After how long it ends in any case, at least `"1m"`. Default: `"12h"`.
    #[serde(deserialize_with = "a_minute")]
    pub absolute: Duration,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(3600),
            absolute: Duration::from_secs(12 * 3600),
        }
    }
}

/// `[server.trail]`: how long the trail of who saw and did what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrailConfig {
    /// How long. Default: `"365d"`; `"off"` keeps it for ever.
    #[serde(deserialize_with = "retention")]
    pub retention: Option<Duration>,
}

impl Default for TrailConfig {
    fn default() -> Self {
        Self {
            retention: Some(Duration::from_secs(365 * 24 * 3600)),
        }
    }
}

/// `[server.proxy]`: how the proxy for client libraries behaves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// How long a turn may take, with every call of a tool that the client makes on the way.
    /// Default: `"2m"`.
    #[serde(with = "humantime_serde")]
    pub turn_budget: Duration,
    /// When a streamed answer is released: `"whole"` once all of it has been checked, or
    /// `"sentences"`, each once it has been checked by itself. What was released cannot be taken
    /// back, and the verifier sees the end alone. For chat completions; responses are released
    /// whole. Default: `"whole"`.
    pub release: Release,
    /// Longest body of a request, in bytes: client libraries send the whole conversation each
    /// time. Default: 4194304.
    pub body_limit: usize,
    /// Whether an answer carries what operators said since the last one. For bots that show their
    /// customers the conversation's stream of events: false. Default: true.
    pub deliver: bool,
    /// What customers are told, by language, when they write while a human has the conversation
    /// and has said nothing new. Default: that it was passed on.
    #[serde(rename = "acknowledgement")]
    acknowledgements: BTreeMap<String, String>,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        let acknowledgements = [
            ("en", "Thank you, I have passed that on to my colleague."),
            ("de", "Danke, ich habe das weitergegeben."),
            ("fr", "Merci, j'ai transmis votre message."),
            ("es", "Gracias, se lo he transmitido a mi equipo."),
        ];
        let owned = |(language, text): (&str, &str)| (language.to_owned(), text.to_owned());
        Self {
            turn_budget: Duration::from_secs(120),
            release: Release::Whole,
            body_limit: 4 << 20,
            deliver: true,
            acknowledgements: acknowledgements.map(owned).into(),
        }
    }
}

impl ProxyConfig {
    /// The acknowledgement in `language`, else in English, else in any.
    pub fn acknowledgement(&self, language: Option<&str>) -> &str {
        let known = &self.acknowledgements;
        let text = language.and_then(|language| known.get(language));
        let text = text.or_else(|| known.get("en")).or(known.values().next());
        text.map_or("…", String::as_str)
    }
}

impl ServerConfig {
    /// Reads the section out of `source`; without one, the defaults.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let config: Self = source.section(SECTION)?.unwrap_or_default();
        if config.oidc.is_some() && config.public_url.is_none() {
            let message = "the provider must know where to send people back to";
            let problem = source.problem(0..0, "server.public_url", message);
            let hint = "write one such as `public_url = \"https://help.example\"`";
            return Err(Problems(vec![problem.hint(hint.to_owned())]));
        }
        Ok(config)
    }
}

/// A web origin: `https://` or `http://`, a host, and a port where it is not the usual one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl Origin {
    /// The origin as a browser writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    // It ends up in a response header among other words, so nothing but a plain origin passes.
    fn try_from(origin: String) -> Result<Self, String> {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            .unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        match !host.is_empty() && host.chars().all(plain) {
            true => Ok(Self(origin)),
            false => Err(format!(
                "`{origin}` is not an origin: write scheme and host, such as `https://shop.example`"
            )),
        }
    }
}

fn body_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let limit = usize::deserialize(deserializer)?;
    match (32 * 1024..=1024 * 1024).contains(&limit) {
        true => Ok(limit),
        false => Err(de::Error::custom(format!(
            "a body limit is from 32768 to 1048576 bytes, not {limit}"
        ))),
    }
}

fn a_minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time: Duration = humantime_serde::deserialize(deserializer)?;
    match time >= Duration::from_secs(60) {
        true => Ok(time),
        false => Err(de::Error::custom("a session lasts `\"1m\"` at least")),
    }
}

fn retention<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "off" {
        return Ok(None);
    }
    let time = humantime::parse_duration(&text).ok();
    time.filter(|time| !time.is_zero())
        .map(Some)
        .ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no time to keep something: write one such as `\"365d\"`, or `\"off\"`"
            ))
        })
}

fn heartbeat<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let pause: Duration = humantime_serde::deserialize(deserializer)?;
    match (Duration::from_secs(1)..=Duration::from_secs(30)).contains(&pause) {
        true => Ok(pause),
        false => Err(de::Error::custom(
            "a heartbeat is from `\"1s\"` to `\"30s\"`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        ServerConfig::parse(&Source::new("warmline.toml", text))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_file_without_the_section_gives_the_defaults() {
        let config = ServerConfig::parse(&Source::new("warmline.toml", "")).unwrap();
        assert_eq!(config, ServerConfig::default());
        assert_eq!(config.listen.to_string(), "127.0.0.1:7717");
    }

    #[test]
    fn the_reference_shows_the_defaults() {
        let text = include_str!("../../../config/reference.toml");
        let config = ServerConfig::parse(&Source::new("reference.toml", text)).unwrap();
        assert_eq!(config, ServerConfig::default());
    }

    #[test]
    fn every_field_can_be_set() {
        let text = r#"
            [server]
            listen = "0.0.0.0:80"
            token_file = "secrets/token"
            body_limit = 131072
            embed_from = ["https://shop.example", "http://localhost:8080"]
            heartbeat = "5s"
            chat = { conversations = 5, requests = 50 }
        "#;
        let config = ServerConfig::parse(&Source::new("warmline.toml", text)).unwrap();
        assert_eq!(config.embed_from[1].as_str(), "http://localhost:8080");
        assert_eq!(config.heartbeat, Duration::from_secs(5));
        assert_eq!(config.chat.requests.get(), 50);
    }

    #[test]
    fn a_provider_needs_to_know_where_people_come_back_to() {
        let oidc = "[server.oidc]\nissuer = \"https://login.example\"\nclient_id = \"w\"";
        assert!(problem(oidc).contains("public_url"));
        let open = oidc.replace("https", "http");
        assert!(problem(&open).contains("https://login.example"));
    }

    #[test]
    fn problems_name_the_place_and_what_would_be_right() {
        assert!(problem("[server]\nlissten = \"a\"").contains("did you mean `listen`"));
        assert!(problem("[server]\nbody_limit = 10").contains("32768"));
        assert!(problem("[server.chat]\nrequests = 0").contains("nonzero"));
        assert!(problem("[server]\nheartbeat = \"0s\"").contains("1s"));
        let frame = problem("[server]\nembed_from = [\"https://a; script-src *\"]");
        assert!(frame.starts_with("warmline.toml:2:"), "{frame}");
        assert!(frame.contains("is not an origin"), "{frame}");
    }
}
