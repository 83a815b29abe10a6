//! What stands in for language models where the crate is built without them.

use std::sync::Arc;

use warmline_core::privacy::Kinds;
use warmline_core::signal::Findings;
use warmline_detect::Case;
use warmline_llm::{Ask, AssistantObject, ModelsConfig, Retriever, SummarizerObject};

use crate::error::Error;
use crate::setup::Setup;

/// The verifier's name, in `[failures]`.
pub(crate) const VERIFIER: &str = "verifier";

/// Nothing is used.
#[derive(Clone, Default)]
pub(crate) struct Spending;

/// No language model.
pub(crate) struct Models;

impl Models {
    pub(crate) fn new(config: &ModelsConfig, _: Spending, _: Kinds) -> Result<Self, Error> {
        match config.roles().next() {
            None => Ok(Self),
            Some((role, _)) => Err(Error::Invalid(format!(
                "`[models.{role}]` needs the feature `openai`, which this build leaves out"
            ))),
        }
    }

    pub(crate) fn limit_spending(&self) {}

    pub(crate) fn has_upstream(&self) -> bool {
        false
    }

    pub(crate) fn verifies(&self) -> bool {
        false
    }

    pub(crate) fn assistant(
        &self,
        _: Option<Arc<dyn Retriever>>,
    ) -> Result<Option<Arc<dyn AssistantObject>>, Error> {
        Ok(None)
    }

    pub(crate) fn summarizer(&self) -> Result<Option<Arc<dyn SummarizerObject>>, Error> {
        Ok(None)
    }
}

/// Has the draft in `case` examined.
pub(crate) async fn examine(
    setup: &Setup,
    case: Case,
    _: &Ask,
    _: impl Fn(&Findings) -> bool,
) -> Findings {
    setup.examiners.examine(Arc::new(case)).await
}
