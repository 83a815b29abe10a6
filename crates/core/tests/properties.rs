//! Properties of [`transition`] over every machine: whatever happens, in whatever order, the
//! invariants hold, nothing panics, and the journal leads to the same state again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "properties/machines.rs"]
mod machines;
#[path = "properties/moves.rs"]
mod moves;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::collection::vec;
use proptest::prelude::*;
use warmline_core::outcome::{Ended, Summary};
use warmline_core::{
    ConfigVersion, ConversationId, Decided, Entry, Outcome, State, Timestamp, Workflow, invariant,
    replay, transition,
};

use moves::Move;

static MACHINES: LazyLock<Vec<(String, Arc<Workflow>)>> = LazyLock::new(|| {
    machines::all()
        .into_iter()
        .map(|(name, workflow)| (name, Arc::new(workflow)))
        .collect()
});

/// Most that the state may take as JSON: each generated text has at most 60 bytes, and the window,
/// the card, the trigger and the note hold a bounded number of them.
const MOST_JSON: usize = 24 * 1024;

/// What happened to a conversation when the moves were made.
struct Run {
    states: Vec<State>,
    entries: Vec<Entry>,
    refused: usize,
}

fn run(workflow: &Workflow, moves: &[Move]) -> Run {
    let mut run = Run {
        states: vec![State::new(workflow.initial.clone())],
        entries: Vec::new(),
        refused: 0,
    };
    let mut at = Timestamp(1_000);
    for step in moves {
        at = Timestamp(at.0 + step.pause);
        let before = run.states.last().expect("there is the first state");
        let event = step.event(before);
        let Ok((after, effects)) = transition(workflow, before, at, &event) else {
            run.refused += 1;
            continue;
        };
        if let Err(violation) = invariant::check(workflow, before, &event, &after, &effects) {
            panic!("{violation}\nbefore: {before:#?}\nevent: {event:#?}\nafter: {after:#?}");
        }
        run.entries.push(Entry {
            seq: run.entries.len() as u64,
            at,
            config: workflow.version.clone(),
            decided: Decided::of(before, &after, &effects),
            event,
        });
        run.states.push(after);
    }
    run
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_step_keeps_the_invariants(moves in vec(moves::any(), 1..60)) {
        for (_, workflow) in MACHINES.iter() {
            run(workflow, &moves);
        }
    }

    #[test]
    fn epochs_and_turns_never_go_back(moves in vec(moves::any(), 1..60)) {
        for (_, workflow) in MACHINES.iter() {
            let run = run(workflow, &moves);
            prop_assert!(run.states.is_sorted_by_key(|state| state.epoch));
            prop_assert!(run.states.is_sorted_by_key(|state| state.last_turn));
            prop_assert!(run.states.is_sorted_by_key(|state| state.settled));
            prop_assert!(run.states.is_sorted_by_key(|state| state.examined_from));
        }
    }

    #[test]
    fn replay_reaches_the_same_state(moves in vec(moves::any(), 1..60)) {
        for (_, workflow) in MACHINES.iter() {
            let run = run(workflow, &moves);
            let known = |version: &ConfigVersion| {
                (*version == workflow.version).then(|| Arc::clone(workflow))
            };
            let reached = replay(known, &run.entries).unwrap();
            let expected = (!run.entries.is_empty()).then(|| run.states.last().unwrap());
            prop_assert_eq!(reached.as_ref(), expected);
        }
    }

    #[test]
    fn no_rate_passes_one_and_every_end_has_one_row(moves in vec(moves::any(), 1..80)) {
        for (_, workflow) in MACHINES.iter() {
            let run = run(workflow, &moves);
            let id = ConversationId::new("c").unwrap();
            let mut rows = BTreeMap::new();
            let mut ends = 0;
            for (before, after) in run.states.iter().zip(run.states.iter().skip(1)) {
                ends += usize::from(before.outcome.is_none() && after.outcome.is_some());
                if let Some(row) = Ended::of(&id, &workflow.version, after) {
                    prop_assert!(row.outcome != Outcome::Reopened);
                    prop_assert!(row.tally.bounces <= row.tally.handbacks);
                    prop_assert!(row.tally.repeats <= row.tally.customer_turns);
                    rows.insert(row.own_key(), row);
                }
            }
            prop_assert_eq!(rows.len(), ends);
            let rows: Vec<Ended> = rows
                .into_values()
                .enumerate()
                .map(|(place, row)| match place % 2 == 0 && row.outcome.is_resolved() {
                    true => row.restated(Timestamp(9)),
                    false => row,
                })
                .collect();
            let summary = Summary::of(&rows, Timestamp(0));
            for (name, rate) in summary.rates() {
                prop_assert!(rate.of <= rate.among, "{}: {:?}", name, rate);
            }
            prop_assert_eq!(summary.outcomes.values().sum::<u64>(), summary.ended);
        }
    }

    #[test]
    fn replay_notices_whatever_was_changed(
        moves in vec(moves::any(), 10..40),
        place in any::<prop::sample::Index>(),
    ) {
        let (_, workflow) = &MACHINES[0];
        let mut entries = run(workflow, &moves).entries;
        prop_assume!(!entries.is_empty());
        let place = place.index(entries.len());
        let known = |_: &ConfigVersion| Some(Arc::clone(workflow));

        entries[place].decided.epoch = entries[place].decided.epoch.next();
        let divergence = replay(known, &entries).unwrap_err();
        prop_assert_eq!(divergence.seq, place as u64);

        entries.remove(place);
        if place < entries.len() {
            let divergence = replay(known, &entries).unwrap_err();
            prop_assert_eq!(divergence.seq, place as u64 + 1);
        }
    }
}

proptest! {
    #![proptest_config(cases(30))]

    #[test]
    fn the_state_stays_small(moves in vec(moves::any(), 200..400)) {
        for (_, workflow) in MACHINES.iter() {
            let run = run(workflow, &moves);
            let last = run.states.last().expect("there is the first state");
            let bytes = serde_json::to_vec(last).unwrap().len();
            prop_assert!(bytes < MOST_JSON, "{bytes} bytes after {} steps", run.entries.len());
        }
    }

    #[test]
    fn states_and_entries_survive_json(moves in vec(moves::any(), 1..40)) {
        for (_, workflow) in MACHINES.iter() {
            let run = run(workflow, &moves);
            for state in &run.states {
                let text = serde_json::to_string(state).unwrap();
                prop_assert_eq!(&serde_json::from_str::<State>(&text).unwrap(), state);
            }
            for entry in &run.entries {
                let text = serde_json::to_string(entry).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Entry>(&text).unwrap(), entry);
            }
        }
    }
}

/// Random moves are worth something only if they get about.
#[test]
fn random_moves_reach_every_state() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let strategy = vec(moves::any(), 60);
    let runs: Vec<Vec<Move>> = (0..200)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    for (name, workflow) in MACHINES.iter() {
        let mut unseen: Vec<_> = workflow.states.keys().collect();
        for moves in &runs {
            let run = run(workflow, moves);
            unseen.retain(|name| run.states.iter().all(|state| state.name != **name));
        }
        assert!(unseen.is_empty(), "{name}: {unseen:?}");
    }
}
