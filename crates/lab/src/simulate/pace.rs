//! How fast customers write: evenly spread turns, whoever they come from.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Gives away moments, one after the other.
#[derive(Debug)]
pub(super) struct Pace {
    /// Between two turns; nothing for no limit.
    gap: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// `rate` turns per second; 0 for no limit.
    pub(super) fn new(rate: f64) -> Self {
        Self {
            gap: (rate > 0.0).then(|| Duration::from_secs_f64(1.0 / rate)),
            next: Mutex::new(None),
        }
    }

    /// Waits for the next free moment. Moments that nobody took are lost: nobody catches up.
    pub(super) async fn turn(&self) {
        let Some(gap) = self.gap else { return };
        let moment = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let moment = next.map_or(now, |next| next.max(now));
            *next = Some(moment + gap);
            moment
        };
        sleep_until(moment).await;
    }
}
