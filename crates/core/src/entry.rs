//! The recorded form of a step: the event, and what was decided about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::event::Event;
use crate::ids::{ConfigVersion, Epoch, StateName, TimerName, Timestamp};
use crate::queue::BREACH;
use crate::signal::Trigger;
use crate::state::State;
use crate::turn::Turn;

/// What a step came to, kept beside its event so that readers need not decide again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// The state after the step.
    pub state: StateName,
    /// The epoch after the step.
    pub epoch: Epoch,
    /// What was added to the transcript: the customer's own words or anything said to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// The trigger, on the step that handed the conversation over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// The effects, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// When each timer that the step started is due: opening hours follow clocks that states
    /// change, so a later program may come to other moments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<TimerName, Timestamp>,
}

impl Decided {
    /// What the step from `before` to `after` came to.
    pub fn of(before: &State, after: &State, effects: &[Effect]) -> Self {
        Self {
            state: after.name.clone(),
            epoch: after.epoch,
            turns: after.turns_since(before.last_turn).cloned().collect(),
            trigger: after
                .trigger
                .as_deref()
                .filter(|_| after.handoffs > before.handoffs)
                .cloned(),
            effects: effects.iter().map(Effect::to_string).collect(),
            timers: effects.iter().filter_map(Effect::started).collect(),
        }
    }

    /// The same, with its timers due when `recorded` says, if that has the same ones. Entries that
    /// were written before they told of timers have none.
    pub(crate) fn in_the_time_of(self, recorded: &Self) -> Self {
        let same = self.timers.keys().eq(recorded.timers.keys());
        match same || recorded.timers.is_empty() {
            true => Self {
                timers: recorded.timers.clone(),
                ..self
            },
            false => self,
        }
    }

    /// Holds `after`, which was decided again, to the moments of the first time.
    pub fn keep_time(&self, after: &mut State) {
        for (timer, due) in &self.timers {
            if let Some(again) = after.timers.get_mut(timer) {
                *again = *due;
            }
        }
        let mut timers = self.timers.iter();
        let target = timers.find(|(timer, _)| timer.as_str() == BREACH);
        if let (Some(queued), Some((_, due))) = (&mut after.queued, target) {
            queued.due = queued.due.map(|_| *due);
        }
    }
}

/// One recorded step of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the conversation's journal, from 0, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The configuration that decided it.
    pub config: ConfigVersion,
    /// What happened.
    pub event: Event,
    /// What was decided about it.
    pub decided: Decided,
}
