//! What stands for a text in a memory.

use std::hash::{BuildHasher, Hash, RandomState};

/// Stands for a text, however long: 128 bits under secret keys, so that nobody can make two texts
/// collide, and so that what is remembered of a text does not grow with it.
pub(crate) type Fingerprint = [u64; 2];

/// Two keys that nobody outside knows.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints([RandomState; 2]);

impl Fingerprints {
    pub(crate) fn of(&self, value: impl Hash) -> Fingerprint {
        self.0.each_ref().map(|key| key.hash_one(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart_under_keys_of_their_own() {
        let fingerprints = Fingerprints::default();
        assert_eq!(fingerprints.of("a"), fingerprints.of("a"));
        assert_ne!(fingerprints.of("a"), fingerprints.of("b"));
        assert_ne!(fingerprints.of("a"), Fingerprints::default().of("a"));
    }
}
