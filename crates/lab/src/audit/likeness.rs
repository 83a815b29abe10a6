//! Conversations that are about the same, by the words of their customers.
//!
//! Cosine of the customers' distinct words, each weighed by how rare it is among the conversations
//! at hand (inverse document frequency, Spärck Jones 1972): names, numbers and things weigh most.

use std::collections::HashMap;

/// Most distinct words that are kept of a conversation.
const WORDS: usize = 512;
/// Shortest word, in bytes.
const SHORTEST: usize = 3;

/// The distinct words of a customer, as hashes in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(Vec<u64>);

impl Words {
    /// The words of `texts`.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut words = Vec::new();
        let mut lower = String::new();
        for text in texts {
            let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            for word in parts.filter(|word| word.len() >= SHORTEST) {
                lower.clear();
                lower.extend(word.chars().flat_map(char::to_lowercase));
                words.push(hash(lower.as_bytes()));
            }
        }
        words.sort_unstable();
        words.dedup();
        words.truncate(WORDS);
        Self(words)
    }

    /// The share of the words of the smaller that both have; 0 where one has none.
    pub(super) fn overlap(&self, other: &Words) -> f32 {
        let smaller = self.0.len().min(other.0.len());
        if smaller == 0 {
            return 0.0;
        }
        let known = |word: &&u64| other.0.binary_search(word).is_ok();
        self.0.iter().filter(known).count() as f32 / smaller as f32
    }
}

/// FNV-1a: the same on every machine, so that what is printed is.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Of each of `conversations` the others that are most like it, most alike first, at most `most`,
/// each with the cosine from 0 to 1. The number beside a conversation's words stands for all that was
/// said and done in it: a log that holds a conversation twice says nothing twice.
pub(super) fn nearest(conversations: &[(&Words, u64)], most: usize) -> Vec<Vec<(usize, f32)>> {
    let mut postings: HashMap<u64, Vec<usize>> = HashMap::new();
    for (number, (words, _)) in conversations.iter().enumerate() {
        for word in &words.0 {
            postings.entry(*word).or_default().push(number);
        }
    }
    let all = conversations.len() as f32;
    let weight = |word: &u64| (all / postings[word].len() as f32).ln();
    let lengths: Vec<f32> = conversations
        .iter()
        .map(|(words, _)| {
            words
                .0
                .iter()
                .map(|word| weight(word).powi(2))
                .sum::<f32>()
                .sqrt()
        })
        .collect();
    let mut products = vec![0.0_f32; conversations.len()];
    let of = |number: usize| {
        products.fill(0.0);
        for word in &conversations[number].0.0 {
            let squared = weight(word).powi(2);
            for other in &postings[word] {
                products[*other] += squared;
            }
        }
        let others = products.iter().enumerate();
        let others = others.filter(|(other, product)| *other != number && **product > 0.0);
        let mut near: Vec<(usize, f32)> = others
            .map(|(other, product)| (other, product / (lengths[number] * lengths[other])))
            .collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut known = vec![conversations[number].1];
        near.retain(|(other, _)| {
            let whole = conversations[*other].1;
            let is_new = known.len() <= most && !known.contains(&whole);
            if is_new {
                known.push(whole);
            }
            is_new
        });
        near
    };
    (0..conversations.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_in_common_make_two_alike() {
        let texts = [
            "please cancel reservation ABC123 for me",
            "hello, what about reservation abc123?",
            "please cancel my gym for me",
            "what is the weather for me",
        ];
        let words: Vec<Words> = texts
            .iter()
            .map(|text| Words::of([*text].into_iter()))
            .collect();
        let words: Vec<(&Words, u64)> = words.iter().zip(0..).collect();
        let near = nearest(&words, 2);
        assert_eq!(near[1][0].0, 0);
        assert!(near.iter().all(|near| near.len() <= 2));
        assert!(
            near.iter()
                .flatten()
                .all(|(_, cosine)| (0.0..=1.001).contains(cosine))
        );
        assert_eq!(nearest(&[], 2), Vec::<Vec<_>>::new());
    }

    #[test]
    fn copies_are_not_company() {
        let texts = [
            "cancel booking xk7",
            "cancel booking xk7",
            "booking xk7 please",
            "hello",
        ];
        let words = texts.map(|text| Words::of([text].into_iter()));
        let wholes = [7, 7, 8, 9];
        let company: Vec<(&Words, u64)> = words.iter().zip(wholes).collect();
        let near = nearest(&company, 3);
        let others: Vec<usize> = near[0].iter().map(|(other, _)| *other).collect();
        assert_eq!(others, [2]);
        assert_eq!(near[2].len(), 1);
    }

    #[test]
    fn words_are_told_whatever_their_case() {
        let (a, b) = (["My Parcel 771"], ["the PARCEL"]);
        let (a, b) = (Words::of(a.into_iter()), Words::of(b.into_iter()));
        assert_eq!(a.overlap(&b), 0.5);
        assert_eq!(a.overlap(&Words::default()), 0.0);
    }
}
