//! How a runtime is put together and started.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::StreamExt;
use ractor::Actor;
use tokio::sync::watch;
use warmline_core::Lesson;
use warmline_detect::{Detector, Encoder, HashedEncoder, Learner};
use warmline_journal::{Cursor, Journal, MemoryJournal};
use warmline_llm::{Assistant, AssistantObject, Retriever, Summarizer, SummarizerObject};

use crate::activation::Registry;
use crate::canary::Canary;
use crate::channel::{Channel, ChannelObject};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::conversation::Question;
use crate::customers::Customers;
use crate::error::Error;
use crate::examination::Examiners;
use crate::knowledge::{Document, KnowledgeAssistant};
use crate::languages::ByLanguage;
use crate::models::{Models, Spending};
use crate::outcomes::Outcomes;
use crate::records::Bookkeeper;
use crate::service::keep;
use crate::setup::{Setup, Shared};
use crate::shard::Shard;
use crate::warmline::{Warmline, teaching};
use crate::{desk, layer, outbox, outcomes, timers};

/// Shard supervisors: enough that activations seldom wait for each other.
const SHARDS: usize = 32;
/// Conversations taken up at the same time after a restart, and read at once.
const TAKEN_UP: usize = 64;
const PAGE: usize = 256;

/// Puts a runtime together. What is not given has a default that works.
#[derive(Default)]
pub struct Builder {
    config: Config,
    canary: Option<(Config, f64)>,
    journal: Option<Arc<dyn Journal>>,
    parts: Parts,
    channels: HashMap<String, Arc<dyn ChannelObject>>,
    bookkeepers: Vec<Arc<dyn Bookkeeper>>,
    clock: Option<Arc<dyn Clock>>,
}

/// What stays when the configuration changes.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    assistant: Option<Arc<dyn AssistantObject>>,
    /// Others by language.
    assistants: BTreeMap<String, Arc<dyn AssistantObject>>,
    summarizer: Option<Arc<dyn SummarizerObject>>,
    encoder: Option<Arc<dyn Encoder>>,
    detectors: Vec<Arc<dyn Detector>>,
    spending: Spending,
}

impl Builder {
    /// The configuration. Default: [`Config::default`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// A candidate that really decides a share, 0 to 1, of new conversations instead of the
    /// configuration, chosen by a hash of their ids. They stay with it as long as it is there,
    /// whatever the share, unless the configuration says the same meanwhile; others stay with the
    /// configuration. It has the states, queues and `[privacy]` of the configuration; with a share of
    /// 0, one that has others decides nothing. Default: none.
    pub fn canary(mut self, candidate: Config, share: f64) -> Self {
        self.canary = Some((candidate, share));
        self
    }

    /// Where steps are recorded. Default: in memory, so everything is gone at the end.
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Your bot. Default: the language model of `[models.assistant]`, else an assistant that quotes
    /// the configuration's documents, if it has any; else none, and every turn goes to a human.
    pub fn assistant(mut self, assistant: impl Assistant) -> Self {
        self.parts.assistant = Some(Arc::new(assistant));
        self
    }

    /// Your bot for customers who write in `language`, an ISO 639-1 code; several may be given.
    /// Default: those of the configuration's `[assistant.languages]`, else the usual one.
    pub fn assistant_in(mut self, language: &str, assistant: impl Assistant) -> Self {
        let assistants = &mut self.parts.assistants;
        assistants.insert(language.to_owned(), Arc::new(assistant));
        self
    }

    /// What writes better cards than the extracted ones. Default: the language model of
    /// `[models.summarizer]`, else nothing.
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

    /// A detector of your own, beside those of the configuration; several may be given. Its name
    /// is its own, and stands for it in `[failures]`.
    pub fn detector(mut self, detector: impl Detector) -> Self {
        self.parts.detectors.push(Arc::new(detector));
        self
    }

