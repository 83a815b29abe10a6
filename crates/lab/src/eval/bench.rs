//! What a suite works with: the data, the encoder, detectors, and conversations to ask about.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use warmline_core::signal::{Findings, SignalKind};
use warmline_core::turn::{Speaker, Turn};
use warmline_core::{Epoch, Timestamp, TurnNumber};
use warmline_detect::{
    Case, DetectConfig, Detector, Encoder, Learner, Scope, ScopeIntent, Vector, detectors,
};

use crate::Error;

/// Cases that are examined at a time, so that their texts reach the encoder in batches.
const AT_ONCE: usize = 256;

/// Budgets are about a live host; a measurement waits.
const PATIENCE: Duration = Duration::from_secs(600);

/// The data folder, the encoder, and how much to measure.
pub struct Bench {
    /// The folder that holds a folder for each set.
    pub data: PathBuf,
    /// The encoder that all detectors share. It should remember as many vectors as the data has
    /// texts: suites come back to the same ones.
    pub encoder: Arc<dyn Encoder>,
    /// Whether a slice of the data is enough.
    pub quick: bool,
    /// The model whose answers are measured, for suites that ask one.
    pub subject: Option<Subject>,
}

/// A language model whose answers are measured.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its endpoint up to the version, such as `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// Its name there.
    pub model: String,
    /// The environment variable that holds the key, where the endpoint wants one.
    pub key_env: Option<String>,
    /// Most questions that are asked at once.
    pub at_once: usize,
}

impl Subject {
    /// The lines of configuration that make it the assistant and its verifier. It is given time.
    pub(super) fn roles(&self) -> String {
        let role = |name: &str, more: &str| {
            let quoted = |text: &str| toml::Value::from(text).to_string();
            let key = self.key_env.as_deref();
            let key = key.map_or(String::new(), |key| format!("key_env = {}\n", quoted(key)));
            format!(
                "[models.{name}]\ntimeout = \"5m\"\nsilence = \"5m\"\nat_once = {}\nmax_tokens = 300\n\
                 {more}\n[[models.{name}.endpoints]]\nbase_url = {}\nmodel = {}\n{key}",
                self.at_once,
                quoted(&self.base_url),
                quoted(&self.model),
            )
        };
        role("assistant", "temperature = 0.2\nlogprobs = true") + &role("verifier", "")
    }
}

impl Bench {
    /// The text of a file of the data.
    ///
    /// # Errors
    ///
    /// [`Error::File`], with the path.
    pub fn text(&self, file: &str) -> Result<String, Error> {
        let path = self.data.join(file);
        std::fs::read_to_string(&path).map_err(|source| Error::File {
            file: path.display().to_string(),
            source,
        })
    }

