//! All that is remembered of a conversation between two events. Its size is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::event::{CustomerContext, Event};
use crate::ids::{Epoch, OperatorId, StateName, TimerName, Timestamp, TurnNumber};
use crate::note::HandbackNote;
use crate::outcome::{Outcome, Tally};
use crate::queue::{Contact, Queued};
use crate::signal::Trigger;
use crate::turn::{Action, Draft, Turn};

/// How many of the latest turns are kept at hand for detectors, assistant and card.
pub const WINDOW: usize = 24;
/// How many of the latest actions of the assistant are kept for the card.
pub const ACTIONS: usize = 8;

/// What the customer's latest turns are waiting for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaiting {
    /// Nothing: every turn was dealt with.
    #[default]
    Nothing,
    /// The detectors.
    Examination,
    /// The assistant's draft.
    Draft,
}

/// Something the assistant did, and the turn after which it did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The action.
    #[serde(flatten)]
    pub action: Action,
    /// The turn that it was meant to answer.
    pub turn: TurnNumber,
}

/// All that is remembered of a conversation between two events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The state of the workflow.
    pub name: StateName,
    /// Counts the changes of owner.
    pub epoch: Epoch,
    /// The operator who has the conversation, where one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// The operator who had it last: asked first at a re-escalation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_operator: Option<OperatorId>,
    /// Whether the operator keeps it only as long as they show that they are there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leased: bool,
    /// Where it stands in a queue, while it waits in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<Queued>,
    /// How the customer wants to be reached; kept until the assistant takes over or it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// What the channel tells of the customer.
    #[serde(default)]
    pub context: CustomerContext,
    /// The number of the last turn.
    pub last_turn: TurnNumber,
    /// The number of the customer's last turn.
    pub last_customer_turn: TurnNumber,
    /// How many turns the customer has said.
    pub customer_turns: u32,
    /// The latest turns, oldest first, at most [`WINDOW`]; the customer's last one is among them.
    pub window: VecDeque<Arc<Turn>>,
    /// The first turn that the detectors look at: a handback moves it forward.
    pub examined_from: TurnNumber,
    /// The last customer's turn that was answered, or handed over.
    pub settled: TurnNumber,
    /// What the turns after [`settled`](Self::settled) are waiting for.
    pub awaiting: Awaiting,
    /// The last intent recognised, which an amount in a later turn belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The largest amount of money named at the last examination that found one; 0 if none did.
    #[serde(default)]
    pub amount: f64,
    /// Its currency as an ISO 4217 code; empty when none was named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub currency: String,
    /// The customer's sentiment at the last examination, 0 (calm) to 1 (furious).
    #[serde(default)]
    pub mood: f32,
    /// What the assistant did lately, at most [`ACTIONS`].
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub attempts: VecDeque<Arc<Attempt>>,
    /// The draft that was held back at the last handoff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<Arc<Draft>>,
    /// Why the conversation was last handed over; cleared by a handback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Arc<Trigger>>,
    /// What the operator reads; cleared by a handback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Arc<Card>>,
    /// What the assistant was told at the last handback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<HandbackNote>>,
    /// How often it went to a human.
    pub handoffs: u32,
    /// How often it would have gone to one, had the queue been open.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deferred: u32,
    /// How often it came back from one.
    pub handbacks: u32,
    /// When each running timer is due.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<TimerName, Timestamp>,
    /// When the present state was entered.
    pub since: Timestamp,
    /// When the customer last spoke.
    pub heard: Timestamp,
    /// When an operator last spoke or claimed.
    pub worked: Timestamp,
    /// Drafts that came too late to be said.
    pub discarded_drafts: u32,
    /// How it ended; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The customer's rating, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csat: Option<u8>,
    /// What was counted of the stretch that goes on, or of the last one.
    #[serde(default)]
    pub tally: Tally,
}

