//! What customers who need a human may expect.

use std::time::Duration;

use super::account::Account;
use crate::Error;

/// What customers who need a human may expect of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// The longest mean wait, by [`Account::mean_wait`].
    pub wait: Duration,
    /// The largest share of them that is lost, by [`Account::lost_share`]: a wait that is cut short is
    /// no longer than what cuts it, so the mean alone would be met by losing everybody.
    pub lost: f64,
}

impl Target {
    /// Whether a day was as good as that.
    pub fn is_met(&self, account: &Account) -> bool {
        account.mean_wait() <= self.wait.as_secs_f64() && account.lost_share() <= self.lost
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        match (0.0..=1.0).contains(&self.lost) {
            true => Ok(()),
            false => Err(Error::Option(format!(
                "`lost` is a share from 0 to 1, not {}",
                self.lost
            ))),
        }
    }
}
