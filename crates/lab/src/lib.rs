//! What is measured and tried on conversations, outside of the running system.
//!
//! | module | holds |
//! |---|---|
//! | [`audit`] | what a bot's past conversations show |
//! | [`calibrate`] | thresholds from labelled conversations, with a bound on what they miss |
//! | [`day`] | a day of conversations on virtual time |
//! | [`dialogue`] | recorded dialogues, read one after the other from the formats they come in |
//! | [`eval`] | the detectors' figures on public data |
//! | [`redecision`] | recorded conversations decided by another policy |
//! | [`simulate`] | customers and operators who drive a running server, and the account of it |
//! | [`train`] | the detectors' trained heads, from public data |
//!
//! Deliberately absent: the runtime. A simulation sees a server as its callers do, by HTTP, so
//! that what it finds holds for them.

mod answers;
pub mod audit;
pub mod calibrate;
mod corpus;
pub mod day;
pub mod dialogue;
pub mod eval;
pub mod redecision;
pub mod simulate;
pub mod train;

pub use dialogue::{Dialogue, Dialogues};
pub use simulate::{Options, Report, Simulation};

/// Why something could not be measured or tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file with dialogues cannot be read.
    #[error("`{file}` cannot be read")]
    File {
        /// Its path.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something else than dialogues.
    #[error("`{file}` holds no dialogues: {why}")]
    Format {
        /// Its path.
        file: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A file of the evaluation data holds something else.
    #[error("`{file}` is not the data that is expected: {why}")]
    Data {
        /// Its path.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A detector or the encoder failed.
    #[error("a detector failed")]
    Detect(#[from] warmline_detect::Error),
    /// The runtime that was measured failed.
    #[error("the runtime failed")]
    Runtime(#[from] warmline::Error),
    /// A part of the work ended in a panic, which is a bug.
    #[error("a part of the work crashed: {0}")]
    Crashed(String),
    /// No dialogue has a turn of a customer.
    #[error("there is no turn of a customer in these files")]
    Empty,
    /// An option that makes no sense.
    #[error("{0}")]
    Option(String),
    /// The server cannot be reached.
    #[error("no answer from {url}")]
    Unreachable {
        /// Where it should be.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The server refuses what every simulation must do.
    #[error("the server refused {what} with {status}: {detail}")]
    Refused {
        /// What was asked.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        detail: String,
    },
}
