//! How a conversation ended, and what can be said of many that did.
//!
//! | module | holds |
//! |---|---|
//! | [`attitude`] | what a customer's last words, and an answer, say about how it stands |
//! | [`content`] | what a turn tells, to be found again in a later one |
//! | [`judge()`] | the outcome of an end that nobody stated |
//! | [`tally`] | what is counted while a conversation goes on |
//! | [`ended`] | one row for each stretch that ended, and its restatement |
//! | [`rates`] | shares over many rows, none of which can pass one |
//! | [`precision`] | how often a detector's handoff was needed |

pub mod attitude;
pub mod content;
pub mod ended;
mod judge;
pub mod precision;
pub mod rates;
pub mod tally;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use ended::{Ended, Reopening};
pub use judge::{Open, judge, open_question};
pub use precision::{Feedback, Precision};
pub use rates::{Rate, Summary};
pub use tally::Tally;

/// How a conversation ended. Exactly one for each stretch that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The customer said that it is settled.
    ResolvedConfirmed,
    /// It seems settled; the customer did not say so.
    ResolvedUnconfirmed,
    /// A human settled it.
    ResolvedByHuman,
    /// The customer left with an open question.
    Abandoned,
    /// It ended without a solution.
    Unresolved,
    /// It counted as settled, and the customer came back about the same thing. Never stated: an
    /// earlier outcome is restated so.
    Reopened,
}

impl Outcome {
    /// Every outcome, in the order of the documentation.
    pub const ALL: [Outcome; 6] = [
        Outcome::ResolvedConfirmed,
        Outcome::ResolvedUnconfirmed,
        Outcome::ResolvedByHuman,
        Outcome::Abandoned,
        Outcome::Unresolved,
        Outcome::Reopened,
    ];

    /// The name used in TOML, HTTP, metrics and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::ResolvedConfirmed => "resolved_confirmed",
            Outcome::ResolvedUnconfirmed => "resolved_unconfirmed",
            Outcome::ResolvedByHuman => "resolved_by_human",
            Outcome::Abandoned => "abandoned",
            Outcome::Unresolved => "unresolved",
            Outcome::Reopened => "reopened",
        }
    }

    /// Whether it counts as settled.
    pub fn is_resolved(self) -> bool {
        matches!(
            self,
            Outcome::ResolvedConfirmed | Outcome::ResolvedUnconfirmed | Outcome::ResolvedByHuman
        )
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
