//! The detectors, the sentence encoder under them, and their trained heads.
//!
//! - [`encoder`]: texts to vectors, behind the trait [`Encoder`].

pub mod encoder;
mod error;

pub use encoder::{Encoder, HashedEncoder, Vector};
pub use error::Error;
