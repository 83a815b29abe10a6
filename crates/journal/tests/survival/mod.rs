//! A load whose every trace can be checked afterwards, whatever happened to the process.
//!
//! Some conversations are recorded side by side, each one step after the other. Step `n` of a
//! conversation says what all its consequences are, so that a reader who finds `n` steps knows
//! everything else that must be there, and nothing more.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use futures::executor::block_on;
use warmline_core::{ConversationId, Entry, Event, Timestamp};
use warmline_journal::{Cursor, Journal, Page, SledJournal, Step, TimerChange};

use crate::steps::{self, conversation, listing, message, outbound, timer};

/// Conversations recorded side by side.
pub(crate) const WRITERS: u64 = 16;

/// The last acknowledged step of each conversation.
pub(crate) type Acknowledged = BTreeMap<u64, u64>;

fn name(writer: u64) -> ConversationId {
    conversation(&format!("conversation-{writer}"))
}

fn entry(writer: u64, seq: u64) -> Entry {
    let mut entry = steps::entry(seq);
    let words = "and it is still not here, ".repeat(((writer + 1) * (seq + 1) % 61) as usize);
    let text = format!("{writer}/{seq}: {words}");
    if let Event::CustomerSpoke { text: said, .. } = &mut entry.event {
        *said = text;
    }
    entry
}

fn planned(writer: u64, seq: u64) -> Step {
    let idle = || timer("idle");
    let mut timers = vec![TimerChange::Set {
        timer: idle(),
        due: Timestamp(seq + 1),
    }];
    if seq > 0 {
        timers.push(TimerChange::Cancel {
            timer: idle(),
            due: Timestamp(seq),
        });
    }
    Step {
        conversation: name(writer),
        entries: vec![entry(writer, seq).into()],
        message: Some(message(&format!("message-{seq}"))),
        timers,
        outbox: seq
            .is_multiple_of(4)
            .then(|| outbound(seq as u32 + 1))
            .into_iter()
            .collect(),
        busy: Some(seq.is_multiple_of(2)),
        listing: seq.is_multiple_of(8).then(|| place(seq)),
        records: Vec::new(),
        snapshot: (seq % 16 == 15).then(|| steps::state(seq)),
    }
}

fn place(seq: u64) -> warmline_journal::Listing {
    listing(
        if (seq / 8).is_multiple_of(2) {
            "ai_owned"
        } else {
            "pending_handoff"
        },
        seq / 8 * 8,
    )
}

/// Records for ever, and prints `A conversation step` for what is acknowledged.
pub(crate) fn write(directory: &Path) {
    let journal = Arc::new(SledJournal::open(directory).unwrap());
    let threads: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let journal = Arc::clone(&journal);
            thread::spawn(move || {
                let loaded = journal.load(&name(writer)).unwrap();
                for seq in loaded.map_or(0, |loaded| loaded.next_seq()).. {
                    if let Err(error) = block_on(journal.append(planned(writer, seq))) {
                        eprintln!("{error}");
                        return;
                    }
                    let mut out = std::io::stdout().lock();
                    // Whoever read this may be gone, and this process with it in a moment.
                    if writeln!(out, "A {writer} {seq}")
                        .and_then(|()| out.flush())
                        .is_err()
                    {
                        return;
                    }
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

/// Takes note of a line that [`write`] printed; other lines are none.
pub(crate) fn acknowledge(acknowledged: &mut Acknowledged, line: &str) -> bool {
    let words: Vec<_> = line.split(' ').collect();
    let ["A", writer, seq] = words[..] else {
        return false;
    };
    let (Ok(writer), Ok(seq)) = (writer.parse(), seq.parse()) else {
        return false;
    };
    acknowledged.insert(writer, seq);
    true
}

/// Checks that everything acknowledged is there, once, with all its consequences and no others.
/// Answers with the number of steps found.
pub(crate) fn verify(directory: &Path, acknowledged: &Acknowledged) -> u64 {
    let journal = SledJournal::open(directory).unwrap();
    let due = all(|after| journal.due(Timestamp(u64::MAX), after, 100));
    let outbox = all(|after| journal.outbox(after, 100));
    let busy = all(|after| journal.busy(after, 100));
    let listed = all(|after| journal.list(None, after, 100));
    let walked = all(|after| journal.conversations(after, 100));
    let mut found = 0;
    for writer in 0..WRITERS {
        let name = name(writer);
        let entries = journal.entries(&name, 0, usize::MAX).unwrap();
        let count = entries.len() as u64;
        let least = acknowledged.get(&writer).map_or(0, |last| last + 1);
        assert!(
            count >= least,
            "{name} has {count} steps of {least} acknowledged ones"
        );
        found += count;
        for (seq, found) in (0..).zip(&entries) {
            assert_eq!(*found, entry(writer, seq));
            let message = message(&format!("message-{seq}"));
            assert_eq!(journal.seen(&name, &message).unwrap(), Some(seq));
        }
        let next = message(&format!("message-{count}"));
        assert_eq!(journal.seen(&name, &next).unwrap(), None);
        let due: Vec<_> = due
            .iter()
            .filter(|row| row.conversation == name)
            .map(|row| row.due.0)
            .collect();
        assert_eq!(
            due,
            (count > 0).then_some(count).into_iter().collect::<Vec<_>>()
        );
        let outbox = outbox.iter().filter(|row| row.key.conversation == name);
        let turns: Vec<_> = outbox.map(|row| u64::from(row.key.turn.0)).collect();
        assert_eq!(turns, (1..=count).step_by(4).collect::<Vec<_>>());
        if count % 2 == 1 {
            assert!(busy.contains(&name), "{name} owes an answer");
        }
        let listed: Vec<_> = listed
            .iter()
            .filter(|row| row.conversation == name)
            .collect();
        assert_eq!(listed.len(), usize::from(count > 0));
        assert_eq!(walked.contains(&name), count > 0);
        let Some(loaded) = journal.load(&name).unwrap() else {
            continue;
        };
        assert_eq!(listed[0].listing, place(count - 1));
        assert_eq!(loaded.next_seq(), count);
        assert_eq!(loaded.damaged_snapshots, 0);
        match loaded.snapshot {
            Some(snapshot) => {
                assert_eq!(snapshot.next, count / 16 * 16);
                assert_eq!(snapshot.state, steps::state(snapshot.next - 1));
            }
            None => assert!(count < 16),
        }
    }
    found
}

fn all<T>(read: impl Fn(Option<&Cursor>) -> Result<Page<T>, warmline_journal::Error>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = read(after.as_ref()).unwrap();
        assert_eq!(page.damaged, 0);
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}
