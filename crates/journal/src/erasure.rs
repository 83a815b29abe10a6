//! Which writes erase a conversation, wherever its data stands, also where some of it is damaged.

use crate::admission::{Record, Row};
use crate::error::Error;
use crate::journal::{Erased, Listing};
use crate::keys::{self, Address, Key};
use crate::table::{Table, Write};
use crate::value;

/// The writes that erase a conversation: all that is stored of it, wherever it stands.
pub(crate) fn of(table: &impl Table, address: Address) -> Result<Vec<Write>, Error> {
    let mut erased: Vec<Key> = Vec::new();
    let mut complete = true;
    for pair in table.range(keys::conversation(address)) {
        let (key, value) = pair?;
        let (key, value) = (key.as_ref(), value.as_ref());
        if key == keys::row(address) {
            match value::open_json::<Row>(key, value).map(|row| row.listing) {
                Ok(Some(Listing { state, since, .. })) => {
                    erased.push(keys::index(&state, since, address));
                    erased.push(keys::ended(since, address));
                }
                Ok(None) => {}
                Err(_) => complete = false,
            }
        } else if keys::parse::is_entries(key) {
            match value::open_json::<Record<serde::de::IgnoredAny>>(key, value) {
                Ok(record) => erased.extend(
                    record
                        .timers
                        .iter()
                        .map(|(timer, due)| keys::timer(*due, address, timer)),
                ),
                Err(_) => complete = false,
            }
        }
        erased.push(key.to_vec());
    }
    erased.push(keys::busy(address));
    for pair in table.range(keys::records_of(address)) {
        let key = pair?.0;
        erased.extend(keys::owned_record(key.as_ref()));
        erased.push(key.as_ref().to_vec());
    }
    for range in [
        keys::lessons_of(address),
        keys::outbox_of(address),
        keys::snapshots(address),
    ] {
        for pair in table.range(range) {
            erased.push(pair?.0.as_ref().to_vec());
        }
    }
    if !complete {
        // What the damaged values would have told is found the slow way.
        for region in [
            keys::Region::Timer,
            keys::Region::Index,
            keys::Region::Ended,
        ] {
            erased.extend(owned(table, region, address)?);
        }
    }
    erased.sort_unstable();
    erased.dedup();
    let mut writes = Vec::with_capacity(erased.len());
    for key in erased {
        if table.get(&key)?.is_some() {
            writes.push((key, None));
        }
    }
    Ok(writes)
}

/// What the writes that erase one conversation take away.
pub(crate) fn sum(writes: &[Write]) -> Erased {
    Erased {
        conversations: usize::from(!writes.is_empty()),
        lessons: writes
            .iter()
            .filter(|(key, _)| keys::is_lesson(key))
            .count(),
        values: writes.len(),
    }
}

/// The keys of a region that belong to a conversation, found by looking at all of them.
fn owned(table: &impl Table, region: keys::Region, address: Address) -> Result<Vec<Key>, Error> {
    let mut owned = Vec::new();
    for pair in table.range(keys::region(region)) {
        let key = pair?.0;
        if keys::parse::owner(region, key.as_ref()) == Some(address) {
            owned.push(key.as_ref().to_vec());
        }
    }
    Ok(owned)
}
