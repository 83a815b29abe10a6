//! What operators say of handoffs, and when a return counts.

use warmline_core::outcome::{Feedback, Reopening};
use warmline_core::{ConversationId, OperatorId};

use crate::error::Error;
use crate::outcomes::FEEDBACK;
use crate::warmline::Warmline;

impl Warmline {
    /// When a customer's return counts.
    pub fn reopening(&self) -> Reopening {
        self.inner.shared.current().reopening
    }

    /// Takes an operator's word on whether the last handoff of a conversation was needed; the last
    /// word counts.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] where there was no handoff, [`Error::Journal`].
    pub async fn feedback(
        &self,
        id: &ConversationId,
        needed: bool,
        by: Option<OperatorId>,
    ) -> Result<Feedback, Error> {
        let view = self.view(id).await?;
        let at = self.inner.shared.clock.now();
        let feedback = Feedback::on(id, &view.state, needed, at, by).ok_or_else(|| {
            Error::Invalid(
                "the conversation was never handed off, so nothing can be said of it".to_owned(),
            )
        })?;
        let records = self.records();
        records
            .keep(FEEDBACK, &feedback.key(), Some(id), &feedback)
            .await?;
        Ok(feedback)
    }
}
