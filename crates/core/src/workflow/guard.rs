//! Guards: CEL expressions over typed facts, compiled once.

use std::collections::BTreeMap;

use cel::{Context, Program, Value};

use crate::signal::SignalKind;

/// What guards and gates can ask about. Unknown texts are empty, unknown amounts 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The reason of the handoff that is being decided, such as `hard_gate`.
    pub trigger: String,
    /// The gate or rule behind it.
    pub gate: String,
    /// The intent in play.
    pub intent: String,
    /// The largest amount of money named.
    pub amount: f64,
    /// Its currency.
    pub currency: String,
    /// Where the customer writes.
    pub channel: String,
    /// The customer's segment.
    pub segment: String,
    /// The customer's language.
    pub language: String,
    /// The queue that an operator named at a release.
    pub queue: String,
    /// Whether a draft is looked at, rather than the customer's words.
    pub draft: bool,
    /// How often the conversation was handed back.
    pub handbacks: i64,
    /// How many turns the customer has said.
    pub turns: i64,
    /// The scores of the signals by kind; 0 where none was raised.
    pub signals: BTreeMap<SignalKind, f64>,
}

/// A compiled condition over [`Facts`].
pub struct Guard {
    source: String,
    program: Program,
}

impl Guard {
    /// Whether the condition holds.
    pub fn holds(&self, _facts: &Facts) -> bool {
        matches!(
            self.program.execute(&Context::default()),
            Ok(Value::Bool(true))
        )
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}
