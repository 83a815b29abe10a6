//! Why something in this crate could not be done.

use std::path::PathBuf;
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

    /// The encoder took longer than its caller could wait.
    #[error("the encoder gave no answer within {} ms", limit.as_millis())]
    Slow {
        /// How long the caller waited.
        limit: std::time::Duration,
    },

    /// The forward pass or the tokenizer failed.
    #[error("the text could not be encoded")]
    Encoding(#[source] Arc<dyn std::error::Error + Send + Sync>),

    /// The batch that the text was in failed; every caller in it gets the same cause.
    #[error(transparent)]
    Batch(Arc<Error>),

    /// The encoder crashed on the batch that the text was in; the next batch is not affected.
    #[error("the encoder crashed: {0}")]
    Crashed(Arc<str>),

    /// The system has no thread left for the encoder.
    #[error("the encoder's thread cannot be started")]
    NoThread(#[source] std::io::Error),

    /// What a scope's examples teach could not be worked out.
    #[error("the scope could not be learned")]
    Learning(#[source] Arc<dyn std::error::Error + Send + Sync>),

    /// A file of the model, or a folder that should hold it, cannot be read.
    #[error("cannot read the model file {}", path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// A file is there but is not the model that the detectors were trained on.
    #[error(
        "{} is not the published all-MiniLM-L6-v2: its sha256 is {found}, expected {expected}",
        path.display()
    )]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// The checksum it has.
        found: String,
        /// The checksum it should have.
        expected: &'static str,
    },

    /// The model's files can be read but not used.
    #[error("the sentence model cannot be loaded")]
    ModelLoad(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// The cache folder cannot be filled.
    #[error("cannot write the model to the cache folder {}", path.display())]
    CacheFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// There is no home folder in which a cache could be.
    #[error("no folder for the model: set WARMLINE_MODEL_DIR, XDG_CACHE_HOME or HOME")]
    NoCacheFolder,

    /// No source has the model.
    #[error(
        "the sentence model all-MiniLM-L6-v2 could not be had ({tried}): put model.safetensors \
         and tokenizer.json into a folder and name it in WARMLINE_MODEL_DIR"
    )]
    ModelUnavailable {
        /// Each source and what it said.
        tried: String,
    },
}
