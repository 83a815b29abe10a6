//! Reading how conversations ended: also from a journal that no runtime has open.

use std::collections::BTreeMap;

use warmline_core::outcome::{Ended, Feedback};
use warmline_core::source::Source;
use warmline_core::{ConfigVersion, ConversationId, Timestamp};

use super::{FEEDBACK, OUTCOME, REOPENED};
use crate::config::Terms;
use crate::error::Error;
use crate::records::Records;

/// A day in milliseconds.
const DAY: u64 = 24 * 3600 * 1000;

impl Records {
    /// How conversations ended from the day of `from` to the day of `to`, both included and in UTC,
    /// restated where the customer came back, with the version of the assistant where the
    /// configuration names one. In the order of days. It reads the disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a period over ten years, [`Error::Journal`].
    pub fn outcomes(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Ended>, Error> {
        let (first, last) = (from.0 / DAY, to.0 / DAY);
        if last.saturating_sub(first) > 3_660 {
            let reason = "a period has at most ten years".to_owned();
            return Err(Error::Invalid(reason));
        }
        let mut rows = Vec::new();
        let mut known: BTreeMap<ConfigVersion, Option<Terms>> = BTreeMap::new();
        for day in first..=last {
            let prefix = format!(
                "{}/",
                warmline_core::outcome::ended::day(Timestamp(day * DAY))
            );
            let reopened = self.all::<Timestamp>(REOPENED, &prefix)?;
            for (key, mut row) in self.all::<Ended>(OUTCOME, &prefix)? {
                if !known.contains_key(&row.config) {
                    known.insert(row.config.clone(), self.terms(&row.config)?);
                }
                let terms = known.get(&row.config).and_then(Option::as_ref);
                row.assistant = terms.and_then(|terms| terms.assistant.clone());
                let again = reopened.binary_search_by(|(known, _)| known.as_str().cmp(&key));
                rows.push(match again {
                    Ok(place) => row.restated(reopened[place].1),
                    Err(_) => row,
                });
            }
        }
        Ok(rows)
    }

    /// The terms of a configuration that decided; `None` where the journal does not have it, or it
    /// is of another time and can no longer be read.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub fn terms(&self, version: &ConfigVersion) -> Result<Option<Terms>, Error> {
        let text = self.journal().configuration(version)?;
        Ok(text.and_then(|text| Terms::of(&Source::new(version.as_str(), text)).ok()))
    }

    /// What operators said of handoffs between two moments.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub fn feedback(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Feedback>, Error> {
        let given = self.all::<Feedback>(FEEDBACK, "")?;
        let given = given.into_iter().map(|(_, feedback)| feedback);
        Ok(given
            .filter(|said| (from..=to).contains(&said.at))
            .collect())
    }

    /// What operators said of the handoffs of one conversation, the earliest first.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub fn feedback_on(&self, id: &ConversationId) -> Result<Vec<Feedback>, Error> {
        let given = self.all::<Feedback>(FEEDBACK, &format!("{id}/"))?;
        let given = given.into_iter().map(|(_, feedback)| feedback);
        // An id may have a slash: the keys of `a/b` begin like those of `a`.
        Ok(given.filter(|said| said.conversation == *id).collect())
    }
}
