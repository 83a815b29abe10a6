//! The operators' side of the queues: who is there, who waits, who gets what.
//!
//! The desk decides nothing about a conversation. It sees who is there, asks
//! [`choose`](warmline_core::queue::assign::choose) whom a waiting one goes to, and claims it for
//! them; it notices that an operator is gone, and reports that as an event.

mod line;
mod presence;
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use warmline_core::queue::assign::{Candidate, expected_wait};
use warmline_core::queue::{Assignment, Queued};
use warmline_core::workflow::Owner;
use warmline_core::{ConfigVersion, ConversationId, OperatorId, StateName, Timestamp, Workflow};

use crate::setup::Shared;
use line::{Line, News};
use presence::Presences;

pub(crate) use line::Erasures;
pub use presence::{Presence, Profile};
pub(crate) use service::run;

/// What the desk knows. It is made anew from the journal at a start.
#[derive(Debug, Default)]
pub(crate) struct Known {
    state: Mutex<State>,
    /// Woken when somebody came, left, or was given something.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    line: Line,
    presences: Presences,
    /// The states that humans have in the configurations that conversations may be on.
    human: BTreeSet<StateName>,
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in that conversations may be on `workflow`.
    pub(crate) fn learn(&self, workflow: &Workflow) {
        let human = |owner| matches!(owner, Owner::Queue | Owner::Operator);
        let theirs = workflow.states.values().filter(|spec| human(spec.owner));
        self.lock()
            .human
            .extend(theirs.map(|spec| spec.name.clone()));
    }

    /// How many conversations were erased so far.
    pub(crate) fn erasures(&self) -> Erasures {
        self.lock().line.erasures()
    }

    /// Forgets a conversation that was erased, and what is on its way to be told of it.
    pub(crate) fn forget(&self, id: &ConversationId) {
        self.lock().line.forget(id);
    }

    /// Leaves out a conversation that cannot be looked at, until something is told of it.
    fn lose(&self, id: &ConversationId) {
        self.lock().line.leave(id);
    }

    /// Takes in where a conversation stands that was `known` before so many erasures.
    fn note(&self, id: &ConversationId, known: Erasures, news: News<'_>) {
        self.lock().line.note(id, known, news);
    }
}

/// A queue as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStanding {
    /// Its name.
    pub name: String,
    /// What an operator must know.
    pub skills: Vec<String>,
    /// How its conversations come to operators.
    pub assignment: Assignment,
    /// How many wait.
    pub waiting: usize,
    /// How many of them have missed the target.
    pub breached: usize,
    /// Since when the one waits that has waited longest.
    pub oldest: Option<Timestamp>,
    /// How long somebody who comes now will probably wait; `None` where nobody can tell.
    pub expected_wait: Option<Duration>,
    /// Whether it is open.
    pub open: bool,
    /// When it opens, while it is closed.
    pub opens: Option<Timestamp>,
    /// How long a customer should wait at most.
    pub target: Option<Duration>,
    /// After how long that is in danger.
    pub warn: Option<Duration>,
}

/// A customer's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitStanding {
    /// Where they stand.
    pub queued: Queued,
    /// Their place: 1 is the next one.
    pub position: usize,
    /// How long they will probably wait; `None` where nobody can tell, or the queue is closed.
    pub expected_wait: Option<Duration>,
    /// When the queue opens, while it is closed.
    pub opens: Option<Timestamp>,
}

/// An operator as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorStanding {
    /// Who.
    pub operator: OperatorId,
    /// Whether they are there.
    pub presence: Presence,
    /// Since when they say so; `None` for an operator who never said anything.
    pub since: Option<Timestamp>,
    /// How many conversations they have.
    pub owned: usize,
    /// What is known of their work.
    pub profile: Profile,
}

