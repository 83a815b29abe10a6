//! What is damaged on disk is named, and concerns its own conversation alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod steps;

use std::path::Path;

use futures::executor::block_on;
use sha2::{Digest, Sha256};
use steps::{conversation, entry, listing, message, outbound, state, state_name, step, timer};
use tempfile::TempDir;
use warmline_core::Timestamp;
use warmline_journal::{Damage, Error, Journal, SledJournal, Snapshot, Step, TimerChange};

/// A journal in which `a`, `b` and `c` have recorded the same.
fn recorded() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    for name in ["a", "b", "c"] {
        for seq in 0..6 {
            let step = Step {
                message: (seq == 0).then(|| message("m")),
                timers: vec![TimerChange::Set {
                    timer: timer("idle"),
                    due: Timestamp(seq),
                }],
                outbox: vec![outbound(seq as u32)],
                busy: Some(true),
                listing: Some(listing("closed", seq)),
                snapshot: (seq % 2 == 1).then(|| state(seq)),
                ..step(name, seq, seq)
            };
            block_on(journal.append(step)).unwrap();
        }
    }
    directory
}

/// The key of a conversation in a region, as the layout has it.
fn key(region: u8, name: &str, tail: &[u8]) -> Vec<u8> {
    [&[region], &Sha256::digest(name)[..16], tail].concat()
}

fn entries(name: &str, seq: u64) -> Vec<u8> {
    key(b'c', name, &((u64::from(b'J') << 56) | seq).to_be_bytes())
}

fn snapshot(name: &str, next: u64) -> Vec<u8> {
    key(b'S', name, &next.to_be_bytes())
}

/// Changes a stored value behind the journal's back.
fn change(directory: &Path, key: &[u8], change: impl Fn(&mut [u8])) {
    let store = raw(directory);
    let mut value = store.get(key).unwrap().expect("it is stored").to_vec();
    change(&mut value);
    store.insert(key, value).unwrap();
    store.flush().unwrap();
}

/// The store under a journal that was just closed, whose threads may still be there for a moment.
fn raw(directory: &Path) -> sled::Db {
    let config = sled::Config::new().path(directory).segment_size(8 << 20);
    let since = std::time::Instant::now();
    loop {
        match config.open() {
            Err(_) if since.elapsed().as_secs() < 5 => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

fn flip(value: &mut [u8]) {
    let middle = value.len() / 2;
    value[middle] ^= 1;
}

#[test]
fn a_damaged_entry_concerns_its_conversation_alone() {
    let directory = recorded();
    change(directory.path(), &entries("a", 5), flip);
    let journal = SledJournal::open(directory.path()).unwrap();
    // The latest snapshot is later than the damage: whoever goes on does not even notice.
    change_seq_and_check(&journal);
    for name in ["b", "c"] {
        assert_eq!(
            journal.entries(&conversation(name), 0, 99).unwrap().len(),
            6
        );
        block_on(journal.append(step(name, 6, 6))).unwrap();
    }
    assert_eq!(journal.due(Timestamp(9), None, 99).unwrap().rows.len(), 18);
    // It can still be erased, with all that is told of it elsewhere.
    let erased = block_on(journal.erase(&conversation("a"))).unwrap();
    assert_eq!(erased.conversations, 1);
    assert_eq!(journal.due(Timestamp(9), None, 99).unwrap().rows.len(), 12);
    assert_eq!(journal.list(None, None, 99).unwrap().rows.len(), 2);
    assert_eq!(
        block_on(journal.retain(Timestamp(99), 99))
            .unwrap()
            .conversations,
        2
    );
}

fn change_seq_and_check(journal: &SledJournal) {
    let a = conversation("a");
    assert_eq!(journal.load(&a).unwrap().unwrap().next_seq(), 6);
    let error = journal.entries(&a, 0, 99).unwrap_err();
    assert_eq!(error.to_string(), "entry 5 of a is unreadable");
    assert!(matches!(
        error,
        Error::Corrupt {
            seq: 5,
            source: Damage::Checksum,
            ..
        }
    ));
    assert_eq!(
        journal.entries(&a, 0, 5).unwrap(),
        (0..5).map(entry).collect::<Vec<_>>()
    );
}

#[test]
fn a_missing_entry_is_a_gap() {
    let directory = recorded();
    let store = raw(directory.path());
    store.remove(entries("a", 2)).unwrap().unwrap();
    drop(store);
    let journal = SledJournal::open(directory.path()).unwrap();
    let error = journal.entries(&conversation("a"), 0, 99).unwrap_err();
    assert!(matches!(
        error,
        Error::Corrupt {
            seq: 3,
            source: Damage::Gap { expected: 2 },
            ..
        }
    ));
}

#[test]
fn an_entry_of_a_later_form_is_named() {
    let directory = recorded();
    change(directory.path(), &entries("a", 2), |value| value[0] = 9);
    let journal = SledJournal::open(directory.path()).unwrap();
    let error = journal.entries(&conversation("a"), 0, 99).unwrap_err();
    assert!(matches!(
        error,
        Error::Corrupt {
            seq: 2,
            source: Damage::Form(9),
            ..
        }
    ));
}

#[test]
fn an_older_snapshot_serves_where_the_latest_is_damaged() {
    let directory = recorded();
    change(directory.path(), &snapshot("a", 6), flip);
    let load = || {
        let journal = SledJournal::open(directory.path()).unwrap();
        journal.load(&conversation("a")).unwrap().unwrap()
    };
    let loaded = load();
    assert_eq!(
        loaded.snapshot,
        Some(Snapshot {
            next: 4,
            state: state(3)
        })
    );
    assert_eq!(loaded.entries, [entry(4), entry(5)]);
    assert_eq!(loaded.damaged_snapshots, 1);
    change(directory.path(), &snapshot("a", 4), flip);
    let loaded = load();
    assert_eq!(loaded.snapshot, None);
    assert_eq!(loaded.entries.len(), 6);
    assert_eq!(loaded.damaged_snapshots, 2);
}

#[test]
fn a_damaged_row_is_passed_over_and_counted() {
    let directory = recorded();
    change(
        directory.path(),
        &key(b'c', "a", &(u64::from(b'C') << 56).to_be_bytes()),
        flip,
    );
    change(directory.path(), &key(b'O', "b", &3u32.to_be_bytes()), flip);
    let journal = SledJournal::open(directory.path()).unwrap();
    let walked = journal.conversations(None, 99).unwrap();
    assert_eq!((walked.rows.len(), walked.damaged), (2, 1));
    let listed = journal.list(Some(&state_name("closed")), None, 99).unwrap();
    assert_eq!((listed.rows.len(), listed.damaged), (2, 1));
    let outbox = journal.outbox(None, 99).unwrap();
    assert_eq!((outbox.rows.len(), outbox.damaged), (11, 7));
    // What it can do without the row goes on; what changes the row is refused.
    block_on(journal.append(step("a", 6, 6))).unwrap();
    let moved = Step {
        listing: Some(listing("ai_owned", 9)),
        ..step("a", 7, 7)
    };
    let error = block_on(journal.append(moved)).unwrap_err();
    assert_eq!(error.to_string(), "the row of a conversation is unreadable");
    assert_eq!(
        block_on(journal.erase(&conversation("a")))
            .unwrap()
            .conversations,
        1
    );
    assert_eq!(journal.list(None, None, 99).unwrap().damaged, 0);
}
