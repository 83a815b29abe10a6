//! What a conversation does when its journal fails.
//!
//! What was decided and could not be recorded did not happen: callers get the error, the
//! conversation takes its seat again as the journal has it, and what it owes its customer is taken
//! up when the journal works again.

use std::time::Duration;

use ractor::ActorRef;
use warmline_core::Effect;
use warmline_core::card::CardSource;
use warmline_core::state::Awaiting;
use warmline_core::workflow::Owner;
use warmline_journal::Error as JournalError;

use crate::conversation::answering::tell;
use crate::conversation::{Message, Running};
use crate::error::Error;
use crate::seat::Seat;

/// The first and the longest pause before it is tried again.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How often the journal failed a conversation in a row.
#[derive(Debug, Default)]
pub(super) struct Lapses {
    count: u32,
    lost: bool,
}

impl Lapses {
    pub(super) fn over(&mut self) {
        self.count = 0;
    }

    pub(super) fn are_going_on(&self) -> bool {
        self.count > 0
    }

    /// Whether the seat is no longer what the journal has, and the journal cannot be read.
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    fn pause(&mut self) -> Duration {
        let pause = PAUSES.0 * 2_u32.saturating_pow(self.count.min(6));
        self.count += 1;
        pause.min(PAUSES.1)
    }
}

impl Running {
    /// Takes back what could not be recorded, and gives the error to everybody who waits.
    pub(super) fn lapse(&mut self, myself: &ActorRef<Message>, error: JournalError) -> Error {
        tracing::error!(conversation = %self.seat.id, %error, "the journal failed");
        self.stop_answering();
        for waiter in std::mem::take(&mut self.waiters) {
            waiter.answer(Err(error.clone().into()));
        }
        match Seat::take(&self.shared, &self.seat.id) {
            Ok(seat) => {
                self.seat = seat;
                self.recover_later(myself);
            }
            Err(error) => {
                tracing::error!(conversation = %self.seat.id, %error, "put away");
                self.lapses.lost = true;
            }
        }
        error.into()
    }

    fn recover_later(&mut self, myself: &ActorRef<Message>) {
        let (pause, myself) = (self.lapses.pause(), myself.clone());
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            // One that has ended recovers when it is brought back.
            let _ = myself.cast(Message::Recover);
        });
    }

    /// Takes up what is owed, if the journal works again.
    pub(super) fn recover(&mut self, myself: &ActorRef<Message>) {
        match self.shared.journal.health() {
            Ok(()) => {
                self.lapses.over();
                if self.answer.is_none() {
                    self.resume(myself);
                }
            }
            Err(_) => self.recover_later(myself),
        }
    }

    /// Takes the seat again, as the journal has it, and takes up what is under way there.
    pub(super) fn take_again(&mut self, myself: &ActorRef<Message>) -> Result<(), Error> {
        self.stop_answering();
        match Seat::take(&self.shared, &self.seat.id) {
            Ok(seat) => self.seat = seat,
            Err(error) => {
                self.lapses.lost = true;
                return Err(error);
            }
        }
        self.resume(myself);
        self.tell_waiters(&[]);
        Ok(())
    }

    /// Takes up what was under way when the conversation was last in memory.
    pub(super) fn resume(&mut self, myself: &ActorRef<Message>) {
        let state = &self.seat.state;
        let (through, epoch) = (state.last_customer_turn, state.epoch);
        let waits = self.seat.owner() == Owner::Queue;
        let card = state.card.as_deref();
        let extracted = card.is_some_and(|card| card.source == CardSource::Extracted);
        match (state.interrupted(), state.awaiting) {
            (Some(event), _) => tell(myself, event),
            (None, Awaiting::Nothing) => {}
            (None, Awaiting::Examination) => {
                self.perform(myself, Effect::Examine { through, epoch });
            }
            (None, Awaiting::Draft) => {
                self.perform(myself, Effect::AskAssistant { through, epoch });
            }
        }
        if waits && extracted {
            self.perform(myself, Effect::WriteCard { epoch });
        }
    }
}
