//! What becomes of a step.

use futures::executor::block_on;
use futures::future::join_all;
use warmline_core::Timestamp;
use warmline_journal::{Erased, Error, Journal, Snapshot, Step, TimerChange};

use crate::append;
use crate::steps::{conversation, entry, listing, message, outbound, state, step, timer};

pub(crate) fn a_step_is_read_back_as_it_was(journal: &dyn Journal) {
    append(journal, step("a", 0, 2)).unwrap();
    append(journal, step("a", 3, 3)).unwrap();
    append(journal, step("b", 0, 0)).unwrap();
    let loaded = journal.load(&conversation("a")).unwrap().unwrap();
    assert_eq!(loaded.snapshot, None);
    assert_eq!(loaded.entries, (0..4).map(entry).collect::<Vec<_>>());
    assert_eq!(loaded.next_seq(), 4);
    assert_eq!(loaded.damaged_snapshots, 0);
    journal.health().unwrap();
}

pub(crate) fn an_unknown_conversation_is_nothing(journal: &dyn Journal) {
    append(journal, step("a", 0, 0)).unwrap();
    assert_eq!(journal.load(&conversation("b")).unwrap(), None);
    assert_eq!(journal.entries(&conversation("b"), 0, 10).unwrap(), []);
    assert_eq!(
        journal.seen(&conversation("b"), &message("m")).unwrap(),
        None
    );
    assert_eq!(
        block_on(journal.erase(&conversation("b"))).unwrap(),
        Erased::default()
    );
}

pub(crate) fn a_step_that_does_not_follow_is_refused(journal: &dyn Journal) {
    append(journal, step("a", 0, 1)).unwrap();
    for first in [0, 1, 3] {
        let refused = append(journal, step("a", first, first)).unwrap_err();
        let Error::Conflict {
            conversation: whose,
            expected: 2,
            found,
        } = refused
        else {
            panic!("{refused}");
        };
        assert_eq!((whose, found), (conversation("a"), first));
    }
    let refused = append(journal, step("b", 1, 1)).unwrap_err();
    assert_eq!(refused.to_string(), "b expects entry 0 next, found 1");
    append(journal, step("a", 2, 2)).unwrap();
}

pub(crate) fn a_message_is_recorded_once(journal: &dyn Journal) {
    let spoken = |name, seq, id| Step {
        message: Some(message(id)),
        ..step(name, seq, seq)
    };
    append(journal, step("a", 0, 1)).unwrap();
    append(journal, spoken("a", 2, "m-1")).unwrap();
    append(journal, spoken("b", 0, "m-1")).unwrap();
    // A repetition is one whatever became of the conversation since.
    append(journal, step("a", 3, 3)).unwrap();
    for seq in [2, 4] {
        let refused = append(journal, spoken("a", seq, "m-1")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a has recorded message m-1 before, with entry 2"
        );
    }
    append(journal, spoken("a", 4, "m-2")).unwrap();
    assert_eq!(
        journal.seen(&conversation("a"), &message("m-1")).unwrap(),
        Some(2)
    );
    assert_eq!(
        journal.seen(&conversation("a"), &message("m-2")).unwrap(),
        Some(4)
    );
    assert_eq!(
        journal.seen(&conversation("a"), &message("m-3")).unwrap(),
        None
    );

    // Two at the same moment: one of them is the repetition.
    let together = [spoken("c", 0, "m"), spoken("c", 0, "m")].map(|step| journal.append(step));
    let [first, second] = block_on(join_all(together)).try_into().unwrap();
    first.unwrap();
    assert!(matches!(second, Err(Error::Duplicate { seq: 0, .. })));
}

