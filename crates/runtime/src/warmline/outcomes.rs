//! What really happened: how conversations ended, and what operators say of handoffs.

use warmline_core::outcome::{Ended, Feedback, Reopening};
use warmline_core::{ConversationId, OperatorId, Timestamp};

use crate::error::Error;
use crate::outcomes::{FEEDBACK, OUTCOME, REOPENED};
use crate::warmline::Warmline;

/// A day in milliseconds.
const DAY: u64 = 24 * 3600 * 1000;

impl Warmline {
    /// How conversations ended from the day of `from` to the day of `to`, both included and in UTC,
    /// restated where the customer came back. In the order of days. It reads the disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a period over ten years, [`Error::Journal`].
    pub fn outcomes(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Ended>, Error> {
        let (first, last) = (from.0 / DAY, to.0 / DAY);
        if last.saturating_sub(first) > 3_660 {
            let reason = "a period has at most ten years".to_owned();
            return Err(Error::Invalid(reason));
        }
        let records = self.records();
        let mut rows = Vec::new();
        for day in first..=last {
            let prefix = format!(
                "{}/",
                warmline_core::outcome::ended::day(Timestamp(day * DAY))
            );
            let reopened = records.all::<Timestamp>(REOPENED, &prefix)?;
            for (key, row) in records.all::<Ended>(OUTCOME, &prefix)? {
                let again = reopened.binary_search_by(|(known, _)| known.as_str().cmp(&key));
                rows.push(match again {
                    Ok(place) => row.restated(reopened[place].1),
                    Err(_) => row,
                });
            }
        }
        Ok(rows)
    }

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

    /// What operators said of handoffs between two moments.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub fn feedback_given(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Feedback>, Error> {
        let given = self.records().all::<Feedback>(FEEDBACK, "")?;
        let given = given.into_iter().map(|(_, feedback)| feedback);
        Ok(given
            .filter(|said| (from..=to).contains(&said.at))
            .collect())
    }
}
