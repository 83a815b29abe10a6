//! The policy, kept true: thresholds that are proposed, held against what is in force, promoted and
//! rolled back; the drift of scores; a candidate beside what is in force.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the `[calibration]` and `[shadow]` sections |
//! | [`calibrator`] | what the host brings: where thresholds come from |
//! | `proposal` | thresholds that were proposed, and what became of them |
//! | `judgement` | whether a proposal may be promoted by itself |
//! | `promotion` | proposing, promoting, rolling back |
//! | `schedule` | doing so from time to time |
//! | `drift` | the scores of detectors against those of a reference |
//! | [`shadow`] | another configuration on the same turns, which only reports |
//!
//! Deliberately absent: how thresholds are found, and the configuration file. The one is the lab's,
//! which the host brings; the other is never written.

pub mod calibrator;
pub mod config;
pub(crate) mod drift;
mod judgement;
pub(crate) mod promotion;
pub(crate) mod proposal;
pub(crate) mod schedule;
pub mod shadow;

use std::sync::Arc;

pub use calibrator::{Calibrator, Data, Figures, Fitted, Found, Wanted};
pub use config::{CalibrationConfig, Promote, ShadowConfig};
pub use shadow::{Beside, Candidate, Handed};

/// What the host brings for it. Without a calibrator nothing is proposed, without a candidate
/// nothing runs in the shadow.
#[derive(Clone, Default)]
pub struct Policing {
    /// The `[calibration]` section.
    pub calibration: CalibrationConfig,
    /// Where thresholds come from.
    pub calibrator: Option<Arc<dyn Calibrator>>,
    /// What decides beside the configuration in force.
    pub candidate: Option<Arc<dyn Candidate>>,
}

impl std::fmt::Debug for Policing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policing")
            .field("calibration", &self.calibration)
            .finish_non_exhaustive()
    }
}

/// The policy of a running server.
pub(crate) struct Standing {
    pub(crate) parts: Policing,
    /// Held while something is proposed or promoted.
    pub(crate) alone: tokio::sync::Mutex<()>,
    pub(crate) drift: drift::Drift,
    pub(crate) shadow: shadow::compared::Shadow,
}

impl Standing {
    pub(crate) fn new(parts: Policing) -> Self {
        Self {
            parts,
            alone: tokio::sync::Mutex::default(),
            drift: drift::Drift::default(),
            shadow: shadow::compared::Shadow::default(),
        }
    }
}

/// Begins to watch: from here on nothing is missed.
pub(crate) fn start(app: &crate::app::App) {
    let feed = || app.warmline().subscribe();
    tokio::spawn(drift::run(app.clone(), feed()));
    tokio::spawn(shadow::run(app.clone(), feed()));
    tokio::spawn(schedule::run(app.clone()));
}
