//! Sentences to vectors: the trait every detector depends on, and who implements it.
//!
//! A detector sees `dyn Encoder` alone, so that an embedder may bring another model, and so that
//! tests of everything above run on [`HashedEncoder`] without a download. A host has one
//! [`SharedEncoder`], which computes on threads of its own, around the model (`MiniLm`, feature
//! `candle`) or around any other function from texts to vectors.

mod hashed;
#[cfg(feature = "candle")]
mod minilm;
mod shared;
mod vector;

pub use futures::future::BoxFuture;
pub use hashed::HashedEncoder;
#[cfg(feature = "candle")]
pub use minilm::MiniLm;
pub use shared::{Limits, SharedEncoder};
pub use vector::Vector;

use crate::Error;

/// Values in every vector of this crate's encoders.
pub const DIMS: usize = 384;

/// Turns texts into unit vectors whose cosine says how near their meanings are.
///
/// The answer has one vector for each text, in order, all of the same dimension. The same text
/// always yields the same vector, whatever stands beside it in the call, to within rounding.
/// Hostile text (empty, endless, binary) is encoded too, cut where the implementation says; an
/// error means that the encoder failed, never that a text was bad. Dropping the future is
/// harmless. The future must not block the thread that polls it for longer than a text takes to
/// queue.
pub trait Encoder: Send + Sync + 'static {
    /// Encodes `texts`, each on its own.
    fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>>;
}
