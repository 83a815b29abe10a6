//! What is still to be done: timers, deliveries, answers.

use futures::executor::block_on;
use warmline_core::{Timestamp, TurnNumber};
use warmline_journal::{DeliveryKey, DueTimer, Journal, Outgoing, Step, TimerChange};

use crate::steps::{conversation, outbound, step, timer};
use crate::{all, append};

pub(crate) fn timers_come_due_in_order(journal: &dyn Journal) {
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

pub(crate) fn a_timer_is_moved_and_taken_back(journal: &dyn Journal) {
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

pub(crate) fn deliveries_wait_until_they_are_made(journal: &dyn Journal) {
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

pub(crate) fn whoever_waits_for_an_answer_is_listed(journal: &dyn Journal) {
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
