//! A conversation's seat: its state, and the steps that are decided but not yet recorded.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use warmline_core::entry::Decided;
use warmline_core::workflow::Owner;
use warmline_core::{
    ConversationId, Effect, Entry, Event, MessageId, State, StateName, TimerName, Timestamp, Turn,
    Workflow, transition,
};
use warmline_journal::{Error as JournalError, Listing, Loaded, Outbound, Step, TimerChange};

use crate::desk::Erasures;
use crate::error::{Error, chain};
use crate::setup::{Setup, Shared};
use crate::telemetry::{Measure, measures};
use crate::warmline::{Happening, Place, View};

/// Entries between two snapshots: as many are read again at an activation.
const SNAPSHOT_EVERY: u64 = 32;

/// Decides and records for one conversation. It performs nothing.
pub(crate) struct Seat {
    pub(crate) id: ConversationId,
    pub(crate) state: State,
    pub(crate) workflow: Arc<Workflow>,
    shared: Arc<Shared>,
    /// Before which erasures it was taken.
    known: Erasures,
    /// The sequence number of the next entry.
    seq: u64,
    /// Steps that nobody outside can see yet: they are recorded together with the next one.
    pending: Step,
    /// What those steps add to the metrics.
    measures: Vec<Measure>,
    /// What the journal knows of the list by state, and of answers owed.
    listed: Option<StateName>,
    busy: bool,
}

/// A step that could not be recorded.
pub(crate) struct Lost {
    pub(crate) error: JournalError,
    /// What it was about.
    pub(crate) event: Option<Event>,
}

impl Seat {
    /// Takes the seat of a conversation, as the journal has it, or of a new one.
    pub(crate) fn take(shared: &Arc<Shared>, id: &ConversationId) -> Result<Self, Error> {
        let before = shared.desk.erasures();
        let loaded = shared.journal.load(id)?;
        let known = loaded.is_some();
        let (workflow, state, seq) = match loaded {
            Some(loaded) => restore(shared, id, loaded)?,
            None => {
                let workflow = shared.current_for_new(id).workflow.clone();
                let state = State::new(workflow.initial.clone());
                (workflow, state, 0)
            }
        };
        Ok(Self {
            id: id.clone(),
            shared: shared.clone(),
            known: before,
            seq,
            pending: nothing(id),
            measures: Vec::new(),
            listed: known.then(|| state.name.clone()),
            busy: known && state.owes_answer(),
            state,
            workflow,
        })
    }

    /// Whether anything was ever recorded of it.
    pub(crate) fn is_new(&self) -> bool {
        self.seq == 0
    }

    /// Who may speak now.
    pub(crate) fn owner(&self) -> Owner {
        self.workflow
            .state(&self.state.name)
            .map_or(Owner::Nobody, |spec| spec.owner)
    }

    /// The configuration in force for it.
    pub(crate) fn setup(&self) -> Arc<Setup> {
        match self.is_new() {
            true => self.shared.current_for_new(&self.id),
            false => self.shared.current_for(&self.id, &self.workflow.version),
        }
    }

    /// What callers see of it.
    pub(crate) fn view(&self) -> View {
        View {
            conversation: self.id.clone(),
            owner: self.owner(),
            seq: self.seq - self.pending.entries.len() as u64,
            config: self.workflow.version.clone(),
            state: self.state.clone(),
        }
    }

    /// Moves to the configuration in force for it, if that has the conversation's state. One that gives
    /// it another owner, queue or other timers has it by name only: whoever waits there would have
    /// no way out by time, or wait where nobody looks.
    pub(crate) fn modernise(&mut self) {
        let current = &self.setup().workflow;
        if Arc::ptr_eq(current, &self.workflow) {
            return;
        }
        if self.is_new() {
            self.state = State::new(current.initial.clone());
            self.workflow = current.clone();
            return;
        }
        let state = |workflow: &Workflow| {
            let spec = workflow.state(&self.state.name)?;
            let timers: Vec<TimerName> = spec.timers.iter().map(|t| t.name.clone()).collect();
            Some((spec.owner, spec.queue.clone(), timers))
        };
        let (now, then) = (state(current), state(&self.workflow));
        if now.is_some() && now == then {
            self.workflow = current.clone();
        }
    }

