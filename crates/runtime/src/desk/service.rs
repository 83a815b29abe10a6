//! The one service that gives conversations to operators, and takes them from those who are gone.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use warmline_core::queue::assign::{Candidate, choose, expected_wait};
use warmline_core::queue::{Assignment, QueueSpec};
use warmline_core::{ConversationId, Epoch, Event, OperatorId, Timestamp};
use warmline_journal::{Cursor, Error as JournalError};

use super::line::{Erasures, News};
use super::{Desk, queues_in_use};
use crate::activation::Registry;
use crate::conversation::Question;
use crate::error::Error;
use crate::seat::Seat;
use crate::setup::Shared;
use crate::warmline::{Happening, Place, View};

/// How often the desk looks at the clock while anybody is there or waits.
const GLANCE: Duration = Duration::from_secs(1);
/// After how long the journal is read again where it could not be.
const AGAIN: Duration = Duration::from_secs(5);
/// Conversations read at once, and offers of call-backs made at a glance.
const PAGE: usize = 256;
const OFFERS: usize = 32;

/// Follows what happens, and acts on it.
pub(crate) async fn run(shared: Arc<Shared>, registry: Arc<Registry>) {
    let mut happenings = shared.feed.subscribe();
    // When to read what is not known yet.
    let mut unread = Some(Instant::now());
    loop {
        if unread.is_some_and(|when| when <= Instant::now()) {
            let learned = learn_earlier(&shared);
            let complete = read(&shared, &mut HashSet::new()) && learned;
            unread = (!complete).then(|| Instant::now() + AGAIN);
        }
        act(&shared, &registry).await;
        let idle = {
            let nobody = shared.desk.lock().presences.is_empty();
            nobody && !offers_call_backs(&shared)
        };
        tokio::select! {
            happening = happenings.recv() => match happening {
                Ok(happening) => take_in(&shared, &happening, &mut happenings),
                Err(RecvError::Lagged(_)) => {
                    if !catch_up(&shared, &registry).await {
                        unread = unread.or(Some(Instant::now() + AGAIN));
                    }
                }
                Err(RecvError::Closed) => return,
            },
            () = shared.desk.changed.notified() => {}
            () = tokio::time::sleep(GLANCE), if !idle || unread.is_some() => {}
        }
    }
}

/// Takes in what happened, and what happened meanwhile.
fn take_in(shared: &Shared, first: &Happening, more: &mut Receiver<Happening>) {
    let note = |happening: &Happening| {
        let Happening {
            conversation,
            entry,
            place,
            known,
            ..
        } = happening;
        let (seq, at) = (entry.seq, entry.at);
        let news = News { seq, at, place };
        shared.desk.note(conversation, *known, news);
    };
    note(first);
    for _ in 0..PAGE {
        match more.try_recv() {
            Ok(happening) => note(&happening),
            // Whatever else it says, it says again at the next wait.
            Err(_) => return,
        }
    }
}

/// Puts right what the desk knows after it missed something: whoever is not with humans any more
/// stands in no list that could be read. `false`: not all could be read, and it may work again.
async fn catch_up(shared: &Arc<Shared>, registry: &Registry) -> bool {
    let mut seen = HashSet::new();
    let complete = read(shared, &mut seen);
    let others = shared.desk.lock().line.others(&seen);
    for id in others {
        look(shared, registry, &id).await;
    }
    complete
}

/// Reads from the journal who waits and who is with an operator, into `seen`. `false`: not all could
/// be read, and it may work again.
fn read(shared: &Arc<Shared>, seen: &mut HashSet<ConversationId>) -> bool {
    let mut complete = true;
    let human = shared.desk.lock().human.clone();
    for state in human {
        let mut after: Option<Cursor> = None;
        loop {
            let page = match shared.journal.list(Some(&state), after.as_ref(), PAGE) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, %state, "a queue cannot be read");
                    complete &= !may_work_again(&error.into());
                    break;
                }
            };
            for row in page.rows.into_iter().filter(|row| !row.listing.ended) {
                match look_up(shared, &row.conversation) {
                    Ok(()) => drop(seen.insert(row.conversation)),
                    Err(error) => complete &= !may_work_again(&error),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    complete
}

/// Takes in how the journal has a conversation. One that is damaged is shown as quarantined to
/// whoever lists it.
fn look_up(shared: &Arc<Shared>, id: &ConversationId) -> Result<(), Error> {
    let (now, known) = (shared.clock.now(), shared.desk.erasures());
    let view = Seat::take(shared, id)?.view();
    if let Some(operator) = view.state.operator.as_ref().filter(|_| view.state.leased) {
        shared.desk.lock().presences.expect(operator, now);
    }
    note(shared, &view, known, now);
    Ok(())
}

/// Whether what failed may work again: storage may, and what is damaged stays so.
fn may_work_again(error: &Error) -> bool {
    matches!(error, Error::Journal(JournalError::Storage { .. }))
}

/// Takes in the earlier configurations: conversations may finish on those. `false`: not all could be
/// read, and it may work again.
fn learn_earlier(shared: &Shared) -> bool {
    let mut complete = true;
    let mut after: Option<Cursor> = None;
    loop {
        let page = match shared.journal.configurations(after.as_ref(), PAGE) {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "earlier configurations cannot be read");
                return !may_work_again(&error.into());
            }
        };
        for version in page.rows {
            match shared.workflow(&version) {
                Ok(workflow) => shared.desk.learn(&workflow),
                Err(error) => {
                    tracing::error!(%version, %error, "a configuration cannot be read");
                    complete &= !may_work_again(&error);
                }
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return complete,
        }
    }
}

