//! What readers and the admission of steps need of a store: an ordered table of bytes.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::keys::Key;

/// An ordered table of keys and values.
pub(crate) trait Table {
    /// Bytes of the table: shared or copied, as the store has it.
    type Bytes: AsRef<[u8]>;

    /// The value under `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Self::Bytes>, Error>;

    /// What stands from the first key of `range` up to, but without, the second.
    fn range(
        &self,
        range: (Key, Key),
    ) -> impl DoubleEndedIterator<Item = Result<(Self::Bytes, Self::Bytes), Error>>;
}

/// A value to be put under a key, or `None` to take it away.
pub(crate) type Write = (Key, Option<Vec<u8>>);

impl Table for BTreeMap<Key, Vec<u8>> {
    type Bytes = Vec<u8>;

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(key).cloned())
    }

    fn range(
        &self,
        (from, to): (Key, Key),
    ) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, Vec<u8>), Error>> {
        // A cursor may lie behind the end; a map panics there, and a list is merely over.
        let to = to.max(from.clone());
        BTreeMap::range(self, from..to).map(|(key, value)| Ok((key.clone(), value.clone())))
    }
}