    /// Decides what `event` comes to. The step is not recorded before [`record`](Self::record).
    pub(crate) fn decide(&mut self, at: Timestamp, event: Event) -> Result<Vec<Effect>, Error> {
        let (next, effects) = transition(&self.workflow, &self.state, at, &event)?;
        let decided = Decided::of(&self.state, &next, &effects);
        for effect in &effects {
            match effect {
                Effect::StartTimer { timer, due } => self.pending.timers.push(TimerChange::Set {
                    timer: timer.clone(),
                    due: *due,
                }),
                Effect::CancelTimer { timer, due } => {
                    self.pending.timers.push(TimerChange::Cancel {
                        timer: timer.clone(),
                        due: *due,
                    })
                }
                Effect::Say(turn) => self.post(&next, turn),
                _ => {}
            }
        }
        if let Event::TimerFired { timer, due } = &event {
            self.pending.timers.push(TimerChange::Cancel {
                timer: timer.clone(),
                due: *due,
            });
        }
        if let Some(key) = inbound_key(&event) {
            self.pending.message = Some(key);
        }
        let entry = Entry {
            seq: self.seq,
            at,
            config: self.workflow.version.clone(),
            event,
            decided,
        };
        for bookkeeper in &self.shared.bookkeepers {
            let records = bookkeeper.book(&self.id, &self.state, &entry, &next);
            self.pending.records.extend(records);
        }
        self.measures.extend(measures(&self.state, &entry, &next));
        self.pending.entries.push(Arc::new(entry));
        self.seq += 1;
        self.state = next;
        Ok(effects)
    }

    /// Puts a turn into the outbox, if the conversation's channel wants it delivered.
    fn post(&mut self, state: &State, turn: &Turn) {
        let channel = state.context.channel.as_ref();
        if let Some(channel) = channel.filter(|name| self.shared.channels.contains_key(*name)) {
            let outbound = Outbound {
                channel: channel.clone(),
                turn: turn.clone(),
            };
            self.pending.outbox.push(outbound);
        }
    }

    /// Records what was decided, and tells everybody who listens. On an error the seat is no
    /// longer what the journal has: give it up and take it again.
    pub(crate) async fn record(&mut self) -> Result<Vec<Arc<Entry>>, Lost> {
        let mut step = std::mem::replace(&mut self.pending, nothing(&self.id));
        let Some(first) = step.entries.first().map(|entry| entry.seq) else {
            return Ok(Vec::new());
        };
        let owes = self.state.owes_answer();
        step.busy = (owes != self.busy).then_some(owes);
        if self.listed.as_ref() != Some(&self.state.name) {
            step.listing = Some(Listing {
                state: self.state.name.clone(),
                since: self.state.since,
                ended: self.owner() == Owner::Nobody,
            });
        }
        if first / SNAPSHOT_EVERY != self.seq / SNAPSHOT_EVERY {
            step.snapshot = Some(self.state.clone());
        }
        let entries = step.entries.clone();
        let due = first_due(&step.timers);
        let outbox = !step.outbox.is_empty();
        let began = std::time::Instant::now();
        if let Err(error) = self.shared.journal.append(step).await {
            let event = entries.last().map(|entry| entry.event.clone());
            return Err(Lost { error, event });
        }
        self.measures.drain(..).for_each(Measure::record);
        metrics::histogram!("warmline_journal_append_seconds").record(began.elapsed());
        self.busy = owes;
        self.listed = Some(self.state.name.clone());
        if let Some(due) = due {
            self.shared.alarm.set(due);
        }
        if outbox {
            self.shared.outbox_changed.notify_one();
        }
        for entry in &entries {
            let (conversation, entry) = (self.id.clone(), entry.clone());
            // Nobody listening is no error.
            let _ = self.shared.feed.send(Happening {
                conversation,
                entry,
                owner: self.owner(),
                place: Place::of(&self.state, &self.workflow.version),
                known: self.known,
            });
        }
        Ok(entries)
    }
}

