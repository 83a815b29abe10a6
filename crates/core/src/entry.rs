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

impl Entry {
    /// Whether it is what detectors or assistant came to, and neither is asked for more.
    pub fn is_last_word(&self) -> bool {
        let came = matches!(
            self.event,
            Event::TurnExamined { .. }
                | Event::ActionsExamined { .. }
                | Event::PartExamined { .. }
                | Event::DraftExamined { .. }
                | Event::AssistantFailed { .. }
        );
        let goes_on = |effect: &String| {
            let name = effect
                .split_once('(')
                .map_or(effect.as_str(), |(name, _)| name);
            ["ask_assistant", "act", "discard_draft"].contains(&name)
        };
        came && !self.decided.effects.iter().any(goes_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{OperatorId, TurnNumber};
    use crate::queue::Alarm;
    use crate::turn::Speaker;

    /// An entry of an assistant who failed.
    fn entry(effects: Vec<String>) -> Entry {
        Entry {
            seq: 7,
            at: Timestamp(0),
            config: ConfigVersion::new("test").unwrap(),
            event: Event::AssistantFailed {
                through: TurnNumber(1),
                epoch: Epoch(1),
                reason: "it crashed".to_owned(),
            },
            decided: Decided {
                state: StateName::new("ai_owned").unwrap(),
                epoch: Epoch(1),
                turns: Vec::new(),
                trigger: None,
                effects,
                timers: BTreeMap::new(),
            },
        }
    }

    /// Whether detectors or assistant are still at work behind `effect`.
    fn goes_on(effect: &Effect) -> bool {
        match effect {
            Effect::AskAssistant { .. } | Effect::Act { .. } | Effect::DiscardDraft { .. } => true,
            Effect::Examine { .. }
            | Effect::CancelAnswer
            | Effect::Say(_)
            | Effect::WriteCard { .. }
            | Effect::NotifyOperators { .. }
            | Effect::RaiseAlarm { .. }
            | Effect::StartTimer { .. }
            | Effect::CancelTimer { .. } => false,
        }
    }

    #[test]
    fn the_last_word_is_told_from_the_names_of_effects() {
        let (through, epoch, due) = (TurnNumber(1), Epoch(1), Timestamp(9));
        let queue = || "support".to_owned();
        let timer = || TimerName::new("act").unwrap();
        let effects = [
            Effect::Examine { through, epoch },
            Effect::AskAssistant { through, epoch },
            Effect::Act { through, epoch },
            Effect::CancelAnswer,
            Effect::Say(Turn {
                number: through,
                speaker: Speaker::Notice,
                text: "act".to_owned(),
                at: due,
                epoch,
                citations: Vec::new(),
            }),
            Effect::WriteCard { epoch },
            Effect::NotifyOperators {
                queue: queue(),
                prefer: None,
            },
            Effect::NotifyOperators {
                queue: queue(),
                prefer: Some(OperatorId::new("dana").unwrap()),
            },
            Effect::RaiseAlarm {
                queue: queue(),
                alarm: Alarm::Breach,
            },
            Effect::StartTimer {
                timer: timer(),
                due,
            },
            Effect::CancelTimer {
                timer: timer(),
                due,
            },
            Effect::DiscardDraft { through },
        ];
        for effect in effects {
            let entry = entry(vec!["cancel_answer".to_owned(), effect.to_string()]);
            assert_eq!(entry.is_last_word(), !goes_on(&effect), "{effect}");
        }
        assert!(entry(vec!["activate(3)".to_owned()]).is_last_word());
    }
}
