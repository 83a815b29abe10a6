//! Warmline: the handoff layer for AI agents that talk to customers.
//!
//! The runtime decides when the assistant must step aside, passes a human operator everything
//! needed to take over, and takes the conversation back when the human is done. Embed it beside
//! your bot:
//!
//! ```
//! use std::sync::Arc;
//!
//! use warmline::{Ask, Assistant, AssistantError, Config, ConversationId, Draft, Inbound, Warmline};
//! use warmline::journal::MemoryJournal;
//!
//! struct MyBot;
//!
//! impl Assistant for MyBot {
//!     async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
//!         Ok(Draft { text: format!("You said: {}", ask.question()), ..Draft::default() })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let warmline = Warmline::builder()
//!     .config(Config::default())
//!     .journal(Arc::new(MemoryJournal::new()))
//!     .assistant(MyBot)
//!     .start()
//!     .await?;
//! let conversation = ConversationId::new("web-1")?;
//! let answer = warmline.customer_says(&conversation, Inbound::text("Where is my parcel?")).await?;
//! println!("{}: {:?}", answer.state, answer.reply.map(|turn| turn.text));
//! warmline.shutdown().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! Every conversation is a supervised actor, brought to life when something happens to it and put
//! away when it is idle. It calls [`core::transition()`], records the step in a [`journal::Journal`]
//! and only then performs the effects. Detectors and summarizers are actors of their own; nothing
//! that a conversation does waits for a model or a network.
//!
//! | type | is |
//! |---|---|
//! | [`Warmline`], [`Builder`] | the running system and how it starts |
//! | [`Config`] | one TOML file: workflow, policy, detectors, scope, knowledge |
//! | [`Assistant`], [`Summarizer`], [`Channel`] | what you bring |
//! | [`KnowledgeAssistant`] | an assistant that quotes documents, for demos and as a fallback |
//! | [`Desk`] | who is there, who waits, who gets what |
//! | [`Layer`] | thresholds promoted over those of the file |
//! | [`Records`], [`Bookkeeper`] | what a host remembers beside its conversations |
//! | [`Happening`] | every recorded step, live |
//!
//! Deliberately absent: HTTP, a command line, rules of its own (they are in [`core`]).

mod activation;
mod bounds;
mod builder;
mod canary;
mod channel;
mod clock;
mod config;
mod conversation;
mod customers;
mod desk;
mod error;
mod examination;
mod knowledge;
mod languages;
mod layer;
#[cfg(feature = "openai")]
mod models;
#[cfg(not(feature = "openai"))]
#[path = "without_models.rs"]
mod models;
mod outbox;
mod outcomes;
mod records;
mod seat;
mod service;
mod setup;
mod shard;
mod telemetry;
mod timers;
mod under_way;
mod warmline;

pub use warmline_core as core;
pub use warmline_detect as detect;
pub use warmline_journal as journal;
pub use warmline_llm as llm;

pub use builder::Builder;
pub use channel::{Channel, ChannelError};
pub use clock::{Clock, SystemClock};
pub use config::{Config, Disk, Files, RuntimeConfig, Terms};
pub use desk::{Desk, OperatorStanding, Presence, Profile, QueueStanding, WaitStanding};
pub use error::Error;
pub use knowledge::{Document, KnowledgeAssistant};
pub use layer::Layer;
pub use records::{Bookkeeper, RecordPage, Records, keep};
pub use telemetry::{TRACES, describe_metrics};
pub use warmline::{Answer, Happening, Inbound, Page, Place, Row, Suggestion, View, Warmline};
pub use warmline_core::event::Requester;
pub use warmline_core::workflow::Owner;
pub use warmline_core::{
    Belongs, Card, Citation, Claim, ConfigVersion, ConversationId, CustomerContext, Draft, Effect,
    Entry, Epoch, Event, HandbackNote, Lesson, MessageId, OperatorId, Outcome, Refused, Signal,
    SignalKind, Speaker, State, StateName, Timestamp, Trigger, TriggerKind, Turn, TurnNumber,
    Workflow,
};
pub use warmline_llm::{
    Ask, Assistant, Error as AssistantError, ModelsConfig, Permission, Summarizer,
};