impl State {
    /// A conversation of which nothing is known yet, in the workflow state `initial`.
    pub fn new(initial: StateName) -> Self {
        Self {
            name: initial,
            epoch: Epoch(1),
            operator: None,
            last_operator: None,
            leased: false,
            queued: None,
            contact: None,
            context: CustomerContext::default(),
            last_turn: TurnNumber(0),
            last_customer_turn: TurnNumber(0),
            customer_turns: 0,
            window: VecDeque::new(),
            examined_from: TurnNumber(1),
            settled: TurnNumber(0),
            awaiting: Awaiting::Nothing,
            intent: None,
            amount: 0.0,
            currency: String::new(),
            mood: 0.0,
            attempts: VecDeque::new(),
            held_back: None,
            trigger: None,
            card: None,
            note: None,
            handoffs: 0,
            deferred: 0,
            handbacks: 0,
            timers: BTreeMap::new(),
            since: Timestamp(0),
            heard: Timestamp(0),
            worked: Timestamp(0),
            discarded_drafts: 0,
            outcome: None,
            csat: None,
            tally: Tally::default(),
        }
    }

    /// The turns in the window with a number above `number`, oldest first.
    pub fn turns_since(&self, number: TurnNumber) -> impl Iterator<Item = &Turn> {
        self.window
            .iter()
            .map(Arc::as_ref)
            .filter(move |turn| turn.number > number)
    }

    /// The turns that detectors may look at, oldest first: what a handback cleared is not among
    /// them.
    pub fn examined(&self) -> impl Iterator<Item = &Arc<Turn>> {
        let from = self.examined_from;
        self.window.iter().filter(move |turn| turn.number >= from)
    }

    /// Whether turns of the customer are still waiting for an answer.
    pub fn owes_answer(&self) -> bool {
        self.awaiting != Awaiting::Nothing
    }

    /// What becomes of a draft that was lost after a part of it was said, with the process that waited
    /// for it or because the journal failed: the assistant is not asked again, it would begin anew.
    /// `None` where nothing was said.
    pub fn interrupted(&self) -> Option<Event> {
        let mut said = self.turns_since(self.last_customer_turn);
        let part = |turn: &Turn| turn.is_assistant() && turn.epoch == self.epoch;
        let lost = self.awaiting == Awaiting::Draft && said.any(part);
        lost.then(|| Event::AssistantFailed {
            through: self.last_customer_turn,
            epoch: self.epoch,
            reason: "interrupted after a part was said".to_owned(),
        })
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Findings;
    use crate::source::Source;
    use crate::turn::Draft;
    use crate::{Workflow, transition};

    /// What the last of the steps leads to: the customer speaks, the detectors look, and the assistant
    /// begins its answer and ends it.
    fn after(steps: &[&str]) -> State {
        let workflow = Workflow::parse(&Source::new("default", "")).unwrap();
        let begun = State::new(workflow.initial.clone());
        steps.iter().fold(begun, |state, step| {
            let (through, epoch) = (state.last_customer_turn, state.epoch);
            let (findings, says) = (
                Findings::default(),
                Draft {
                    text: "Let me see.".to_owned(),
                    ..Draft::default()
                },
            );
            let event = match *step {
                "examined" => Event::TurnExamined {
                    through,
                    epoch,
                    findings,
                },
                "part" => Event::PartExamined {
                    through,
                    epoch,
                    part: says,
                    findings,
                },
                "draft" => Event::DraftExamined {
                    through,
                    epoch,
                    draft: says,
                    findings,
                },
                words => Event::CustomerSpoke {
                    text: words.to_owned(),
                    message: None,
                    context: CustomerContext::default(),
                },
            };
            transition(&workflow, &state, Timestamp(1), &event)
                .unwrap()
                .0
        })
    }

    #[test]
    fn an_answer_is_interrupted_between_its_parts_alone() {
        let lost = after(&["Hello", "examined", "part"]).interrupted();
        let expected = Event::AssistantFailed {
            through: TurnNumber(1),
            epoch: Epoch(1),
            reason: "interrupted after a part was said".to_owned(),
        };
        assert_eq!(lost, Some(expected));
        for steps in [
            &["Hello"][..],
            &["Hello", "examined"],
            &["Hello", "examined", "part", "draft"],
            // What the customer says meanwhile is another question.
            &["Hello", "examined", "part", "And now?"],
            &["Hello", "examined", "part", "And now?", "examined"],
        ] {
            assert_eq!(after(steps).interrupted(), None, "{steps:?}");
        }
    }
}
