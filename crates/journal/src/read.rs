//! The readers: everything that is asked of a journal, over any table.

use warmline_core::{
    ConfigVersion, ConversationId, Entry, Lesson, StateName, TimerName, Timestamp, TurnNumber,
};

use crate::admission::{Record, Row};
use crate::error::{Damage, Error};
use crate::journal::{Cursor, DeliveryKey, DueTimer, Listed, Loaded, Outgoing, Page, Snapshot};
use crate::keys::{self, Address, Digest, Key, Region};
use crate::table::Table;
use crate::value;

/// See [`Journal::load`](crate::Journal::load).
pub(crate) fn load(
    table: &impl Table,
    conversation: &ConversationId,
) -> Result<Option<Loaded>, Error> {
    let address = Address::of(conversation);
    let mut snapshot = None;
    let mut damaged_snapshots = 0;
    for pair in table.range(keys::snapshots(address)).rev() {
        let (key, stored) = pair?;
        let state = value::open_json(key.as_ref(), stored.as_ref());
        if let (Ok(state), Some(next)) = (state, keys::parse::sequence(key.as_ref())) {
            snapshot = Some(Snapshot { next, state });
            break;
        }
        damaged_snapshots += 1;
    }
    let from = snapshot.as_ref().map_or(0, |snapshot| snapshot.next);
    let entries = entries(table, conversation, from, usize::MAX)?;
    match snapshot.is_some() || !entries.is_empty() {
        true => Ok(Some(Loaded {
            snapshot,
            entries,
            damaged_snapshots,
        })),
        false => Ok(None),
    }
}

