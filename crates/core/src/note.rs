//! The handback note: what an operator tells the assistant that takes over again.

use serde::{Deserialize, Serialize};

/// Longest list in a note, and longest line in a list, in characters.
pub const MAX_NOTE: (usize, usize) = (12, 400);

/// What an operator tells the assistant at a handback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandbackNote {
    /// What was done.
    #[serde(default)]
    pub done: Vec<String>,
    /// What is left for the assistant to do; at least one line.
    pub remaining: Vec<String>,
    /// What the assistant must not do.
    #[serde(default)]
    pub limits: Vec<String>,
    /// When to come back to a human.
    #[serde(default)]
    pub return_when: Vec<String>,
}
