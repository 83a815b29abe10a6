//! Callers who wait for the decision about a customer's turn, and what they are told.

use std::sync::Arc;
use std::time::Instant;

use warmline_core::workflow::Owner;
use warmline_core::{Entry, Epoch, Event, MessageId, Speaker, StateName, Turn, TurnNumber};

use crate::conversation::{Reply, Running};
use crate::error::Error;
use crate::seat::{customer_key, inbound_key};
use crate::under_way::Pass;
use crate::warmline::Answer;

/// Entries read at once when a message is looked up.
const PAGE: usize = 16;

/// A customer's turn whose sender waits for the decision.
pub(super) struct Waiter {
    turn: TurnNumber,
    behind: Behind,
    reply: Reply<Answer>,
    since: Instant,
    /// The turn counts as under way for as long as somebody waits for it.
    _pass: Option<Pass>,
}

impl Waiter {
    pub(super) fn new(reply: Reply<Answer>, pass: Option<Pass>) -> Self {
        Self {
            turn: TurnNumber(0),
            behind: Behind::default(),
            reply,
            since: Instant::now(),
            _pass: pass,
        }
    }

    pub(super) fn of(self, turn: TurnNumber) -> Self {
        Self { turn, ..self }
    }

    /// With what was said behind its turn before somebody waited.
    fn behind(self, behind: Behind) -> Self {
        Self { behind, ..self }
    }

    pub(super) fn answer(self, answer: Result<Answer, Error>) {
        // A caller who has gone needs no answer.
        let _ = self.reply.send(answer);
    }
}

impl Running {
    /// With which entry a customer's message was recorded, if it was.
    pub(super) fn heard(&self, message: &MessageId) -> Result<Option<u64>, Error> {
        let key = customer_key(message).filter(|_| !self.seat.is_new());
        match key {
            Some(key) => Ok(self.shared.journal.seen(&self.seat.id, &key)?),
            None => Ok(None),
        }
    }

    /// The turn that was recorded for an operator's message, if it was recorded before.
    pub(super) fn said(&self, event: &Event) -> Result<Option<Turn>, Error> {
        let Some(key) = inbound_key(event) else {
            return Ok(None);
        };
        let journal = &self.shared.journal;
        let Some(seq) = journal.seen(&self.seat.id, &key)? else {
            return Ok(None);
        };
        metrics::counter!("warmline_duplicates_total").increment(1);
        let entries = journal.entries(&self.seat.id, seq, PAGE)?;
        let same = |entry: &Entry| inbound_key(&entry.event).as_ref() == Some(&key);
        let said = entries.into_iter().find(same);
        Ok(said.and_then(|entry| entry.decided.turns.into_iter().next()))
    }

    /// Answers a message that was recorded before, with what was decided about it.
    pub(super) fn repeat(&mut self, message: &MessageId, seq: u64, waiter: Waiter) {
        metrics::counter!("warmline_duplicates_total").increment(1);
        match self.past(message, seq) {
            Ok(Found::Decided(answer)) => waiter.answer(Ok(*answer)),
            Ok(Found::Open(past)) => self.wait(waiter.behind(past.behind), past.turn),
            Err(error) => waiter.answer(Err(error)),
        }
    }

    /// Waits for the decision about `turn`; there may be nothing to wait for.
    pub(super) fn wait(&mut self, waiter: Waiter, turn: TurnNumber) {
        match self.seat.state.owes_answer() && turn > self.seat.state.settled {
            true => self.waiters.push(waiter.of(turn)),
            false => waiter.answer(Ok(self.answer_to(turn))),
        }
    }

    /// The turn recorded with `message`, or what was decided about it if it was.
    fn past(&self, message: &MessageId, seq: u64) -> Result<Found, Error> {
        let mut past = None;
        let mut from = seq;
        loop {
            let journal = &self.shared.journal;
            let entries = journal.entries(&self.seat.id, from, PAGE)?;
            from += entries.len() as u64;
            for entry in &entries {
                let past = match &mut past {
                    None if carries(entry, message) => past.insert(Past::of(entry)),
                    None => continue,
                    Some(past) => past,
                };
                let owner = self.owner_of(&entry.decided.state);
                if past.is_settled_by(entry, owner) {
                    let answer = past.answer(entry, owner, self.answer_to(past.turn));
                    return Ok(Found::Decided(Box::new(answer)));
                }
            }
            if entries.len() < PAGE {
                return Ok(Found::Open(past.unwrap_or_default()));
            }
        }
    }

