//! What is counted while a conversation goes on: the facts of the stretch that has not ended yet.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{Timestamp, TurnNumber};
use crate::outcome::content::Content;
use crate::signal::{SignalKind, TriggerKind};
use crate::state::State;
use crate::turn::{Speaker, Turn};
use crate::workflow::{Owner, Workflow};

/// Most names of rules and of intents that are kept of one stretch.
pub const MOST_NAMES: usize = 8;

/// Who works on a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worker {
    /// The assistant.
    Assistant,
    /// An operator.
    Human,
}

/// The facts of one stretch: from the first turn, or the first after an end, to the end. Bounded,
/// and without a word that anybody said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// How many stretches of the conversation ended before this one.
    pub stretch: u32,
    /// When it began.
    pub began: Timestamp,
    /// The last turn before it.
    pub after: TurnNumber,
    /// When it ended; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// When the stretch before it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Timestamp>,
    /// Turns of the customer.
    pub customer_turns: u32,
    /// Turns of the customer that say again what stands in the transcript.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeats: u32,
    /// Answers of the assistant, however many parts they were said in.
    pub assistant_turns: u32,
    /// Turns of operators.
    #[serde(skip_serializing_if = "is_zero")]
    pub operator_turns: u32,
    /// Handoffs to a human.
    #[serde(skip_serializing_if = "is_zero")]
    pub handoffs: u32,
    /// Handbacks to the assistant.
    #[serde(skip_serializing_if = "is_zero")]
    pub handbacks: u32,
    /// Handbacks after which it came to a human again.
    #[serde(skip_serializing_if = "is_zero")]
    pub bounces: u32,
    /// Times that an operator put it back into a queue.
    #[serde(skip_serializing_if = "is_zero")]
    pub releases: u32,
    /// Why it was handed off.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub triggers: BTreeSet<TriggerKind>,
    /// Which signals were over their threshold at a handoff.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub fired: BTreeSet<SignalKind>,
    /// Gates and rules that handed it off, at most [`MOST_NAMES`].
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub rules: BTreeSet<String>,
    /// Intents recognised, at most [`MOST_NAMES`].
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub intents: BTreeSet<String>,
    /// The last queue that it waited in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Times that it waited in a queue.
    #[serde(skip_serializing_if = "is_zero")]
    pub waits: u32,
    /// How long in all, in milliseconds.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub waiting_ms: u64,
    /// How long operators had it in all, in milliseconds.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub handling_ms: u64,
    /// When it was first handed off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called: Option<Timestamp>,
    /// From the first handoff to an operator's first word, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_human_ms: Option<u64>,
    /// Who last said something to the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<Worker>,
    /// Whether it was handed back and has not come to a human since.
    #[serde(skip_serializing_if = "is_false")]
    pub returned: bool,
    /// The customer's last rating while the assistant was the last at work, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csat_assistant: Option<u8>,
    /// The customer's last rating while a human was the last at work, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csat_human: Option<u8>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn is_none_at_all(milliseconds: &u64) -> bool {
    *milliseconds == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn milliseconds(from: Timestamp, to: Timestamp) -> u64 {
    to.0.saturating_sub(from.0)
}

impl Tally {
    /// Counts the step that led from `before` to `after` at the moment `at`.
    pub(crate) fn counted(
        &self,
        workflow: &Workflow,
        before: &State,
        at: Timestamp,
        event: &Event,
        after: &State,
    ) -> Self {
        let mut tally = match before.outcome.is_some() && after.outcome.is_none() {
            true => Self {
                stretch: self.stretch.saturating_add(1),
                began: at,
                after: before.last_turn,
                previous: self.ended,
                ..Self::default()
            },
            false => self.clone(),
        };
        if before.customer_turns == 0 && before.last_turn.0 == 0 && tally.began.0 == 0 {
            tally.began = at;
        }
        tally.turns(before, at, after);
        tally.owners(workflow, before, at, after);
        tally.findings(event);
        tally.handing(before, at, event, after);
        if let Event::Rated { score } = event {
            match tally.worker {
                Some(Worker::Human) => tally.csat_human = Some(*score),
                _ => tally.csat_assistant = Some(*score),
            }
        }
        if before.outcome.is_none() && after.outcome.is_some() {
            tally.ended = Some(at);
        }
        tally
    }

    fn turns(&mut self, before: &State, at: Timestamp, after: &State) {
        let spoke = |turn: &&Arc<Turn>| turn.speaker != Speaker::Notice;
        let mut last = before.window.iter().rev().find(spoke).map(Arc::as_ref);
        for turn in after.turns_since(before.last_turn) {
            match turn.speaker {
                Speaker::Customer => {
                    self.customer_turns += 1;
                    let said = Content::of(&turn.text);
                    let mut earlier = before.window.iter().filter(|known| known.is_customer());
                    let again = !said.is_slight()
                        && earlier.any(|known| said.repeats(&Content::of(&known.text)));
                    self.repeats += u32::from(again);
                }
                Speaker::Assistant => {
                    let goes_on = last.is_some_and(|last| turn.goes_on_from(last));
                    self.assistant_turns += u32::from(!goes_on);
                    self.worker = Some(Worker::Assistant);
                }
                Speaker::Operator { .. } => {
                    self.operator_turns += 1;
                    self.worker = Some(Worker::Human);
                    if self.first_human_ms.is_none() {
                        let called = self.called.unwrap_or(before.since);
                        self.first_human_ms = Some(milliseconds(called, at));
                    }
                }
                Speaker::Notice => continue,
            }
            last = Some(turn);
        }
    }

    /// Where it stood until this step, and where it stands from now on.
    fn owners(&mut self, workflow: &Workflow, before: &State, at: Timestamp, after: &State) {
        let moved = before.epoch != after.epoch;
        if moved {
            let spent = milliseconds(before.since, at);
            match workflow.state(&before.name).map(|spec| spec.owner) {
                Some(Owner::Queue) => self.waiting_ms += spent,
                Some(Owner::Operator) => self.handling_ms += spent,
                _ => {}
            }
        }
        let begins = before.last_turn.0 == 0 && after.last_turn.0 > 0;
        if let Some(queued) = after.queued.as_ref().filter(|_| moved || begins) {
            self.waits += 1;
            self.queue = Some(queued.queue.clone());
        }
    }

    fn findings(&mut self, event: &Event) {
        if let Event::TurnExamined { findings, .. } = event {
            for intent in &findings.intents {
                if self.intents.len() < MOST_NAMES {
                    self.intents.insert(intent.name.clone());
                }
            }
        }
    }

    /// The baton in both directions.
    fn handing(&mut self, before: &State, at: Timestamp, event: &Event, after: &State) {
        if after.handoffs > before.handoffs {
            self.handoffs += 1;
            self.bounces += u32::from(std::mem::take(&mut self.returned));
            self.called = self.called.or(Some(at));
            if let Some(trigger) = after.trigger.as_deref() {
                self.triggers.insert(trigger.kind);
                self.fired
                    .extend(trigger.signals.iter().map(|judged| judged.signal.kind));
                if !trigger.rule.is_empty() && self.rules.len() < MOST_NAMES {
                    self.rules.insert(trigger.rule.clone());
                }
            }
        }
        if after.handbacks > before.handbacks {
            self.handbacks += 1;
            self.returned = true;
        }
        self.releases += u32::from(matches!(event, Event::OperatorReleased { .. }));
    }
}
