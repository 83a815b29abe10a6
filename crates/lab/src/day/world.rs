//! What happens when: the host of the core on virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::time::Duration;

use fastrand::Rng;
use warmline_core::event::{CustomerContext, Requester};
use warmline_core::queue::assign::choose;
use warmline_core::signal::Findings;
use warmline_core::turn::Draft;
use warmline_core::workflow::Owner;
use warmline_core::{
    Effect, Epoch, Event, HandbackNote, Outcome, Speaker, State, TimerName, Timestamp, Turn,
    TurnNumber, Workflow, transition,
};

use super::account::{Account, Waits};
use super::findings::Examiner;
use super::options::DayOptions;
use super::persona::{Customer, Next, Persona, exponential};
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
/// How much of their time operators take before their first word, and at which distance they
/// speak again.
const FIRST_WORD: f64 = 0.1;
const AGAIN: Duration = Duration::from_secs(600);
/// Rounds of events of a conversation after which something goes in circles.
const MOST_EVENTS: u32 = 10_000;

/// Something that will happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Begins,
    Speaks(u64, String),
    Drafted(u64, TurnNumber, Epoch),
    Fires(u64, TimerName, Timestamp),
    GivesUp(u64, Epoch),
    Works(u64, Epoch, usize, u32, Work),
    Turns(usize),
    Lapses(usize, u32),
    Looks,
}

/// What an operator does with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Says,
    Ends,
}

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
    questions: &'a [Vec<String>],
    options: &'a DayOptions,
    rng: Rng,
    now: Timestamp,
    /// What will happen, the earliest first; of equals in the order in which it was planned.
    plan: BinaryHeap<Reverse<(Timestamp, u64, What)>>,
    planned: u64,
    begun: u64,
    conversations: HashMap<u64, Conversation>,
    waiting: BTreeMap<String, BTreeSet<(i64, u64)>>,
    /// When somebody who was kept for an operator is so no longer.
    looks: BTreeSet<Timestamp>,
    staff: Staff,
    account: Account,
    waits: Vec<f64>,
    lost: Vec<f64>,
    words: Vec<f64>,
    worked: Duration,
}