    /// Tells everybody who waits what `entries` say behind their turns, and answers them once nothing
    /// is owed to the customer any more.
    pub(super) fn tell_waiters(&mut self, entries: &[Arc<Entry>]) {
        for waiter in &mut self.waiters {
            for entry in entries {
                waiter.behind.hear(waiter.turn, entry);
            }
        }
        if self.waiters.is_empty() || self.seat.state.owes_answer() {
            return;
        }
        let trigger = entries.iter().find_map(|e| e.decided.trigger.as_ref());
        for waiter in std::mem::take(&mut self.waiters) {
            metrics::histogram!("warmline_decision_seconds").record(waiter.since.elapsed());
            let answer = Answer {
                trigger: trigger.cloned(),
                ..waiter.behind.told(self.answer_to(waiter.turn))
            };
            waiter.answer(Ok(answer));
        }
    }

    fn answer_to(&self, turn: TurnNumber) -> Answer {
        Answer {
            conversation: self.seat.id.clone(),
            state: self.seat.state.name.clone(),
            owner: self.seat.owner(),
            epoch: self.seat.state.epoch,
            turn,
            reply: None,
            parts: Vec::new(),
            trigger: None,
            notices: Vec::new(),
        }
    }

    fn owner_of(&self, state: &StateName) -> Owner {
        let spec = self.seat.workflow.state(state);
        spec.map_or(Owner::Nobody, |spec| spec.owner)
    }
}

/// What was said behind a customer's turn, and before their next one.
#[derive(Default)]
struct Behind {
    said: Vec<Turn>,
    is_over: bool,
}

impl Behind {
    /// Takes what `entry` says behind the `turn`.
    fn hear(&mut self, turn: TurnNumber, entry: &Entry) {
        let turns = entry.decided.turns.iter();
        for said in turns.filter(|said| said.number > turn) {
            self.is_over |= said.is_customer();
            if !self.is_over {
                self.said.push(said.clone());
            }
        }
    }

    /// The `answer` with what was said.
    fn told(&self, answer: Answer) -> Answer {
        let by = |speaker: Speaker| self.said.iter().filter(move |turn| turn.speaker == speaker);
        let mut parts = by(Speaker::Assistant);
        let first = parts.next().cloned();
        Answer {
            reply: first.map(|first| parts.fold(first, Turn::continued)),
            parts: by(Speaker::Assistant).cloned().collect(),
            notices: by(Speaker::Notice).cloned().collect(),
            ..answer
        }
    }
}

/// What the journal has of a customer's message.
enum Found {
    /// The turn, which nothing decided about yet.
    Open(Past),
    /// What was decided about it.
    Decided(Box<Answer>),
}

/// A customer's turn in the journal, on the way to the decision about it.
#[derive(Default)]
struct Past {
    turn: TurnNumber,
    heard: u64,
    epoch: Epoch,
    behind: Behind,
}

impl Past {
    fn of(heard: &Entry) -> Self {
        let turn = heard.decided.turns.first();
        Self {
            turn: turn.map_or(TurnNumber(0), |turn| turn.number),
            heard: heard.seq,
            epoch: heard.decided.epoch,
            behind: Behind::default(),
        }
    }

    /// Whether `entry` decides about the turn; `owner` has the conversation after it.
    fn is_settled_by(&mut self, entry: &Entry, owner: Owner) -> bool {
        self.behind.hear(self.turn, entry);
        let decided = &entry.decided;
        match entry.seq == self.heard {
            true => owner != Owner::Assistant,
            false => decided.epoch != self.epoch || entry.is_last_word(),
        }
    }

    /// What was answered when `entry` decided about the turn.
    fn answer(&self, entry: &Entry, owner: Owner, now: Answer) -> Answer {
        let decided = &entry.decided;
        Answer {
            state: decided.state.clone(),
            owner,
            epoch: decided.epoch,
            trigger: decided.trigger.clone(),
            ..self.behind.told(now)
        }
    }
}

fn carries(entry: &Entry, wanted: &MessageId) -> bool {
    matches!(&entry.event, Event::CustomerSpoke { message: Some(message), .. } if message == wanted)
}
