//! The roles that a language model, or any other program, plays in a conversation, and how a
//! model is reached.
//!
//! - [`Assistant`] proposes drafts: the bot that Warmline stands beside.
//! - [`Summarizer`] writes a better card than the one extracted from recorded facts.
//! - `ModelAssistant`, `Verifier` and `CardWriter` play their roles with a model.
//! - [`Chat`] is a role's way to its model, over any OpenAI-compatible endpoint; [`ModelsConfig`]
//!   says which.
//!
//! Deliberately absent: retries of a whole turn, thresholds, ownership. A role answers or fails;
//! what follows is decided elsewhere.

mod assistant;
#[cfg(feature = "openai")]
mod card_writer;
#[cfg(feature = "openai")]
mod chat;
mod config;
mod error;
#[cfg(feature = "openai")]
mod model_assistant;
#[cfg(feature = "openai")]
mod prompt;
mod retriever;
#[cfg(feature = "openai")]
mod structured;
mod summarizer;
#[cfg(feature = "openai")]
mod verifier;

pub use assistant::{Ask, Assistant, AssistantObject, Permission, Wanted};
#[cfg(feature = "openai")]
pub use card_writer::CardWriter;
#[cfg(feature = "openai")]
pub use chat::{Budget, Chat, Completion, Dialect, Listener, Spent, ToolCall, Usage};
pub use config::{BudgetConfig, EndpointConfig, ModelsConfig, Release, RoleConfig};
pub use error::Error;
#[cfg(feature = "openai")]
pub use model_assistant::ModelAssistant;
#[cfg(feature = "openai")]
pub use prompt::human_part;
pub use retriever::Retriever;
pub use summarizer::{Summarizer, SummarizerObject};
#[cfg(feature = "openai")]
pub use verifier::{Judgement, Verifier};

use std::future::Future;
use std::pin::Pin;

/// A future that can be boxed, sent and kept behind a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
