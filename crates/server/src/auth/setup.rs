//! The one-time key by which the first administrator comes in.

use std::time::Duration;

use warmline::{Timestamp, Warmline};

use super::person;
use super::secret::{VisitorKey, fresh};
use crate::Error;

/// How long the key is good.
const GOOD: Duration = Duration::from_secs(3600);

/// Lets the first administrator in, once, within an hour. Its text goes into the link that the
/// first start prints.
#[derive(Clone)]
pub struct SetupKey {
    text: String,
    until: Timestamp,
}

impl SetupKey {
    /// Makes a key, if nobody can sign in yet.
    ///
    /// # Errors
    /// [`Error::Random`]; [`Error::Records`] when nobody can tell who is there.
    pub fn if_needed(warmline: &Warmline) -> Result<Option<Self>, Error> {
        if person::anybody(&warmline.records()).map_err(Error::Records)? {
            return Ok(None);
        }
        Ok(Some(Self {
            text: fresh()?,
            until: warmline.now().after(GOOD),
        }))
    }

    /// What stands after `#` in the link `/console/setup#…`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is good at `now`.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Whether `presented` is this key.
    pub(crate) fn opens(&self, presented: &str, key: &VisitorKey, now: Timestamp) -> bool {
        key.same(presented, &self.text) && self.is_good(now)
    }
}

impl std::fmt::Debug for SetupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupKey(..)")
    }
}