impl<'a> World<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        questions: &'a [Vec<String>],
        options: &'a DayOptions,
    ) -> Self {
        Self {
            workflow: rules.workflow(),
            examiner: Examiner::new(rules),
            questions,
            options,
            rng: Rng::with_seed(options.seed),
            now: Timestamp(0),
            plan: BinaryHeap::new(),
            planned: 0,
            begun: 0,
            conversations: HashMap::new(),
            waiting: BTreeMap::new(),
            looks: BTreeSet::new(),
            staff: Staff::new(options),
            account: Account {
                seed: options.seed,
                conversations: options.conversations,
                operators: options.operators,
                outcomes: BTreeMap::new(),
                handoffs: BTreeMap::new(),
                handoffs_by_persona: BTreeMap::new(),
                handbacks: 0,
                wait: Waits::default(),
                lost: Waits::default(),
                first_word: Waits::default(),
                at_once: 0.0,
                gave_up: 0,
                unclaimed: 0,
                lapsed: 0,
                alarms: BTreeMap::new(),
                occupancy: 0.0,
                load: 0.0,
                drafts: 0,
                operators_cost: 0.0,
                assistant_cost: 0.0,
            },
            waits: Vec::new(),
            lost: Vec::new(),
            words: Vec::new(),
            worked: Duration::ZERO,
        }
    }

    /// Plays it to the end of the last conversation.
    pub(super) async fn run(mut self, seen: impl Fn(u64)) -> Result<Account, Error> {
        self.next_arrival();
        for number in 0..self.options.operators {
            self.plan_turn(number);
        }
        let mut busy_until = Timestamp(0);
        while let Some(Reverse((at, _, what))) = self.plan.pop() {
            let over = self.begun == self.options.conversations && self.conversations.is_empty();
            if over {
                break;
            }
            self.now = at;
            if !matches!(what, What::Turns(_) | What::Fires(..)) {
                busy_until = at;
            }
            if what == What::Begins {
                seen(self.begun);
            }
            self.happens(what).await?;
        }
        let mut account = self.account;
        let came = (self.waits.len() + self.lost.len()).max(1) as f64;
        let at_once = self.waits.iter().filter(|wait| **wait < 1.0).count();
        account.at_once = at_once as f64 / came;
        account.wait = Waits::of(self.waits);
        account.lost = Waits::of(self.lost);
        account.first_word = Waits::of(self.words);
        account.occupancy = self.staff.occupancy(busy_until);
        let over = self.options.over.as_secs_f64();
        account.load = self.worked.as_secs_f64() / over;
        account.operators_cost =
            self.options.operators as f64 * self.options.operator_hour * over / 3600.0;
        account.assistant_cost = account.drafts as f64 * self.options.draft_cost;
        Ok(account)
    }

    fn plan(&mut self, after: Duration, what: What) {
        self.plan_at(self.now.after(after), what);
    }

    fn plan_at(&mut self, at: Timestamp, what: What) {
        self.planned += 1;
        self.plan
            .push(Reverse((at.max(self.now), self.planned, what)));
    }

    fn next_arrival(&mut self) {
        if self.begun < self.options.conversations {
            let mean = Duration::from_secs_f64(1.0 / self.options.rate());
            let pause = exponential(mean, &mut self.rng);
            self.plan(pause, What::Begins);
        }
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
                if let Some(one) = self.conversations.get_mut(&id)
                    && one.state.epoch == epoch
                    && one.state.queued.is_some()
                    && !one.customer.left
                {
                    one.customer.left = true;
                    self.account.gave_up += 1;
                    let waited = one.handed.take().map(|handed| self.now.since(handed));
                    self.lost.extend(waited.map(|waited| waited.as_secs_f64()));
                }
                Ok(())
            }
            What::Works(id, epoch, number, stint, work) => {
                self.works(id, epoch, number, stint, work).await
            }
            What::Turns(number) => {
                self.turns(number);
                self.assign().await
            }
            What::Lapses(number, stint) => self.lapses(number, stint).await,
            What::Looks => {
                self.looks.remove(&self.now);
                self.assign().await
            }
        }
    }

    async fn begin(&mut self) -> Result<(), Error> {
        let id = self.begun;
        self.begun += 1;
        let persona = self.persona();
        let customer = Customer::new(persona, self.questions, &mut self.rng);
        let words = customer.opens(self.questions, &mut self.rng);
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

    async fn speaks(&mut self, id: u64, text: String) -> Result<(), Error> {
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
        self.account.drafts += 1;
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
            let Ok((after, effects)) = transition(self.workflow, &one.state, self.now, &event)
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
        self.assign().await
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
                self.plan(pause, What::Drafted(id, through, epoch));
            }
            Effect::Say(turn) => self.hears(id, &turn),
            Effect::StartTimer { timer, due } => self.plan_at(due, What::Fires(id, timer, due)),
            Effect::RaiseAlarm { alarm, .. } => {
                let alarms = &mut self.account.alarms;
                *alarms.entry(alarm.as_str().to_owned()).or_default() += 1;
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
            let handoffs = &mut self.account.handoffs;
            *handoffs.entry(kind.to_owned()).or_default() += 1;
            let persona = one.customer.persona.as_str().to_owned();
            let by = &mut self.account.handoffs_by_persona;
            *by.entry(persona).or_default() += 1;
            one.handed = Some(self.now);
            one.unheard = Some(self.now);
        }
        self.account.handbacks += u64::from(after.handbacks - before.handbacks);
        let waited = before.queued.is_some() && after.queued.is_none();
        if waited && after.operator.is_none() && matches!(event, Event::TimerFired { .. }) {
            self.account.unclaimed += 1;
            // Who gave up before was lost then.
            let waited = one.handed.take().map(|handed| self.now.since(handed));
            self.lost.extend(waited.map(|waited| waited.as_secs_f64()));
        }
        if let (None, Some(operator)) = (&before.operator, &after.operator)
            && let Some(number) = self.staff.number(operator)
        {
            if let Some(handed) = one.handed.take().filter(|_| !one.customer.left) {
                self.waits.push(self.now.since(handed).as_secs_f64());
            }
            self.staff.count(number, self.now, true);
        }
        if let (Some(operator), None) = (&before.operator, &after.operator)
            && let Some(number) = self.staff.number(operator)
        {
            self.staff.count(number, self.now, false);
        }
        let moved = before.epoch != after.epoch;
        let (queued, epoch) = (after.queued.is_some(), after.epoch);
        if moved
            && queued
            && let Some(mean) = self.options.patience
        {
            let patience = exponential(mean, &mut self.rng);
            self.plan(patience, What::GivesUp(id, epoch));
        }
    }

    /// What a customer makes of what they are told.
    fn hears(&mut self, id: u64, turn: &Turn) {
        let Some(one) = self.conversations.get_mut(&id) else {
            return;
        };
        if one.customer.left {
            return;
        }
        match &turn.speaker {
            Speaker::Assistant => {
                let helped = turn.text != NO_ANSWER;
                let (questions, rng) = (self.questions, &mut self.rng);
                match one.customer.after_answer(helped, questions, rng) {
                    Next::Says(words) => {
                        let pause = one.customer.writing(&mut self.rng);
                        self.plan(pause, What::Speaks(id, words));
                    }
                    Next::Leaves => one.customer.left = true,
                }
            }
            Speaker::Operator { .. } => {
                if let Some(handed) = one.unheard.take() {
                    self.words.push(self.now.since(handed).as_secs_f64());
                }
            }
            Speaker::Customer | Speaker::Notice => {}
        }
    }

    /// Counts a conversation that is over. One that its customer has left and that waits for
    /// nothing but a timer is over at once: nobody else will notice the difference.
    fn settle(&mut self, id: u64) {
        loop {
            let Some(one) = self.conversations.get(&id) else {
                return;
            };
            if let Some(outcome) = one.state.outcome {
                let name = outcome.as_str().to_owned();
                *self.account.outcomes.entry(name).or_default() += 1;
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
            match transition(self.workflow, &one.state, due, &event) {
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

    /// Gives what waits to operators who have room.
    async fn assign(&mut self) -> Result<(), Error> {
        let queues: Vec<String> = self.waiting.keys().cloned().collect();
        for name in queues {
            let Some(spec) = self.workflow.queues.get(&name) else {
                continue;
            };
            let mut present = self.staff.present(&spec.skills);
            if !present.iter().any(|one| one.has_room()) {
                continue;
            }
            let line: Vec<u64> = match self.waiting.get(&name) {
                Some(line) => line.iter().map(|(_, id)| *id).take(64).collect(),
                None => continue,
            };
            for id in line {
                let queued = self
                    .conversations
                    .get(&id)
                    .and_then(|one| one.state.queued.clone());
                let Some(queued) = queued else { continue };
                let chosen = choose(spec, &queued, None, &present, self.now).cloned();
                let Some(operator) = chosen else {
                    let free = queued.since.after(spec.sticky);
                    if queued.reserved_for.is_some() && free > self.now && self.looks.insert(free) {
                        self.plan_at(free, What::Looks);
                    }
                    continue;
                };
                if let Some(one) = present.iter_mut().find(|one| one.operator == operator) {
                    one.owned += 1;
                    one.last_claim = self.now;
                }
                self.claim(id, &operator);
                if !present.iter().any(|one| one.has_room()) {
                    break;
                }
            }
        }
        Ok(())
    }

    fn claim(&mut self, id: u64, operator: &warmline_core::OperatorId) {
        let Some(one) = self.conversations.get_mut(&id) else {
            return;
        };
        let event = Event::OperatorClaimed {
            operator: operator.clone(),
            leased: true,
            waited: None,
        };
        let Ok((after, effects)) = transition(self.workflow, &one.state, self.now, &event) else {
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
        self.worked += needed;
        self.note(id, &before, &event);
        for effect in effects {
            if let Effect::StartTimer { timer, due } = effect {
                self.plan_at(due, What::Fires(id, timer, due));
            }
        }
        let Some(number) = self.staff.number(operator) else {
            return;
        };
        let stint = self.staff.operators[number].stint;
        let mut says = needed.mul_f64(FIRST_WORD);
        while says < needed {
            self.plan(says, What::Works(id, epoch, number, stint, Work::Says));
            says += AGAIN;
        }
        self.plan(needed, What::Works(id, epoch, number, stint, Work::Ends));
    }

    async fn works(
        &mut self,
        id: u64,
        epoch: Epoch,
        number: usize,
        stint: u32,
        work: Work,
    ) -> Result<(), Error> {
        let one = &self.staff.operators[number];
        let operator = one.candidate.operator.clone();
        let still = one.stint == stint
            && self
                .conversations
                .get(&id)
                .is_some_and(|one| one.state.epoch == epoch);
        if !still {
            return Ok(());
        }
        let left = self
            .conversations
            .get(&id)
            .is_some_and(|one| one.customer.left);
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
        self.decide(id, event).await?;
        if back && let Some(one) = self.conversations.get_mut(&id) {
            match one
                .customer
                .after_answer(true, self.questions, &mut self.rng)
            {
                Next::Says(words) => {
                    let pause = one.customer.writing(&mut self.rng);
                    self.plan(pause, What::Speaks(id, words));
                }
                Next::Leaves => {
                    one.customer.left = true;
                    self.settle(id);
                }
            }
        }
        Ok(())
    }

    /// An operator comes or goes.
    fn turns(&mut self, number: usize) {
        let one = &mut self.staff.operators[number];
        one.present = !one.present;
        if !one.present {
            one.stint += 1;
            let stint = one.stint;
            self.plan(self.options.lease, What::Lapses(number, stint));
        }
        self.plan_turn(number);
    }

    fn plan_turn(&mut self, number: usize) {
        let present = self.staff.operators[number].present;
        if let Some(lasts) = self.staff.lasts(present, &mut self.rng) {
            self.plan(lasts, What::Turns(number));
        }
    }

    /// What an operator had who is gone goes to the next.
    async fn lapses(&mut self, number: usize, stint: u32) -> Result<(), Error> {
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
            self.account.lapsed += 1;
            let operator = operator.clone();
            self.decide(id, Event::OperatorLost { operator }).await?;
        }
        Ok(())
    }
}
