//! Why a role gave no answer.

/// Why a role gave no answer. The text is recorded and shown to operators, never to customers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It tried and failed.
    #[error("{0}")]
    Failed(String),
    /// It is not to be had now.
    #[error("not available: {0}")]
    Unavailable(String),
}

impl Error {
    /// A failure, in words.
    pub fn failed(reason: impl std::fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }
}