    /// A push channel; several may be given.
    pub fn channel(mut self, channel: impl Channel) -> Self {
        self.channels
            .insert(Channel::name(&channel).to_owned(), Arc::new(channel));
        self
    }

    /// What remembers something of every step, in records; several may be given.
    pub fn bookkeeper(mut self, bookkeeper: impl Bookkeeper) -> Self {
        self.bookkeepers.push(Arc::new(bookkeeper));
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
            canary,
            journal,
            mut parts,
            channels,
            mut bookkeepers,
            clock,
        } = self;
        bookkeepers.push(Arc::new(Customers));
        bookkeepers.push(Arc::new(Outcomes));
        if parts.encoder.is_none() {
            parts.encoder = Some(default_encoder()?);
        }
        let journal = journal.unwrap_or_else(|| Arc::new(MemoryJournal::new()));
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
        let lessons = teaching::lessons(&*journal)?;
        let file = config;
        let (config, void) = layer::on_top(&journal, clock.now(), &file)?;
        let live = parts.setup(&config, &lessons).await?.over(file);
        let mut chosen = None;
        if let Some((candidate, share)) = &canary {
            let setup = parts.setup(candidate, &lessons).await?;
            let canary = Canary::new(Arc::new(setup), *share);
            match canary.fits(&live.workflow) {
                Ok(()) => chosen = Some(canary),
                Err(reason) if *share == 0.0 => {
                    tracing::warn!(%reason, "a candidate without a share only looks on");
                }
                Err(problems) => return Err(problems.into()),
            }
        }
        let decides = chosen.is_some();
        let shared = Shared::new(journal, clock, channels, bookkeepers, live, chosen);
        let shared = Arc::new(shared);
        shared.record(&config).await?;
        if let Some((candidate, share)) = canary.filter(|_| decides) {
            shared.record(&candidate).await?;
            let version = &candidate.workflow.version;
            let what = match share == 0.0 {
                true => "a candidate decides the conversations that it has, and no new ones",
                false => "a candidate decides a share of new conversations",
            };
            tracing::warn!(%version, share, "{what}");
        }
        if let Some(void) = void {
            shared.journal.change(vec![void]).await?;
        }

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
        let (of, with) = (shared.clone(), registry.clone());
        let timers = keep("timers", stopped.clone(), move || {
            timers::watch(of.clone(), with.clone())
        });
        let (of, with) = (shared.clone(), registry.clone());
        let tidy = keep("tidy", stopped.clone(), move || {
            timers::tidy(of.clone(), with.clone())
        });
        let (of, with) = (shared.clone(), registry.clone());
        let take_up = keep("take_up", stopped.clone(), move || {
            take_up(of.clone(), with.clone())
        });
        let (of, with) = (shared.clone(), registry.clone());
        let desk = keep("desk", stopped.clone(), move || {
            desk::run(of.clone(), with.clone())
        });
        let of = shared.clone();
        let reopening = keep("reopening", stopped.clone(), move || {
            outcomes::run(of.clone())
        });
        let of = shared.clone();
        let outbox = keep("outbox", stopped, move || outbox::run(of.clone()));
        let services = vec![
            tokio::spawn(timers),
            tokio::spawn(tidy),
            tokio::spawn(take_up),
            tokio::spawn(desk),
            tokio::spawn(outbox),
            tokio::spawn(reopening),
        ];
        Ok(Warmline::new(shared, registry, parts, stop, services))
    }
}

impl Parts {
    /// Checks the names in `config`, with those of the embedder's own detectors.
    fn check(&self, config: &Config) -> Result<(), Error> {
        let own: Vec<&str> = self.detectors.iter().map(|own| own.name()).collect();
        Ok(config.check_names(&own)?)
    }

