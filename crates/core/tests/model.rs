//! The model checker: every order in which a customer, two operators, a slow assistant, timers and
//! a crashing host can act on one conversation, decided by the real [`transition`].
//!
//! [`transition`]: warmline_core::transition()
//!
//! The host of this model does what every host must do: decide in memory, record in groups, and
//! only then perform and acknowledge; after a crash, go on from the disk. It may crash at any
//! moment, also between the disk and the performance. Each test explores everything that can
//! happen within its bounds; together they cover bursts, doubled messages, crashes, both
//! directions of the baton and the end. And a checker is only worth something if it finds faults:
//! each of the seeded ones is found.

#[path = "model/host.rs"]
mod host;
#[path = "model/moves.rs"]
mod moves;
#[path = "model/promises.rs"]
mod promises;
#[path = "model/world.rs"]
mod world;

use stateright::{Checker, HasDiscoveries, Model};
use warmline_core::Workflow;
use warmline_core::source::Source;
use warmline_core::workflow::parse::DEFAULT_MACHINE;

use host::Fault;
use moves::Handoffs;

/// One handoff and nothing to disturb it; each test adds what it is about.
fn quiet() -> Handoffs {
    let source = Source::new("the default machine", "[limits]\nmax_handbacks = 1\n");
    Handoffs {
        workflow: Workflow::parse(&source).expect("the default machine is sound"),
        fault: Fault::None,
        crashes: 0,
        handoffs: 1,
        epochs: 4,
        messages: 2,
        doubles: false,
        takeovers: false,
        idle: false,
        absences: false,
        parts: false,
        group: 1,
    }
}

/// The default machine with a timer that only speaks while the assistant has the conversation.
fn nudging() -> Workflow {
    let timer = "[states.ai_owned.timers.nudge]\nafter = '1m'\n";
    let rule = "[[rules]]\nfrom = 'ai_owned'\non = 'timer_fired'\ntimer = 'nudge'\n\
        to = 'ai_owned'\ntell.en = 'One moment.'\n";
    let source = Source::new("nudging", format!("{DEFAULT_MACHINE}\n{timer}{rule}"));
    Workflow::parse(&source).expect("the machine is sound")
}

/// Explores all of `model`: no promise is ever broken, and all of `reached` comes about.
fn keeps_every_promise(model: Handoffs, reached: &[&'static str]) {
    let checker = model.checker().threads(2).spawn_bfs().join();
    println!(
        "{} different worlds of {}, at most {} moves deep",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth()
    );
    for (promise, _) in promises::ALWAYS {
        checker.assert_no_discovery(promise);
    }
    for possible in reached {
        checker.assert_any_discovery(possible);
    }
}

#[test]
fn bursts_doubled_messages_and_a_crash_break_no_promise() {
    let model = Handoffs {
        crashes: 1,
        doubles: true,
        group: 2,
        ..quiet()
    };
    let reached = [
        promises::ANSWERED,
        promises::TOO_LATE,
        promises::WENT_ON,
        promises::GIVEN_UP,
    ];
    keeps_every_promise(model, &reached);
}

#[test]
fn the_way_there_and_back_and_there_again_breaks_no_promise() {
    let model = Handoffs {
        crashes: 1,
        handoffs: 2,
        epochs: 6,
        ..quiet()
    };
    keeps_every_promise(model, &[promises::BACK_AGAIN, promises::TAKEN_OVER]);
}

#[test]
fn two_operators_and_two_crashes_break_no_promise() {
    let model = Handoffs {
        messages: 1,
        crashes: 2,
        doubles: true,
        epochs: 6,
        takeovers: true,
        group: 2,
        ..quiet()
    };
    keeps_every_promise(model, &[promises::TAKEN_OVER, promises::WENT_ON]);
}

#[test]
fn an_end_and_a_new_beginning_break_no_promise() {
    let model = Handoffs {
        idle: true,
        takeovers: true,
        ..quiet()
    };
    keeps_every_promise(model, &[promises::BEGUN_AGAIN, promises::GIVEN_UP]);
}

#[test]
fn operators_who_vanish_break_no_promise() {
    let model = Handoffs {
        messages: 1,
        crashes: 1,
        epochs: 5,
        absences: true,
        ..quiet()
    };
    keeps_every_promise(model, &[promises::TAKEN_OVER, promises::GIVEN_UP]);
}

#[test]
fn answers_that_are_said_in_parts_break_no_promise() {
    let model = Handoffs {
        workflow: nudging(),
        crashes: 1,
        parts: true,
        ..quiet()
    };
    let reached = [
        promises::ANSWERED,
        promises::TOO_LATE,
        promises::INTERRUPTED,
    ];
    keeps_every_promise(model, &reached);
}

/// Explores a host with `fault` until it breaks `promise`, and shows how that came.
fn finds(fault: Fault, promise: &'static str) {
    let model = Handoffs {
        fault,
        crashes: 1,
        handoffs: 2,
        epochs: 6,
        doubles: true,
        parts: true,
        group: 2,
        ..quiet()
    };
    let checker = model
        .checker()
        .finish_when(HasDiscoveries::AnyOf([promise].into()))
        .spawn_bfs()
        .join();
    let found = checker
        .discovery(promise)
        .unwrap_or_else(|| panic!("{fault:?} went unnoticed"));
    println!("{fault:?} breaks `{promise}`: {:?}", found.into_actions());
}

#[test]
fn acknowledging_before_the_flush_is_found() {
    finds(Fault::AcknowledgesBeforeFlush, promises::NOTHING_LOST);
    finds(Fault::AcknowledgesBeforeFlush, promises::ONE_VOICE);
    finds(Fault::AcknowledgesBeforeFlush, promises::EVERYTHING_SEEN);
}

#[test]
fn a_timer_that_is_not_journaled_is_found() {
    finds(Fault::ForgetsTimers, promises::NO_STRANDING);
}

#[test]
fn an_unfenced_claim_is_found() {
    finds(Fault::ClaimsUnfenced, promises::ONE_VOICE);
}

#[test]
fn messages_that_are_not_recorded_are_found() {
    finds(Fault::ForgetsMessages, promises::EXACTLY_ONCE);
}

#[test]
fn an_outbox_in_memory_alone_is_found() {
    finds(Fault::ForgetsOutbox, promises::EVERYTHING_SEEN);
}

#[test]
fn an_answer_forgotten_in_a_crash_is_found() {
    finds(Fault::ForgetsWork, promises::NEVER_SILENT);
}

#[test]
fn an_answer_that_begins_anew_after_a_crash_is_found() {
    finds(Fault::BeginsAnew, promises::NOTHING_TWICE);
}

#[test]
fn detectors_that_read_the_old_grievance_are_found() {
    finds(Fault::ReadsOldGrievance, promises::CLEARED);
}
