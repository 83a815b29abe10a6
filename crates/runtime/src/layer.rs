//! Thresholds that were promoted over those of the configuration file.
//!
//! The file is never written. A layer is a record of the journal that is put on top of it at every
//! start and reload: `[calibrated]`, behind the file's own text. What comes of the two is a
//! configuration like any other, with a version and a text of its own, so that every decision names
//! it and replay repeats it. A layer rests on what the file said when it was promoted; once the file
//! says something else there, the layer is void for good.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use warmline_core::source::{Problems, Source};
use warmline_core::{Timestamp, Workflow};
use warmline_journal::{Collection, Journal, RecordChange};

use crate::config::{Config, version};
use crate::error::Error;
use crate::records::{Records, keep};

/// The layer that was promoted last, while it was not rolled back.
const LAYER: Collection = Collection::new("layer");
const KEY: &str = "current";
/// The section that a layer is.
const SECTION: &str = "calibrated";
/// What a layer rests on: the thresholds that it changes, and the detectors whose scores they judge.
const GROUND: [&str; 3] = ["thresholds", "thresholds_for", "detectors"];

/// Thresholds that were promoted over those of the configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// What its promoter calls it.
    pub id: String,
    /// TOML: the section `[calibrated]` and nothing else.
    pub text: String,
    /// What the file said there when it was promoted, by [`Config::ground`].
    pub ground: Value,
    /// When it was promoted.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// When the file was found to say something else. From then on it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void: Option<Timestamp>,
}

impl Config {
    /// What a layer over this configuration rests on.
    pub fn ground(&self) -> Value {
        let section = |name: &str| self.source.section::<Value>(name).ok().flatten();
        let sections = GROUND.iter().filter_map(|name| {
            let section = section(name)?;
            Some(((*name).to_owned(), section))
        });
        Value::Object(sections.collect::<Map<_, _>>())
    }

    /// This configuration with the section `[calibrated]` in `text` on top.
    ///
    /// # Errors
    /// Everything that is wrong with the two together, and other sections in `text`.
    pub fn layered(&self, text: &str) -> Result<Self, Problems> {
        let layer = Source::new("the promoted thresholds", text);
        let sections = layer.sections()?;
        if sections.len() != 1 || !sections.contains_key(SECTION) {
            let problem = layer.problem(0..0, SECTION, "a layer has this section and no other");
            return Err(Problems(vec![problem]));
        }
        let whole = format!("{}\n\n{text}", self.source.text);
        let source = Source::new(self.source.name.clone(), whole);
        let mut workflow = Workflow::parse(&source)?;
        let mut hash = Sha256::new();
        // The version below covers the files beside this one as well.
        hash.update(self.workflow.version.as_str());
        hash.update(text);
        workflow.version = version(hash);
        Ok(Self {
            source,
            workflow: workflow.into(),
            ..self.clone()
        })
    }
}

impl Layer {
    /// The change that puts it in force at the next start.
    pub(crate) fn kept(&self) -> RecordChange {
        keep(LAYER, KEY, None, self)
    }

    /// The change that takes away whatever was promoted.
    pub(crate) fn dropped() -> RecordChange {
        RecordChange::Drop {
            collection: LAYER,
            key: KEY.to_owned(),
            conversation: None,
        }
    }
}

impl Records {
    /// The layer that was promoted last, if it was not rolled back; it may be void.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Invalid`] for one of another form.
    pub fn layer(&self) -> Result<Option<Layer>, Error> {
        self.get(LAYER, KEY)
    }
}

/// `file` with the layer of the journal on top, if there is one that still counts; and, for a layer
/// that does not count over it, the change that remembers so. That is for good: make it once all that
/// `file` asks for is set up, not before.
pub(crate) fn on_top(
    journal: &Arc<dyn Journal>,
    now: Timestamp,
    file: &Config,
) -> Result<(Config, Option<RecordChange>), Error> {
    let records = Records::new(journal.clone());
    let Some(layer) = records.layer()?.filter(|layer| layer.void.is_none()) else {
        return Ok((file.clone(), None));
    };
    let id = &layer.id;
    let reason = match (layer.ground == file.ground(), file.layered(&layer.text)) {
        (true, Ok(config)) => {
            tracing::warn!(
                layer = id,
                by = layer.by,
                "promoted thresholds stand over those of the file: {}",
                layer.text.lines().collect::<Vec<_>>().join("; ")
            );
            return Ok((config, None));
        }
        (true, Err(problems)) => problems.to_string(),
        (false, _) => "the file says something else about thresholds or detectors".to_owned(),
    };
    tracing::warn!(
        layer = id,
        reason,
        "promoted thresholds do not count over this file"
    );
    let void = Layer {
        void: Some(now),
        ..layer
    };
    Ok((file.clone(), Some(void.kept())))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use warmline_core::{CustomerContext, SignalKind};

    use super::*;
    use crate::config::Disk;

    const LAID: &str = "[calibrated.thresholds]\nsentiment = 0.8\n";

    fn config(text: &str) -> Config {
        Config::parse(&Source::new("w.toml", text), Path::new(""), &Disk).unwrap()
    }

    #[test]
    fn a_layer_makes_another_configuration_whose_text_says_all() {
        let file = config("[thresholds]\nsentiment = 0.4");
        let layered = file.layered(LAID).unwrap();
        assert_ne!(layered.workflow.version, file.workflow.version);
        let again = Workflow::parse(&layered.source).unwrap();
        for policy in [&layered.workflow.policy, &again.policy] {
            let threshold = policy.threshold(SignalKind::Sentiment, &CustomerContext::default());
            assert_eq!(threshold.unwrap().score, Some(0.8));
        }
        assert_eq!(layered.ground(), file.ground());
    }

    #[test]
    fn a_layer_is_thresholds_and_nothing_else() {
        let file = config("");
        for text in [
            "",
            "[limits]\nmax_handbacks = 9",
            "[calibrated.thresholds]\nsentiment = 0.8\n[limits]\nmax_handbacks = 9",
            "[calibrated.gates]",
            "calibrated = 3",
        ] {
            assert!(file.layered(text).is_err(), "{text}");
        }
        assert!(config(LAID).layered(LAID).is_err());
    }

    #[test]
    fn the_ground_is_what_is_said_and_not_how() {
        let ground = config("[thresholds]\nsentiment = 0.4\nverifier = 'off'").ground();
        let other = config("thresholds = { verifier = \"off\", sentiment = 0.40 } # so");
        assert_eq!(ground, other.ground());
        let with_gate =
            "[thresholds]\nsentiment = 0.4\nverifier = 'off'\n[limits]\nmax_handbacks = 2";
        assert_eq!(ground, config(with_gate).ground());
        assert_ne!(ground, config("[thresholds]\nsentiment = 0.4").ground());
    }
}
