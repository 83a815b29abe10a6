//! One TOML file and what stands beside it, read and checked as a whole.

mod names;
mod terms;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use sha2::{Digest, Sha256};
use warmline_core::outcome::Reopening;
use warmline_core::source::{Problem, Problems, Source, unknown_sections};
use warmline_core::{ConfigVersion, Workflow};
use warmline_detect::{DetectConfig, Scope};
use warmline_llm::ModelsConfig;

use crate::knowledge::Document;
use terms::AssistantSection;
pub use terms::Terms;

/// The top-level keys that the file may have: core's, the detectors', ours, and the host's.
const SECTIONS: [&str; 23] = [
    "workflow",
    "states",
    "rules",
    "queues",
    "thresholds",
    "thresholds_for",
    "calibrated",
    "gates",
    "failures",
    "limits",
    "playbook",
    "detectors",
    "scope",
    "assistant",
    "models",
    "runtime",
    "outcomes",
    "webhooks",
    "server",
    "tenants",
    "privacy",
    "calibration",
    "shadow",
];

/// Where a configuration's files come from: a disk, or what a binary carries.
pub trait Files {
    /// The text of the file at `path`.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// The files right under the folder `path`, in any order.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}

/// The files of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    }
}

/// `[runtime]`: how much is done at once, how long it may take, how long it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuntimeConfig {
    /// How long the assistant may take for a draft before it counts as failed. Default: `"20s"`.
    #[serde(deserialize_with = "some_time")]
    pub assistant_budget: Duration,
    /// How long the verifier may take over a draft. Default: `"8s"`.
    #[serde(deserialize_with = "some_time")]
    pub verifier_budget: Duration,
    /// How long the summarizer may take for a card. Default: `"15s"`.
    #[serde(deserialize_with = "some_time")]
    pub summarizer_budget: Duration,
    /// How long to wait for more turns before answering, for customers who write in pieces.
    /// Default: `"0s"`: turns that come while an answer is under way are answered with it.
    #[serde(with = "humantime_serde")]
    pub burst: Duration,
    /// How long a conversation stays in memory after the last thing that happened to it.
    /// Default: `"30s"`.
    #[serde(with = "humantime_serde")]
    pub idle: Duration,
    /// Most commands that may wait for one conversation; further ones are refused. Default: 32.
    #[serde(deserialize_with = "at_least_one")]
    pub waiting: usize,
    /// Most customers' turns that may be under way in all; further ones are refused.
    /// Default: 4096.
    #[serde(deserialize_with = "at_least_one")]
    pub turns_under_way: usize,
    /// How long an operator who shows no sign counts as there. Default: `"60s"`.
    #[serde(deserialize_with = "some_time")]
    pub offline_after: Duration,
    /// How long an operator who shows no sign keeps what they claimed. Default: `"2m"`.
    #[serde(deserialize_with = "some_time")]
    pub lease: Duration,
    /// How long a conversation is kept after it ended. Default: for ever.
    #[serde(with = "humantime_serde")]
    pub retention: Option<Duration>,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            assistant_budget: Duration::from_secs(20),
            verifier_budget: Duration::from_secs(8),
            summarizer_budget: Duration::from_secs(15),
            burst: Duration::ZERO,
            idle: Duration::from_secs(30),
            waiting: 32,
            turns_under_way: 4096,
            offline_after: Duration::from_secs(60),
            lease: Duration::from_secs(120),
            retention: None,
        }
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

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(de::Error::custom(
            "with 0, everything would be refused: write at least 1",
        )),
        most => Ok(most),
    }
}

/// `[scope]`: what customers say to this assistant.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ScopeSection {
    /// A TOML file with intents and their examples, relative to the configuration file.
    examples: Option<String>,
}

/// A configuration: read, checked, ready to start with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The main file, of which a host may read a `[server]` section of its own.
    pub source: Source,
    /// The state machine and its policy; its version covers every file of the configuration.
    pub workflow: Arc<Workflow>,
    /// The detectors.
    pub detect: DetectConfig,
    /// Intents, their examples, and what is known to be out of scope.
    pub scope: Scope,
    /// The documents that the knowledge assistant quotes.
    pub knowledge: Vec<Document>,
    /// Those that it quotes to customers of another language, by its ISO 639-1 code.
    pub knowledge_in: BTreeMap<String, Vec<Document>>,
    /// The language models.
    pub models: ModelsConfig,
    /// Budgets and limits.
    pub runtime: RuntimeConfig,
    /// When a customer's return restates an outcome.
    pub reopening: Reopening,
}

impl Default for Config {
    /// The default machine and policy, every detector, no scope and no documents.
    fn default() -> Self {
        let source = Source::new("default", "");
        Self::parse(&source, Path::new(""), &Disk).expect("the defaults are checked by a test")
    }
}

