//! The configuration of the detectors, as it stands in `[detectors.*]`.
//!
//! Every field has a default, so every section may be left out. The thresholds from which a score
//! hands off do not stand here: they belong to the policy.

use std::num::NonZeroU8;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// How long a caller waits for a detector where the configuration says nothing else.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(1);

/// `[detectors]`: one section for each detector.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectConfig {
    /// Hard gates: intents, amounts, and commitments in drafts.
    pub gates: GatesConfig,
    /// Turns outside the scope of the assistant.
    pub domain: DomainConfig,
    /// The customer's language.
    pub language: LanguageConfig,
    /// Upset customers.
    pub sentiment: SentimentConfig,
    /// Conversations that go round in circles.
    #[serde(rename = "loop")]
    pub repeat: LoopConfig,
    /// Customers who leave what a handback left to do.
    pub pivot: PivotConfig,
    /// Drafts whose claims do not trace to their passages.
    pub grounding: GroundingConfig,
}

/// `[detectors.gates]`: what must reach a human whatever the scores say.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatesConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// Cosine similarity to an intent's nearest examples, 0 to 1, below which examples do not
    /// count, however sure the calibration is; patterns count always. Default: 0.45.
    #[serde(deserialize_with = "share")]
    pub similarity: f32,
}

impl Default for GatesConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            similarity: 0.45,
        }
    }
}

/// `[detectors.domain]`: the turn lies outside the scope learned from examples.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DomainConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// Share of the scope's own examples, each held out in turn, that must come out inside,
    /// 0 to 1: a higher share is more patient with turns that no example foresaw.
    /// Default: 0.96.
    #[serde(deserialize_with = "share")]
    pub accept: f32,
}

impl Default for DomainConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            accept: 0.96,
        }
    }
}

/// `[detectors.language]`: which language the customer writes in.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LanguageConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// The languages of the scope's examples, as ISO 639-1 codes. Turns that are clearly in another
    /// one are not judged by them: what becomes of those is for a gate to say, by the fact
    /// `language`. Default: `["en"]`.
    #[serde(deserialize_with = "languages")]
    pub supported: Vec<String>,
}

impl Default for LanguageConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            supported: vec!["en".to_owned()],
        }
    }
}

/// `[detectors.sentiment]`: the customer is upset, or getting there.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SentimentConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// The customer's turns over which the trend is taken, counted back from the latest.
    /// Default: 6.
    pub window: NonZeroU8,
}

impl Default for SentimentConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            window: const { NonZeroU8::new(6).unwrap() },
        }
    }
}

/// `[detectors.loop]`: the customer, or the assistant, goes round in circles.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoopConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// Cosine similarity, 0 to 1, from which two turns of the customer say the same.
    /// Default: 0.60.
    #[serde(deserialize_with = "share")]
    pub similarity: f32,
    /// Cosine similarity, 0 to 1, from which the assistant repeats itself: higher, since answers
    /// on one topic resemble each other anyhow. Default: 0.92.
    #[serde(deserialize_with = "share")]
    pub answer_similarity: f32,
    /// Whether turns of one intent say the same, even in quite other words: finds four loops for
    /// one that similarity alone finds, where each intent of the scope is one question. Where an
    /// intent gathers several questions, asking them one after the other is no loop. Default: false.
    pub same_intent: bool,
    /// How often the same is said when the score reaches one half, 2 to 20. Default: 3.
    #[serde(deserialize_with = "strikes")]
    pub strikes: NonZeroU8,
}

impl Default for LoopConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            similarity: 0.60,
            answer_similarity: 0.92,
            same_intent: false,
            strikes: const { NonZeroU8::new(3).unwrap() },
        }
    }
}

/// `[detectors.pivot]`: after a handback, the customer leaves what was left to do.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PivotConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// Cosine similarity to what is left, 0 to 1, from which a turn belongs to it.
    /// Default: 0.30.
    #[serde(deserialize_with = "share")]
    pub similarity: f32,
    /// Cosine similarity to a line of `return_when`, 0 to 1, from which a turn meets it.
    /// Default: 0.55.
    #[serde(deserialize_with = "share")]
    pub return_similarity: f32,
}

