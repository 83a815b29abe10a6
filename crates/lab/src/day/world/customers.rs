//! The customers of the day: they come, write, listen, and leave.

use std::time::Duration;

use warmline_core::event::CustomerContext;
use warmline_core::workflow::Owner;
use warmline_core::{Epoch, Event, Speaker, State, Turn, rehearse};

use super::{Conversation, NO_ANSWER, World};
use crate::Error;
use crate::day::persona::{Customer, Next, Persona, exponential};
use crate::day::plan::What;

impl World<'_> {
    /// Plans when the next customer comes.
    pub(super) fn next_arrival(&mut self) {
        if self.begun < self.options.conversations {
            let mean = Duration::from_secs_f64(1.0 / self.options.rate());
            let pause = exponential(mean, &mut self.rng);
            self.plan.after(pause, What::Begins);
        }
    }

    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        let id = self.begun;
        self.begun += 1;
        let persona = self.persona();
        let mut customer = Customer::new(persona, self.script, &mut self.rng);
        let words = customer.opens(self.script, &mut self.rng);
        let conversation = Conversation {
            state: State::new(self.workflow.initial.clone()),
            customer,
            handed: None,
            unheard: None,
            events: 0,
        };
        self.conversations.insert(id, conversation);
        self.speaks(id, words).await
    }

    fn persona(&mut self) -> Persona {
        let mix = &self.options.mix;
        let total: f64 = mix.iter().map(|(_, share)| share).sum();
        let mut left = self.rng.f64() * total;
        for (persona, share) in mix {
            left -= share;
            if left < 0.0 {
                return *persona;
            }
        }
        mix.last().map_or(Persona::Patient, |(persona, _)| *persona)
    }

    pub(super) async fn speaks(&mut self, id: u64, text: String) -> Result<(), Error> {
        let here = self.conversations.get(&id);
        if here.is_none_or(|one| one.customer.left) {
            return Ok(());
        }
        let event = Event::CustomerSpoke {
            text,
            message: None,
            context: CustomerContext::default(),
        };
        self.decide(id, event).await
    }

    /// The customer of a conversation goes who is still waiting in the queue of this epoch.
    pub(super) fn gives_up(&mut self, id: u64, epoch: Epoch) {
        if let Some(one) = self.conversations.get_mut(&id)
            && one.state.epoch == epoch
            && one.state.queued.is_some()
            && !one.customer.left
        {
            one.customer.left = true;
            self.ledger.gave_up += 1;
            if let Some(handed) = one.handed.take() {
                self.ledger.lost(handed, self.plan.now());
            }
        }
    }

    /// What a customer makes of what they are told.
    pub(super) fn hears(&mut self, id: u64, turn: &Turn) {
        let Some(one) = self.conversations.get_mut(&id) else {
            return;
        };
        if one.customer.left {
            return;
        }
        match &turn.speaker {
            Speaker::Assistant => {
                let helped = turn.text != NO_ANSWER;
                let (script, rng) = (self.script, &mut self.rng);
                match one.customer.after_answer(helped, script, rng) {
                    Next::Says(words) => {
                        let pause = one.customer.writing(&mut self.rng);
                        self.plan.after(pause, What::Speaks(id, words));
                    }
                    Next::Leaves => one.customer.left = true,
                }
            }
            Speaker::Operator { .. } => {
                if let Some(handed) = one.unheard.take() {
                    self.ledger.answered(handed, self.plan.now());
                }
            }
            Speaker::Customer | Speaker::Notice => {}
        }
    }

    /// Counts a conversation that is over. One that its customer has left and that waits for
    /// nothing but a timer is over at once: nobody else will notice the difference.
    pub(super) fn settle(&mut self, id: u64) {
        loop {
            let Some(one) = self.conversations.get(&id) else {
                return;
            };
            if let Some(outcome) = one.state.outcome {
                self.ledger.ended(outcome);
                self.conversations.remove(&id);
                return;
            }
            let owner = self.workflow.state(&one.state.name).map(|spec| spec.owner);
            let alone = owner == Some(Owner::Assistant) && one.customer.left;
            let first = one.state.timers.iter().min_by_key(|(_, due)| **due);
            let Some((timer, due)) = first.filter(|_| alone && !one.state.owes_answer()) else {
                return;
            };
            let (timer, due) = (timer.clone(), *due);
            let event = Event::TimerFired { timer, due };
            match rehearse(self.workflow, &one.state, due, &event) {
                Ok((after, _)) if after != one.state => {
                    let moved = after.queued.is_some();
                    if let Some(one) = self.conversations.get_mut(&id) {
                        one.state = after;
                    }
                    if moved {
                        return;
                    }
                }
                _ => return,
            }
        }
    }
}