fn offers_call_backs(shared: &Shared) -> bool {
    let used = queues_in_use(shared);
    let state = shared.desk.lock();
    let offering = used.iter().filter_map(|(name, workflow)| {
        let queue = workflow.queues.get(name)?;
        queue.offer_call_back.map(|_| name)
    });
    let mut waiting = offering.map(|name| state.line.waiting(name).next());
    waiting.any(|next| next.is_some())
}

async fn act(shared: &Shared, registry: &Registry) {
    lapse(shared, registry).await;
    for (name, workflow) in queues_in_use(shared) {
        let Some(queue) = workflow.queues.get(&name) else {
            continue;
        };
        if queue.assignment == Assignment::Push {
            give(shared, registry, queue).await;
        }
        if queue.offer_call_back.is_some() {
            offer(shared, registry, queue).await;
        }
    }
}

/// Takes the conversations of operators who are gone, and forgets those who have nothing.
async fn lapse(shared: &Shared, registry: &Registry) {
    let (now, lease) = (shared.clock.now(), shared.current().runtime.lease);
    let gone = shared.desk.lock().presences.gone(now, lease);
    for operator in gone {
        let theirs = shared.desk.lock().line.leased(&operator);
        let nothing = theirs.is_empty();
        for id in theirs {
            tracing::info!(conversation = %id, %operator, "the operator is gone");
            let operator = operator.clone();
            tell(shared, registry, &id, Event::OperatorLost { operator }).await;
        }
        if nothing {
            shared.desk.lock().presences.forget(&operator);
        }
    }
}

/// Gives what waits in `queue` to operators who have room.
async fn give(shared: &Shared, registry: &Registry, queue: &QueueSpec) {
    for (id, epoch, operator) in chosen(shared, queue) {
        let event = Event::OperatorClaimed {
            operator,
            leased: true,
            waited: Some(epoch),
        };
        tell(shared, registry, &id, event).await;
    }
}

/// Which of those who wait in `queue` go to whom, in the order of the queue, until nobody has room.
fn chosen(shared: &Shared, queue: &QueueSpec) -> Vec<(ConversationId, Epoch, OperatorId)> {
    let mut present = Desk::new(shared).candidates();
    let now = shared.clock.now();
    let state = shared.desk.lock();
    let mut all = Vec::new();
    for (id, one) in state.line.waiting(&queue.name) {
        if !present.iter().any(Candidate::has_room) {
            break;
        }
        let language = one.language.as_deref();
        let Some(operator) = choose(queue, &one.queued, language, &present, now).cloned() else {
            continue;
        };
        given(&mut present, &operator, now);
        all.push((id.clone(), one.epoch, operator));
    }
    all
}

fn given(present: &mut [Candidate], operator: &OperatorId, now: Timestamp) {
    if let Some(one) = present.iter_mut().find(|one| one.operator == *operator) {
        one.owned = one.owned.saturating_add(1);
        one.last_claim = now;
    }
}

/// Tells customers of `queue` who would wait long.
async fn offer(shared: &Shared, registry: &Registry, queue: &QueueSpec) {
    let now = shared.clock.now();
    let (Some(least), true) = (queue.offer_call_back, queue.is_open(now)) else {
        return;
    };
    let long: Vec<(ConversationId, Duration)> = {
        let state = shared.desk.lock();
        let pace = state.line.pace(&queue.name, now);
        let waiting = state.line.waiting(&queue.name).enumerate();
        let unasked = waiting.filter(|(_, (_, one))| !one.queued.contact_wanted && !one.reachable);
        unasked
            .filter_map(|(before, (id, _))| Some((id.clone(), expected_wait(before + 1, pace)?)))
            .filter(|(_, wait)| *wait >= least)
            .take(OFFERS)
            .collect()
    };
    for (id, wait) in long {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tell(shared, registry, &id, Event::WaitEstimated { wait }).await;
    }
}

/// Tells a conversation that something happened. One that has moved on does not take it.
async fn tell(shared: &Shared, registry: &Registry, id: &ConversationId, event: Event) {
    let question = |reply| Question::Command { event, reply };
    let known = shared.desk.erasures();
    let told = registry
        .ask(id, shared.clock.now(), usize::MAX, question)
        .await;
    match told {
        Ok((view, _)) => {
            note(shared, &view, known, shared.clock.now());
        }
        Err(error) => {
            if !matches!(error, Error::Refused(_)) {
                tracing::warn!(conversation = %id, %error, "the desk was not heard");
            }
            look(shared, registry, id).await;
        }
    }
}

/// Puts right what the desk knows of a conversation that has moved on.
async fn look(shared: &Shared, registry: &Registry, id: &ConversationId) {
    let (now, known) = (shared.clock.now(), shared.desk.erasures());
    let question = |reply| Question::Look { reply };
    match registry.ask(id, now, usize::MAX, question).await {
        Ok(view) => note(shared, &view, known, now),
        // Who is only busy says more at the next step.
        Err(Error::Overloaded { .. } | Error::Interrupted(_)) => {}
        Err(_) => shared.desk.lose(id),
    }
}

/// Takes in how a conversation looked that was `known` before so many erasures.
fn note(shared: &Shared, view: &View, known: Erasures, at: Timestamp) {
    let place = &Place::of(&view.state, &view.config);
    let seq = view.seq.saturating_sub(1);
    let news = News { seq, at, place };
    shared.desk.note(&view.conversation, known, news);
}
