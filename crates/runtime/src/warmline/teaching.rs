//! What operators teach: corrections of the scope that count from the next turn on.

use warmline_core::lesson::MAX_LESSON;
use warmline_core::{Belongs, ConversationId, Lesson, OperatorId, Timestamp};
use warmline_journal::{Cursor, Journal};

use super::asking::check_length;
use crate::error::Error;
use crate::setup::Shared;
use crate::warmline::Warmline;

/// Most lessons that are kept: more belong into the configuration.
const MOST: usize = 10_000;

/// Lessons read at once.
const PAGE: usize = 1_000;

impl Warmline {
    /// Teaches where a text belongs. It is recorded first, and counts from the next turn on for
    /// every conversation, across restarts and configurations, until another lesson about the same
    /// text. `conversation` says whose words they are: the lesson is erased together with it.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a text that is empty or over
    /// [`MAX_LESSON`] bytes, for an intent that the scope does not
    /// have, and when too much was taught; [`Error::Journal`] when it could not be recorded;
    /// [`Error::Detect`] when it is recorded but could not be learned, and so counts from the next
    /// lesson or start.
    pub async fn teach(
        &self,
        text: &str,
        belongs: Belongs,
        operator: &OperatorId,
        conversation: Option<ConversationId>,
    ) -> Result<Lesson, Error> {
        if text.trim().is_empty() {
            return Err(Error::Invalid("`text` must not be empty".to_owned()));
        }
        check_length("an example", text, MAX_LESSON)?;
        let shared = &self.inner.shared;
        let _alone = shared.teaching.lock().await;
        if let Belongs::Intent(name) = &belongs {
            let current = shared.current();
            let names: Vec<&str> = current.scope.intents.iter().map(|i| &*i.name).collect();
            if !names.contains(&name.as_str()) {
                let names = names.join(", ");
                let reason = format!("the scope has no intent `{name}`; it has: {names}");
                return Err(Error::Invalid(reason));
            }
        }
        let known = lessons(&*shared.journal)?;
        if known.len() >= MOST {
            let reason = format!("{MOST} examples were taught; put them into the configuration");
            return Err(Error::Invalid(reason));
        }
        let lesson = Lesson {
            text: text.trim().to_owned(),
            belongs,
            by: operator.clone(),
            at: match known.last() {
                // A clock that was set back does not put it before what it corrects.
                Some(last) => shared.clock.now().max(Timestamp(last.at.0 + 1)),
                None => shared.clock.now(),
            },
            conversation,
        };
        shared.journal.record_lesson(&lesson).await?;
        learn(shared).await?;
        Ok(lesson)
    }

    /// All that was taught, the earliest first.
    ///
    /// # Errors
    ///
    /// [`Error::Journal`].
    pub fn lessons(&self) -> Result<Vec<Lesson>, Error> {
        lessons(&*self.inner.shared.journal)
    }
}

/// Learns the scope anew after lessons were erased.
pub(crate) async fn unlearn(shared: &Shared) -> Result<(), Error> {
    let _alone = shared.teaching.lock().await;
    learn(shared).await
}

/// Learns the scope with what is taught now. Whoever calls it holds [`Shared::teaching`].
async fn learn(shared: &Shared) -> Result<(), Error> {
    let lessons = lessons(&*shared.journal)?;
    for setup in shared.in_force() {
        setup.learner.learn(&setup.scope.taught(&lessons)).await?;
    }
    Ok(())
}

/// Every lesson that can be read, the earliest first.
pub(crate) fn lessons(journal: &dyn Journal) -> Result<Vec<Lesson>, Error> {
    let mut lessons = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = journal.lessons(after.as_ref(), PAGE)?;
        if page.damaged > 0 {
            tracing::warn!(
                damaged = page.damaged,
                "lessons that cannot be read are left out"
            );
        }
        lessons.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    lessons.sort_by_key(|lesson| lesson.at);
    Ok(lessons)
}