/// A step in which nothing has happened yet.
fn nothing(id: &ConversationId) -> Step {
    Step::new(id.clone(), Vec::<Arc<Entry>>::new())
}

/// The key that a repeated message is known by. Customers and operators name their messages
/// independently of each other, so the two never stand for one another.
pub(crate) fn inbound_key(event: &Event) -> Option<MessageId> {
    match event {
        Event::CustomerSpoke {
            message: Some(message),
            ..
        } => customer_key(message),
        Event::OperatorReplied {
            message: Some(message),
            ..
        } => hashed("operator/", message),
        _ => None,
    }
}

/// The key of a customer's message: its name, unless that could be the key of an operator's.
pub(crate) fn customer_key(message: &MessageId) -> Option<MessageId> {
    match message.as_str().starts_with("operator/") {
        true => hashed("customer/", message),
        false => Some(message.clone()),
    }
}

fn hashed(whose: &str, message: &MessageId) -> Option<MessageId> {
    let hash = Sha256::digest(message.as_str());
    let hash: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    MessageId::new(format!("{whose}{hash}")).ok()
}

/// When the first of the timers that a step sets is due.
fn first_due(changes: &[TimerChange]) -> Option<Timestamp> {
    let due = changes.iter().filter_map(|change| match change {
        TimerChange::Set { due, .. } => Some(*due),
        TimerChange::Cancel { .. } => None,
    });
    due.min()
}

/// Decides again what the journal has after the last snapshot.
fn restore(
    shared: &Shared,
    id: &ConversationId,
    loaded: Loaded,
) -> Result<(Arc<Workflow>, State, u64), Error> {
    if loaded.damaged_snapshots > 0 {
        tracing::warn!(conversation = %id, count = loaded.damaged_snapshots,
            "snapshots are unreadable; older ones serve");
    }
    let seq = loaded.next_seq();
    let mut state = loaded.snapshot.map(|snapshot| snapshot.state);
    let mut entries = loaded.entries;
    let last = match entries.is_empty() {
        // The snapshot is the latest word; only the entry before it tells who decided.
        true => shared.journal.entries(id, seq.saturating_sub(1), 1)?,
        false => Vec::new(),
    };
    let version = entries.first().or(last.first()).map(|entry| &entry.config);
    let mut workflow = match version {
        Some(version) => shared
            .workflow(version)
            .map_err(|e| unusable(id, seq, &e))?,
        None => shared.current_for_new(id).workflow.clone(),
    };
    for entry in entries.drain(..) {
        if workflow.version != entry.config {
            let found = shared.workflow(&entry.config);
            workflow = found.map_err(|error| unusable(id, entry.seq, &error))?;
        }
        let before = state
            .take()
            .unwrap_or_else(|| State::new(workflow.initial.clone()));
        let decided = transition(&workflow, &before, entry.at, &entry.event);
        let (mut after, _) = decided.map_err(|refused| unusable(id, entry.seq, &refused))?;
        entry.decided.keep_time(&mut after);
        state = Some(after);
    }
    let state = state.unwrap_or_else(|| State::new(workflow.initial.clone()));
    Ok((workflow, state, seq))
}

/// A conversation whose journal can be read and not be repeated.
fn unusable(id: &ConversationId, seq: u64, why: &dyn std::error::Error) -> Error {
    Error::Quarantined {
        conversation: id.clone(),
        reason: format!("entry {seq} cannot be repeated: {}", chain(why)),
    }
}
