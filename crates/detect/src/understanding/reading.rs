//! What turns are taken for, and a memory of it: gates, scope and loops ask about the same turns, and
//! about those before them again.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::descending;
use crate::examples::Examples;
use crate::fingerprint::{Fingerprint, Fingerprints};
use crate::recent::Recent;

/// How many readings are remembered: a few for each of the conversations that go on at once.
const REMEMBERED: usize = 4_096;

/// Most intents that are told of a turn.
const LIKELIEST: usize = 3;

/// What a turn is taken for.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The log odds that it lies outside the scope, where outside and inside are as likely before
    /// one looks.
    pub outside: f32,
    /// The likeliest intents, by their places in the scope, with their probabilities, given that it
    /// lies inside; the likeliest first, at most three.
    pub intents: Vec<(usize, f32)>,
    /// The nearest examples.
    pub(crate) nearest: Nearest,
    /// The probabilities of all intents, in the order of the scope.
    pub(super) all: Vec<f32>,
}

/// The nearest example of either side of the border, by its number, with how alike it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Nearest {
    pub(crate) inside: Option<(usize, f32)>,
    pub(crate) outside: Option<(usize, f32)>,
}

impl Reading {
    /// A reading with these log odds of being outside and these probabilities of all intents.
    pub(super) fn new(outside: f32, nearest: Nearest, all: Vec<f32>) -> Reading {
        let mut ranked: Vec<usize> = (0..all.len()).collect();
        ranked.sort_by(|a, b| descending(all[*a], all[*b]));
        ranked.truncate(LIKELIEST);
        Reading {
            outside,
            intents: ranked.into_iter().map(|i| (i, all[i])).collect(),
            nearest,
            all,
        }
    }
}

impl Nearest {
    /// The nearest of `examples`, each of which is as alike as `similarities` has it.
    pub(super) fn of(examples: &Examples, similarities: &[f32]) -> Nearest {
        let mut nearest = Nearest::default();
        for (i, (example, similarity)) in examples.all.iter().zip(similarities).enumerate() {
            let side = match example.intent {
                Some(_) => &mut nearest.inside,
                None => &mut nearest.outside,
            };
            if side.is_none_or(|(_, known)| *similarity > known) {
                *side = Some((i, *similarity));
            }
        }
        nearest
    }
}

/// Readings that were asked for lately, by their texts.
pub(super) struct Memory {
    fingerprints: Fingerprints,
    recent: Mutex<Recent<Fingerprint, Slot>>,
}

/// Where a reading will be.
type Slot = Arc<OnceLock<Arc<Reading>>>;

impl Memory {
    pub(super) fn new() -> Memory {
        Memory {
            fingerprints: Fingerprints::default(),
            recent: Mutex::new(Recent::new(REMEMBERED)),
        }
    }

    /// The reading of `text`, for which `read` is called where it is not remembered. Who asks while
    /// another reads the same waits for that.
    pub(super) fn of(&self, text: &str, read: impl FnOnce() -> Reading) -> Arc<Reading> {
        let slot = self.slot(self.fingerprints.of(text));
        Arc::clone(slot.get_or_init(|| Arc::new(read())))
    }

    fn slot(&self, key: Fingerprint) -> Slot {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = recent.get(&key) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        recent.insert(key, Arc::clone(&slot));
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_intents_come_first() {
        let reading = Reading::new(0.0, Nearest::default(), vec![0.1, 0.4, 0.2, 0.3]);
        assert_eq!(reading.intents, [(1, 0.4), (3, 0.3), (2, 0.2)]);
    }

    #[test]
    fn a_text_is_read_once() {
        let memory = Memory::new();
        let read = |outside| move || Reading::new(outside, Nearest::default(), Vec::new());
        assert_eq!(memory.of("where is it", read(1.0)).outside, 1.0);
        assert_eq!(memory.of("where is it", read(2.0)).outside, 1.0);
        assert_eq!(memory.of("where was it", read(2.0)).outside, 2.0);
    }
}
