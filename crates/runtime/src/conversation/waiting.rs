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
    reply: Reply<Answer>,
    since: Instant,
    /// The turn counts as under way for as long as somebody waits for it.
    _pass: Option<Pass>,
}

impl Waiter {
    pub(super) fn new(reply: Reply<Answer>, pass: Option<Pass>) -> Self {
        Self {
            turn: TurnNumber(0),
            reply,
            since: Instant::now(),
            _pass: pass,
        }
    }

    pub(super) fn of(self, turn: TurnNumber) -> Self {
        Self { turn, ..self }
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
            Ok((turn, None)) => self.wait(waiter, turn),
            Ok((_, Some(answer))) => waiter.answer(Ok(answer)),
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

    /// The turn recorded with `message`, and what was decided about it if it was.
    fn past(&self, message: &MessageId, seq: u64) -> Result<(TurnNumber, Option<Answer>), Error> {
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
                    let answer = self.answer_to(past.turn);
                    return Ok((past.turn, Some(past.answer(entry, owner, answer))));
                }
            }
            if entries.len() < PAGE {
                return Ok((past.map_or(TurnNumber(0), |past| past.turn), None));
            }
        }
    }

    /// Answers everybody who waits, once nothing is owed to the customer any more.
    pub(super) fn answer_waiters(&mut self, entries: &[Arc<Entry>]) {
        if self.waiters.is_empty() || self.seat.state.owes_answer() {
            return;
        }
        let trigger = entries.iter().find_map(|e| e.decided.trigger.as_ref());
        for waiter in std::mem::take(&mut self.waiters) {
            metrics::histogram!("warmline_decision_seconds").record(waiter.since.elapsed());
            let behind = self.seat.state.turns_since(waiter.turn);
            let said: Vec<&Turn> = behind.take_while(|turn| !turn.is_customer()).collect();
            let answer = Answer {
                reply: reply(said.iter().copied()),
                notices: notices(said),
                trigger: trigger.cloned(),
                ..self.answer_to(waiter.turn)
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
            trigger: None,
            notices: Vec::new(),
        }
    }

    fn owner_of(&self, state: &StateName) -> Owner {
        let spec = self.seat.workflow.state(state);
        spec.map_or(Owner::Nobody, |spec| spec.owner)
    }
}

/// A customer's turn in the journal, on the way to the decision about it.
struct Past {
    turn: TurnNumber,
    heard: u64,
    epoch: Epoch,
    /// Whether it is the last turn of its burst.
    last: bool,
    /// What was said behind it, and before the customer's next turn.
    said: Vec<Turn>,
}

impl Past {
    fn of(heard: &Entry) -> Self {
        let turn = heard.decided.turns.first();
        Self {
            turn: turn.map_or(TurnNumber(0), |turn| turn.number),
            heard: heard.seq,
            epoch: heard.decided.epoch,
            last: true,
            said: Vec::new(),
        }
    }

    /// Whether `entry` decides about the turn; `owner` has the conversation after it.
    fn is_settled_by(&mut self, entry: &Entry, owner: Owner) -> bool {
        let decided = &entry.decided;
        let heard = entry.seq == self.heard;
        self.last &= heard || !matches!(entry.event, Event::CustomerSpoke { .. });
        if self.last {
            self.said.extend(decided.turns.iter().cloned());
        }
        match heard {
            true => owner != Owner::Assistant,
            false => decided.epoch != self.epoch || is_last_word(entry),
        }
    }

    /// What was answered when `entry` decided about the turn.
    fn answer(&mut self, entry: &Entry, owner: Owner, now: Answer) -> Answer {
        let decided = &entry.decided;
        Answer {
            state: decided.state.clone(),
            owner,
            epoch: decided.epoch,
            reply: reply(&self.said),
            trigger: decided.trigger.clone(),
            notices: notices(&self.said),
            ..now
        }
    }
}

/// Whether `entry` is what detectors or assistant came to, and neither is asked for more.
fn is_last_word(entry: &Entry) -> bool {
    let came = matches!(
        entry.event,
        Event::TurnExamined { .. }
            | Event::ActionsExamined { .. }
            | Event::PartExamined { .. }
            | Event::DraftExamined { .. }
            | Event::AssistantFailed { .. }
    );
    let goes_on = ["ask_assistant", "act", "discard_draft"];
    let mut effects = entry.decided.effects.iter();
    came && !effects.any(|effect| goes_on.iter().any(|name| effect.starts_with(name)))
}

fn carries(entry: &Entry, wanted: &MessageId) -> bool {
    matches!(&entry.event, Event::CustomerSpoke { message: Some(message), .. } if message == wanted)
}

/// What the assistant said; where it said it in several turns, all of it under the last of them.
fn reply<'a>(said: impl IntoIterator<Item = &'a Turn>) -> Option<Turn> {
    let mut parts = said.into_iter().filter(|turn| turn.is_assistant());
    let first = parts.next()?.clone();
    Some(parts.fold(first, Turn::continued))
}

fn notices<'a>(said: impl IntoIterator<Item = &'a Turn>) -> Vec<Turn> {
    let said = said.into_iter();
    let notices = said.filter(|turn| turn.speaker == Speaker::Notice);
    notices.cloned().collect()
}
