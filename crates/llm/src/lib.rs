//! The roles that a language model, or any other program, plays in a conversation.
//!
//! - [`Assistant`] proposes drafts: the bot that Warmline stands beside.
//! - [`Summarizer`] writes a better card than the one extracted from recorded facts.
//!
//! Deliberately absent: retries of a whole turn, thresholds, ownership. A role answers or fails;
//! what follows is decided elsewhere.

mod assistant;
mod error;
mod summarizer;

pub use assistant::{Ask, Assistant, AssistantObject};
pub use error::Error;
pub use summarizer::{Summarizer, SummarizerObject};

use std::future::Future;
use std::pin::Pin;

/// A future that can be boxed, sent and kept behind a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
