//! The host of the core on virtual time.

mod customers;
mod operators;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use fastrand::Rng;
use warmline_core::signal::Findings;
use warmline_core::turn::Draft;
use warmline_core::{Effect, Epoch, Event, State, Timestamp, TurnNumber, Workflow, rehearse};

use super::account::Account;
use super::findings::Examiner;
use super::ledger::Ledger;
use super::options::DayOptions;
use super::persona::{Customer, exponential};
use super::plan::{Plan, What};
use super::script::Script;
use super::staff::Staff;
use crate::Error;
use crate::audit::Rules;

const ANSWERS: [&str; 3] = [
    "It is on its way and should be with you soon.",
    "You can do that from your account page, under your orders.",
    "Here is how: open your order and choose the option there.",
];
const NO_ANSWER: &str = "I'm sorry, I don't have an answer to that.";
/// How long the assistant takes for a draft, on average.
const DRAFTING: Duration = Duration::from_secs(3);
/// Rounds of events of a conversation after which something goes in circles.
const MOST_EVENTS: u32 = 10_000;

struct Conversation {
    state: State,
    customer: Customer,
    /// When it was handed over, while nobody has claimed it.
    handed: Option<Timestamp>,
    /// The same, until a human speaks.
    unheard: Option<Timestamp>,
    events: u32,
}

/// The day.
pub(super) struct World<'a> {
    workflow: &'a Workflow,
    examiner: Examiner<'a>,
    script: &'a Script,
    options: &'a DayOptions,
    rng: Rng,
    plan: Plan,
    begun: u64,
    conversations: HashMap<u64, Conversation>,
    waiting: BTreeMap<String, BTreeSet<(i64, u64)>>,
    /// When somebody who was kept for an operator is so no longer.
    looks: BTreeSet<Timestamp>,
    staff: Staff,
    ledger: Ledger,
}

impl<'a> World<'a> {
    pub(super) fn new(rules: &'a Rules, script: &'a Script, options: &'a DayOptions) -> Self {
        Self {
            workflow: rules.workflow(),
            examiner: Examiner::new(rules),
            script,
            options,
            rng: Rng::with_seed(options.seed),
            plan: Plan::default(),
            begun: 0,
            conversations: HashMap::new(),
            waiting: BTreeMap::new(),
            looks: BTreeSet::new(),
            staff: Staff::new(options),
            ledger: Ledger::default(),
        }
    }

    /// Plays it to the end of the last conversation.
    pub(super) async fn run(mut self, seen: impl Fn(u64)) -> Result<Account, Error> {
        self.next_arrival();
        for number in 0..self.options.operators {
            self.plan_turn(number);
        }
        let mut busy_until = Timestamp(0);
        while let Some(what) = self.plan.next() {
            let over = self.begun == self.options.conversations && self.conversations.is_empty();
            if over {
                break;
            }
            if !matches!(what, What::Turns(_) | What::Fires(..)) {
                busy_until = self.plan.now();
            }
            if what == What::Begins {
                seen(self.begun);
            }
            self.happens(what).await?;
        }
        let occupancy = self.staff.occupancy(busy_until);
        Ok(self.ledger.account(self.options, occupancy))
    }

    async fn happens(&mut self, what: What) -> Result<(), Error> {
        match what {
            What::Begins => {
                let begun = self.begin().await;
                self.next_arrival();
                begun
            }
            What::Speaks(id, text) => self.speaks(id, text).await,
            What::Drafted(id, through, epoch) => self.drafted(id, through, epoch).await,
            What::Fires(id, timer, due) => self.decide(id, Event::TimerFired { timer, due }).await,
            What::GivesUp(id, epoch) => {
                self.gives_up(id, epoch);
                Ok(())
            }
            What::Works(job, work) => self.works(job, work).await,
            What::Turns(number) => {
                self.turns(number);
                self.assign();
                Ok(())
            }
            What::Lapses(number, stint) => self.lapses(number, stint).await,
            What::Looks => {
                self.looks.remove(&self.plan.now());
                self.assign();
                Ok(())
            }
        }
    }

    async fn drafted(&mut self, id: u64, through: TurnNumber, epoch: Epoch) -> Result<(), Error> {
        let known = self.rng.f64() < self.options.known;
        let text = match known {
            true => ANSWERS[self.rng.usize(..ANSWERS.len())],
            false => NO_ANSWER,
        };
        let draft = Draft {
            text: text.to_owned(),
            ..Draft::default()
        };
        self.ledger.drafts += 1;
        let Some(one) = self.conversations.get(&id) else {
            return Ok(());
        };
        let findings = match one.state.epoch == epoch {
            true => self.examiner.find(&one.state, Some(draft.clone())).await?,
            false => Findings::default(),
        };
        let event = Event::DraftExamined {
            through,
            epoch,
            draft,
            findings,
        };
        self.decide(id, event).await
    }

