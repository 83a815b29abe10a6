//! The host: decide, record, perform; and what each of its possible faults leaves out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use warmline_core::{
    Effect, Event, State, TimerName, Timestamp, Turn, TurnNumber, Workflow, invariant, transition,
};

use crate::world::{Ack, Disk, Host, Job, Known, MESSAGES, Owned, Pending, Seen, World};

/// What a faulty host does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It performs and acknowledges before the step is on disk.
    AcknowledgesBeforeFlush,
    /// It keeps timers in memory alone.
    ForgetsTimers,
    /// Its answer to a claim does not say for which epoch it holds.
    ClaimsUnfenced,
    /// It does not record the ids of messages.
    ForgetsMessages,
    /// It keeps what is to be said in memory alone.
    ForgetsOutbox,
    /// It does not go on after a crash with what it owed.
    ForgetsWork,
    /// Its detectors read the whole conversation again after a handback.
    ReadsOldGrievance,
    /// It asks the assistant again after a crash, whatever was said of the answer.
    BeginsAnew,
}

impl World {
    /// Before anybody has said anything.
    pub(crate) fn new(workflow: &Workflow) -> Self {
        let state = Known::new(State::new(workflow.initial.clone()));
        Self {
            host: Some(Host::awake(state.clone())),
            disk: Disk {
                state,
                timers: BTreeMap::new(),
                heard: [false; MESSAGES],
            },
            messages: Default::default(),
            seen: TurnNumber(0),
            ahead: Vec::new(),
            operators: Default::default(),
            crashes: 0,
            broken: false,
            bounced: false,
            contradicted: false,
            repeated: false,
        }
    }

    /// Decides what `event` does, and queues the step for the disk. `false`: it was refused.
    pub(crate) fn decide(
        &mut self,
        workflow: &Workflow,
        fault: Fault,
        event: &Event,
        ack: Option<Ack>,
    ) -> bool {
        let Some(host) = &mut self.host else {
            return false;
        };
        let before = Arc::clone(&host.memory.0);
        // Time stands for the order of what happened: it goes on with every turn and every change
        // of owner, so that a timer set anew is another timer.
        let at = Timestamp(before.epoch.0 + u64::from(before.last_turn.0));
        let Ok((after, effects)) = transition(workflow, &before, at, event) else {
            return false;
        };
        // Where debug assertions are on, `transition` has checked that itself.
        let checked = cfg!(debug_assertions);
        if !checked && invariant::check(workflow, &before, event, &after, &effects).is_err() {
            self.broken = true;
        }
        self.bounced |= matches!(event, Event::TurnExamined { .. })
            && after.handoffs > before.handoffs
            && before.note.is_some()
            && !host.memory.upset();
        host.memory = Known::new(after);
        let said: Vec<&str> = host.memory.said().collect();
        self.repeated |= (1..said.len()).any(|place| said[..place].contains(&said[place]));
        let step = Pending {
            event: event.name(),
            state: host.memory.clone(),
            effects: Arc::new(effects),
            fired: match event {
                Event::TimerFired { timer, .. } => Some(timer.clone()),
                _ => None,
            },
            ack,
        };
        if fault == Fault::AcknowledgesBeforeFlush {
            self.perform(fault, &step);
        }
        if let Some(host) = &mut self.host {
            host.pending.push(step);
        }
        true
    }

    /// Makes every pending step durable; performs them too, unless the host dies right then.
    pub(crate) fn flush(&mut self, fault: Fault, and_perform: bool) {
        let Some(host) = &mut self.host else { return };
        let steps = std::mem::take(&mut host.pending);
        for step in &steps {
            self.record(fault, step);
        }
        if and_perform && fault != Fault::AcknowledgesBeforeFlush {
            for step in &steps {
                self.perform(fault, step);
            }
        }
    }

    fn record(&mut self, fault: Fault, step: &Pending) {
        self.disk.state = step.state.clone();
        if let Some(Ack::Message(message)) = step.ack
            && fault != Fault::ForgetsMessages
        {
            self.disk.heard[message] = true;
        }
        if fault != Fault::ForgetsTimers {
            change_timers(&mut self.disk.timers, step);
        }
        for turn in said(step) {
            self.recorded(turn);
        }
    }

