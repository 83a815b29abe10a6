//! Why something in this crate could not be done.

use std::sync::Arc;

/// Why a text could not be turned into a vector, or the model for it not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More texts wait than the encoder may hold; the caller should try later.
    #[error("the encoder is overloaded: {waiting} texts wait and at most {limit} may")]
    Overloaded {
        /// Texts that waited when this call came.
        waiting: usize,
        /// The bound of the queue, in texts.
        limit: usize,
    },

    /// The encoder's worker is gone, so no answer will come.
    #[error("the encoder has stopped")]
    Stopped,

    /// The forward pass or the tokenizer failed; every caller in the batch gets the same cause.
    #[error("the text could not be encoded")]
    Encoding(#[source] Arc<dyn std::error::Error + Send + Sync>),
}
