//! The detectors, the sentence encoder under them, and their trained heads.
//!
//! - [`encoder`]: texts to vectors, behind the trait [`Encoder`].
//! - `model`: where the sentence model comes from, checked before it is used (feature `candle`).

#[cfg(test)]
mod case;
pub mod config;
mod detector;
mod detectors;
pub mod encoder;
mod error;
mod examples;
mod logistic;
#[cfg(feature = "candle")]
pub mod model;
mod scope;
mod text;
mod topic;

pub use config::DetectConfig;
pub use detector::{Case, Detector, Stage};
pub use detectors::detectors;
pub use encoder::{Encoder, HashedEncoder, SharedEncoder, Vector};
pub use error::Error;
pub use scope::{Scope, ScopeIntent};
