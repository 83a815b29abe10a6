//! What may be wrong with a directory, and what an opening makes of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod steps;

use std::fs;

use futures::executor::block_on;
use futures::future::join_all;
use steps::{conversation, step};
use warmline_journal::{Error, Journal, Options, SledJournal};

#[test]
fn a_file_is_not_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    fs::write(&path, "").unwrap();
    let error = SledJournal::open(&path).unwrap_err();
    assert!(matches!(error, Error::NotADirectory { .. }), "{error}");
}

#[test]
fn a_directory_is_opened_once_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = SledJournal::open(directory.path()).unwrap();
    let error = SledJournal::open(directory.path()).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(first);
    SledJournal::open(directory.path()).unwrap();
}

#[test]
fn a_journal_is_made_where_there_is_none_and_opens_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/down");
    let journal = SledJournal::open(&path).unwrap();
    block_on(journal.append(step("a", 0, 2))).unwrap();
    drop(journal);
    let journal = SledJournal::open(&path).unwrap();
    assert_eq!(
        journal
            .load(&conversation("a"))
            .unwrap()
            .unwrap()
            .next_seq(),
        3
    );
}

#[test]
fn what_waits_is_recorded_when_the_journal_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    (0..500).for_each(|seq| drop(journal.append(step("a", seq, seq))));
    drop(journal);
    let journal = SledJournal::open(directory.path()).unwrap();
    assert_eq!(
        journal
            .load(&conversation("a"))
            .unwrap()
            .unwrap()
            .next_seq(),
        500
    );
}

#[test]
fn a_later_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(SledJournal::open(directory.path()).unwrap());
    let store = raw(directory.path());
    let mut value = vec![1, 0, 0, 0, 0, b'2'];
    let sum = {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(b"F");
        hasher.update(&[1]);
        hasher.update(b"2");
        hasher.finalize()
    };
    value[1..5].copy_from_slice(&sum.to_le_bytes());
    store.insert(b"F", value).unwrap();
    drop(store);
    let error = SledJournal::open(directory.path()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::NewerFormat {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_data_of_another_program_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = raw(directory.path());
    store.insert(b"key", b"value").unwrap();
    drop(store);
    let error = SledJournal::open(directory.path()).unwrap_err();
    assert!(matches!(error, Error::Unopenable { .. }), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("it holds the data of another program"),
        "{error}"
    );
}

#[test]
fn a_half_written_page_table_does_not_stop_the_opening() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    block_on(journal.append(step("a", 0, 0))).unwrap();
    drop(journal);
    fs::write(
        directory.path().join("snap.FFFFFFFFFFFFFFFF.generating"),
        "half",
    )
    .unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    let loaded = journal.load(&conversation("a")).unwrap().unwrap();
    assert_eq!(loaded.next_seq(), 1);
}

#[test]
fn too_many_waiting_steps_are_refused_and_leave_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        queue: 1,
        ..Options::default()
    };
    let journal = SledJournal::open_with(directory.path(), &options).unwrap();
    let names: Vec<_> = (0..2000).map(|n| format!("conversation-{n}")).collect();
    let appended: Vec<_> = names
        .iter()
        .map(|name| journal.append(step(name, 0, 0)))
        .collect();
    let answers = block_on(join_all(appended));
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    assert!(refused > 0);
    for (name, answer) in names.iter().zip(&answers) {
        let loaded = journal.load(&conversation(name)).unwrap();
        assert_eq!(loaded.is_some(), answer.is_ok());
        let overloaded = matches!(answer, Ok(()) | Err(Error::Overloaded { waiting: 1 }));
        assert!(overloaded, "{answer:?}");
    }
    journal.health().unwrap();
}

fn raw(directory: &std::path::Path) -> sled::Db {
    sled::Config::new()
        .path(directory)
        .segment_size(8 << 20)
        .open()
        .unwrap()
}
