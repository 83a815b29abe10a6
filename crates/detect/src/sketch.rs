//! A text's words and parts of words as a short vector, beside what the encoder makes of it.
//!
//! The sentence model reads for meaning, and so two products or two forms may look alike to it.
//! Words tell them apart: those of the text, their neighbours, and runs of three and four letters,
//! which forgive endings and slips. Each is weighed by how rare it is among the examples (tf-idf)
//! and lands in one of a few hundred places with a sign of its own (feature hashing, Weinberger et
//! al. 2009).

use std::collections::HashMap;

use crate::text::words;

/// Places of a sketch. More tell more apart and need more examples.
pub(crate) const PLACES: usize = 256;

/// Words of a text that are read.
const MAX_WORDS: usize = 200;

/// How rare each part of a text is among the examples.
#[derive(Debug, Default)]
pub(crate) struct Rarity {
    weights: HashMap<u64, f32>,
    unseen: f32,
}

/// The parts of a text, as numbers that stand for them, in their order, with how often each occurs.
#[derive(Debug)]
pub(crate) struct Parts(Vec<(u64, f32)>);

impl Rarity {
    /// Counts in how many of `texts` each part occurs.
    pub(crate) fn of(texts: &[Parts]) -> Rarity {
        let mut found: HashMap<u64, f32> = HashMap::new();
        let all = 1.0 + texts.len() as f32;
        for Parts(parts) in texts {
            for (part, _) in parts {
                *found.entry(*part).or_default() += 1.0;
            }
        }
        found
            .values_mut()
            .for_each(|n| *n = (all / (1.0 + *n)).ln() + 1.0);
        Rarity {
            weights: found,
            unseen: all.ln() + 1.0,
        }
    }

    /// The sketch of a text, of length one; zero where it has no words.
    pub(crate) fn sketch(&self, Parts(parts): &Parts) -> [f32; PLACES] {
        let mut sketch = [0.0; PLACES];
        for (part, count) in parts {
            let rarity = self.weights.get(part).copied().unwrap_or(self.unseen);
            let weight = (1.0 + count.ln()) * rarity;
            let sign = if part & 1 == 0 { weight } else { -weight };
            sketch[(part >> 1) as usize % PLACES] += sign;
        }
        let length = sketch.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            sketch.iter_mut().for_each(|x| *x /= length);
        }
        sketch
    }
}

impl Parts {
    /// Takes `text` apart: words, pairs of words, runs of letters.
    pub(crate) fn of(text: &str) -> Parts {
        let mut found: Vec<u64> = Vec::new();
        let mut before: Option<String> = None;
        for word in words(text).take(MAX_WORDS) {
            let word = word.text.to_lowercase();
            found.push(hash(b'w', &word));
            if let Some(before) = &before {
                found.push(hash(b'p', &format!("{before} {word}")));
            }
            let marked = format!("<{word}>");
            let starts: Vec<usize> = marked.char_indices().map(|(at, _)| at).collect();
            for run in [3, 4] {
                for from in 0..(starts.len() + 1).saturating_sub(run) {
                    let end = starts.get(from + run).copied().unwrap_or(marked.len());
                    found.push(hash(b'r', &marked[starts[from]..end]));
                }
            }
            before = Some(word);
        }
        found.sort_unstable();
        let same = found.chunk_by(|one, other| one == other);
        Parts(same.map(|part| (part[0], part.len() as f32)).collect())
    }
}

/// FNV-1a, with its bits mixed once more: the same in every process, as sketches must be.
fn hash(kind: u8, part: &str) -> u64 {
    let bytes = std::iter::once(kind).chain(part.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f32 {
        let known = ["where is my parcel", "where is my refund"].map(Parts::of);
        let rarity = Rarity::of(&known);
        let (a, b) = (rarity.sketch(&Parts::of(a)), rarity.sketch(&Parts::of(b)));
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn the_same_words_and_their_forms_are_alike() {
        assert!((alike("Where is my refund?", "where is my refund") - 1.0).abs() < 1e-5);
        assert!(alike("refunds", "refund") > 0.5);
        assert!(alike("refund", "giraffe").abs() < 0.3);
        assert!(alike("my refund", "the refund") > alike("my refund", "my parcel"));
    }

    #[test]
    fn any_text_has_a_sketch() {
        for text in ["", "ä", "👍👍", "日本語", &"x".repeat(100_000)] {
            let rarity = Rarity::default();
            let sketch = rarity.sketch(&Parts::of(text));
            assert!(sketch.iter().all(|x| x.is_finite()), "{text}");
        }
    }
}
