//! How many come, who works, what it costs.

use std::time::Duration;

use super::persona::Persona;
use crate::Error;

/// Most conversations of a day.
const MOST: u64 = 10_000_000;

/// A day to be played.
#[derive(Debug, Clone)]
pub struct DayOptions {
    /// How many conversations begin. Default: 10,000.
    pub conversations: u64,
    /// Over which time, evenly by chance. Default: 24 hours.
    pub over: Duration,
    /// How many operators work. Default: 10.
    pub operators: usize,
    /// How many conversations each has at once. Default: 3.
    pub capacity: u32,
    /// How long an operator needs for a conversation, on average. Default: 6 minutes.
    pub handle: Duration,
    /// The share of conversations that operators hand back. Default: 0.3.
    pub handback: f64,
    /// The share of the time in which an operator is away without a word. Default: 0.
    pub absence: f64,
    /// How long an absent operator keeps what they have. Default: 2 minutes.
    pub lease: Duration,
    /// How long customers wait for a human before they give up, on average; `None`: for ever.
    /// Default: 10 minutes.
    pub patience: Option<Duration>,
    /// The share of questions that the assistant can answer. Default: 0.7.
    pub known: f64,
    /// The kinds of customers and their shares, which need not sum to one.
    pub mix: Vec<(Persona, f64)>,
    /// What an operator costs in an hour, in any currency. Default: 30.
    pub operator_hour: f64,
    /// What a draft of the assistant costs. Default: 0.01.
    pub draft_cost: f64,
    /// What chance begins with. Default: 1.
    pub seed: u64,
}

impl Default for DayOptions {
    fn default() -> Self {
        Self {
            conversations: 10_000,
            over: Duration::from_secs(24 * 3600),
            operators: 10,
            capacity: 3,
            handle: Duration::from_secs(360),
            handback: 0.3,
            absence: 0.0,
            lease: Duration::from_secs(120),
            patience: Some(Duration::from_secs(600)),
            known: 0.7,
            mix: Persona::ALL
                .into_iter()
                .map(|persona| (persona, persona.share()))
                .collect(),
            operator_hour: 30.0,
            draft_cost: 0.01,
            seed: 1,
        }
    }
}

impl DayOptions {
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::Option(what));
        if !(1..=MOST).contains(&self.conversations) {
            return wrong(format!("from 1 to {MOST} conversations make a day"));
        }
        if self.over.is_zero() || self.handle.is_zero() {
            return wrong("arriving and working take some time".to_owned());
        }
        if self.operators == 0 || self.operators > 10_000 || self.capacity == 0 {
            return wrong("1 to 10000 operators work, with room for at least one each".to_owned());
        }
        for (name, share, most) in [
            ("handback", self.handback, 1.0),
            ("absence", self.absence, 0.9),
            ("known", self.known, 1.0),
        ] {
            if !(0.0..=most).contains(&share) {
                return wrong(format!("`{name}` is a share from 0 to {most}, not {share}"));
            }
        }
        let sound = |cost: f64| cost.is_finite() && cost >= 0.0;
        if !sound(self.operator_hour) || !sound(self.draft_cost) {
            return wrong("costs are numbers from 0".to_owned());
        }
        let total: f64 = self.mix.iter().map(|(_, share)| share).sum();
        let shares = self.mix.iter().all(|(_, share)| sound(*share));
        match shares && total > 0.0 && total.is_finite() {
            true => Ok(()),
            false => wrong("the mix needs a share above 0".to_owned()),
        }
    }

    /// How many conversations begin in a second.
    pub fn rate(&self) -> f64 {
        self.conversations as f64 / self.over.as_secs_f64()
    }
}
