//! The detectors of this crate, and how they are built.

mod domain;
mod gates;
mod grounding;
mod language;
mod pivot;
mod repeat;
mod sentiment;

use std::sync::Arc;

use crate::Error;
use crate::config::DetectConfig;
use crate::detector::Detector;
use crate::learner::Learner;
use crate::scope::Scope;

use domain::Domain;
use gates::Gates;
use grounding::Grounding;
use language::Language;
use pivot::Pivot;
use repeat::Repeat;
use sentiment::Sentiment;
pub use sentiment::{SentimentLessons, abuse_of, train_sentiment};

pub use gates::HUMAN_REQUEST;
pub(crate) use grounding::is_excuse;
pub use grounding::{GroundingJudgement, GroundingLesson, train_grounding};

/// The names of the detectors of this crate, in the order in which they are built.
pub const NAMES: [&str; 7] = [
    "gates",
    "domain",
    "language",
    "sentiment",
    "loop",
    "pivot",
    "grounding",
];

/// Builds the detectors that `config` enables. Those that learn from examples use what `learner`
/// understands at the time; the patterns of gates are those of `scope`.
///
/// # Errors
///
/// Where the encoder fails.
pub async fn detectors(
    config: &DetectConfig,
    scope: &Scope,
    learner: &Arc<Learner>,
) -> Result<Vec<Arc<dyn Detector>>, Error> {
    let learner = || Arc::clone(learner);
    let encoder = || Arc::clone(learner().encoder());
    let mut built: Vec<Arc<dyn Detector>> = Vec::new();
    if config.gates.enabled {
        built.push(Arc::new(Gates::new(config.gates.clone(), scope, learner())));
    }
    if config.domain.enabled {
        let languages = config.language.supported.clone();
        built.push(Arc::new(Domain::new(
            config.domain.clone(),
            languages,
            learner(),
        )));
    }
    if config.language.enabled {
        built.push(Arc::new(Language::new(config.language.clone())));
    }
    if config.sentiment.enabled {
        built.push(Arc::new(
            Sentiment::learned(config.sentiment.clone(), encoder()).await?,
        ));
    }
    if config.repeat.enabled {
        built.push(Arc::new(Repeat::new(config.repeat.clone(), learner())));
    }
    if config.pivot.enabled {
        built.push(Arc::new(Pivot::new(config.pivot.clone(), encoder())));
    }
    if config.grounding.enabled {
        built.push(Arc::new(Grounding::new(
            config.grounding.clone(),
            encoder(),
        )));
    }
    Ok(built)
}
