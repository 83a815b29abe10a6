//! Erasure and retention.

use futures::executor::block_on;
use warmline_core::{Belongs, Lesson, OperatorId, Timestamp};
use warmline_journal::{Erased, Error, Journal, Step, TimerChange};

use crate::steps::{conversation, listing, message, outbound, state, step, timer};
use crate::{all, append};

pub(crate) fn erasing_leaves_nothing_behind(journal: &dyn Journal) {
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
            lessons: 0,
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

pub(crate) fn lessons_are_erased_with_the_conversation_they_came_from(journal: &dyn Journal) {
    let lesson = |text: &str, at, from: Option<&str>| Lesson {
        text: text.to_owned(),
        belongs: Belongs::OutOfScope,
        by: OperatorId::new("ada").unwrap(),
        at: Timestamp(at),
        conversation: from.map(conversation),
    };
    append(journal, step("a", 0, 0)).unwrap();
    let ended = Step {
        listing: Some(listing("closed", 10)),
        ..step("b", 0, 0)
    };
    append(journal, ended).unwrap();
    for (text, at, from) in [
        ("two", 5, Some("a")),
        ("one", 3, Some("a")),
        ("three", 4, None),
        ("four", 4, Some("b")),
        ("five", 4, Some("c")),
    ] {
        block_on(journal.record_lesson(&lesson(text, at, from))).unwrap();
    }
    let lessons = || all(|after, limit| journal.lessons(after, limit));
    let of_a = lessons().into_iter().map(|lesson| lesson.text);
    let of_a: Vec<_> = of_a.filter(|text| text == "one" || text == "two").collect();
    assert_eq!(of_a, ["one", "two"]);
    let erased = block_on(journal.erase(&conversation("a"))).unwrap();
    assert_eq!(erased.lessons, 2);
    let retained = block_on(journal.retain(Timestamp(11), 9)).unwrap();
    assert_eq!(retained.lessons, 1);
    let mut left: Vec<_> = lessons().into_iter().map(|lesson| lesson.text).collect();
    left.sort();
    assert_eq!(left, ["five", "three"]);
}

pub(crate) fn retention_erases_what_ended_before_and_no_more_than_asked(journal: &dyn Journal) {
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
