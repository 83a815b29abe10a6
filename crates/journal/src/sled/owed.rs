//! Who is owed an answer, written down once and struck out late.
//!
//! A lively conversation owes an answer and settles it several times a minute. Each time would be
//! two writes, a fifth of what a turn costs; instead the row stays while the conversation is
//! lively, and what it should say is kept here. A crash forgets that, and leaves a few rows that
//! name conversations which owe nothing any more: whoever looks at them finds nothing to do.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::keys::{self, Address, Region};
use crate::table::{Table, Write};

/// Settled conversations whose rows stay, for the next time.
const LIVELY: usize = 4096;
/// Rows struck out along with a batch, however few are settled.
const SLICE: usize = 32;
/// From this size on a batch is busy enough.
const FULL: usize = 256;

/// The rows of conversations that owe an answer.
#[derive(Debug, Default)]
pub(super) struct Owed {
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    /// Every row of the table, and whether the answer is still owed.
    owed: HashMap<Address, bool>,
    /// Conversations in the order in which they settled.
    settled: VecDeque<Address>,
}

impl Owed {
    /// Reads the rows that a table has.
    pub(super) fn read(table: &impl Table) -> Result<Self, Error> {
        let mut rows = Rows::default();
        for pair in table.range(keys::region(Region::Busy)) {
            let owner = keys::parse::owner(Region::Busy, pair?.0.as_ref());
            rows.owed.extend(owner.map(|address| (address, true)));
        }
        Ok(Self {
            rows: Mutex::new(rows),
        })
    }

    /// Notes what a step says; true if its row has to be written.
    pub(super) fn note(&self, address: Address, owed: bool) -> bool {
        let mut rows = self.lock();
        let Rows {
            owed: known,
            settled,
        } = &mut *rows;
        match (known.get_mut(&address), owed) {
            (Some(known), _) => {
                if *known && !owed {
                    settled.push_back(address);
                }
                *known = owed;
                false
            }
            (None, true) => {
                known.insert(address, true);
                true
            }
            (None, false) => false,
        }
    }

    /// Strikes out rows along with a batch of so many commands.
    pub(super) fn strike(&self, commands: usize) -> Vec<Write> {
        let mut rows = self.lock();
        let spare = if commands < FULL { SLICE } else { 0 };
        let slice = spare.max(rows.settled.len().saturating_sub(LIVELY));
        rows.take(slice)
    }

    /// Strikes out every row of a settled conversation.
    pub(super) fn strike_all(&self) -> Vec<Write> {
        self.lock().take(usize::MAX)
    }

    /// Forgets a conversation that was erased.
    pub(super) fn forget(&self, address: Address) {
        self.lock().owed.remove(&address);
    }

    /// Whether the row of a conversation stands for an answer that is settled.
    pub(super) fn is_settled(&self, address: Address) -> bool {
        self.lock().owed.get(&address) == Some(&false)
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn take(&mut self, limit: usize) -> Vec<Write> {
        let mut struck = Vec::new();
        while struck.len() < limit
            && let Some(address) = self.settled.pop_front()
        {
            // Some owe an answer again.
            if self.owed.get(&address) == Some(&false) {
                self.owed.remove(&address);
                struck.push((keys::busy(address), None));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn address(n: u8) -> Address {
        Address([n; 16])
    }

    #[test]
    fn a_lively_conversation_is_written_down_once() {
        let owed = Owed::default();
        assert!(owed.note(address(1), true));
        for _ in 0..9 {
            assert!(!owed.note(address(1), false));
            assert!(owed.is_settled(address(1)));
            assert!(!owed.note(address(1), true));
            assert!(!owed.is_settled(address(1)));
        }
        assert_eq!(owed.strike_all(), []);
    }

    #[test]
    fn a_row_that_was_struck_out_is_written_again() {
        let owed = Owed::default();
        assert!(!owed.note(address(1), false));
        assert!(owed.note(address(1), true));
        assert!(!owed.note(address(1), false));
        assert_eq!(owed.strike(1), [(keys::busy(address(1)), None)]);
        assert_eq!(owed.strike(1), []);
        assert!(owed.note(address(1), true));
    }

    #[test]
    fn a_full_batch_strikes_out_only_what_is_too_much() {
        let owed = Owed::default();
        for n in 0..LIVELY + 3 {
            let address = Address((n as u128).to_be_bytes());
            owed.note(address, true);
            owed.note(address, false);
        }
        assert_eq!(owed.strike(FULL).len(), 3);
        assert_eq!(owed.strike(FULL).len(), 0);
        assert_eq!(owed.strike(FULL - 1).len(), SLICE);
        assert_eq!(owed.strike_all().len(), LIVELY - SLICE);
    }

    #[test]
    fn rows_from_before_are_known() {
        let table: BTreeMap<_, _> = [(keys::busy(address(1)), Vec::new())].into();
        let owed = Owed::read(&table).unwrap();
        assert!(!owed.note(address(1), true));
        assert!(!owed.note(address(1), false));
        assert_eq!(owed.strike_all().len(), 1);
    }
}
