//! What a configuration says of those who read its results: when a return reopens a conversation, and
//! what the assistant of the time was called.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use warmline_core::outcome::Reopening;
use warmline_core::source::{Problems, Source};

/// Longest name of a version, in bytes.
const LONGEST_LABEL: usize = 64;

/// The terms under which results of a configuration are read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// `[outcomes]`: when a customer's return restates an outcome.
    pub reopening: Reopening,
    /// `[assistant] version`: what the assistant was called.
    pub assistant: Option<String>,
}

impl Terms {
    /// Those of `source`; whatever it does not say has its default.
    ///
    /// # Errors
    /// What is wrong in the sections `[outcomes]` and `[assistant]`.
    pub fn of(source: &Source) -> Result<Self, Problems> {
        let outcomes = source.section::<OutcomesSection>("outcomes")?;
        let outcomes = outcomes.unwrap_or_default();
        let assistant = source.section::<AssistantSection>("assistant")?;
        Ok(Self {
            reopening: Reopening {
                window: outcomes.window,
                similarity: outcomes.similarity,
            },
            assistant: assistant.and_then(|assistant| assistant.version),
        })
    }
}

/// `[outcomes]`: when a customer who comes back restates how a conversation ended.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OutcomesSection {
    /// How long after the end a return about the same thing counts. Default: `"7d"`.
    #[serde(deserialize_with = "super::some_time")]
    window: Duration,
    /// Cosine similarity, 0 to 1, from which two questions are about the same thing, where they
    /// share no intent. Default: 0.6.
    #[serde(deserialize_with = "share")]
    similarity: f32,
}

impl Default for OutcomesSection {
    fn default() -> Self {
        let Reopening { window, similarity } = Reopening::default();
        Self { window, similarity }
    }
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let value = f32::deserialize(deserializer)?;
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err(de::Error::custom("a similarity is from 0 to 1")),
    }
}

/// `[assistant]`: the assistant that quotes documents.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AssistantSection {
    /// What this version of the assistant is called, whoever it is: reports tell versions apart.
    #[serde(deserialize_with = "label")]
    version: Option<String>,
    /// A folder of Markdown documents, relative to the configuration file.
    pub(super) knowledge: Option<String>,
    /// Others for customers who write in another language, by its ISO 639-1 code.
    pub(super) languages: BTreeMap<String, LanguageSection>,
}

/// `[assistant.languages.XX]`: the assistant for one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageSection {
    /// A folder of Markdown documents in that language, relative to the configuration file.
    pub(super) knowledge: String,
}

fn label<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let visible = !text.trim().is_empty() && !text.contains(char::is_control);
    match visible && text.len() <= LONGEST_LABEL {
        true => Ok(Some(text)),
        false => Err(de::Error::custom(format!(
            "a version is a name of 1 to {LONGEST_LABEL} bytes on one line, such as `\"2026-11\"`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_short_name() {
        let terms = |text: &str| Terms::of(&Source::new("w.toml", text));
        let named = terms("[assistant]\nversion = '2026-11 b'").unwrap();
        assert_eq!(named.assistant.as_deref(), Some("2026-11 b"));
        assert_eq!(terms("").unwrap(), Terms::default());
        for text in ["''", "'  '", "'a\tb'", &format!("'{}'", "x".repeat(65))] {
            let problems = terms(&format!("[assistant]\nversion = {text}")).unwrap_err();
            assert!(problems.to_string().contains("1 to 64 bytes"), "{problems}");
        }
    }
}
