//! What every journal promises, held against each of them.

mod steps;

use futures::executor::block_on;
use futures::future::join_all;
use steps::{conversation, entry, listing, message, outbound, state, state_name, step, timer};
use warmline_core::{ConfigVersion, Timestamp, TurnNumber};
use warmline_journal::{
    Cursor, DeliveryKey, DueTimer, Erased, Error, Journal, Listed, MemoryJournal, Outgoing, Page,
    SledJournal, Snapshot, Step, TimerChange,
};

macro_rules! contract {
    ($($promise:ident),* $(,)?) => {
        mod in_memory {
            $(#[test] fn $promise() { super::$promise(&super::MemoryJournal::new()); })*
        }
        mod on_disk {
            $(#[test] fn $promise() {
                let directory = tempfile::tempdir().unwrap();
                super::$promise(&super::SledJournal::open(directory.path()).unwrap());
            })*
        }
    };
}

contract![
    a_step_is_read_back_as_it_was,
    an_unknown_conversation_is_nothing,
    a_step_that_does_not_follow_is_refused,
    a_message_is_recorded_once,
    a_refused_step_leaves_no_trace,
    steps_are_recorded_in_the_order_of_the_calls,
    a_dropped_future_is_recorded_all_the_same,
    a_step_that_contradicts_itself_is_refused,
    loading_starts_at_the_latest_snapshot,
    entries_are_read_in_parts,
    timers_come_due_in_order,
    a_timer_is_moved_and_taken_back,
    deliveries_wait_until_they_are_made,
    whoever_waits_for_an_answer_is_listed,
    conversations_are_listed_by_state_oldest_first,
    every_conversation_is_walked,
    erasing_leaves_nothing_behind,
    retention_erases_what_ended_before_and_no_more_than_asked,
    a_configuration_keeps_its_text,
    a_foreign_cursor_is_refused,
];

fn append(journal: &dyn Journal, step: Step) -> Result<(), Error> {
    block_on(journal.append(step))
}

/// All rows of a list, read in pages of two.
fn all<T>(read: impl Fn(Option<&Cursor>, usize) -> Result<Page<T>, Error>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = read(after.as_ref(), 2).unwrap();
        assert_eq!(page.damaged, 0);
        assert!(page.rows.len() <= 2);
        rows.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return rows,
        }
    }
}

