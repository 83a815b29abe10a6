//! The detectors of this crate, and how they are built.

mod gates;

use std::sync::Arc;

use crate::Error;
use crate::config::DetectConfig;
use crate::detector::Detector;
use crate::encoder::Encoder;
use crate::examples::Examples;
use crate::scope::Scope;

/// Builds the detectors that `config` enables.
///
/// What can be learned from the scope's examples is learned here, through `encoder`: this takes
/// as long as it takes to encode them, and fails only where the encoder fails.
pub async fn detectors(
    config: &DetectConfig,
    scope: &Scope,
    encoder: Arc<dyn Encoder>,
) -> Result<Vec<Arc<dyn Detector>>, Error> {
    let examples = Arc::new(Examples::learned(scope, &*encoder).await?);
    let mut built: Vec<Arc<dyn Detector>> = Vec::new();
    if config.gates.enabled {
        let encoder = Arc::clone(&encoder);
        let gates = gates::Gates::new(config.gates.clone(), scope, Arc::clone(&examples), encoder);
        built.push(Arc::new(gates));
    }
    Ok(built)
}
