//! How a runtime is put together and started.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use ractor::Actor;
use tokio::sync::watch;
use warmline_detect::{Encoder, HashedEncoder};
use warmline_journal::{Journal, MemoryJournal};
use warmline_llm::{Assistant, AssistantObject, Summarizer, SummarizerObject};

use crate::activation::Registry;
use crate::channel::{Channel, ChannelObject};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::error::Error;
use crate::examination::Examiners;
use crate::knowledge::KnowledgeAssistant;
use crate::setup::{Setup, Shared};
use crate::shard::Shard;
use crate::warmline::Warmline;

/// Shard supervisors: enough that activations seldom wait for each other.
const SHARDS: usize = 32;
/// Conversations taken up at the same time after a restart.
const TAKEN_UP: usize = 64;

/// Puts a runtime together. What is not given has a default that works.
#[derive(Default)]
pub struct Builder {
    config: Config,
    journal: Option<Arc<dyn Journal>>,
    parts: Parts,
    channels: HashMap<String, Arc<dyn ChannelObject>>,
    clock: Option<Arc<dyn Clock>>,
}

/// What stays when the configuration changes.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    assistant: Option<Arc<dyn AssistantObject>>,
    summarizer: Option<Arc<dyn SummarizerObject>>,
    encoder: Option<Arc<dyn Encoder>>,
}

impl Builder {
    /// The configuration. Default: [`Config::default`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Where steps are recorded. Default: in memory, so everything is gone at the end.
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Your bot. Default: an assistant that quotes the configuration's documents, if it has any;
    /// else none, and every turn goes to a human.
    pub fn assistant(mut self, assistant: impl Assistant) -> Self {
        self.parts.assistant = Some(Arc::new(assistant));
        self
    }

    /// What writes better cards than the extracted ones. Default: nothing.
    pub fn summarizer(mut self, summarizer: impl Summarizer) -> Self {
        self.parts.summarizer = Some(Arc::new(summarizer));
        self
    }

    /// What turns texts into vectors. Default: the sentence model where it is installed, else
    /// hashed words, with a warning: they know spelling, not meaning.
    pub fn encoder(mut self, encoder: Arc<dyn Encoder>) -> Self {
        self.parts.encoder = Some(encoder);
        self
    }

    /// A push channel; several may be given.
    pub fn channel(mut self, channel: impl Channel) -> Self {
        self.channels
            .insert(Channel::name(&channel).to_owned(), Arc::new(channel));
        self
    }

    /// Where the time comes from. Default: the operating system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Starts everything, and takes up what was under way when the journal was last in use.
    ///
    /// # Errors
    /// When the detectors cannot be set up or the journal cannot be extended.
    pub async fn start(self) -> Result<Warmline, Error> {
        let Self {
            config,
            journal,
            mut parts,
            channels,
            clock,
        } = self;
        if parts.encoder.is_none() {
            parts.encoder = Some(default_encoder()?);
        }
        let journal = journal.unwrap_or_else(|| Arc::new(MemoryJournal::new()));
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
        let setup = parts.setup(&config).await?;
        let shared = Arc::new(Shared::new(journal, clock, channels, setup));
        shared.record(&config).await?;

        let registry = Arc::new(Registry::new());
        let mut shards = Vec::with_capacity(SHARDS);
        for _ in 0..SHARDS {
            let shard = Shard {
                shared: shared.clone(),
                registry: registry.clone(),
            };
            let (shard, _) = Actor::spawn(None, shard, ())
                .await
                .map_err(|error| Error::Start {
                    what: "a shard",
                    reason: error.to_string(),
                })?;
            shards.push(shard);
        }
        registry.with_shards(shards);

        let (stop, stopped) = watch::channel(false);
        let services = vec![
            tokio::spawn(crate::timers::watch(
                shared.clone(),
                registry.clone(),
                stopped.clone(),
            )),
            tokio::spawn(crate::timers::tidy(
                shared.clone(),
                registry.clone(),
                stopped.clone(),
            )),
            tokio::spawn(crate::outbox::run(shared.clone(), stopped)),
            tokio::spawn(take_up(shared.clone(), registry.clone())),
        ];
        Ok(Warmline::new(shared, registry, parts, stop, services))
    }
}

impl Parts {
    /// Sets up what `config` asks for.
    pub(crate) async fn setup(&self, config: &Config) -> Result<Setup, Error> {
        let encoder = match &self.encoder {
            Some(encoder) => encoder.clone(),
            None => default_encoder()?,
        };
        let detectors =
            warmline_detect::detectors(&config.detect, &config.scope, encoder.clone()).await?;
        let assistant = match &self.assistant {
            Some(assistant) => Some(assistant.clone()),
            None if config.knowledge.is_empty() => None,
            None => {
                let knowledge = config.knowledge.clone();
                let assistant = KnowledgeAssistant::new(knowledge, encoder).await?;
                Some(Arc::new(assistant) as Arc<dyn AssistantObject>)
            }
        };
        Ok(Setup {
            workflow: config.workflow.clone(),
            runtime: config.runtime.clone(),
            examiners: Examiners::start(detectors).await?,
            assistant,
            summarizer: self.summarizer.clone(),
        })
    }
}

/// Brings back the conversations that owe their customer an answer; each goes on by itself.
async fn take_up(shared: Arc<Shared>, registry: Arc<Registry>) {
    let mut cursor = None;
    loop {
        let page = match shared.journal.busy(cursor.as_ref(), TAKEN_UP) {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "what was under way cannot be read");
                return;
            }
        };
        let work = futures::stream::iter(&page.rows).for_each_concurrent(TAKEN_UP, |id| {
            let registry = &registry;
            async move {
                if let Err(error) = registry.activate(id).await {
                    tracing::warn!(conversation = %id, %error, "not taken up");
                }
            }
        });
        work.await;
        match page.next {
            Some(next) => cursor = Some(next),
            None => return,
        }
    }
}

#[cfg(feature = "candle")]
fn default_encoder() -> Result<Arc<dyn Encoder>, Error> {
    use warmline_detect::encoder::{Limits, SharedEncoder};
    match warmline_detect::model::locate() {
        Some(files) => Ok(Arc::new(SharedEncoder::load(&files, Limits::default())?)),
        None => Ok(hashed()),
    }
}

#[cfg(not(feature = "candle"))]
fn default_encoder() -> Result<Arc<dyn Encoder>, Error> {
    Ok(hashed())
}

fn hashed() -> Arc<dyn Encoder> {
    tracing::warn!("no sentence model is installed: detectors compare spelling, not meaning");
    Arc::new(HashedEncoder)
}