fn a_step_is_read_back_as_it_was(journal: &dyn Journal) {
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

fn an_unknown_conversation_is_nothing(journal: &dyn Journal) {
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

fn a_step_that_does_not_follow_is_refused(journal: &dyn Journal) {
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

fn a_message_is_recorded_once(journal: &dyn Journal) {
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

fn a_refused_step_leaves_no_trace(journal: &dyn Journal) {
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

fn steps_are_recorded_in_the_order_of_the_calls(journal: &dyn Journal) {
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

fn a_dropped_future_is_recorded_all_the_same(journal: &dyn Journal) {
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

fn a_step_that_contradicts_itself_is_refused(journal: &dyn Journal) {
    let empty = Step::new(conversation("a"), Vec::new());
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

fn loading_starts_at_the_latest_snapshot(journal: &dyn Journal) {
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

fn entries_are_read_in_parts(journal: &dyn Journal) {
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

fn timers_come_due_in_order(journal: &dyn Journal) {
    let set = |name, due| TimerChange::Set {
        timer: timer(name),
        due: Timestamp(due),
    };
    append(
        journal,
        Step {
            timers: vec![set("claim", 30)],
            ..step("a", 0, 0)
        },
    )
    .unwrap();
    append(
        journal,
        Step {
            timers: vec![set("idle", 10), set("claim", 20)],
            ..step("b", 0, 0)
        },
    )
    .unwrap();
    append(
        journal,
        Step {
            timers: vec![set("idle", u64::MAX)],
            ..step("c", 0, 0)
        },
    )
    .unwrap();
    let due = |now| {
        let rows = all(|after, limit| journal.due(Timestamp(now), after, limit));
        rows.iter()
            .map(|row| (row.conversation.to_string(), row.due.0))
            .collect::<Vec<_>>()
    };
    assert_eq!(due(9), []);
    assert_eq!(due(20), [("b".into(), 10), ("b".into(), 20)]);
    assert_eq!(due(u64::MAX).len(), 4);
    let first = journal.due(Timestamp(10), None, 9).unwrap().rows;
    let expected = DueTimer {
        conversation: conversation("b"),
        timer: timer("idle"),
        due: Timestamp(10),
    };
    assert_eq!(first, [expected]);
    assert_eq!(journal.next_due(Timestamp(0)).unwrap(), Some(Timestamp(10)));
    assert_eq!(
        journal.next_due(Timestamp(10)).unwrap(),
        Some(Timestamp(20))
    );
    assert_eq!(
        journal.next_due(Timestamp(30)).unwrap(),
        Some(Timestamp(u64::MAX))
    );
    assert_eq!(journal.next_due(Timestamp(u64::MAX)).unwrap(), None);
}

fn a_timer_is_moved_and_taken_back(journal: &dyn Journal) {
    let set = |due| TimerChange::Set {
        timer: timer("idle"),
        due: Timestamp(due),
    };
    let cancel = |due| TimerChange::Cancel {
        timer: timer("idle"),
        due: Timestamp(due),
    };
    append(
        journal,
        Step {
            timers: vec![set(10)],
            ..step("a", 0, 0)
        },
    )
    .unwrap();
    append(
        journal,
        Step {
            timers: vec![cancel(10), set(20)],
            ..step("a", 1, 1)
        },
    )
    .unwrap();
    assert_eq!(journal.next_due(Timestamp(0)).unwrap(), Some(Timestamp(20)));
    // In order: what is set again at the same moment runs.
    append(
        journal,
        Step {
            timers: vec![cancel(20), set(20)],
            ..step("a", 2, 2)
        },
    )
    .unwrap();
    assert_eq!(journal.next_due(Timestamp(0)).unwrap(), Some(Timestamp(20)));
    append(
        journal,
        Step {
            timers: vec![cancel(20)],
            ..step("a", 3, 3)
        },
    )
    .unwrap();
    assert_eq!(journal.next_due(Timestamp(0)).unwrap(), None);
}

fn deliveries_wait_until_they_are_made(journal: &dyn Journal) {
    append(
        journal,
        Step {
            outbox: vec![outbound(1), outbound(2)],
            ..step("a", 0, 0)
        },
    )
    .unwrap();
    append(
        journal,
        Step {
            outbox: vec![outbound(3)],
            ..step("a", 1, 1)
        },
    )
    .unwrap();
    let key = |turn| DeliveryKey {
        conversation: conversation("a"),
        turn: TurnNumber(turn),
    };
    let waiting = || all(|after, limit| journal.outbox(after, limit));
    let expected = [1, 2, 3].map(|turn| Outgoing {
        key: key(turn),
        outbound: outbound(turn),
    });
    assert_eq!(waiting(), expected);
    block_on(journal.delivered(&key(2))).unwrap();
    block_on(journal.delivered(&key(2))).unwrap();
    assert_eq!(waiting(), [expected[0].clone(), expected[2].clone()]);
    assert_eq!(key(2).to_string(), "a/2");
}

fn whoever_waits_for_an_answer_is_listed(journal: &dyn Journal) {
    let set = |name, seq, busy| {
        append(
            journal,
            Step {
                busy: Some(busy),
                ..step(name, seq, seq)
            },
        )
        .unwrap();
    };
    let listed = || {
        let mut rows = all(|after, limit| journal.busy(after, limit));
        rows.sort();
        rows.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    ["a", "b", "c", "d"]
        .iter()
        .for_each(|name| set(name, 0, true));
    set("b", 1, false);
    append(journal, step("c", 1, 1)).unwrap();
    assert_eq!(listed(), ["a", "c", "d"]);
    set("b", 2, true);
    set("b", 3, false);
    set("b", 4, true);
    set("d", 1, false);
    assert_eq!(listed(), ["a", "b", "c"]);
    block_on(journal.erase(&conversation("a"))).unwrap();
    assert_eq!(listed(), ["b", "c"]);
    set("a", 0, false);
    assert_eq!(listed(), ["b", "c"]);
}

fn conversations_are_listed_by_state_oldest_first(journal: &dyn Journal) {
    let place = |name, seq, state, since| {
        let listing = Some(listing(state, since));
        append(
            journal,
            Step {
                listing,
                ..step(name, seq, seq)
            },
        )
        .unwrap();
    };
    place("a", 0, "pending_handoff", 30);
    place("b", 0, "pending_handoff", 10);
    place("c", 0, "ai_owned", 5);
    place("d", 0, "pending_handoff", 20);
    // A name that begins with another one's.
    place("e", 0, "pending", 1);
    append(journal, step("f", 0, 0)).unwrap();
    let listed = |state: Option<&str>| {
        let state = state.map(state_name);
        let rows = all(|after, limit| journal.list(state.as_ref(), after, limit));
        rows.iter()
            .map(|row| row.conversation.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(Some("pending_handoff")), ["b", "d", "a"]);
    place("b", 1, "human_owned", 40);
    append(journal, step("d", 1, 1)).unwrap();
    assert_eq!(listed(Some("pending_handoff")), ["d", "a"]);
    assert_eq!(listed(Some("nowhere")), [""; 0]);
    assert_eq!(listed(None), ["c", "b", "e", "d", "a"]);
    let row = journal
        .list(Some(&state_name("human_owned")), None, 1)
        .unwrap()
        .rows;
    let expected = Listed {
        conversation: conversation("b"),
        listing: listing("human_owned", 40),
    };
    assert_eq!(row, [expected]);
}

fn every_conversation_is_walked(journal: &dyn Journal) {
    let names: Vec<_> = (0..7).map(|n| format!("conversation-{n}")).collect();
    for name in &names {
        append(journal, step(name, 0, 3)).unwrap();
        append(
            journal,
            Step {
                message: Some(message("m")),
                ..step(name, 4, 4)
            },
        )
        .unwrap();
    }
    let mut walked = all(|after, limit| journal.conversations(after, limit));
    walked.sort();
    assert_eq!(
        walked,
        names
            .iter()
            .map(|name| conversation(name))
            .collect::<Vec<_>>()
    );
}

fn erasing_leaves_nothing_behind(journal: &dyn Journal) {
    let whole = |name: &str, seq: u64| Step {
        message: Some(message("m")),
        timers: vec![TimerChange::Set {
            timer: timer("idle"),
            due: Timestamp(5),
        }],
        outbox: vec![outbound(1)],
        busy: Some(true),
        listing: Some(listing("closed", 5)),
        snapshot: Some(state(seq)),
        ..step(name, seq, seq)
    };
    append(journal, whole("a", 0)).unwrap();
    append(journal, whole("b", 0)).unwrap();
    append(journal, step("a", 1, 4)).unwrap();
    let erased = block_on(journal.erase(&conversation("a"))).unwrap();
    // Two steps, message, row, snapshot, timer, delivery, busy, list, retention.
    assert_eq!(
        erased,
        Erased {
            conversations: 1,
            values: 10
        }
    );
    assert_eq!(journal.load(&conversation("a")).unwrap(), None);
    assert_eq!(
        journal.seen(&conversation("a"), &message("m")).unwrap(),
        None
    );
    assert_eq!(journal.due(Timestamp(9), None, 9).unwrap().rows.len(), 1);
    assert_eq!(journal.outbox(None, 9).unwrap().rows.len(), 1);
    assert_eq!(journal.busy(None, 9).unwrap().rows, [conversation("b")]);
    assert_eq!(journal.list(None, None, 9).unwrap().rows.len(), 1);
    assert_eq!(
        journal.conversations(None, 9).unwrap().rows,
        [conversation("b")]
    );
    // Whoever still held it finds it gone; it can begin anew.
    assert!(matches!(
        append(journal, step("a", 5, 5)),
        Err(Error::Conflict { expected: 0, .. })
    ));
    append(journal, whole("a", 0)).unwrap();
    assert_eq!(
        journal
            .load(&conversation("b"))
            .unwrap()
            .unwrap()
            .next_seq(),
        1
    );
}

fn retention_erases_what_ended_before_and_no_more_than_asked(journal: &dyn Journal) {
    for (name, state, since) in [
        ("a", "closed", 30),
        ("b", "closed", 10),
        ("c", "ai_owned", 5),
        ("d", "closed", 20),
        ("e", "closed", 40),
    ] {
        let listing = Some(listing(state, since));
        append(
            journal,
            Step {
                listing,
                ..step(name, 0, 0)
            },
        )
        .unwrap();
    }
    // One that went on after its end is not over.
    append(
        journal,
        Step {
            listing: Some(listing("ai_owned", 35)),
            ..step("d", 1, 1)
        },
    )
    .unwrap();
    let retain = |before, limit| {
        block_on(journal.retain(Timestamp(before), limit))
            .unwrap()
            .conversations
    };
    assert_eq!(retain(10, 9), 0);
    assert_eq!(retain(40, 1), 1);
    assert_eq!(journal.load(&conversation("b")).unwrap(), None);
    assert_eq!(retain(40, 9), 1);
    let mut left = journal.conversations(None, 9).unwrap().rows;
    left.sort();
    assert_eq!(left, ["c", "d", "e"].map(conversation));
}

fn a_configuration_keeps_its_text(journal: &dyn Journal) {
    let version = ConfigVersion::new("c0ffee").unwrap();
    assert_eq!(journal.configuration(&version).unwrap(), None);
    block_on(journal.record_configuration(&version, "[workflow]\n")).unwrap();
    block_on(journal.record_configuration(&version, "[workflow]\n")).unwrap();
    let refused = block_on(journal.record_configuration(&version, "")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "configuration c0ffee is recorded with another text"
    );
    assert_eq!(
        journal.configuration(&version).unwrap().unwrap(),
        "[workflow]\n"
    );
}

fn a_foreign_cursor_is_refused(journal: &dyn Journal) {
    append(
        journal,
        Step {
            busy: Some(true),
            ..step("a", 0, 0)
        },
    )
    .unwrap();
    append(
        journal,
        Step {
            busy: Some(true),
            ..step("b", 0, 0)
        },
    )
    .unwrap();
    let cursor = journal.busy(None, 1).unwrap().next.unwrap();
    assert!(matches!(
        journal.outbox(Some(&cursor), 1),
        Err(Error::Cursor(_))
    ));
    assert!(matches!(
        journal.conversations(Some(&cursor), 1),
        Err(Error::Cursor(_))
    ));
    for text in ["", "4", "zz", "é"] {
        assert!(
            matches!(text.parse::<Cursor>(), Err(Error::Cursor(_))),
            "{text:?}"
        );
    }
}
