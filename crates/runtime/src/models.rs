//! The language models that a configuration names, each in its role.

mod verifying;

use std::sync::Arc;

use warmline_core::privacy::Kinds;
use warmline_llm::{
    AssistantObject, Budget, CardWriter, Chat, ModelAssistant, ModelsConfig, Release, Retriever,
    RoleConfig, SummarizerObject, Verifier,
};

use crate::error::Error;

pub(crate) use verifying::examine;

/// What language models used: it stays when the configuration changes.
pub(crate) type Spending = Arc<Budget>;

/// The language models of a configuration.
pub(crate) struct Models {
    config: ModelsConfig,
    budget: Spending,
    masked: Kinds,
    verifier: Option<Verifier>,
    upstream: Option<Arc<Chat>>,
}

/// The verifier's name, in `[failures]` and in the metrics.
pub(crate) const VERIFIER: &str = "verifier";

impl Models {
    /// Finds the keys of every role and makes its way ready. Nothing is sent yet, and no limit
    /// changes.
    ///
    /// Personal data of the kinds `masked` never reaches them.
    pub(crate) fn new(
        config: &ModelsConfig,
        budget: Spending,
        masked: Kinds,
    ) -> Result<Self, Error> {
        let verifier = chat("verifier", config.verifier.as_ref(), &budget, masked)?;
        let upstream = chat("upstream", config.upstream.as_ref(), &budget, masked)?;
        let assistant = config.assistant.as_ref();
        let speaks_early = assistant.is_some_and(|role| role.release == Release::Sentences);
        if speaks_early && verifier.is_some() {
            tracing::warn!(
                "with `release = \"sentences\"` the verifier judges an answer when only its end is \
                 still to be said"
            );
        }
        Ok(Self {
            verifier: verifier.map(Verifier::new),
            upstream: upstream.map(Arc::new),
            config: config.clone(),
            budget,
            masked,
        })
    }

    /// Puts the limits of this configuration in force, for every model.
    pub(crate) fn limit_spending(&self) {
        self.budget.limit(self.config.budget);
    }

    /// Where the proxy passes requests on to.
    pub(crate) fn upstream(&self) -> Option<&Arc<Chat>> {
        self.upstream.as_ref()
    }

    /// Whether there is a bot behind the proxy.
    pub(crate) fn has_upstream(&self) -> bool {
        self.upstream.is_some()
    }

    /// Whether drafts are verified besides being examined.
    pub(crate) fn verifies(&self) -> bool {
        self.verifier.is_some()
    }

    /// The assistant on a model, which answers from what `retriever` finds.
    pub(crate) fn assistant(
        &self,
        retriever: Option<Arc<dyn Retriever>>,
    ) -> Result<Option<Arc<dyn AssistantObject>>, Error> {
        let chat = self.chat("assistant", self.config.assistant.as_ref())?;
        Ok(chat.map(|chat| Arc::new(ModelAssistant::new(chat, retriever)) as _))
    }

    /// The writer of cards on a model.
    pub(crate) fn summarizer(&self) -> Result<Option<Arc<dyn SummarizerObject>>, Error> {
        let chat = self.chat("summarizer", self.config.summarizer.as_ref())?;
        Ok(chat.map(|chat| Arc::new(CardWriter::new(chat)) as _))
    }

    fn chat(&self, role: &'static str, config: Option<&RoleConfig>) -> Result<Option<Chat>, Error> {
        chat(role, config, &self.budget, self.masked)
    }
}

fn chat(
    role: &'static str,
    config: Option<&RoleConfig>,
    budget: &Arc<Budget>,
    masked: Kinds,
) -> Result<Option<Chat>, Error> {
    let chat = config.map(|config| Chat::new(role, config, budget.clone()));
    Ok(chat.transpose()?.map(|chat| chat.masking(masked)))
}
