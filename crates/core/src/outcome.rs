//! How a conversation ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a conversation ended. Exactly one for each that ended.
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
}

impl Outcome {
    /// The name used in TOML, HTTP, metrics and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::ResolvedConfirmed => "resolved_confirmed",
            Outcome::ResolvedUnconfirmed => "resolved_unconfirmed",
            Outcome::ResolvedByHuman => "resolved_by_human",
            Outcome::Abandoned => "abandoned",
            Outcome::Unresolved => "unresolved",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