    /// The lines of a file of the data, without their ends.
    ///
    /// # Errors
    ///
    /// [`Error::File`], with the path.
    pub fn lines(&self, file: &str) -> Result<Vec<String>, Error> {
        let text = self.text(file)?;
        Ok(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// A JSON file of the data.
    ///
    /// # Errors
    ///
    /// [`Error::File`], or [`Error::Data`] where it holds something else.
    pub fn json<T: DeserializeOwned>(&self, file: &str) -> Result<T, Error> {
        serde_json::from_str(&self.text(file)?).map_err(|error| Error::Data {
            file: self.data.join(file).display().to_string(),
            why: error.to_string(),
        })
    }

    /// The vectors of `texts`.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] if the encoder fails.
    pub async fn vectors(&self, texts: &[String]) -> Result<Vec<Vector>, Error> {
        Ok(self.encoder.encode(texts.to_vec()).await?)
    }

    /// The detectors called `names`, with `config`, having learned from `scope`.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] if one cannot be built.
    pub async fn detectors(
        &self,
        names: &[&str],
        mut config: DetectConfig,
        scope: &Scope,
    ) -> Result<Vec<Arc<dyn Detector>>, Error> {
        let DetectConfig {
            gates,
            domain,
            language,
            sentiment,
            repeat,
            pivot,
            grounding,
        } = &mut config;
        for (name, enabled, budget) in [
            ("gates", &mut gates.enabled, &mut gates.budget),
            ("domain", &mut domain.enabled, &mut domain.budget),
            ("language", &mut language.enabled, &mut language.budget),
            ("sentiment", &mut sentiment.enabled, &mut sentiment.budget),
            ("loop", &mut repeat.enabled, &mut repeat.budget),
            ("pivot", &mut pivot.enabled, &mut pivot.budget),
            ("grounding", &mut grounding.enabled, &mut grounding.budget),
        ] {
            *enabled = names.contains(&name);
            *budget = PATIENCE;
        }
        let learner = Arc::new(self.learner(scope).await?);
        Ok(detectors(&config, scope, &learner).await?)
    }

    /// What `scope` teaches.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] if its examples cannot be encoded.
    pub async fn learner(&self, scope: &Scope) -> Result<Learner, Error> {
        Ok(Learner::new(scope, Arc::clone(&self.encoder)).await?)
    }

    /// What `detectors` find in each of `cases`, in order.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] for the first detector that fails.
    pub async fn examine(
        &self,
        detectors: &[Arc<dyn Detector>],
        cases: Vec<Case>,
    ) -> Result<Vec<Findings>, Error> {
        stream::iter(cases)
            .map(|case| async move {
                let mut findings = Findings::default();
                for detector in detectors {
                    findings.merge(detector.examine(&case).await?);
                }
                Ok(findings)
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }
}

/// A conversation of one turn, by the customer.
pub fn said(text: &str) -> Case {
    conversation(&[(Speaker::Customer, text)])
}

/// A conversation; the customer's turns after the last answer are under examination.
pub fn conversation(turns: &[(Speaker, &str)]) -> Case {
    let turns: Vec<Arc<Turn>> = (1..)
        .zip(turns)
        .map(|(number, (speaker, text))| {
            Arc::new(Turn {
                number: TurnNumber(number),
                speaker: speaker.clone(),
                text: (*text).to_owned(),
                at: Timestamp(0),
                epoch: Epoch(0),
                citations: Vec::new(),
            })
        })
        .collect();
    let answered = turns.iter().rev().find(|turn| !turn.is_customer());
    Case {
        through: turns.last().map_or(TurnNumber(0), |turn| turn.number),
        settled: answered.map_or(TurnNumber(0), |turn| turn.number),
        turns,
        ..Case::default()
    }
}

/// The score of the signal `kind`; 0 where it was not raised.
pub fn score(findings: &Findings, kind: SignalKind) -> f32 {
    let signal = findings.signals.iter().find(|signal| signal.kind == kind);
    signal.map_or(0.0, |signal| signal.score)
}

/// A scope of examples with the name of their intent, at most `most` of each, in their order.
pub fn scope_of(examples: &[(String, String)], most: usize, out_of_scope: Vec<String>) -> Scope {
    let mut intents: Vec<ScopeIntent> = Vec::new();
    for (text, name) in examples {
        let at = intents.iter().position(|intent| intent.name == *name);
        let at = at.unwrap_or_else(|| {
            intents.push(ScopeIntent {
                name: name.clone(),
                examples: Vec::new(),
                patterns: Vec::new(),
            });
            intents.len() - 1
        });
        if intents[at].examples.len() < most {
            intents[at].examples.push(text.clone());
        }
    }
    Scope {
        intents,
        out_of_scope,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_last_answer_is_open() {
        let case = conversation(&[
            (Speaker::Customer, "a"),
            (Speaker::Assistant, "b"),
            (Speaker::Customer, "c"),
            (Speaker::Customer, "d"),
        ]);
        let open: Vec<&str> = case.open_turns().map(|turn| turn.text.as_str()).collect();
        assert_eq!(open, ["c", "d"]);
        assert_eq!(said("x").open_turns().count(), 1);
    }

    #[test]
    fn a_scope_has_its_intents_in_order_and_no_more_examples_than_asked() {
        let pair = |text: &str, name: &str| (text.to_owned(), name.to_owned());
        let examples = [
            pair("1", "b"),
            pair("2", "a"),
            pair("3", "b"),
            pair("4", "b"),
        ];
        let scope = scope_of(&examples, 2, Vec::new());
        assert_eq!(scope.intents[0].name, "b");
        assert_eq!(scope.intents[0].examples, ["1", "3"]);
        assert_eq!(scope.intents[1].examples, ["2"]);
    }
}
