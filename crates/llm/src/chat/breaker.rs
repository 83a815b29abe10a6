//! The circuit breaker: an endpoint that keeps failing is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts an endpoint's failures in a row.
#[derive(Debug)]
pub(super) struct Breaker {
    most: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Until when nobody asks; afterwards one tries at a time.
    until: Option<Instant>,
}

impl Breaker {
    /// Opens after `most` failures in a row, for `pause`.
    pub(super) fn new(most: u32, pause: Duration) -> Self {
        Self {
            most,
            pause,
            state: Mutex::default(),
        }
    }

    /// Whether the endpoint may be asked now. After a pause one request tries, and the others go
    /// on to leave it alone until that has come to something.
    pub(super) fn admits(&self) -> bool {
        let mut state = self.state();
        match state.until {
            None => true,
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                state.until = Some(Instant::now() + self.pause);
                true
            }
        }
    }

    /// It answered.
    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// It failed.
    pub(super) fn failed(&self) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.most {
            state.until = Some(Instant::now() + self.pause);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_lets_one_try_after_the_pause() {
        let breaker = Breaker::new(2, PAUSE);
        breaker.failed();
        breaker.succeeded();
        breaker.failed();
        assert!(breaker.admits());
        breaker.failed();
        assert!(!breaker.admits());
        tokio::time::advance(PAUSE).await;
        assert!(breaker.admits());
        assert!(!breaker.admits(), "one tries, the others wait");
        breaker.succeeded();
        assert!(breaker.admits() && breaker.admits());
    }
}
