//! The predicates behind the invariants, one for each promise.

use std::collections::BTreeMap;

use crate::effect::Effect;
use crate::event::Event;
use crate::ids::{StateName, TimerName, Timestamp};
use crate::queue::Alarm;
use crate::signal::Trigger;
use crate::state::{ACTIONS, Awaiting, State, WINDOW};
use crate::turn::{MAX_TEXT, Speaker, Turn};
use crate::workflow::{On, Owner, Workflow};

/// Whether a promise was kept; else what is wrong.
pub(super) type Verdict = Result<(), String>;

/// One step, as the predicates see it.
pub(super) struct Step<'a> {
    pub(super) workflow: &'a Workflow,
    pub(super) before: &'a State,
    pub(super) event: &'a Event,
    pub(super) after: &'a State,
    pub(super) effects: &'a [Effect],
}

impl Step<'_> {
    pub(super) fn one_voice(&self) -> Verdict {
        let Self { before, after, .. } = self;
        let epoch = match self.moved() {
            true => before.epoch.next(),
            false => before.epoch,
        };
        ensure(after.epoch == epoch, || {
            format!("epoch {} follows {}", after.epoch, before.epoch)
        })?;
        let owned = self.owner(&after.name) == Owner::Operator;
        ensure(owned == after.operator.is_some(), || {
            format!("`{}` is with operator {:?}", after.name, after.operator)
        })?;
        ensure(self.moved() || before.operator == after.operator, || {
            "the operator changed within an epoch".to_owned()
        })?;
        self.said().try_for_each(|turn| self.may_say(turn))
    }

    /// Whether the speaker of `turn` had the conversation when it was decided.
    fn may_say(&self, turn: &Turn) -> Verdict {
        let before = self.before;
        let may = match (&turn.speaker, self.event) {
            (Speaker::Notice, _) => true,
            (
                Speaker::Assistant,
                Event::DraftExamined { through, epoch, .. }
                | Event::PartExamined { through, epoch, .. },
            ) => {
                self.owner(&before.name) == Owner::Assistant
                    && !self.moved()
                    && *epoch == before.epoch
                    && *through == before.last_customer_turn
            }
            (Speaker::Operator { operator }, Event::OperatorReplied { operator: by, .. }) => {
                operator == by && !self.moved() && before.operator.as_ref() == Some(by)
            }
            _ => false,
        };
        ensure(may && turn.epoch == self.after.epoch, || {
            format!("{:?} spoke under epoch {}", turn.speaker, turn.epoch)
        })
    }

    pub(super) fn nothing_lost(&self) -> Verdict {
        let Self { before, after, .. } = self;
        let mut last = before.last_turn;
        for turn in self.added() {
            last = last.next();
            ensure(turn.number == last, || {
                format!("turn {} stands where {last} belongs", turn.number)
            })?;
        }
        ensure(after.last_turn == last, || {
            format!("turns up to {last} count as {}", after.last_turn)
        })?;
        let heard: Vec<&Turn> = self.added().filter(|turn| turn.is_customer()).collect();
        let complete = match (self.event, heard.as_slice()) {
            (Event::CustomerSpoke { text, .. }, [turn]) => {
                turn.number == before.last_turn.next()
                    && turn.number == after.last_customer_turn
                    && text.starts_with(turn.text.as_str())
                    && (turn.text.len() == text.len() || turn.text.len() + 4 > MAX_TEXT)
            }
            (Event::CustomerSpoke { .. }, _) => false,
            (_, heard) => heard.is_empty() && after.last_customer_turn == before.last_customer_turn,
        };
        ensure(complete, || "the customer's words went astray".to_owned())
    }

    pub(super) fn exactly_once(&self) -> Verdict {
        let Self { before, after, .. } = self;
        let outbound = self.added().filter(|turn| !turn.is_customer());
        ensure(self.said().eq(outbound), || {
            "what was said differs from the transcript".to_owned()
        })?;
        ensure(
            before.settled <= after.settled && after.settled <= after.last_customer_turn,
            || format!("settled went from {} to {}", before.settled, after.settled),
        )?;
        if let (true, Event::DraftExamined { through, .. }) =
            (self.said().any(Turn::is_assistant), self.event)
        {
            ensure(
                before.settled < *through && after.settled == *through,
                || format!("turn {through} was answered again"),
            )?;
        }
        let question = |state: &State| (state.last_customer_turn, state.epoch);
        let again = before.owes_answer() && question(before) == question(after);
        let examines = |effect: &Effect| matches!(effect, Effect::Examine { .. });
        ensure(!again || !self.effects.iter().any(examines), || {
            "the answer under way was begun anew".to_owned()
        })?;
        match self.event {
            Event::TimerFired { timer, due } => {
                ensure(after.timers.get(timer) != Some(due), || {
                    format!("timer `{timer}` would fire again")
                })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn no_stranding(&self) -> Verdict {
        let (from, to) = (&self.before.name, &self.after.name);
        let told = self.said().any(|turn| turn.speaker == Speaker::Notice);
        ensure(told || self.owner(from) == self.owner(to), || {
            format!("nobody told the customer of `{to}`")
        })?;
        let leads_out = |timer: &TimerName| {
            let on = On::TimerFired(timer.clone());
            let mut rules = self.workflow.rules.iter();
            rules.any(|rule| rule.from == *to && rule.on == on && rule.to != *to)
        };
        let begun = self.after.customer_turns > 0 || self.after.epoch > self.before.epoch;
        let waits = begun && self.owner(to) == Owner::Queue;
        ensure(!waits || self.after.timers.keys().any(leads_out), || {
            format!("no timer leads out of `{to}`")
        })?;
        let placed = self.after.queued.is_some();
        let in_queue = self.owner(to) == Owner::Queue;
        ensure((placed || !waits) && (in_queue || !placed), || {
            format!("`{to}` has the place {:?} in a queue", self.after.queued)
        })?;
        let durable = self.durable_timers();
        ensure(durable == self.after.timers, || {
            format!("the timers that run are {durable:?} for the host")
        })
    }

    /// The timers that run for a host that performs the effects.
    fn durable_timers(&self) -> BTreeMap<TimerName, Timestamp> {
        let mut timers = self.before.timers.clone();
        if let Event::TimerFired { timer, .. } = self.event {
            timers.remove(timer);
        }
        for effect in self.effects {
            match effect {
                Effect::StartTimer { timer, due } => {
                    timers.insert(timer.clone(), *due);
                }
                Effect::CancelTimer { timer, due } if timers.get(timer) == Some(due) => {
                    timers.remove(timer);
                }
                _ => {}
            }
        }
        timers
    }

    pub(super) fn never_blocked(&self) -> Verdict {
        let Self { before, after, .. } = self;
        let owes =
            self.owner(&after.name) == Owner::Assistant && after.settled < after.last_customer_turn;
        ensure(owes == after.owes_answer(), || {
            format!(
                "turns {} to {} wait for {:?}",
                after.settled.next(),
                after.last_customer_turn,
                after.awaiting
            )
        })?;
        let asked = |state: &State| (state.awaiting, state.last_customer_turn, state.epoch);
        if asked(before) == asked(after) {
            return Ok(());
        }
        let under_way = match after.awaiting {
            Awaiting::Nothing => true,
            Awaiting::Examination => self.effects.contains(&Effect::Examine {
                through: after.last_customer_turn,
                epoch: after.epoch,
            }),
            Awaiting::Draft => self.effects.contains(&Effect::AskAssistant {
                through: after.last_customer_turn,
                epoch: after.epoch,
            }),
        };
        ensure(under_way, || format!("nobody began {:?}", after.awaiting))
    }

    pub(super) fn card_at_once(&self) -> Verdict {
        let Self { before, after, .. } = self;
        let human = |name| matches!(self.owner(name), Owner::Queue | Owner::Operator);
        let taken_over = human(&after.name) && !human(&before.name);
        ensure(!taken_over || after.handoffs == before.handoffs + 1, || {
            format!("`{}` is no handoff", after.name)
        })?;
        // The words of the card's may be masked.
        let facts = |trigger: &Trigger| (trigger.kind, trigger.rule.clone(), trigger.turn);
        let trigger = after.trigger.as_deref().map(facts);
        let card = after.card.as_deref().map(|card| facts(&card.trigger));
        ensure(
            after.handoffs == before.handoffs || (card.is_some() && card == trigger),
            || "there is no card for the trigger".to_owned(),
        )
    }

    pub(super) fn bounded_cost(&self) -> Verdict {
        let after = self.after;
        let timers = self
            .workflow
            .state(&after.name)
            .map_or(&[][..], |state| &state.timers);
        let own = |name: &TimerName| {
            timers.iter().any(|timer| timer.name == *name)
                || (after.queued.is_some() && Alarm::of(name).is_some())
        };
        ensure(
            after.window.len() <= WINDOW
                && after.attempts.len() <= ACTIONS
                && after.timers.keys().all(own)
                && self.added().all(|turn| turn.text.len() <= MAX_TEXT),
            || {
                format!(
                    "{} turns, {} attempts and timers {:?} are kept",
                    after.window.len(),
                    after.attempts.len(),
                    after.timers
                )
            },
        )
    }

    pub(super) fn stays_cleared(&self) -> Verdict {
        let Self { before, after, .. } = self;
        ensure(before.examined_from <= after.examined_from, || {
            format!("the detectors went back to turn {}", after.examined_from)
        })?;
        let resumed = self.owner(&before.name) != Owner::Assistant
            && self.owner(&after.name) == Owner::Assistant;
        let fresh = match after.owes_answer() {
            true => after.examined_from > after.settled,
            false => after.examined_from > after.last_turn,
        };
        ensure(!resumed || fresh, || {
            format!("the detectors look at turn {} again", after.examined_from)
        })?;
        let Event::HandedBack { note, .. } = self.event else {
            return ensure(before.handbacks == after.handbacks, || {
                "a handback was counted".to_owned()
            });
        };
        let cleared = after.trigger.is_none()
            && after.card.is_none()
            && after.held_back.is_none()
            && after.intent.is_none()
            && after.attempts.is_empty();
        ensure(cleared && after.note.as_deref() == Some(note), || {
            "the old grievance is still there".to_owned()
        })?;
        let most = self.workflow.policy.max_handbacks;
        ensure(
            after.handbacks == before.handbacks + 1 && after.handbacks <= most,
            || format!("{} handbacks of at most {most}", after.handbacks),
        )
    }

    pub(super) fn explained(&self) -> Verdict {
        let Self { before, after, .. } = self;
        let over = self.owner(&after.name) == Owner::Nobody;
        ensure(over == after.outcome.is_some(), || {
            format!("the outcome in `{}` is {:?}", after.name, after.outcome)
        })?;
        if after.handoffs > before.handoffs {
            let why = after.trigger.as_deref().is_some_and(|trigger| {
                trigger.turn == after.last_customer_turn
                    && (matches!(self.event, Event::OperatorClaimed { .. })
                        || !trigger.signals.is_empty()
                        || !trigger.evidence.is_empty()
                        || !trigger.rule.is_empty())
            });
            ensure(why, || "a handoff gives no reason".to_owned())?;
        }
        let late = matches!(self.event, Event::DraftExamined { .. })
            && after.handoffs == before.handoffs
            && after.deferred == before.deferred
            && !self.said().any(Turn::is_assistant);
        ensure(
            after.discarded_drafts == before.discarded_drafts + u32::from(late),
            || format!("{} drafts were discarded", after.discarded_drafts),
        )
    }

    fn owner(&self, state: &StateName) -> Owner {
        self.workflow
            .state(state)
            .map_or(Owner::Nobody, |state| state.owner)
    }

    fn moved(&self) -> bool {
        self.before.name != self.after.name
    }

    fn added(&self) -> impl Iterator<Item = &Turn> {
        self.after.turns_since(self.before.last_turn)
    }

    fn said(&self) -> impl Iterator<Item = &Turn> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Say(turn) => Some(turn),
            _ => None,
        })
    }
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    match holds {
        true => Ok(()),
        false => Err(what()),
    }
}
