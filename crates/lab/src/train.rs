//! The trained heads, from public data.

mod grounding;
mod sentiment;

pub use grounding::grounding;
pub use sentiment::sentiment;
