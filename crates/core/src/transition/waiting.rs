//! Waiting for an operator: a place in the queue, its targets, its hours, and a way to be reached.

use std::time::Duration;

use crate::effect::Effect;
use crate::ids::{TimerName, Timestamp};
use crate::queue::{Alarm, BREACH, Contact, MAX_CONTACT, Outside, QueueSpec, Queued, WARNING};
use crate::state::Awaiting;
use crate::transition::Refused;
use crate::transition::step::Step;
use crate::turn::Speaker;
use crate::workflow::{Messages, Owner, StateSpec, Workflow};

impl<'a> Step<'a> {
    /// Gives the conversation its place in the queue of `target`, which it just entered from an
    /// owner, and tells the customer and the operators.
    pub(super) fn wait(&mut self, target: &StateSpec, left: Owner, words: Option<&Messages>) {
        let workflow = self.workflow;
        let Some(queue) = workflow.queue(target) else {
            return;
        };
        let open = queue.is_open(self.at);
        // What a human let go of waits for the next one, also where the assistant would carry on
        // with others.
        let happens = match queue.outside {
            Outside::Assistant => Outside::Keep,
            other => other,
        };
        let language = self.state.context.language.as_deref();
        let closed = queue.closed_words(happens, self.at, language);
        match (words, closed) {
            (Some(_), Some(closed)) if !open => self.say(Speaker::Notice, &closed, &[]),
            (Some(words), _) => self.tell(words),
            (None, _) => {}
        }
        let waited = self.waited.take();
        let (prefer, let_go_by) = match (left, &waited) {
            // Whoever vanished let go of nothing, and may be back.
            (Owner::Operator, _) if self.event == "operator_lost" => (None, None),
            (Owner::Operator, _) => (self.passed_to.take(), self.state.last_operator.clone()),
            (_, Some(waited)) => (waited.reserved_for.clone(), waited.let_go_by.clone()),
            (_, None) => (self.state.last_operator.clone(), None),
        };
        let lapsed = left == Owner::Operator && self.event != "operator_released";
        let since = match waited {
            Some(waited) => waited.since,
            None if lapsed => self.state.worked,
            None => self.at,
        };
        let reachable = self.state.contact.is_some();
        let target = queue.target.filter(|_| !reachable);
        let due = target.map(|target| queue.after(since, target));
        self.state.queued = Some(Queued {
            queue: queue.name.clone(),
            since,
            points: queue.points(&self.facts()),
            due,
            alarm: None,
            reserved_for: prefer.clone(),
            let_go_by,
            contact_wanted: !open && queue.outside == Outside::Contact,
        });
        if let (Some(due), Some(warn)) = (due, queue.warn) {
            self.start_timer(&name(WARNING), queue.after(since, warn));
            self.start_timer(&name(BREACH), due);
        }
        // Whoever was promised a call is still promised it; but no promise begins anew because it
        // was not kept.
        if reachable && left == Owner::Operator {
            self.keep_for_call_back(queue);
        }
        self.effect(Effect::NotifyOperators {
            queue: queue.name.clone(),
            prefer,
        });
        if self.picked_up {
            let epoch = self.state.epoch;
            self.effect(Effect::WriteCard { epoch });
        }
    }

    /// The queue that a handoff would lead to, if that leaves the conversation with the assistant
    /// at this hour.
    pub(super) fn defers_to(&self, target: &StateSpec) -> Option<&'a QueueSpec> {
        self.workflow
            .queue(target)
            .filter(|queue| queue.outside == Outside::Assistant && !queue.is_open(self.at))
    }

    /// Leaves the conversation with the assistant, because nobody is there: the customer is told,
    /// and what was not to be said is not said.
    pub(super) fn defer(&mut self, queue: &QueueSpec) {
        self.state.deferred = self.state.deferred.saturating_add(1);
        // Whoever merely asked for a human still gets the answer that is under way.
        if self.event != "handoff_requested" {
            self.state.settled = self.state.last_customer_turn;
            if self.state.owes_answer() {
                self.state.awaiting = Awaiting::Nothing;
                self.effect(Effect::CancelAnswer);
            }
        }
        let language = self.state.context.language.as_deref();
        if let Some(words) = queue.closed_words(queue.outside, self.at, language) {
            self.say(Speaker::Notice, &words, &[]);
        }
    }

    /// Notes that a target is missed, or soon will be.
    pub(super) fn raise(&mut self, alarm: Alarm) {
        if let Some(queued) = &mut self.state.queued {
            queued.alarm = Some(alarm);
            let queue = queued.queue.clone();
            self.effect(Effect::RaiseAlarm { queue, alarm });
        }
    }

    /// Offers a call-back to a customer who would wait long; once, and to nobody who was asked how
    /// to reach them already.
    pub(super) fn wait_estimated(&mut self, wait: u64) -> Result<(), Refused> {
        let queue = self.waits_in().ok_or_else(|| self.no_rule())?;
        let wait = Duration::from_millis(wait);
        let long = queue.offer_call_back.is_some_and(|least| wait >= least);
        let queued = self.state.queued.as_mut();
        let Some(queued) =
            queued.filter(|queued| long && !queued.contact_wanted && self.state.contact.is_none())
        else {
            return Err(self.stale());
        };
        queued.contact_wanted = true;
        let language = self.state.context.language.as_deref();
        if let Some(words) = Workflow::words(&queue.call_back, language) {
            let minutes = wait.as_secs().div_ceil(60).to_string();
            let words = words.replace("{minutes}", &minutes);
            self.say(Speaker::Notice, &words, &[]);
        }
        Ok(())
    }

    /// Takes down how the customer wants to be reached. They need not wait here any longer: the
    /// conversation stays in the queue for as long as a call-back may take, without a target.
    pub(super) fn contact_left(&mut self, contact: &str) -> Result<(), Refused> {
        let queue = self.waits_in().ok_or_else(|| self.no_rule())?;
        let contact = contact.trim();
        if contact.is_empty() || contact.len() > MAX_CONTACT {
            return Err(Refused::Contact(contact.len()));
        }
        self.state.contact = Some(Contact {
            text: contact.to_owned(),
            at: self.at,
        });
        self.keep_for_call_back(queue);
        self.tell(&queue.contact_taken);
        Ok(())
    }

    /// Lets the conversation wait for as long as a call-back may take, without a target.
    fn keep_for_call_back(&mut self, queue: &QueueSpec) {
        if let Some(queued) = &mut self.state.queued {
            queued.contact_wanted = false;
            queued.due = None;
            queued.alarm = None;
        }
        let until = queue.after(self.at, queue.call_back_within);
        let running: Vec<(TimerName, Timestamp)> = self.state.timers.clone().into_iter().collect();
        for (timer, due) in running {
            if Alarm::of(&timer).is_some() || due < until {
                self.state.timers.remove(&timer);
                self.effect(Effect::CancelTimer {
                    timer: timer.clone(),
                    due,
                });
            }
            if Alarm::of(&timer).is_none() && due < until {
                self.start_timer(&timer, until);
            }
        }
    }

    /// The queue that the conversation waits in.
    fn waits_in(&self) -> Option<&'a QueueSpec> {
        let workflow = self.workflow;
        self.state.queued.as_ref()?;
        workflow.queue(workflow.state(&self.state.name)?)
    }
}

fn name(timer: &str) -> TimerName {
    TimerName::new(timer).expect("it is a valid name")
}
