//! What must hold in every world that can come about, and what must be possible at all.

use stateright::Property;
use warmline_core::TimerName;
use warmline_core::workflow::{On, Owner};

use crate::moves::{Handoffs, operator, words};
use crate::world::{Host, Known, MESSAGES, OPERATORS, World};

pub(crate) const ONE_VOICE: &str = "1: no two operators believe that they have the conversation";
pub(crate) const NOTHING_LOST: &str = "2: nothing acknowledged is lost";
pub(crate) const EXACTLY_ONCE: &str = "3: every message is in the transcript at most once";
pub(crate) const EVERYTHING_SEEN: &str = "3: whatever was said reaches the customer, once";
pub(crate) const NOTHING_TWICE: &str = "3: no part of an answer is said twice";
pub(crate) const NO_STRANDING: &str = "4: whoever waits has a timer that will fire";
pub(crate) const NEVER_SILENT: &str = "4: an answer that is owed is under way";
pub(crate) const CLEARED: &str = "8: what a handback cleared stays cleared";
pub(crate) const STEPS: &str = "1 to 9: every step keeps its promises";

/// What must always hold.
pub(crate) const ALWAYS: [(&str, Holds); 9] = [
    (ONE_VOICE, one_voice),
    (NOTHING_LOST, nothing_lost),
    (EXACTLY_ONCE, exactly_once),
    (EVERYTHING_SEEN, everything_seen),
    (NOTHING_TWICE, |_, world| !world.repeated),
    (NO_STRANDING, no_stranding),
    (NEVER_SILENT, never_silent),
    (CLEARED, |_, world| !world.bounced),
    (STEPS, |_, world| !world.broken),
];

pub(crate) const ANSWERED: &str = "the assistant answers";
pub(crate) const TAKEN_OVER: &str = "an operator takes over from the other one";
pub(crate) const BACK_AGAIN: &str = "a conversation comes back, and goes to a human again";
pub(crate) const TOO_LATE: &str = "a draft comes too late";
pub(crate) const WENT_ON: &str = "a host goes on with what its predecessor owed";
pub(crate) const GIVEN_UP: &str = "a queue gives up";
pub(crate) const BEGUN_AGAIN: &str = "a conversation ends and begins again";
pub(crate) const INTERRUPTED: &str = "an answer that was begun is lost, and a human takes over";

/// What must be possible, so that the above does not hold only because nothing happens.
const SOMETIMES: [(&str, Holds); 8] = [
    (ANSWERED, |_, world| {
        let mut turns = world.disk.state.0.window.iter();
        turns.any(|turn| turn.is_assistant())
    }),
    (TAKEN_OVER, |_, world| {
        let state = &world.disk.state.0;
        state.operator == Some(operator(1)) && state.last_operator == Some(operator(0))
    }),
    (BACK_AGAIN, |_, world| {
        let state = &world.disk.state.0;
        state.handbacks == 1 && state.handoffs == 2 && state.operator.is_some()
    }),
    (TOO_LATE, |_, world| world.disk.state.0.discarded_drafts > 0),
    (WENT_ON, |_, world| {
        let owed = world.disk.state.0.owes_answer();
        world.crashes > 0 && owed && at_rest(world).is_some_and(|host| !host.jobs.is_empty())
    }),
    (GIVEN_UP, |model, world| {
        let state = &world.disk.state;
        model.owner(state) == Owner::Assistant && state.0.trigger.is_some()
    }),
    (BEGUN_AGAIN, |_, world| {
        let state = &world.disk.state.0;
        state.epoch.0 >= 3 && state.handoffs == 0 && state.outcome.is_none()
    }),
    (INTERRUPTED, |_, world| {
        let state = &world.disk.state.0;
        let evidence = state.trigger.iter().flat_map(|trigger| &trigger.evidence);
        let mut why = evidence.map(|evidence| evidence.why.as_str());
        state.operator.is_some() && why.any(|why| why.starts_with("interrupted"))
    }),
];

type Holds = fn(&Handoffs, &World) -> bool;

pub(crate) fn all() -> Vec<Property<Handoffs>> {
    let always = ALWAYS.map(|(name, holds)| Property::always(name, holds));
    let sometimes = SOMETIMES.map(|(name, holds)| Property::sometimes(name, holds));
    always.into_iter().chain(sometimes).collect()
}

/// The host, if nothing waits for the disk.
fn at_rest(world: &World) -> Option<&Host> {
    world.host.as_ref().filter(|host| host.pending.is_empty())
}

fn one_voice(_: &Handoffs, world: &World) -> bool {
    let state = &world.disk.state.0;
    let beliefs = world.operators.map(|operator| operator.belief);
    let recorded = |number: usize| match beliefs[number] {
        Some(epoch) if epoch == state.epoch => state.operator == Some(operator(number)),
        Some(epoch) => epoch < state.epoch,
        None => true,
    };
    (0..OPERATORS).all(recorded) && (beliefs[0].is_none() || beliefs[0] != beliefs[1])
}

fn times(known: &Known, message: usize) -> usize {
    let turns = known.0.window.iter();
    turns.filter(|turn| turn.text == words(message)).count()
}

fn nothing_lost(_: &Handoffs, world: &World) -> bool {
    (0..MESSAGES).all(|message| {
        !world.messages[message].acknowledged || times(&world.disk.state, message) > 0
    })
}

fn exactly_once(_: &Handoffs, world: &World) -> bool {
    let memory = world.host.as_ref().map(|host| &host.memory);
    let mut known = memory.into_iter().chain([&world.disk.state]);
    known.all(|known| (0..MESSAGES).all(|message| times(known, message) <= 1))
}

fn everything_seen(_: &Handoffs, world: &World) -> bool {
    !world.contradicted && (at_rest(world).is_none() || world.seen >= world.disk.state.0.last_turn)
}

fn no_stranding(model: &Handoffs, world: &World) -> bool {
    if at_rest(world).is_none() {
        return true;
    }
    let state = &world.disk.state;
    let timers = world.timers(model.fault);
    let leads_out = |timer: &TimerName| {
        let on = On::TimerFired(timer.clone());
        let mut rules = model.workflow.rules.iter();
        rules.any(|rule| rule.from == state.0.name && rule.on == on && rule.to != state.0.name)
    };
    timers == state.0.timers && (model.owner(state) != Owner::Queue || timers.keys().any(leads_out))
}

fn never_silent(_: &Handoffs, world: &World) -> bool {
    let Some(host) = at_rest(world) else {
        return true;
    };
    world
        .disk
        .state
        .owed(false)
        .is_none_or(|job| host.works_on(job))
}
