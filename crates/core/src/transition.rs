//! The one function that decides.

/// Why an event was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The state has no rule for it.
    #[error("`{state}` does not accept `{event}`")]
    NoRule {
        /// The state.
        state: crate::ids::StateName,
        /// The event's name.
        event: &'static str,
    },
}

/// Placeholder while the function is written.
pub fn transition() {}
