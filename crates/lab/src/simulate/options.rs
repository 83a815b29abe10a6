//! What a simulation is asked to do.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Error;

/// What a simulation is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the server is, such as `http://127.0.0.1:7717`.
    pub url: String,
    /// The machine token, where the server wants one.
    pub token: Option<String>,
    /// Customers' turns per second in all; 0 for as many as the server takes. Default: 50.
    pub rate: f64,
    /// How many conversations; the dialogues begin again when there are fewer. Default: one for
    /// each dialogue.
    pub conversations: Option<u64>,
    /// How many customers write at the same time. Default: 64.
    pub concurrency: usize,
    /// How many operators work. Default: 8.
    pub operators: usize,
    /// How long people think at most before they write. Default: 200 ms.
    pub thinking: Duration,
    /// After how long everybody goes home. Default: an hour.
    pub time: Duration,
    /// What chance begins with. Default: 1.
    pub seed: u64,
    /// What the names of the conversations begin with, so that two simulations of one server stay
    /// apart. Default: made from the time of day.
    pub run: String,
}

impl Options {
    /// The defaults, for the server at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            url: url.into(),
            token: None,
            rate: 50.0,
            conversations: None,
            concurrency: 64,
            operators: 8,
            thinking: Duration::from_millis(200),
            time: Duration::from_secs(3600),
            seed: 1,
            run: format!("sim-{:x}", now.map_or(0, |now| now.as_millis())),
        }
    }

    /// Whether they make sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |what: &str| Err(Error::Option(what.to_owned()));
        if !self.rate.is_finite() || self.rate < 0.0 {
            return wrong("the rate is a number of turns per second, or 0 for no limit");
        }
        if !(1..=10_000).contains(&self.concurrency) {
            return wrong("from 1 to 10000 customers can write at the same time");
        }
        if self.operators > 1_000 {
            return wrong("at most 1000 operators can work");
        }
        if self.conversations == Some(0) {
            return wrong("there must be at least one conversation");
        }
        if self.run.is_empty()
            || self.run.len() > 64
            || !self.run.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
        {
            return wrong("the name of a run has 1 to 64 letters, digits or signs, and no `/`");
        }
        Ok(())
    }
}
