//! The handback note: what an operator tells the assistant that takes over again.

mod prefilled;

use serde::{Deserialize, Serialize};

pub use prefilled::prefilled;

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

impl HandbackNote {
    /// Whether the assistant can work with it; else why not.
    pub fn check(&self) -> Result<(), &'static str> {
        let lists = [&self.done, &self.remaining, &self.limits, &self.return_when];
        if self.remaining.iter().all(|line| line.trim().is_empty()) {
            return Err("`remaining` must name at least one thing that is left to do");
        }
        if lists.iter().any(|list| list.len() > MAX_NOTE.0) {
            return Err("a list must have at most 12 lines");
        }
        if lists
            .iter()
            .any(|list| list.iter().any(|line| line.chars().count() > MAX_NOTE.1))
        {
            return Err("a line must have at most 400 characters");
        }
        Ok(())
    }
}
