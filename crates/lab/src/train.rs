//! The trained heads, from public data.

mod grounding;

pub use grounding::grounding;
