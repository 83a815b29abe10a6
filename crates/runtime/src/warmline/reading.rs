//! Looking at conversations without asking anything of them.

use warmline_core::{ConversationId, Entry, StateName};
use warmline_journal::Cursor;

use crate::conversation::Question;
use crate::customers;
use crate::desk::Desk;
use crate::error::Error;
use crate::records::Records;
use crate::seat::Seat;
use crate::warmline::{Page, Row, View, Warmline};

impl Warmline {
    /// The way to the bot behind the proxy, where one is configured.
    #[cfg(feature = "openai")]
    pub fn upstream(&self) -> Option<std::sync::Arc<warmline_llm::Chat>> {
        self.inner.shared.current().models.upstream().cloned()
    }

    /// The conversation as it stands.
    ///
    /// # Errors
    /// [`Error::NotFound`] when nothing is recorded of it, [`Error::Quarantined`],
    /// [`Error::Journal`].
    pub async fn view(&self, id: &ConversationId) -> Result<View, Error> {
        if self.inner.registry.get(id).is_some() {
            return self.ask(id, |reply| Question::Look { reply }).await;
        }
        // Looking at a conversation is no reason to bring it into memory.
        let seat = Seat::take(&self.inner.shared, id)?;
        match seat.is_new() {
            true => Err(Error::NotFound(id.clone())),
            false => Ok(seat.view()),
        }
    }

    /// Up to `limit` recorded steps, from the sequence number `from` on; none for a conversation
    /// of which nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Quarantined`] when one is damaged, [`Error::Journal`].
    pub fn entries(
        &self,
        id: &ConversationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        Ok(self.inner.shared.journal.entries(id, from, limit)?)
    }

    /// The operators' side of the queues.
    pub fn desk(&self) -> Desk<'_> {
        Desk::new(&self.inner.shared)
    }

    /// What the host remembers beside its conversations.
    pub fn records(&self) -> Records {
        Records::new(self.inner.shared.journal.clone())
    }

    /// Up to `limit` conversations in which the customer was named, the latest first.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub fn of_customer(&self, customer: &str, limit: usize) -> Result<Vec<ConversationId>, Error> {
        let prefix = customers::prefix(customer);
        let page = self
            .records()
            .list(customers::COLLECTION, &prefix, None, limit)?;
        Ok(page.rows.into_iter().map(|(_, id)| id).collect())
    }

    /// Conversations by state, those in it the longest first. `after` is the
    /// [`next`](Page::next) of the page before.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an `after` of another list, [`Error::Journal`].
    pub fn list(
        &self,
        state: Option<&StateName>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Error> {
        let invalid = |error: warmline_journal::Error| Error::Invalid(error.to_string());
        let cursor = after.map(str::parse::<Cursor>).transpose();
        let cursor = cursor.map_err(invalid)?;
        let journal = &self.inner.shared.journal;
        let page = match journal.list(state, cursor.as_ref(), limit) {
            Err(error @ warmline_journal::Error::Cursor(_)) => return Err(invalid(error)),
            page => page?,
        };
        let rows = page.rows.into_iter().map(|row| Row {
            conversation: row.conversation,
            state: row.listing.state,
            since: row.listing.since,
        });
        Ok(Page {
            rows: rows.collect(),
            next: page.next.map(|next| next.to_string()),
        })
    }
}