    /// Decides, performs, and goes on with what comes of it.
    async fn decide(&mut self, id: u64, first: Event) -> Result<(), Error> {
        let mut next = Some(first);
        while let Some(event) = next.take() {
            let Some(one) = self.conversations.get_mut(&id) else {
                return Ok(());
            };
            one.events += 1;
            if one.events > MOST_EVENTS {
                let what = "a conversation goes in circles under this configuration";
                return Err(Error::Option(what.to_owned()));
            }
            // What came too late is refused, as it is live.
            let Ok((after, effects)) = rehearse(self.workflow, &one.state, self.plan.now(), &event)
            else {
                return Ok(());
            };
            let before = std::mem::replace(&mut one.state, after);
            self.note(id, &before, &event);
            for effect in effects {
                if let Some(event) = self.perform(id, effect).await? {
                    next = Some(event);
                }
            }
            self.settle(id);
        }
        self.assign();
        Ok(())
    }

    async fn perform(&mut self, id: u64, effect: Effect) -> Result<Option<Event>, Error> {
        match effect {
            Effect::Examine { through, epoch } => {
                let Some(one) = self.conversations.get(&id) else {
                    return Ok(None);
                };
                let findings = self.examiner.find(&one.state, None).await?;
                return Ok(Some(Event::TurnExamined {
                    through,
                    epoch,
                    findings,
                }));
            }
            Effect::AskAssistant { through, epoch } => {
                let pause = exponential(DRAFTING, &mut self.rng);
                self.plan.after(pause, What::Drafted(id, through, epoch));
            }
            Effect::Say(turn) => self.hears(id, &turn),
            Effect::StartTimer { timer, due } => self.plan.at(due, What::Fires(id, timer, due)),
            Effect::RaiseAlarm { alarm, .. } => {
                self.ledger.alarm(alarm.as_str());
            }
            Effect::Act { .. }
            | Effect::CancelAnswer
            | Effect::WriteCard { .. }
            | Effect::NotifyOperators { .. }
            | Effect::CancelTimer { .. }
            | Effect::DiscardDraft { .. } => {}
        }
        Ok(None)
    }

    /// Takes down what a step changed.
    fn note(&mut self, id: u64, before: &State, event: &Event) {
        let Some(one) = self.conversations.get_mut(&id) else {
            return;
        };
        let after = &one.state;
        if let Some(queued) = &before.queued {
            let queue = self.waiting.entry(queued.queue.clone()).or_default();
            queue.remove(&(queued.rank(), id));
        }
        if let Some(queued) = &after.queued {
            let queue = self.waiting.entry(queued.queue.clone()).or_default();
            queue.insert((queued.rank(), id));
        }
        if after.handoffs > before.handoffs {
            let kind = after.trigger.as_deref().map_or("rule", |t| t.kind.as_str());
            self.ledger.handed_off(kind, one.customer.persona);
            one.handed = Some(self.plan.now());
            one.unheard = Some(self.plan.now());
        }
        self.ledger.handbacks += u64::from(after.handbacks - before.handbacks);
        let waited = before.queued.is_some() && after.queued.is_none();
        if waited && after.operator.is_none() && matches!(event, Event::TimerFired { .. }) {
            self.ledger.unclaimed += 1;
            // Who gave up before was lost then.
            if let Some(handed) = one.handed.take() {
                self.ledger.lost(handed, self.plan.now());
            }
        }
        if let (None, Some(operator)) = (&before.operator, &after.operator)
            && let Some(number) = self.staff.number(operator)
        {
            if let Some(handed) = one.handed.take().filter(|_| !one.customer.left) {
                self.ledger.claimed(handed, self.plan.now());
            }
            self.staff.count(number, self.plan.now(), true);
        }
        if let (Some(operator), None) = (&before.operator, &after.operator)
            && let Some(number) = self.staff.number(operator)
        {
            self.staff.count(number, self.plan.now(), false);
        }
        let moved = before.epoch != after.epoch;
        let (queued, epoch) = (after.queued.is_some(), after.epoch);
        if moved
            && queued
            && let Some(mean) = self.options.patience
        {
            let patience = exponential(mean, &mut self.rng);
            self.plan.after(patience, What::GivesUp(id, epoch));
        }
    }
}