    /// Sets up what `config` asks for, with what operators taught.
    pub(crate) async fn setup(&self, config: &Config, lessons: &[Lesson]) -> Result<Setup, Error> {
        self.check(config)?;
        let encoder = match &self.encoder {
            Some(encoder) => encoder.clone(),
            None => default_encoder()?,
        };
        let scope = config.scope.taught(lessons);
        let learner = Arc::new(Learner::new(&scope, encoder.clone()).await?);
        let detectors = warmline_detect::detectors(&config.detect, &scope, &learner).await?;
        let detectors = together(detectors, &self.detectors)?;
        let models = Models::new(
            &config.models,
            self.spending.clone(),
            config.workflow.privacy.models,
        )?;
        let usual = match &self.assistant {
            Some(assistant) => Some(assistant.clone()),
            None => answering(&config.knowledge, &encoder, &models).await?,
        };
        let mut others = self.assistants.clone();
        for (language, knowledge) in &config.knowledge_in {
            if !others.contains_key(language)
                && let Some(assistant) = answering(knowledge, &encoder, &models).await?
            {
                others.insert(language.clone(), assistant);
            }
        }
        let summarizer = match &self.summarizer {
            Some(summarizer) => Some(summarizer.clone()),
            None => models.summarizer()?,
        };
        let assistant = match others.is_empty() {
            true => usual,
            false => Some(Arc::new(ByLanguage { usual, others }) as Arc<dyn AssistantObject>),
        };
        Ok(Setup {
            file: Arc::new(config.clone()),
            workflow: config.workflow.clone(),
            runtime: config.runtime.clone(),
            reopening: config.reopening,
            scope: config.scope.clone(),
            learner,
            examiners: Examiners::start(detectors).await?,
            assistant,
            summarizer,
            models,
        })
    }
}

/// The assistant on `knowledge`: a language model where there is one, else one that quotes.
async fn answering(
    knowledge: &[Document],
    encoder: &Arc<dyn Encoder>,
    models: &Models,
) -> Result<Option<Arc<dyn AssistantObject>>, Error> {
    let quoting = match knowledge.is_empty() {
        true => None,
        false => {
            let quoting = KnowledgeAssistant::new(knowledge.to_vec(), encoder.clone()).await?;
            Some(Arc::new(quoting))
        }
    };
    let retriever = quoting.clone().map(|quoting| quoting as Arc<dyn Retriever>);
    match models.assistant(retriever)? {
        Some(assistant) => Ok(Some(assistant)),
        None => Ok(quoting.map(|quoting| quoting as Arc<dyn AssistantObject>)),
    }
}

/// The detectors of the configuration and the embedder's own; each has its own name.
fn together(
    mut detectors: Vec<Arc<dyn Detector>>,
    own: &[Arc<dyn Detector>],
) -> Result<Vec<Arc<dyn Detector>>, Error> {
    for detector in own {
        let name = detector.name();
        if detectors.iter().any(|other| other.name() == name) {
            let reason = format!("another detector is called `{name}`");
            return Err(Error::Invalid(reason));
        }
        detectors.push(detector.clone());
    }
    Ok(detectors)
}

/// Brings back the conversations that owe their customer an answer, so many at a time, and puts
/// each away when it is given.
async fn take_up(shared: Arc<Shared>, registry: Arc<Registry>) {
    let pages = futures::stream::unfold(Some(None), |cursor| {
        let page = cursor.map(|cursor: Option<Cursor>| shared.journal.busy(cursor.as_ref(), PAGE));
        std::future::ready(match page {
            None => None,
            Some(Ok(page)) => Some((page.rows, page.next.map(Some))),
            Some(Err(error)) => {
                tracing::error!(%error, "what was under way cannot be read");
                None
            }
        })
    });
    let owed = pages.flat_map(futures::stream::iter);
    let work = owed.for_each_concurrent(TAKEN_UP, |id| {
        let (shared, registry) = (&shared, &registry);
        async move {
            let settle = |reply| Question::Settle { reply };
            let now = shared.clock.now();
            match registry.ask(&id, now, usize::MAX, settle).await {
                Ok(_) => registry.dismiss(&id),
                Err(error) => tracing::warn!(conversation = %id, %error, "not taken up"),
            }
        }
    });
    work.await;
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
