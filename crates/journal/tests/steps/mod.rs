//! Steps for the tests: small, and different from each other.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test that cannot go on panics, and each uses what it needs"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use warmline_core::state::State;
use warmline_core::{
    ConfigVersion, ConversationId, CustomerContext, Decided, Entry, Epoch, Event, MessageId,
    Speaker, StateName, TimerName, Timestamp, Turn, TurnNumber,
};
use warmline_journal::{Listing, Outbound, Step};

pub(crate) fn conversation(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

pub(crate) fn message(name: &str) -> MessageId {
    MessageId::new(name).unwrap()
}

pub(crate) fn timer(name: &str) -> TimerName {
    TimerName::new(name).unwrap()
}

pub(crate) fn state_name(name: &str) -> StateName {
    StateName::new(name).unwrap()
}

/// A turn of the customer, with its number in the words.
pub(crate) fn turn(number: u32) -> Turn {
    Turn {
        number: TurnNumber(number),
        speaker: Speaker::Customer,
        text: format!("turn {number}: \"where is my parcel?\" \u{1f4e6}"),
        at: Timestamp(1_000 + u64::from(number)),
        epoch: Epoch(1),
        citations: Vec::new(),
    }
}

/// The entry with the sequence number `seq`: the customer says turn `seq + 1`.
pub(crate) fn entry(seq: u64) -> Entry {
    let turn = turn(seq as u32 + 1);
    Entry {
        seq,
        at: turn.at,
        config: ConfigVersion::new("c0ffee").unwrap(),
        event: Event::CustomerSpoke {
            text: turn.text.clone(),
            message: None,
            context: CustomerContext::default(),
        },
        decided: Decided {
            state: state_name("ai_owned"),
            epoch: Epoch(1),
            turns: vec![turn],
            trigger: None,
            effects: vec!["examine(1)".into()],
            timers: BTreeMap::new(),
        },
    }
}

/// A step of the entries from `first` to `last` and no consequence.
pub(crate) fn step(name: &str, first: u64, last: u64) -> Step {
    Step::new(conversation(name), (first..=last).map(entry))
}

/// The state after the entry `seq`.
pub(crate) fn state(seq: u64) -> State {
    let mut state = State::new(state_name("ai_owned"));
    state.last_turn = TurnNumber(seq as u32 + 1);
    state.window = [Arc::new(turn(seq as u32 + 1))].into();
    state
}

/// The place in the state `name` since `since`; `closed` is an end.
pub(crate) fn listing(name: &str, since: u64) -> Listing {
    Listing {
        state: state_name(name),
        since: Timestamp(since),
        ended: name == "closed",
    }
}

/// The turn `number` for the channel `email`.
pub(crate) fn outbound(number: u32) -> Outbound {
    Outbound {
        channel: "email".into(),
        turn: turn(number),
    }
}