pub(crate) fn a_refused_step_leaves_no_trace(journal: &dyn Journal) {
    append(journal, step("a", 0, 0)).unwrap();
    let whole = Step {
        message: Some(message("m")),
        timers: vec![TimerChange::Set {
            timer: timer("idle"),
            due: Timestamp(5),
        }],
        outbox: vec![outbound(1)],
        busy: Some(true),
        listing: Some(listing("ai_owned", 5)),
        snapshot: Some(state(5)),
        ..step("a", 5, 5)
    };
    append(journal, whole).unwrap_err();
    assert_eq!(
        journal
            .load(&conversation("a"))
            .unwrap()
            .unwrap()
            .next_seq(),
        1
    );
    assert_eq!(
        journal.seen(&conversation("a"), &message("m")).unwrap(),
        None
    );
    assert_eq!(journal.next_due(Timestamp(0)).unwrap(), None);
    assert!(journal.outbox(None, 9).unwrap().rows.is_empty());
    assert!(journal.busy(None, 9).unwrap().rows.is_empty());
    assert!(journal.list(None, None, 9).unwrap().rows.is_empty());
}

pub(crate) fn steps_are_recorded_in_the_order_of_the_calls(journal: &dyn Journal) {
    let appended: Vec<_> = (0..200)
        .map(|n| journal.append(step(["a", "b"][n % 2], n as u64 / 2, n as u64 / 2)))
        .collect();
    for appended in block_on(join_all(appended)) {
        appended.unwrap();
    }
    assert_eq!(
        journal
            .load(&conversation("a"))
            .unwrap()
            .unwrap()
            .next_seq(),
        100
    );
    assert_eq!(
        journal
            .load(&conversation("b"))
            .unwrap()
            .unwrap()
            .next_seq(),
        100
    );
}

pub(crate) fn a_dropped_future_is_recorded_all_the_same(journal: &dyn Journal) {
    drop(journal.append(step("a", 0, 0)));
    append(journal, step("a", 1, 1)).unwrap();
    drop(journal.erase(&conversation("b")));
    assert_eq!(
        journal
            .load(&conversation("a"))
            .unwrap()
            .unwrap()
            .entries
            .len(),
        2
    );
}

pub(crate) fn a_step_that_contradicts_itself_is_refused(journal: &dyn Journal) {
    let empty = Step::new(conversation("a"), (0..0).map(entry));
    let gap = Step::new(conversation("a"), vec![entry(0), entry(2)]);
    let twice = Step {
        outbox: vec![outbound(1), outbound(1)],
        ..step("a", 0, 0)
    };
    for (malformed, reason) in [
        (empty, "it needs at least one entry"),
        (gap, "entry 2 cannot follow entry 0"),
        (twice, "it delivers turn 1 twice"),
    ] {
        let refused = append(journal, malformed).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("a step of a is malformed: {reason}")
        );
    }
    assert_eq!(journal.load(&conversation("a")).unwrap(), None);
}

pub(crate) fn loading_starts_at_the_latest_snapshot(journal: &dyn Journal) {
    for seq in 0..10 {
        let snapshot = (seq % 3 == 2).then(|| state(seq));
        append(
            journal,
            Step {
                snapshot,
                ..step("a", seq, seq)
            },
        )
        .unwrap();
    }
    let loaded = journal.load(&conversation("a")).unwrap().unwrap();
    assert_eq!(
        loaded.snapshot,
        Some(Snapshot {
            next: 9,
            state: state(8)
        })
    );
    assert_eq!(loaded.entries, [entry(9)]);
    assert_eq!(loaded.next_seq(), 10);
    // All entries stay, whatever was snapshotted.
    assert_eq!(
        journal.entries(&conversation("a"), 0, 99).unwrap().len(),
        10
    );
}

pub(crate) fn entries_are_read_in_parts(journal: &dyn Journal) {
    for first in [0, 3, 6] {
        append(journal, step("a", first, first + 2)).unwrap();
    }
    let read = |from, limit| {
        let entries = journal.entries(&conversation("a"), from, limit).unwrap();
        entries.iter().map(|entry| entry.seq).collect::<Vec<_>>()
    };
    assert_eq!(read(0, 4), [0, 1, 2, 3]);
    assert_eq!(read(4, 4), [4, 5, 6, 7]);
    assert_eq!(read(8, 4), [8]);
    assert_eq!(read(9, 4), [0; 0]);
    assert_eq!(read(0, 0), [0; 0]);
}