/// The operators' side of the queues.
pub struct Desk<'a> {
    shared: &'a Shared,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared }
    }

    /// An operator shows that they are there. Without a sign for `[runtime] offline_after` they
    /// count as offline; after `lease` they lose what they claimed while they were there.
    /// [`Presence::Offline`] says goodbye.
    pub fn show(&self, operator: &OperatorId, profile: Profile, status: Presence) {
        let now = self.shared.clock.now();
        let desk = &self.shared.desk;
        desk.lock().presences.show(operator, profile, status, now);
        desk.changed.notify_one();
    }

    /// Whether an operator shows that they are there.
    pub fn is_present(&self, operator: &OperatorId) -> bool {
        self.presence(operator) != Presence::Offline
    }

    /// What an operator is at the moment.
    pub fn presence(&self, operator: &OperatorId) -> Presence {
        let state = self.shared.desk.lock();
        state
            .presences
            .of(operator, self.shared.clock.now(), self.offline_after())
    }

    /// The operators who are there, were there lately, or have conversations, by name.
    pub fn operators(&self) -> Vec<OperatorStanding> {
        let (now, patience) = (self.shared.clock.now(), self.offline_after());
        let state = self.shared.desk.lock();
        let standing = |operator: &OperatorId| OperatorStanding {
            operator: operator.clone(),
            presence: state.presences.of(operator, now, patience),
            since: None,
            owned: state.line.owned(operator),
            profile: Profile::default(),
        };
        let owners = state.line.owners();
        let mut all: BTreeMap<OperatorId, OperatorStanding> = owners
            .map(|operator| (operator.clone(), standing(operator)))
            .collect();
        for (operator, shown) in state.presences.all() {
            let one = OperatorStanding {
                since: Some(shown.since),
                profile: shown.profile.clone(),
                ..standing(operator)
            };
            all.insert(operator.clone(), one);
        }
        all.into_values().collect()
    }

    /// The queues of the workflow in force, and others that somebody still waits in, by name.
    pub fn queues(&self) -> Vec<QueueStanding> {
        let now = self.shared.clock.now();
        let used = queues_in_use(self.shared);
        let state = self.shared.desk.lock();
        let standing = |spec: &warmline_core::queue::QueueSpec| {
            let open = spec.is_open(now);
            let waiting = || state.line.waiting(&spec.name).map(|(_, one)| &one.queued);
            let count = waiting().count();
            let missed = |queued: &&Queued| queued.due.is_some_and(|due| due <= now);
            let pace = state.line.pace(&spec.name, now).filter(|_| open);
            QueueStanding {
                name: spec.name.clone(),
                skills: spec.skills.clone(),
                assignment: spec.assignment,
                waiting: count,
                breached: waiting().filter(missed).count(),
                oldest: waiting().map(|queued| queued.since).min(),
                expected_wait: expected_wait(count + 1, pace),
                open,
                opens: spec
                    .hours
                    .as_ref()
                    .filter(|_| !open)
                    .and_then(|hours| hours.opens(now)),
                target: spec.target,
                warn: spec.warn,
            }
        };
        let specs = used
            .iter()
            .filter_map(|(name, workflow)| workflow.queues.get(name));
        specs.map(standing).collect()
    }

    /// A customer's place in the queue that they wait in; `None` if they wait in none.
    pub fn wait(&self, id: &ConversationId) -> Option<WaitStanding> {
        let now = self.shared.clock.now();
        let used = queues_in_use(self.shared);
        let state = self.shared.desk.lock();
        let (waiting, position) = state.line.position(id)?;
        let queued = waiting.queued.clone();
        let spec = used.get(&queued.queue);
        let spec = spec.and_then(|workflow| workflow.queues.get(&queued.queue));
        let open = spec.is_none_or(|spec| spec.is_open(now));
        let pace = state.line.pace(&queued.queue, now).filter(|_| open);
        Some(WaitStanding {
            position,
            expected_wait: expected_wait(position, pace),
            opens: spec
                .and_then(|spec| spec.hours.as_ref())
                .filter(|_| !open)
                .and_then(|hours| hours.opens(now)),
            queued,
        })
    }

    fn offline_after(&self) -> Duration {
        self.shared.current().runtime.offline_after
    }

    /// The operators who are given conversations.
    fn candidates(&self) -> Vec<Candidate> {
        let (now, patience) = (self.shared.clock.now(), self.offline_after());
        let state = self.shared.desk.lock();
        let there = state.presences.all().filter(|(operator, _)| {
            state.presences.of(operator, now, patience) == Presence::Available
        });
        there
            .map(|(operator, shown)| Candidate {
                operator: operator.clone(),
                skills: shown.profile.skills.clone(),
                languages: shown.profile.languages.clone(),
                capacity: shown.profile.capacity,
                owned: u32::try_from(state.line.owned(operator)).unwrap_or(u32::MAX),
                last_claim: state.line.got(operator),
            })
            .collect()
    }
}

/// The queues of the workflow in force, and of earlier ones as long as somebody waits there, each
/// with its workflow.
fn queues_in_use(shared: &Shared) -> BTreeMap<String, Arc<Workflow>> {
    let current = shared.current().workflow.clone();
    let earlier: Vec<(String, ConfigVersion)> = {
        let state = shared.desk.lock();
        let others = state.line.queues();
        let others = others.filter(|(name, _)| !current.queues.contains_key(*name));
        let others = others.filter_map(|(name, config)| Some((name.to_owned(), config?.clone())));
        others.collect()
    };
    let mut used: BTreeMap<String, Arc<Workflow>> = BTreeMap::new();
    for (name, version) in earlier {
        match shared.workflow(&version) {
            Ok(workflow) => drop(used.insert(name, workflow)),
            Err(error) => tracing::error!(queue = %name, %error, "an earlier queue is unknown"),
        }
    }
    let now = current.queues.keys();
    used.extend(now.map(|name| (name.clone(), current.clone())));
    used
}
