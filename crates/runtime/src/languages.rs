//! One assistant for each language.

use std::collections::BTreeMap;
use std::sync::Arc;

use warmline_core::Draft;
use warmline_llm::{Ask, Assistant, AssistantObject, Error};

/// Asks the assistant of the customer's language, and where there is none the usual one.
pub(crate) struct ByLanguage {
    pub(crate) usual: Option<Arc<dyn AssistantObject>>,
    pub(crate) others: BTreeMap<String, Arc<dyn AssistantObject>>,
}

impl Assistant for ByLanguage {
    async fn draft(&self, ask: Ask) -> Result<Draft, Error> {
        let language = ask.context.language.as_deref().unwrap_or_default();
        match self.others.get(language).or(self.usual.as_ref()) {
            Some(assistant) => assistant.draft_boxed(ask).await,
            None => Err(Error::failed(format!(
                "there is no assistant for the language `{language}`"
            ))),
        }
    }
}
