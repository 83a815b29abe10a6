//! From steps to writes: what a step stores, and whether it may.
//!
//! [`prepare`] runs on the caller's thread and does the costly part; [`Admission`] belongs to the
//! one writer and sees, besides the table, what it has admitted and not written yet.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use warmline_core::{ConfigVersion, ConversationId, Lesson, MessageId, TimerName, Timestamp};

use crate::error::Error;
use crate::journal::{Listing, Step, TimerChange};
use crate::keys::{self, Address, Digest, Key, MAX_SEQUENCE};
use crate::read;
use crate::record;
use crate::table::{Table, Write};
use crate::value;

/// Conversations that are remembered; beyond that they are looked up again.
const HEADS: usize = 1 << 15;
/// Messages that are remembered of a conversation; beyond that they are looked up.
const MESSAGES: usize = 32;

/// What is stored of one step: its entries, and the timers it set, which an erasure has to find.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record<E> {
    pub(crate) entries: E,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub(crate) timers: Vec<(TimerName, Timestamp)>,
}

/// The row of a conversation: who it is and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) conversation: ConversationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) listing: Option<Listing>,
}

/// A step whose writes are ready, but for those that depend on what is stored.
#[derive(Debug)]
pub(crate) struct Prepared {
    conversation: ConversationId,
    address: Address,
    first: u64,
    next: u64,
    message: Option<(MessageId, Digest)>,
    listing: Option<Listing>,
    snapshot: bool,
    /// What it says of the answer owed to the customer; the caller of [`Admission::admit`] takes it.
    pub(crate) busy: Option<Busy>,
    writes: Vec<Write>,
}

/// Whether a conversation owes an answer.
#[derive(Debug)]
pub(crate) struct Busy {
    pub(crate) address: Address,
    pub(crate) owed: bool,
}

impl Busy {
    /// The write that says so.
    pub(crate) fn write(&self) -> Write {
        let key = keys::busy(self.address);
        let stored = self.owed.then(|| value::mark(&key));
        (key, stored)
    }
}

/// Encodes a step.
pub(crate) fn prepare(step: Step) -> Result<Prepared, Error> {
    let malformed = |reason| Error::Malformed {
        conversation: step.conversation.clone(),
        reason,
    };
    let (Some(first), Some(last)) = (step.entries.first(), step.entries.last()) else {
        return Err(malformed("it needs at least one entry".into()));
    };
    if let Some(pair) = step
        .entries
        .windows(2)
        .find(|pair| pair[1].seq != pair[0].seq + 1)
    {
        let (before, after) = (pair[0].seq, pair[1].seq);
        return Err(malformed(format!(
            "entry {after} cannot follow entry {before}"
        )));
    }
    let (first, last) = (first.seq, last.seq);
    if last >= MAX_SEQUENCE {
        return Err(malformed(format!(
            "{last} is beyond the last entry there can be"
        )));
    }
    let address = Address::of(&step.conversation);
    let mut writes = Vec::with_capacity(4);

    let set = step.timers.iter().filter_map(|change| match change {
        TimerChange::Set { timer, due } => Some((timer.clone(), *due)),
        TimerChange::Cancel { .. } => None,
    });
    let record = Record {
        entries: step.entries.as_slice(),
        timers: set.collect(),
    };
    let key = keys::entries(address, last);
    let stored = value::seal_json(&key, &record).map_err(malformed)?;
    writes.push((key, Some(stored)));

    for change in &step.timers {
        let (timer, due, runs) = match change {
            TimerChange::Set { timer, due } => (timer, due, true),
            TimerChange::Cancel { timer, due } => (timer, due, false),
        };
        let key = keys::timer(*due, address, timer);
        let stored = runs.then(|| value::mark(&key));
        writes.push((key, stored));
    }
    for (at, outbound) in step.outbox.iter().enumerate() {
        let turn = outbound.turn.number;
        if step.outbox[..at]
            .iter()
            .any(|other| other.turn.number == turn)
        {
            return Err(malformed(format!("it delivers turn {turn} twice")));
        }
        let key = keys::outbox(address, turn.0);
        let stored = value::seal_json(&key, outbound).map_err(malformed)?;
        writes.push((key, Some(stored)));
    }
    let message = step.message.map(|message| {
        let digest = Digest::of(&message);
        let key = keys::message(address, digest);
        let stored = value::seal(&key, &first.to_be_bytes());
        writes.push((key, Some(stored)));
        (message, digest)
    });
    writes.extend(record::writes(&step.records)?);
    let busy = step.busy.map(|owed| Busy { address, owed });
    if let Some(state) = &step.snapshot {
        let key = keys::snapshot(address, last + 1);
        let stored = value::seal_json(&key, state).map_err(malformed)?;
        writes.push((key, Some(stored)));
    }
    Ok(Prepared {
        address,
        first,
        next: last + 1,
        message,
        listing: step.listing,
        snapshot: step.snapshot.is_some(),
        busy,
        writes,
        conversation: step.conversation,
    })
}

/// What the writer knows of the steps that it admitted.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// Conversations seen lately.
    heads: HashMap<Address, Head>,
    /// Messages admitted and not in the table yet, with the first entries of their steps.
    messages: HashMap<(Address, Digest), u64>,
    /// Rows admitted and not in the table yet.
    rows: HashMap<Address, Row>,
}

