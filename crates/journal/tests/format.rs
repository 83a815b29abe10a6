//! A journal that an earlier version wrote is read by this one.
//!
//! `tests/fixtures/v1` was made by
//! `cargo test -p warmline-journal --test format -- --ignored make_the_fixture`.
//! It is never made again: a new format gets a new fixture beside it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod steps;

use std::fs;
use std::path::{Path, PathBuf};

use futures::executor::block_on;
use steps::{conversation, entry, listing, message, outbound, state, state_name, step, timer};
use warmline_core::{ConfigVersion, Timestamp};
use warmline_journal::{Journal, SledJournal, Snapshot, Step, TimerChange};

const CONFIGURATION: &str = "[workflow]\ninitial = \"ai_owned\"\n";

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

fn version() -> ConfigVersion {
    ConfigVersion::new("c0ffee").unwrap()
}

#[test]
#[ignore = "makes the fixture, once for each format"]
fn make_the_fixture() {
    assert!(!fixture().exists(), "a fixture is never made again");
    let journal = SledJournal::open(fixture()).unwrap();
    block_on(journal.record_configuration(&version(), CONFIGURATION)).unwrap();
    for (name, place) in [("a", "pending_handoff"), ("b", "closed")] {
        for seq in 0..4 {
            let step = Step {
                message: Some(message(&format!("message-{seq}"))),
                timers: vec![TimerChange::Set {
                    timer: timer("claim"),
                    due: Timestamp(10 + seq),
                }],
                outbox: vec![outbound(seq as u32)],
                busy: Some(name == "a"),
                listing: Some(listing(place, seq)),
                snapshot: (seq == 2).then(|| state(seq)),
                ..step(name, seq, seq)
            };
            block_on(journal.append(step)).unwrap();
        }
    }
}

#[test]
fn the_first_format_is_read() {
    let directory = tempfile::tempdir().unwrap();
    copy(&fixture(), directory.path());
    let journal = SledJournal::open(directory.path()).unwrap();
    assert_eq!(
        journal.configuration(&version()).unwrap().unwrap(),
        CONFIGURATION
    );
    for name in ["a", "b"] {
        let name = conversation(name);
        assert_eq!(
            journal.entries(&name, 0, 9).unwrap(),
            (0..4).map(entry).collect::<Vec<_>>()
        );
        let loaded = journal.load(&name).unwrap().unwrap();
        assert_eq!(
            loaded.snapshot,
            Some(Snapshot {
                next: 3,
                state: state(2)
            })
        );
        assert_eq!(loaded.entries, [entry(3)]);
        assert_eq!(journal.seen(&name, &message("message-2")).unwrap(), Some(2));
    }
    assert_eq!(journal.busy(None, 9).unwrap().rows, [conversation("a")]);
    assert_eq!(journal.due(Timestamp(99), None, 99).unwrap().rows.len(), 8);
    assert_eq!(journal.outbox(None, 99).unwrap().rows.len(), 8);
    let waiting = journal
        .list(Some(&state_name("pending_handoff")), None, 9)
        .unwrap()
        .rows;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].listing, listing("pending_handoff", 3));
    assert_eq!(
        block_on(journal.retain(Timestamp(9), 9))
            .unwrap()
            .conversations,
        1
    );
    block_on(journal.append(step("a", 4, 4))).unwrap();
}

/// A journal is opened for writing: the fixture itself stays as it is.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        match file.file_type().unwrap().is_dir() {
            true => copy(&file.path(), &to),
            false => drop(fs::copy(file.path(), to).unwrap()),
        }
    }
}
