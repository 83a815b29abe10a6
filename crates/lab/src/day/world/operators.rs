//! The operators of the day: they take what waits, work, and go away.

use std::time::Duration;

use warmline_core::event::Requester;
use warmline_core::queue::assign::choose;
use warmline_core::{Effect, Event, HandbackNote, OperatorId, Outcome, rehearse};

use super::World;
use crate::Error;
use crate::day::persona::{Next, exponential};
use crate::day::plan::{Job, What, Work};

/// How much of their time operators take before their first word, and at which distance they
/// speak again.
const FIRST_WORD: f64 = 0.1;
const AGAIN: Duration = Duration::from_secs(600);
/// How many of those who wait longest are looked at at once.
const AT_ONCE: usize = 64;

impl World<'_> {
    /// Gives what waits to operators who have room.
    pub(super) fn assign(&mut self) {
        // Nearly always nobody waits, or nobody has room: then nothing is copied.
        if !self.staff.has_room() {
            return;
        }
        let lines = self.waiting.iter().filter(|(_, line)| !line.is_empty());
        let lines = lines.map(|(name, line)| {
            let first: Vec<u64> = line.iter().map(|(_, id)| *id).take(AT_ONCE).collect();
            (name.clone(), first)
        });
        for (name, line) in lines.collect::<Vec<_>>() {
            let Some(spec) = self.workflow.queues.get(&name) else {
                continue;
            };
            let mut present = self.staff.present(&spec.skills);
            for id in line {
                let queued = self
                    .conversations
                    .get(&id)
                    .and_then(|one| one.state.queued.clone());
                let Some(queued) = queued else { continue };
                let chosen = choose(spec, &queued, None, &present, self.plan.now()).cloned();
                let Some(operator) = chosen else {
                    let free = queued.since.after(spec.sticky);
                    if queued.reserved_for.is_some()
                        && free > self.plan.now()
                        && self.looks.insert(free)
                    {
                        self.plan.at(free, What::Looks);
                    }
                    continue;
                };
                if let Some(one) = present.iter_mut().find(|one| one.operator == operator) {
                    one.owned += 1;
                    one.last_claim = self.plan.now();
                }
                self.claim(id, &operator);
                if !self.staff.has_room() {
                    return;
                }
            }
        }
    }

    fn claim(&mut self, id: u64, operator: &OperatorId) {
        let Some(one) = self.conversations.get_mut(&id) else {
            return;
        };
        let event = Event::OperatorClaimed {
            operator: operator.clone(),
            leased: true,
            waited: None,
        };
        let Ok((after, effects)) = rehearse(self.workflow, &one.state, self.plan.now(), &event)
        else {
            return;
        };
        let before = std::mem::replace(&mut one.state, after);
        let epoch = one.state.epoch;
        // Whoever finds nobody looks for a minute at most.
        let needed = exponential(self.options.handle, &mut self.rng);
        let needed = match one.customer.left {
            true => needed.min(Duration::from_secs(60)),
            false => needed,
        };
        self.ledger.worked(needed);
        self.note(id, &before, &event);
        for effect in effects {
            if let Effect::StartTimer { timer, due } = effect {
                self.plan.at(due, What::Fires(id, timer, due));
            }
        }
        let Some(number) = self.staff.number(operator) else {
            return;
        };
        let job = Job {
            id,
            epoch,
            number,
            stint: self.staff.operators[number].stint,
        };
        let mut says = needed.mul_f64(FIRST_WORD);
        while says < needed {
            self.plan.after(says, What::Works(job, Work::Says));
            says += AGAIN;
        }
        self.plan.after(needed, What::Works(job, Work::Ends));
    }

    /// An operator goes on with a job, unless it is over.
    pub(super) async fn works(&mut self, job: Job, work: Work) -> Result<(), Error> {
        let one = &self.staff.operators[job.number];
        let operator = one.candidate.operator.clone();
        let conversation = self.conversations.get(&job.id);
        let conversation = conversation.filter(|one| one.state.epoch == job.epoch);
        let Some(conversation) = conversation.filter(|_| one.stint == job.stint) else {
            return Ok(());
        };
        let left = conversation.customer.left;
        let event = match work {
            Work::Says => Event::OperatorReplied {
                operator,
                text: "I'm looking into it.".to_owned(),
                message: None,
            },
            Work::Ends if !left && self.rng.f64() < self.options.handback => Event::HandedBack {
                operator,
                note: HandbackNote {
                    done: vec!["looked into it".to_owned()],
                    remaining: vec!["answer what else they ask".to_owned()],
                    ..HandbackNote::default()
                },
            },
            Work::Ends => Event::Closed {
                requester: Requester::Operator { operator },
                outcome: match left {
                    true => Outcome::Abandoned,
                    false => Outcome::ResolvedByHuman,
                },
            },
        };
        let back = matches!(event, Event::HandedBack { .. });
        self.decide(job.id, event).await?;
        if back && let Some(one) = self.conversations.get_mut(&job.id) {
            let (script, rng) = (self.script, &mut self.rng);
            match one.customer.after_answer(true, script, rng) {
                Next::Says(words) => {
                    let pause = one.customer.writing(&mut self.rng);
                    self.plan.after(pause, What::Speaks(job.id, words));
                }
                Next::Leaves => {
                    one.customer.left = true;
                    self.settle(job.id);
                }
            }
        }
        Ok(())
    }

    /// An operator comes or goes.
    pub(super) fn turns(&mut self, number: usize) {
        let one = &mut self.staff.operators[number];
        one.present = !one.present;
        if !one.present {
            one.stint += 1;
            let stint = one.stint;
            self.plan
                .after(self.options.lease, What::Lapses(number, stint));
        }
        self.plan_turn(number);
    }

    /// Plans when an operator comes or goes next.
    pub(super) fn plan_turn(&mut self, number: usize) {
        let present = self.staff.operators[number].present;
        if let Some(lasts) = self.staff.lasts(present, &mut self.rng) {
            self.plan.after(lasts, What::Turns(number));
        }
    }

    /// What an operator had who is gone goes to the next.
    pub(super) async fn lapses(&mut self, number: usize, stint: u32) -> Result<(), Error> {
        let one = &self.staff.operators[number];
        let operator = one.candidate.operator.clone();
        // Whoever came back has lost the thread, and what they had.
        if one.stint != stint {
            return Ok(());
        }
        let had = self.conversations.iter();
        let had = had.filter(|(_, one)| one.state.operator.as_ref() == Some(&operator));
        let mut had: Vec<u64> = had.map(|(id, _)| *id).collect();
        had.sort_unstable();
        for id in had {
            self.ledger.lapsed += 1;
            let operator = operator.clone();
            self.decide(id, Event::OperatorLost { operator }).await?;
        }
        Ok(())
    }
}
