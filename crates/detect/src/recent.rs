//! A bounded memory that forgets what was not asked for longest.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// At most `limit` values by their keys.
pub(crate) struct Recent<K, V> {
    limit: usize,
    values: HashMap<K, (u64, V)>,
    /// The same keys by when they were last used, oldest first.
    order: BTreeMap<u64, K>,
    uses: u64,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(limit: usize) -> Recent<K, V> {
        Recent {
            limit,
            values: HashMap::new(),
            order: BTreeMap::new(),
            uses: 0,
        }
    }

    /// Whether `key` is remembered; asking does not count as a use.
    pub(crate) fn holds(&self, key: &K) -> bool {
        self.values.contains_key(key)
    }

    /// The value of `key`, which is now the last to be forgotten.
    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        let (used, value) = self.values.get_mut(key)?;
        self.uses += 1;
        self.order.remove(used);
        self.order.insert(self.uses, *key);
        *used = self.uses;
        Some(value)
    }

    /// Remembers a value, and forgets the one that was unused longest if there is no room.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.uses += 1;
        if let Some((used, _)) = self.values.insert(key, (self.uses, value)) {
            self.order.remove(&used);
        }
        self.order.insert(self.uses, key);
        while self.values.len() > self.limit {
            if let Some((_, oldest)) = self.order.pop_first() {
                self.values.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_unused_longest() {
        let mut recent = Recent::new(2);
        recent.insert('a', 1);
        recent.insert('b', 2);
        assert_eq!(recent.get(&'a'), Some(&1));
        recent.insert('c', 3);
        assert_eq!(recent.get(&'b'), None);
        assert_eq!(recent.get(&'a'), Some(&1));
        recent.insert('a', 4);
        assert_eq!(recent.get(&'a'), Some(&4));
        assert!(recent.holds(&'c') && recent.values.len() == recent.order.len());
    }

    #[test]
    fn with_a_limit_of_nothing_remembers_nothing() {
        let mut recent = Recent::new(0);
        recent.insert('a', 1);
        assert!(!recent.holds(&'a') && recent.order.is_empty());
    }
}
