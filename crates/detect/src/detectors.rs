//! The detectors of this crate, and how they are built.

mod domain;
mod gates;
mod grounding;
mod pivot;
mod repeat;
mod sentiment;

use std::sync::Arc;

use crate::Error;
use crate::config::DetectConfig;
use crate::detector::Detector;
use crate::encoder::Encoder;
use crate::scope::Scope;
use crate::understanding::Understanding;

use domain::Domain;
use gates::Gates;
use grounding::Grounding;
use pivot::Pivot;
use repeat::Repeat;
use sentiment::Sentiment;

pub use gates::HUMAN_REQUEST;
pub use grounding::{GroundingJudgement, GroundingLesson, train_grounding};

/// The names of the detectors of this crate, in the order in which they are built.
pub const NAMES: [&str; 6] = ["gates", "domain", "sentiment", "loop", "pivot", "grounding"];

/// Builds the detectors that `config` enables.
///
/// What can be learned from the scope's examples is learned here, through `encoder`: this takes
/// as long as it takes to encode them, and fails only where the encoder fails.
pub async fn detectors(
    config: &DetectConfig,
    scope: &Scope,
    encoder: Arc<dyn Encoder>,
) -> Result<Vec<Arc<dyn Detector>>, Error> {
    let understanding = Arc::new(Understanding::learned(scope, &*encoder).await?);
    let encoder = || Arc::clone(&encoder);
    let mut built: Vec<Arc<dyn Detector>> = Vec::new();
    if config.gates.enabled {
        let understanding = Arc::clone(&understanding);
        built.push(Arc::new(Gates::new(
            config.gates.clone(),
            scope,
            understanding,
            encoder(),
        )));
    }
    if config.domain.enabled {
        let understanding = Arc::clone(&understanding);
        built.push(Arc::new(Domain::new(
            config.domain.clone(),
            understanding,
            encoder(),
        )));
    }
    if config.sentiment.enabled {
        built.push(Arc::new(
            Sentiment::learned(config.sentiment.clone(), encoder()).await?,
        ));
    }
    if config.repeat.enabled {
        let understanding = Arc::clone(&understanding);
        built.push(Arc::new(Repeat::new(
            config.repeat.clone(),
            understanding,
            encoder(),
        )));
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