/// See [`Journal::entries`](crate::Journal::entries).
pub(crate) fn entries(
    table: &impl Table,
    conversation: &ConversationId,
    from: u64,
    limit: usize,
) -> Result<Vec<Entry>, Error> {
    let address = Address::of(conversation);
    let mut found = Vec::new();
    let mut expected = from;
    for pair in table.range(keys::entries_from(address, from)) {
        if found.len() >= limit {
            break;
        }
        let (key, stored) = pair?;
        let last = keys::parse::sequence(key.as_ref()).unwrap_or(u64::MAX);
        let corrupt = |seq, source| Error::Corrupt {
            conversation: conversation.clone(),
            seq,
            source,
        };
        let record: Record<Vec<Entry>> = value::open_json(key.as_ref(), stored.as_ref())
            .map_err(|damage| corrupt(last, damage))?;
        for entry in record.entries.into_iter().filter(|entry| entry.seq >= from) {
            if entry.seq != expected {
                return Err(corrupt(entry.seq, Damage::Gap { expected }));
            }
            expected += 1;
            found.push(entry);
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// The next entry of a conversation.
pub(crate) fn next_seq(table: &impl Table, address: Address) -> Result<u64, Error> {
    match table.range(keys::entries_from(address, 0)).next_back() {
        Some(pair) => Ok(keys::parse::sequence(pair?.0.as_ref()).map_or(0, |last| last + 1)),
        None => Ok(0),
    }
}

/// The row of a conversation.
pub(crate) fn row(table: &impl Table, address: Address) -> Result<Option<Row>, Error> {
    let key = keys::row(address);
    let Some(stored) = table.get(&key)? else {
        return Ok(None);
    };
    let row = value::open_json(&key, stored.as_ref());
    row.map(Some)
        .map_err(|source| unreadable("the row of a conversation", source))
}

/// With which entry a message was recorded.
pub(crate) fn seen(
    table: &impl Table,
    address: Address,
    message: Digest,
) -> Result<Option<u64>, Error> {
    let key = keys::message(address, message);
    let Some(stored) = table.get(&key)? else {
        return Ok(None);
    };
    let seq = value::open(&key, stored.as_ref()).and_then(|content| {
        let number = content.as_ref().try_into().map(u64::from_be_bytes);
        number.map_err(|_| Damage::Misplaced)
    });
    seq.map(Some)
        .map_err(|source| unreadable("a message", source))
}

/// See [`Journal::due`](crate::Journal::due).
pub(crate) fn due(
    table: &impl Table,
    now: Timestamp,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<DueTimer>, Error> {
    page(table, keys::timers_until(now), after, limit, |key, _| {
        let (due, address, timer) = keys::parse::timer(key).ok_or_else(misplaced)?;
        let timer = TimerName::new(timer).map_err(|_| misplaced())?;
        let conversation = owner(table, address)?.conversation;
        Ok(DueTimer {
            conversation,
            timer,
            due: Timestamp(due),
        })
    })
}

/// See [`Journal::next_due`](crate::Journal::next_due).
pub(crate) fn next_due(table: &impl Table, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let first = table.range(keys::timers_after(now)).next().transpose()?;
    Ok(first.and_then(|(key, _)| Some(Timestamp(keys::parse::timer(key.as_ref())?.0))))
}

/// See [`Journal::outbox`](crate::Journal::outbox).
pub(crate) fn outbox(
    table: &impl Table,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Outgoing>, Error> {
    page(
        table,
        keys::region(Region::Outbox),
        after,
        limit,
        |key, content| {
            let (address, turn) = keys::parse::outbox(key).ok_or_else(misplaced)?;
            let outbound =
                value::decode(content).map_err(|damage| unreadable("a delivery", damage))?;
            let conversation = owner(table, address)?.conversation;
            Ok(Outgoing {
                key: DeliveryKey {
                    conversation,
                    turn: TurnNumber(turn),
                },
                outbound,
            })
        },
    )
}

/// See [`Journal::busy`](crate::Journal::busy).
pub(crate) fn busy(
    table: &impl Table,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<ConversationId>, Error> {
    page(table, keys::region(Region::Busy), after, limit, |key, _| {
        let address = keys::parse::owner(Region::Busy, key).ok_or_else(misplaced)?;
        Ok(owner(table, address)?.conversation)
    })
}

/// See [`Journal::list`](crate::Journal::list).
pub(crate) fn list(
    table: &impl Table,
    state: Option<&StateName>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Listed>, Error> {
    let range = state.map_or_else(|| keys::region(Region::Index), keys::index_of);
    page(table, range, after, limit, |key, _| {
        let address = keys::parse::owner(Region::Index, key).ok_or_else(misplaced)?;
        let Row {
            conversation,
            listing,
        } = owner(table, address)?;
        let listing = listing.ok_or_else(misplaced)?;
        match keys::index(&listing.state, listing.since, address) == key {
            true => Ok(Listed {
                conversation,
                listing,
            }),
            false => Err(misplaced()),
        }
    })
}

/// See [`Journal::conversations`](crate::Journal::conversations).
pub(crate) fn conversations(
    table: &impl Table,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<ConversationId>, Error> {
    let all = keys::region(Region::Conversation);
    let mut from = match after {
        None => all.0,
        Some(cursor) => {
            let last = keys::parse::conversation(&cursor.0).filter(|_| all.0 < cursor.0);
            keys::after_conversation(last.ok_or_else(|| Error::Cursor(cursor.to_string()))?).0
        }
    };
    let mut page = Page {
        rows: Vec::new(),
        next: None,
        damaged: 0,
    };
    // Jumps from one conversation's first key, which is its row, to the next one's.
    while let Some(pair) = table.range((from, all.1.clone())).next() {
        let (key, stored) = pair?;
        let Some(address) = keys::parse::conversation(key.as_ref()) else {
            break;
        };
        match value::open_json::<Row>(key.as_ref(), stored.as_ref()) {
            Ok(row) => page.rows.push(row.conversation),
            Err(_) => page.damaged += 1,
        }
        from = keys::after_conversation(address).0;
        if page.rows.len() + page.damaged >= limit {
            page.next = Some(Cursor(keys::row(address)));
            break;
        }
    }
    Ok(page)
}

/// The first conversations that ended before `before`.
pub(crate) fn ended(
    table: &impl Table,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Address>, Error> {
    let pairs = table.range(keys::ended_before(before)).take(limit);
    pairs
        .filter_map(|pair| match pair {
            Ok((key, _)) => keys::parse::owner(Region::Ended, key.as_ref()).map(Ok),
            Err(error) => Some(Err(error)),
        })
        .collect()
}

/// See [`Journal::configuration`](crate::Journal::configuration).
pub(crate) fn configuration(
    table: &impl Table,
    version: &ConfigVersion,
) -> Result<Option<String>, Error> {
    let key = keys::configuration(version);
    let Some(stored) = table.get(&key)? else {
        return Ok(None);
    };
    let text = value::open_text(&key, stored.as_ref());
    text.map(Some)
        .map_err(|source| unreadable(&format!("configuration {version}"), source))
}

/// See [`Journal::configurations`](crate::Journal::configurations).
pub(crate) fn configurations(
    table: &impl Table,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<ConfigVersion>, Error> {
    let range = keys::region(Region::Configuration);
    page(table, range, after, limit, |key, _| {
        let version = keys::parse::configuration(key).map(ConfigVersion::new);
        version.and_then(Result::ok).ok_or_else(misplaced)
    })
}

/// See [`Journal::lessons`](crate::Journal::lessons).
pub(crate) fn lessons(
    table: &impl Table,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Lesson>, Error> {
    page(
        table,
        keys::region(Region::Lesson),
        after,
        limit,
        |_, content| value::decode(content).map_err(|damage| unreadable("a lesson", damage)),
    )
}

/// The row of a conversation that another key names.
fn owner(table: &impl Table, address: Address) -> Result<Row, Error> {
    row(table, address)?.ok_or_else(misplaced)
}

pub(crate) fn misplaced() -> Error {
    unreadable("a row of an index", Damage::Misplaced)
}

pub(crate) fn unreadable(what: &str, source: Damage) -> Error {
    Error::Unreadable {
        what: what.to_owned(),
        source,
    }
}

/// Reads a part of a list, from behind `after` on; passes over rows that are damaged.
pub(crate) fn page<R>(
    table: &impl Table,
    (mut from, to): (Key, Key),
    after: Option<&Cursor>,
    limit: usize,
    decode: impl Fn(&[u8], &[u8]) -> Result<R, Error>,
) -> Result<Page<R>, Error> {
    if let Some(Cursor(last)) = after {
        if last[..] < from[..] || last[0] != from[0] {
            return Err(Error::Cursor(Cursor(last.clone()).to_string()));
        }
        from = [last.as_slice(), &[0]].concat();
    }
    let mut page = Page {
        rows: Vec::new(),
        next: None,
        damaged: 0,
    };
    let mut last = None;
    for pair in table.range((from, to)) {
        if page.rows.len() + page.damaged >= limit {
            page.next = last.map(Cursor);
            break;
        }
        let (key, stored) = pair?;
        let key = key.as_ref();
        let row = value::open(key, stored.as_ref())
            .map_err(|damage| unreadable("a row of an index", damage))
            .and_then(|content| decode(key, &content));
        match row {
            Ok(row) => page.rows.push(row),
            Err(Error::Unreadable { .. }) => page.damaged += 1,
            Err(error) => return Err(error),
        }
        last = Some(key.to_vec());
    }
    Ok(page)
}
