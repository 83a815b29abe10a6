//! Records: what a host remembers beside its conversations.

use futures::executor::block_on;
use serde_json::json;
use warmline_core::Timestamp;
use warmline_journal::{Collection, Error, Journal, Record, RecordChange, Step};

use crate::steps::{conversation, listing, step};
use crate::{all, append};

const PEOPLE: Collection = Collection::new("people");
const PEOPLE_TOO: Collection = Collection::new("people_too");

fn record(key: &str, from: Option<&str>, value: u32) -> Record {
    Record {
        collection: PEOPLE,
        key: key.to_owned(),
        conversation: from.map(conversation),
        value: json!({ "value": value }),
    }
}

fn change(journal: &dyn Journal, changes: Vec<RecordChange>) -> Result<(), Error> {
    block_on(journal.change(changes))
}

fn keep(journal: &dyn Journal, record: Record) {
    change(journal, vec![RecordChange::Keep(record)]).unwrap();
}

fn keys(journal: &dyn Journal, prefix: &str) -> Vec<String> {
    let read = |after: Option<&_>, limit| journal.records(PEOPLE, prefix, after, limit);
    all(read).into_iter().map(|record| record.key).collect()
}

pub(crate) fn records_are_kept_replaced_and_dropped(journal: &dyn Journal) {
    for key in ["b/2", "a", "b/1", "c", "b", "bé/\u{ff}"] {
        keep(journal, record(key, None, 1));
    }
    let other = Record {
        collection: PEOPLE_TOO,
        ..record("b/1", None, 7)
    };
    keep(journal, other.clone());
    keep(journal, record("b/1", None, 2));
    assert_eq!(
        keys(journal, ""),
        ["a", "b", "b/1", "b/2", "bé/\u{ff}", "c"]
    );
    assert_eq!(keys(journal, "b/"), ["b/1", "b/2"]);
    assert_eq!(
        journal.record(PEOPLE, "b/1").unwrap(),
        Some(record("b/1", None, 2))
    );
    assert_eq!(journal.record(PEOPLE_TOO, "b/1").unwrap(), Some(other));
    let drop = |key: &str| RecordChange::Drop {
        collection: PEOPLE,
        key: key.to_owned(),
        conversation: None,
    };
    change(journal, vec![drop("b/1"), drop("a"), drop("nobody")]).unwrap();
    assert_eq!(journal.record(PEOPLE, "b/1").unwrap(), None);
    assert_eq!(keys(journal, ""), ["b", "b/2", "bé/\u{ff}", "c"]);
}

pub(crate) fn a_step_and_its_records_are_recorded_together(journal: &dyn Journal) {
    let with = |key: &str, first, last| Step {
        records: vec![RecordChange::Keep(record(key, Some("x"), 1))],
        ..step("x", first, last)
    };
    append(journal, with("kept", 0, 0)).unwrap();
    assert!(append(journal, with("refused", 5, 5)).is_err());
    assert_eq!(keys(journal, ""), ["kept"]);
}

pub(crate) fn records_are_erased_with_their_conversation(journal: &dyn Journal) {
    append(journal, step("a", 0, 0)).unwrap();
    let ended = Step {
        listing: Some(listing("closed", 10)),
        ..step("b", 0, 0)
    };
    append(journal, ended).unwrap();
    for (key, from) in [
        ("1", Some("a")),
        ("2", Some("b")),
        ("3", None),
        ("4", Some("c")),
        ("5", Some("a")),
    ] {
        keep(journal, record(key, from, 1));
    }
    let dropped = RecordChange::Drop {
        collection: PEOPLE,
        key: "5".to_owned(),
        conversation: Some(conversation("a")),
    };
    change(journal, vec![dropped]).unwrap();
    let erased = block_on(journal.erase(&conversation("a"))).unwrap();
    // Step, row, record, and that it belongs to the conversation.
    assert_eq!(erased.values, 4);
    assert_eq!(keys(journal, ""), ["2", "3", "4"]);
    block_on(journal.retain(Timestamp(11), 9)).unwrap();
    assert_eq!(keys(journal, ""), ["3", "4"]);
}

pub(crate) fn a_record_that_cannot_be_kept_is_refused(journal: &dyn Journal) {
    for key in [String::new(), "k".repeat(257)] {
        let kept = vec![
            RecordChange::Keep(record("fine", None, 1)),
            RecordChange::Keep(record(&key, None, 1)),
        ];
        let error = change(journal, kept).unwrap_err();
        assert!(matches!(error, Error::Record(_)), "{error}");
        assert!(error.to_string().contains("1 to 256 bytes"), "{error}");
    }
    assert_eq!(keys(journal, ""), Vec::<String>::new());
}
