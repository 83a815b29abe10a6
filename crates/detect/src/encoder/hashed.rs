//! An encoder without a model, for tests and for hosts that cannot hold one.

use super::{BoxFuture, DIMS, Encoder, Vector};
use crate::Error;

/// Encodes spelling, not meaning: words and the letter triples inside them, hashed into 384 values.
///
/// Texts that share words or word stems come out near each other, so a repeated question is
/// recognised and "refund" is close to "refunds"; a paraphrase in other words is not. It is
/// deterministic across runs, platforms and versions, needs no download, and takes microseconds.
/// A text without a letter or digit is the zero vector. Text beyond 16,384 characters is ignored.
#[derive(Debug, Clone, Copy, Default)]
pub struct HashedEncoder;

/// A customer's turn is far shorter; what lies beyond is not worth the time it takes.
const MAX_CHARS: usize = 16 * 1024;

/// A whole word says more than one of its letter triples, of which it has several.
const WORD_WEIGHT: f32 = 1.0;
const TRIPLE_WEIGHT: f32 = 0.4;

impl HashedEncoder {
    /// Encodes one text.
    pub fn vector(&self, text: &str) -> Vector {
        let end = text
            .char_indices()
            .nth(MAX_CHARS)
            .map_or(text.len(), |(at, _)| at);
        let text = &text[..end];
        let mut values = vec![0.0; DIMS];
        for word in text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
        {
            let word = word.to_lowercase();
            add(&mut values, word.as_bytes(), WORD_WEIGHT);
            // The blanks mark where a word begins and ends, so that prefixes count as such.
            let padded: Vec<char> = format!(" {word} ").chars().collect();
            for triple in padded.windows(3) {
                add(
                    &mut values,
                    String::from_iter(triple).as_bytes(),
                    TRIPLE_WEIGHT,
                );
            }
        }
        Vector::normalised(values)
    }
}

impl Encoder for HashedEncoder {
    fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
        let vectors = texts.iter().map(|text| self.vector(text)).collect();
        Box::pin(std::future::ready(Ok(vectors)))
    }
}

/// Adds a feature at the place its hash names, with the sign its hash names: collisions then
/// cancel out on average instead of adding up (the hashing trick, Weinberger et al. 2009, §2).
fn add(values: &mut [f32], feature: &[u8], weight: f32) {
    let hash = fnv1a(feature);
    let place = (hash % DIMS as u64) as usize;
    let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
    values[place] += sign * weight;
}

/// FNV-1a, 64 bits: unlike the standard library's hashers, fixed for ever.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str) -> f32 {
        HashedEncoder.vector(a).cosine(&HashedEncoder.vector(b))
    }

    #[test]
    fn shared_words_and_stems_bring_texts_together() {
        let question = "Where is my refund?";
        assert!(similarity(question, "where is my REFUND") > 0.999);
        assert!(similarity(question, "Where are my refunds?") > 0.4);
        assert!(similarity(question, "Our office opens at nine.") < 0.2);
    }

    #[test]
    fn text_without_words_has_no_direction() {
        for text in ["", " \n", "?!… 🙂"] {
            assert_eq!(HashedEncoder.vector(text).as_slice(), [0.0; DIMS]);
        }
    }

    #[test]
    fn endless_text_is_cut_between_characters() {
        let endless = "ä".repeat(100_000);
        assert_eq!(HashedEncoder.vector(&endless).dims(), DIMS);
    }

    #[test]
    fn vectors_never_change_between_versions() {
        // The published test vector of FNV-1a.
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn answers_one_vector_for_each_text() {
        let texts = vec!["one".to_owned(), "two".to_owned()];
        let vectors = futures::executor::block_on(HashedEncoder.encode(texts)).unwrap();
        assert_eq!(vectors[1], HashedEncoder.vector("two"));
        assert_eq!(vectors.len(), 2);
    }
}