#[derive(Debug)]
struct Head {
    /// The next entry.
    next: u64,
    /// All its messages, of a young conversation that was seen from its beginning: whether one of
    /// its messages is a repetition need not be looked up.
    messages: Option<Vec<(Digest, u64)>>,
}

impl Admission {
    /// Checks a step against the table and what was admitted since, and completes its writes.
    pub(crate) fn admit(
        &mut self,
        table: &impl Table,
        step: Prepared,
    ) -> Result<Vec<Write>, Error> {
        let Prepared {
            conversation,
            address,
            first,
            next,
            message,
            listing,
            snapshot,
            ..
        } = step;
        let mut writes = step.writes;
        let expected = match self.heads.get(&address) {
            Some(head) => head.next,
            None => read::next_seq(table, address)?,
        };
        // A repetition is one even when the entries moved on: it is looked for first.
        if let Some((message, digest)) = &message
            && expected > 0
            && let Some(seq) = self.seen(table, address, *digest)?
        {
            let message = message.clone();
            return Err(Error::Duplicate {
                conversation,
                message,
                seq,
            });
        }
        if first != expected {
            return Err(Error::Conflict {
                conversation,
                expected,
                found: first,
            });
        }
        if snapshot {
            // The new one and the latest before it stay.
            for older in table.range(keys::snapshots(address)).rev().skip(1) {
                writes.push((older?.0.as_ref().to_vec(), None));
            }
        }
        if listing.is_some() || first == 0 {
            let row = Row {
                conversation,
                listing,
            };
            let old = match self.rows.get(&address) {
                Some(row) => Some(row.clone()),
                None if first == 0 => None,
                None => read::row(table, address)?,
            };
            place(address, old.as_ref(), &row, &mut writes)?;
            self.rows.insert(address, row);
        }
        let message = message.map(|(_, digest)| (digest, first));
        if let Some((digest, _)) = message {
            self.messages.insert((address, digest), first);
        }
        let head = self.heads.entry(address).or_insert_with(|| Head {
            next,
            messages: (first == 0).then(Vec::new),
        });
        head.next = next;
        if let Some(messages) = &mut head.messages {
            messages.extend(message);
            if messages.len() > MESSAGES {
                head.messages = None;
            }
        }
        Ok(writes)
    }

    /// With which entry a message was admitted or recorded.
    fn seen(
        &self,
        table: &impl Table,
        address: Address,
        message: Digest,
    ) -> Result<Option<u64>, Error> {
        if let Some(Head {
            messages: Some(all),
            ..
        }) = self.heads.get(&address)
        {
            let known = all.iter().find(|(digest, _)| *digest == message);
            return Ok(known.map(|(_, seq)| *seq));
        }
        match self.messages.get(&(address, message)) {
            Some(seq) => Ok(Some(*seq)),
            None => read::seen(table, address, message),
        }
    }

    /// Forgets what is in the table by now.
    pub(crate) fn written(&mut self) {
        self.messages.clear();
        self.rows.clear();
        if self.heads.len() > HEADS {
            self.heads.clear();
        }
    }

    /// Forgets everything, because the table is not what was admitted.
    pub(crate) fn lost(&mut self) {
        *self = Self::default();
    }
}

/// Replaces the row of a conversation and its places in the indexes.
fn place(
    address: Address,
    old: Option<&Row>,
    new: &Row,
    writes: &mut Vec<Write>,
) -> Result<(), Error> {
    if let Some(Listing {
        state,
        since,
        ended,
    }) = old.and_then(|row| row.listing.as_ref())
    {
        writes.push((keys::index(state, *since, address), None));
        if *ended {
            writes.push((keys::ended(*since, address), None));
        }
    }
    let mut mark = |key: Key| {
        let stored = value::mark(&key);
        writes.push((key, Some(stored)));
    };
    if let Some(Listing {
        state,
        since,
        ended,
    }) = &new.listing
    {
        mark(keys::index(state, *since, address));
        if *ended {
            mark(keys::ended(*since, address));
        }
    }
    let key = keys::row(address);
    let stored = value::seal_json(&key, new).map_err(|reason| Error::Malformed {
        conversation: new.conversation.clone(),
        reason,
    })?;
    writes.push((key, Some(stored)));
    Ok(())
}

/// The write that keeps a lesson.
pub(crate) fn lesson(lesson: &Lesson) -> Result<Write, Error> {
    let key = keys::lesson(lesson);
    let stored = value::seal_json(&key, lesson).map_err(Error::Lesson)?;
    Ok((key, Some(stored)))
}

/// The write that records the text of a configuration; `None` when it is recorded already.
pub(crate) fn configuration(
    table: &impl Table,
    version: &ConfigVersion,
    text: &str,
) -> Result<Option<Write>, Error> {
    match read::configuration(table, version)? {
        Some(recorded) if recorded == text => Ok(None),
        Some(_) => Err(Error::Configuration(version.clone())),
        None => {
            let key = keys::configuration(version);
            let stored = value::seal(&key, text.as_bytes());
            Ok(Some((key, Some(stored))))
        }
    }
}
