//! The detectors, the sentence encoder under them, and their trained heads.
//!
//! - [`Detector`], [`Case`]: what a detector is, and all that it may look at.
//! - [`detectors()`]: builds those of this crate from [`DetectConfig`] and [`Scope`].
//! - [`Learner`]: learns a scope's examples, and again when they are corrected.
//! - [`Understanding`]: what a scope's examples teach of intents and of what lies outside.
//! - [`faithful`]: whether a card that a model wrote says what the conversation says.
//! - [`encoder`]: texts to vectors, behind the trait [`Encoder`].
//! - [`train_sentiment`]: trains what the detectors carry, for `warmline train`.
//! - `model`: where the sentence model comes from, checked before it is used (feature `candle`).
//!
//! | detector | asked about | finds |
//! |---|---|---|
//! | `gates` | turns, drafts | intents, amounts; commitments in drafts |
//! | `domain` | turns | `out_of_domain` |
//! | `language` | turns | the customer's language |
//! | `sentiment` | turns | `sentiment` |
//! | `loop` | turns, drafts | `repeat_loop` |
//! | `pivot` | turns after a handback | `scope_pivot` |
//! | `grounding` | drafts | `grounding`, `citation_density` |
//!
//! Scores run from 0 to 1, higher is worse, and one half is each signal's own margin; from which
//! score a conversation is handed off is the policy's business. Deliberately absent: thresholds,
//! memory between two calls, and any call to a language model.

mod agreement;
#[cfg(test)]
mod case;
pub mod config;
mod cores;
mod detector;
mod detectors;
mod discriminant;
pub mod encoder;
mod error;
mod examples;
mod fact;
mod faithfulness;
mod fingerprint;
mod language;
mod learner;
mod likeness;
mod logistic;
#[cfg(feature = "candle")]
pub mod model;
mod recent;
mod scope;
mod sketch;
mod softmax;
mod text;
mod topic;
mod understanding;

pub use agreement::{Agreement, agreement};
pub use config::DetectConfig;
pub use detector::{Case, Detector, Stage};
pub use detectors::{
    GroundingJudgement, GroundingLesson, HUMAN_REQUEST, NAMES, SentimentLessons, abuse_of,
    detectors, train_grounding, train_sentiment,
};
pub use encoder::{Encoder, HashedEncoder, SharedEncoder, Vector};
pub use error::Error;
pub use faithfulness::{Checked, Dropped, Told, Unfaithful, faithful};
pub use learner::Learner;
pub use logistic::{Logistic, Sample};
pub use scope::{Scope, ScopeIntent};
pub use understanding::{Reading, Understanding};