    fn perform(&mut self, fault: Fault, step: &Pending) {
        for turn in said(step) {
            self.tell(turn);
        }
        self.seen = self.seen.max(step.state.0.last_turn);
        if let Some(host) = &mut self.host {
            let full_window = fault == Fault::ReadsOldGrievance;
            if step.effects.contains(&Effect::CancelAnswer) {
                host.jobs.retain(|job| job.kind.is_draft());
            }
            let asks = |effect: &Effect| {
                matches!(effect, Effect::Examine { .. } | Effect::AskAssistant { .. })
            };
            if step.effects.iter().any(asks) {
                host.jobs.extend(step.state.owed(full_window));
            }
            if fault == Fault::ForgetsTimers {
                change_timers(&mut host.timers, step);
            }
        }
        match step.ack {
            Some(Ack::Message(message)) => self.messages[message].acknowledged = true,
            Some(Ack::Claim(operator)) => {
                self.operators[operator].response = Some(match fault {
                    Fault::ClaimsUnfenced => Owned::Now,
                    _ => Owned::In(step.state.0.epoch),
                });
            }
            None => {}
        }
    }

    /// The customer sees a turn. Turns come in order; one that came before is no news.
    fn tell(&mut self, turn: &Turn) {
        if turn.number > self.disk.state.0.last_turn {
            self.ahead.push(Seen(turn.clone()));
        }
    }

    /// A turn is on disk: whoever saw another one under its number was told something else.
    fn recorded(&mut self, turn: &Turn) {
        let differs = |seen: &Seen| {
            let seen = &seen.0;
            seen.number == turn.number && (seen.epoch, &seen.speaker) != (turn.epoch, &turn.speaker)
        };
        self.contradicted |= self.ahead.iter().any(differs);
        self.ahead.retain(|seen| seen.0.number != turn.number);
    }

    /// The process dies, and every connection with it.
    pub(crate) fn crash(&mut self) {
        self.host = None;
        self.crashes += 1;
        for message in &mut self.messages {
            message.copies = 0;
        }
        for operator in &mut self.operators {
            operator.request = None;
        }
    }

    /// A new process goes on from the disk.
    pub(crate) fn recover(&mut self, workflow: &Workflow, fault: Fault) {
        let known = self.disk.state.clone();
        let mut host = Host::awake(known.clone());
        if fault != Fault::ForgetsOutbox {
            self.seen = known.0.last_turn;
        }
        let lost = known.0.interrupted();
        let lost = lost.filter(|_| fault != Fault::BeginsAnew);
        if lost.is_none() && fault != Fault::ForgetsWork {
            let full_window = fault == Fault::ReadsOldGrievance;
            host.jobs.extend(known.owed(full_window));
        }
        self.host = Some(host);
        if let Some(lost) = lost {
            self.decide(workflow, fault, &lost, None);
        }
    }

    /// The timers that can fire.
    pub(crate) fn timers(&self, fault: Fault) -> BTreeMap<TimerName, Timestamp> {
        match (&self.host, fault) {
            (Some(host), Fault::ForgetsTimers) => host.timers.clone(),
            (Some(_), _) => self.disk.timers.clone(),
            (None, _) => BTreeMap::new(),
        }
    }

    /// Whether a message is known to the host, recorded or about to be.
    pub(crate) fn knows(&self, message: usize) -> bool {
        let pending = self.host.iter().flat_map(|host| &host.pending);
        self.disk.heard[message]
            || pending
                .into_iter()
                .any(|step| step.ack == Some(Ack::Message(message)))
    }
}

impl Host {
    fn awake(memory: Known) -> Self {
        Self {
            memory,
            pending: Vec::new(),
            jobs: BTreeSet::new(),
            timers: BTreeMap::new(),
        }
    }

    /// Whether somebody works on `job`.
    pub(crate) fn works_on(&self, job: Job) -> bool {
        self.jobs.iter().any(|known| known.asks_the_same(job))
    }
}

fn said(step: &Pending) -> impl Iterator<Item = &Turn> {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Say(turn) => Some(turn),
        _ => None,
    })
}

fn change_timers(timers: &mut BTreeMap<TimerName, Timestamp>, step: &Pending) {
    if let Some(fired) = &step.fired {
        timers.remove(fired);
    }
    for effect in step.effects.iter() {
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
}
