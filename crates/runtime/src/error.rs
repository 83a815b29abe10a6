//! Every way in which the runtime refuses or fails.

use std::time::Duration;

use warmline_core::source::Problems;
use warmline_core::{ConfigVersion, ConversationId, Refused};
use warmline_journal::Error as JournalError;

/// When a caller should come back to a journal with too many steps before it.
const SOON: Duration = Duration::from_millis(250);

/// Why something was not done. Nothing was recorded unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is recorded under this id.
    #[error("there is no conversation `{0}`")]
    NotFound(ConversationId),
    /// The state machine does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The input cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// Too much is under way.
    #[error("too much is under way; try again in {} ms", retry_after.as_millis())]
    Overloaded {
        /// When it may work again.
        retry_after: Duration,
    },
    /// The conversation cannot be worked on: its journal is damaged, or it keeps crashing.
    #[error("conversation `{conversation}` is quarantined: {reason}")]
    Quarantined {
        /// The conversation.
        conversation: ConversationId,
        /// Why.
        reason: String,
    },
    /// The conversation's actor ended before it answered. What was asked may have been recorded:
    /// ask again with the same message id.
    #[error("conversation `{0}` was interrupted; ask again")]
    Interrupted(ConversationId),
    /// There is no assistant to hand back to.
    #[error("no assistant is configured that could take over")]
    NoAssistant,
    /// The assistant was asked for a suggestion and made none.
    #[error("the assistant made no draft: {0}")]
    Assistant(String),
    /// The journal failed.
    #[error("the journal failed")]
    Journal(#[source] JournalError),
    /// The journal does not have a configuration that decided something.
    #[error("configuration `{0}` is not in the journal")]
    NoConfiguration(ConfigVersion),
    /// The detectors could not be set up.
    #[error("the detectors could not be set up")]
    Detect(#[from] warmline_detect::Error),
    /// A language model cannot be reached as configured.
    #[error("a language model cannot be reached as configured: {0}")]
    Model(#[from] warmline_llm::Error),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Problems),
    /// An actor could not be started.
    #[error("could not start {what}: {reason}")]
    Start {
        /// Which.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The system is shutting down.
    #[error("shutting down")]
    Stopped,
}

impl From<JournalError> for Error {
    /// A damaged entry puts its conversation, and no other, out of service; a journal that is full
    /// of waiting steps takes more of them in a moment.
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Corrupt {
                ref conversation, ..
            } => Self::Quarantined {
                conversation: conversation.clone(),
                reason: chain(&error),
            },
            JournalError::Overloaded { .. } => Self::Overloaded { retry_after: SOON },
            error => Self::Journal(error),
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}