impl Default for PivotConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            similarity: 0.30,
            return_similarity: 0.55,
        }
    }
}

/// `[detectors.grounding]`: the draft claims what its passages do not say.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroundingConfig {
    /// Whether the detector runs. Default: true.
    pub enabled: bool,
    /// How long a caller waits for it, `"1ms"` to `"30s"`; from then on it counts as failed.
    /// Default: `"1s"`.
    #[serde(with = "budget")]
    pub budget: Duration,
    /// How probable it must be that the passages support a claim, 0 to 1, for its score to stay
    /// below one half: more is stricter. Default: 0.50.
    #[serde(deserialize_with = "share")]
    pub support: f32,
    /// Whether a draft that comes without any passage is judged all the same, so that none of its
    /// claims can be supported; otherwise such drafts raise no signal, as a bot that answers
    /// without retrieval could never send one. Default: false.
    pub require_passages: bool,
}

impl Default for GroundingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: DEFAULT_BUDGET,
            support: 0.50,
            require_passages: false,
        }
    }
}

/// A number from 0 to 1.
fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let value = f32::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!(
            "expected a number from 0 to 1, found {value}"
        )))
    }
}

/// Codes of languages.
fn languages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let codes = Vec::<String>::deserialize(deserializer)?;
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    match codes.iter().find(|code| !is_code(code)) {
        Some(code) => Err(D::Error::custom(format!(
            "languages are two small letters (ISO 639-1), such as `en`, found `{code}`"
        ))),
        None => Ok(codes),
    }
}

/// How often something is said to be a loop; once is none.
fn strikes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroU8, D::Error> {
    let value = u8::deserialize(deserializer)?;
    NonZeroU8::new(value)
        .filter(|strikes| (2..=20).contains(&strikes.get()))
        .ok_or_else(|| D::Error::custom(format!("expected a number from 2 to 20, found {value}")))
}

/// A duration in words, such as `"1s"`.
mod budget {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    const SHORTEST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_secs(30);

    pub(super) fn serialize<S: Serializer>(budget: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*budget))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text)
            .ok()
            .filter(|budget| (SHORTEST..=LONGEST).contains(budget))
            .ok_or_else(|| {
                D::Error::custom(format!(
                    "expected a duration from \"1ms\" to \"30s\", such as \"300ms\", found {text:?}"
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        toml::from_str::<DetectConfig>(text)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_section_and_key_may_be_left_out() {
        let config: DetectConfig = toml::from_str("").unwrap();
        assert_eq!(config, DetectConfig::default());
        let config: DetectConfig =
            toml::from_str("[loop]\nstrikes = 4\nbudget = \"1s 500ms\"").unwrap();
        assert_eq!(config.repeat.strikes.get(), 4);
        assert_eq!(config.repeat.budget, Duration::from_millis(1500));
        assert!(config.repeat.enabled);
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let config = DetectConfig::default();
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<DetectConfig>(&text).unwrap(), config);
    }

    #[test]
    fn a_wrong_value_says_where_it_stands_and_what_is_right() {
        for (text, expected) in [
            ("[mood]", "unknown field `mood`"),
            ("[loop]\nstrike = 3", "unknown field `strike`"),
            (
                "[loop]\nstrikes = 1",
                "expected a number from 2 to 20, found 1",
            ),
            (
                "[loop]\nsimilarity = 80",
                "expected a number from 0 to 1, found 80",
            ),
            (
                "[domain]\nbudget = \"soon\"",
                "such as \"300ms\", found \"soon\"",
            ),
            ("[domain]\nbudget = \"1h\"", "from \"1ms\" to \"30s\""),
            (
                "[language]\nsupported = [\"eng\"]",
                "two small letters (ISO 639-1), such as `en`, found `eng`",
            ),
        ] {
            let error = error(text);
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("line"), "{error}");
        }
    }
}