impl Config {
    /// Reads the file at `path` and what it names beside it.
    ///
    /// # Errors
    /// Everything that is wrong, each with file, line, column and what would be right.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::load_from(path, &Disk)
    }

    /// Reads the file at `path` among `files` and what it names beside it.
    pub fn load_from(path: &Path, files: &dyn Files) -> Result<Self, Problems> {
        let name = path.display().to_string();
        let text = files
            .read(path)
            .map_err(|error| Problems(vec![unread(&name, "", &error)]))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&Source::new(name, text), folder, files)
    }

    /// Checks `source`, whose neighbours are `files` under `folder`.
    pub fn parse(source: &Source, folder: &Path, files: &dyn Files) -> Result<Self, Problems> {
        let mut problems = unknown_sections(source, &SECTIONS);
        let mut keep = |found: Problems| problems.extend(found.0);
        let workflow = Workflow::parse(source).map_err(&mut keep).ok();
        let detect = source
            .section::<DetectConfig>("detectors")
            .map_err(&mut keep)
            .ok();
        let runtime = source
            .section::<RuntimeConfig>("runtime")
            .map_err(&mut keep)
            .ok();
        let terms = Terms::of(source).map_err(&mut keep).unwrap_or_default();
        let models = source
            .section::<ModelsConfig>("models")
            .map_err(&mut keep)
            .ok()
            .map(Option::unwrap_or_default)
            .map(|models| models.keys_in(folder));
        let scope = source
            .section::<ScopeSection>("scope")
            .map_err(&mut keep)
            .ok()
            .flatten();
        let assistant = source
            .section::<AssistantSection>("assistant")
            .map_err(&mut keep)
            .ok()
            .flatten();

        let mut hash = Sha256::new();
        hash.update(&source.text);
        let examples = scope.and_then(|scope| scope.examples);
        let scope = examples.map(|examples| {
            let path = folder.join(&examples);
            let name = path.display().to_string();
            let text = files
                .read(&path)
                .map_err(|error| Problems(vec![unread(&name, "scope.examples", &error)]))?;
            hash.update(&text);
            Scope::parse(&Source::new(name, text))
        });
        let assistant = assistant.unwrap_or_default();
        let documents = |knowledge: &String, key: &str| {
            let path = folder.join(knowledge);
            let name = path.display().to_string();
            Document::read_all(&path, files)
                .map_err(|error| Problems(vec![unread(&name, key, &error)]))
        };
        let knowledge = assistant.knowledge.as_ref();
        let knowledge = knowledge.map(|folder| documents(folder, "assistant.knowledge"));
        let others = assistant.languages.iter().map(|(language, section)| {
            let key = format!("assistant.languages.{language}.knowledge");
            Ok((language.clone(), documents(&section.knowledge, &key)?))
        });
        let others: Result<BTreeMap<_, _>, Problems> = others.collect();
        let scope = scope.transpose().map_err(&mut keep).ok();
        let knowledge = knowledge.transpose().map_err(&mut keep).ok();
        let others = others.map_err(&mut keep).unwrap_or_default();

        if let Some(key) = models.as_ref().and_then(ModelsConfig::without_model) {
            problems.push(nameless(source, key));
        }
        if let Some(Some(runtime)) = &runtime
            && runtime.lease < runtime.offline_after
        {
            problems.push(short_lease(source, runtime));
        }
        let parts = (workflow, detect, models, runtime, scope, knowledge);
        match parts {
            (
                Some(mut workflow),
                Some(detect),
                Some(models),
                Some(runtime),
                Some(scope),
                Some(knowledge),
            ) if problems.is_empty() => {
                workflow.version = version(hash);
                Ok(Self {
                    source: source.clone(),
                    workflow: Arc::new(workflow),
                    detect: detect.unwrap_or_default(),
                    scope: scope.unwrap_or_default(),
                    knowledge: knowledge.unwrap_or_default(),
                    knowledge_in: others,
                    models,
                    runtime: runtime.unwrap_or_default(),
                    reopening: terms.reopening,
                })
            }
            _ => {
                problems.dedup();
                Err(Problems(problems))
            }
        }
    }
}

/// An endpoint that does not say which model is meant.
fn nameless(source: &Source, key: String) -> Problem {
    source
        .problem(0..0, key, "the endpoint names no model".to_owned())
        .hint("write one such as `model = \"gpt-4o-mini\"`".to_owned())
}

/// Operators who would lose what they have while they still count as there, and be given it again.
fn short_lease(source: &Source, runtime: &RuntimeConfig) -> Problem {
    let (lease, offline) = (runtime.lease, runtime.offline_after);
    let (lease, offline) = (
        humantime_serde::re::humantime::format_duration(lease),
        humantime_serde::re::humantime::format_duration(offline),
    );
    let message = format!("`lease` ({lease}) ends before `offline_after` ({offline})");
    source
        .problem(0..0, "runtime.lease".to_owned(), message)
        .hint(format!("write `lease = \"{offline}\"` or longer"))
}

/// The first 16 hexadecimal digits of a fingerprint.
pub(crate) fn version(hash: Sha256) -> ConfigVersion {
    let digits: String = hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ConfigVersion::new(digits).expect("hexadecimal digits are an id")
}

fn unread(file: &str, key: &str, error: &io::Error) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 1,
        column: 1,
        key: key.to_owned(),
        message: format!("cannot be read: {error}"),
        hint: "paths are relative to the configuration file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use warmline_core::privacy::PrivacyConfig;

    use super::*;

    #[test]
    fn the_reference_shows_the_defaults() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/reference.toml");
        let reference = Config::load(&path).unwrap();
        assert_eq!(reference.detect, DetectConfig::default());
        assert_eq!(reference.runtime, RuntimeConfig::default());
        assert_eq!(reference.workflow.privacy, PrivacyConfig::default());
        assert_eq!(reference.reopening, Reopening::default());
    }

    #[test]
    fn limits_under_which_nothing_could_happen_are_refused() {
        let refused = |key: &str| {
            let source = Source::new("w.toml", format!("[runtime]\n{key}"));
            let problems = Config::parse(&source, Path::new(""), &Disk).unwrap_err();
            problems.to_string()
        };
        for key in [
            "waiting = 0",
            "turns_under_way = 0",
            "assistant_budget = '0s'",
        ] {
            let problem = refused(key);
            assert!(problem.contains("w.toml:2:"), "{problem}");
            assert!(
                problem.contains("at least 1") || problem.contains("no time at all"),
                "{problem}"
            );
        }
        let problem = refused("lease = '30s'");
        assert!(
            problem.contains("write `lease = \"1m\"` or longer"),
            "{problem}"
        );
    }
}
