//! What a configuration comes to once it runs: the workflow and the actors that serve it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use warmline_core::outcome::Reopening;
use warmline_core::source::{Problems, Source};
use warmline_core::{ConfigVersion, ConversationId, Workflow};
use warmline_detect::{Learner, Scope};
use warmline_journal::Journal;
use warmline_llm::{AssistantObject, SummarizerObject};

use crate::canary::Canary;
use crate::channel::ChannelObject;
use crate::clock::Clock;
use crate::config::{Config, RuntimeConfig};
use crate::desk;
use crate::error::Error;
use crate::examination::Examiners;
use crate::models::Models;
use crate::records::Bookkeeper;
use crate::timers::Alarm;

/// Workflows of older configurations that are kept at hand.
const OLDER: usize = 64;

/// A configuration at work. Conversations hold on to the one that decides for them.
pub(crate) struct Setup {
    /// The configuration as the file has it, without what was promoted over it.
    pub(crate) file: Arc<Config>,
    pub(crate) workflow: Arc<Workflow>,
    pub(crate) runtime: RuntimeConfig,
    /// When a customer's return restates an outcome.
    pub(crate) reopening: Reopening,
    /// The scope as it is configured, and what is understood of it with what operators taught.
    pub(crate) scope: Scope,
    pub(crate) learner: Arc<Learner>,
    pub(crate) examiners: Examiners,
    pub(crate) assistant: Option<Arc<dyn AssistantObject>>,
    pub(crate) summarizer: Option<Arc<dyn SummarizerObject>>,
    /// The models that are reached over a network.
    pub(crate) models: Models,
}

impl Setup {
    /// The same, over another file than its own configuration.
    pub(crate) fn over(self, file: Config) -> Self {
        let file = Arc::new(file);
        Self { file, ..self }
    }

    /// Whether somebody can answer customers who come back from a human: the configured assistant,
    /// or the bot behind the proxy.
    pub(crate) fn can_answer(&self) -> bool {
        self.assistant.is_some() || self.models.has_upstream()
    }
}

/// What every part of the runtime shares.
pub(crate) struct Shared {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) channels: HashMap<String, Arc<dyn ChannelObject>>,
    /// What is remembered of every step.
    pub(crate) bookkeepers: Vec<Arc<dyn Bookkeeper>>,
    pub(crate) feed: tokio::sync::broadcast::Sender<crate::warmline::Happening>,
    pub(crate) alarm: Alarm,
    /// Who is there, and who waits.
    pub(crate) desk: desk::Known,
    /// Held while what is understood of the scope changes.
    pub(crate) teaching: tokio::sync::Mutex<()>,
    /// Woken when something was put into the outbox.
    pub(crate) outbox_changed: tokio::sync::Notify,
    current: RwLock<Arc<Setup>>,
    /// What decides some of the conversations instead.
    canary: Option<Canary>,
    /// Workflows of older configurations that conversations still finish on.
    older: Mutex<HashMap<ConfigVersion, Arc<Workflow>>>,
}

impl Shared {
    /// Puts `setup` in force, beside the candidate that decides for some.
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        channels: HashMap<String, Arc<dyn ChannelObject>>,
        bookkeepers: Vec<Arc<dyn Bookkeeper>>,
        setup: Setup,
        canary: Option<Canary>,
    ) -> Self {
        setup.models.limit_spending();
        let desk = desk::Known::default();
        let candidate = canary.iter().map(|canary| &canary.setup.workflow);
        candidate
            .chain([&setup.workflow])
            .for_each(|it| desk.learn(it));
        Self {
            journal,
            clock,
            channels,
            bookkeepers,
            feed: tokio::sync::broadcast::channel(8192).0,
            alarm: Alarm::default(),
            desk,
            teaching: tokio::sync::Mutex::default(),
            outbox_changed: tokio::sync::Notify::new(),
            current: RwLock::new(Arc::new(setup)),
            canary,
            older: Mutex::new(HashMap::new()),
        }
    }

    /// The configuration in force.
    pub(crate) fn current(&self) -> Arc<Setup> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The configuration in force for a new conversation: the candidate's, for its share of them.
    pub(crate) fn current_for_new(&self, id: &ConversationId) -> Arc<Setup> {
        let canary = self.canary.as_ref().filter(|canary| canary.decides(id));
        self.unless_same(canary)
    }

    /// The configuration in force for the conversation `id`, which `version` decides: the candidate's,
    /// if that is the one. Nothing else moves to a candidate, and nothing away from one that is there,
    /// unless the file says the same: while it does, the conversation is the file's. Once the file says
    /// something else, the candidate has those that it would be given; after the next start, all that
    /// its rules decided.
    pub(crate) fn current_for(&self, id: &ConversationId, version: &ConfigVersion) -> Arc<Setup> {
        let canary = self.canary.as_ref().filter(|canary| {
            let decided = canary.setup.workflow.version == *version;
            decided && canary.holds(id)
        });
        self.unless_same(canary)
    }

    /// The configuration of `canary`; of two that say the same the one in force, whose keys and
    /// knowledge are the later.
    fn unless_same(&self, canary: Option<&Canary>) -> Arc<Setup> {
        let current = self.current();
        let version = &current.workflow.version;
        let canary = canary.filter(|canary| canary.setup.workflow.version != *version);
        canary.map_or(current, |canary| canary.setup.clone())
    }

    /// Checks that the candidate that decides some conversations, where there is one, can go on
    /// beside the `live` workflow.
    pub(crate) fn fits_canary(&self, live: &Workflow) -> Result<(), Problems> {
        let canary = self.canary.as_ref();
        canary.map_or(Ok(()), |canary| canary.fits(live))
    }

    /// Every configuration that decides for somebody.
    pub(crate) fn in_force(&self) -> impl Iterator<Item = Arc<Setup>> {
        let canary = self.canary.as_ref().map(|canary| canary.setup.clone());
        [self.current()].into_iter().chain(canary)
    }

    /// Puts another configuration in force.
    pub(crate) fn install(&self, setup: Setup) {
        setup.models.limit_spending();
        self.desk.learn(&setup.workflow);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let left = std::mem::replace(&mut *current, Arc::new(setup));
        if let Some(canary) = &self.canary {
            canary.was_beside(&left);
        }
        self.remember(left.workflow.clone());
    }

    fn remember(&self, workflow: Arc<Workflow>) {
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if older.len() >= OLDER {
            // Conversations hold on to theirs; others are read from the journal again.
            older.clear();
        }
        older.insert(workflow.version.clone(), workflow);
    }

    /// The workflow of `version`: the one in force, or an older one that the journal keeps.
    pub(crate) fn workflow(&self, version: &ConfigVersion) -> Result<Arc<Workflow>, Error> {
        let known = self.in_force().find(|it| it.workflow.version == *version);
        if let Some(known) = known {
            return Ok(known.workflow.clone());
        }
        let older = self
            .older
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(version)
            .cloned();
        if let Some(workflow) = older {
            return Ok(workflow);
        }
        let text = self.journal.configuration(version)?;
        let text = text.ok_or_else(|| Error::NoConfiguration(version.clone()))?;
        let mut workflow = Workflow::recorded(&Source::new(version.as_str(), text))?;
        workflow.version = version.clone();
        let workflow = Arc::new(workflow);
        self.remember(workflow.clone());
        Ok(workflow)
    }

    /// Keeps the rules of `config` in the journal, so that replay decides by the same ones.
    pub(crate) async fn record(&self, config: &Config) -> Result<(), Error> {
        let version = &config.workflow.version;
        Ok(self
            .journal
            .record_configuration(version, &config.source.text)
            .await?)
    }
}
