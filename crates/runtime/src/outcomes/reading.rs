//! Reading how conversations ended: also from a journal that no runtime has open.

use warmline_core::Timestamp;
use warmline_core::outcome::{Ended, Feedback};

use super::{FEEDBACK, OUTCOME, REOPENED};
use crate::error::Error;
use crate::records::Records;

/// A day in milliseconds.
const DAY: u64 = 24 * 3600 * 1000;

impl Records {
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
        let mut rows = Vec::new();
        for day in first..=last {
            let prefix = format!(
                "{}/",
                warmline_core::outcome::ended::day(Timestamp(day * DAY))
            );
            let reopened = self.all::<Timestamp>(REOPENED, &prefix)?;
            for (key, row) in self.all::<Ended>(OUTCOME, &prefix)? {
                let again = reopened.binary_search_by(|(known, _)| known.as_str().cmp(&key));
                rows.push(match again {
                    Ok(place) => row.restated(reopened[place].1),
                    Err(_) => row,
                });
            }
        }
        Ok(rows)
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
}
