//! What is measured of a claim beside its sources.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::encoder::Vector;
use crate::text::{Folded, cut, is_among, words};

use super::source::{Sentence, Sources, grams, pairs, share, spoken};
use crate::fact;

/// The features by name, in their order.
pub(super) const NAMES: [&str; 16] = [
    "new", "beside", "sentence", "words", "pairs", "order", "letters", "count", "run", "length",
    "foreign", "meta", "opinion", "meaning", "denial", "names",
];

/// The features of a claim.
pub(super) type Features = [f32; NAMES.len()];

/// Words of a claim and of a sentence whose order is compared.
const MAX_ORDERED: usize = 80;

/// New words that are counted.
const MOST_NEW: usize = 12;

/// A claim, and the vectors of it and of the sentences it is compared with.
pub(super) struct Claim<'a> {
    pub(super) text: &'a str,
    pub(super) content: &'a HashSet<String>,
    pub(super) vectors: &'a [&'a Vector],
    pub(super) candidates: &'a [usize],
}

/// What a claim comes to beside its sources.
pub(super) struct Measured<'a> {
    pub(super) features: Features,
    /// The sentence that supports it best.
    pub(super) nearest: Option<&'a str>,
}

impl Claim<'_> {
    /// Holds the claim against `sources`. `foreign` is whether it has a fact that no source has,
    /// `denial` whether it denies what its source affirms, or the other way round.
    pub(super) fn measured<'s>(
        &self,
        sources: &'s Sources<'_>,
        foreign: bool,
        denial: bool,
    ) -> Measured<'s> {
        let all = spoken(self.text);
        let content: Vec<&String> = self.content.iter().collect();
        let known = share(&content, |word| sources.content.contains(*word));
        let (mut beside, mut alone, mut order, mut alike) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
        let mut nearest: Option<(f32, &str)> = None;
        for (rank, i) in self.candidates.iter().enumerate() {
            let sentence: &Sentence<'_> = &sources.sentences[*i];
            let words = sources.beside(self.content, sentence);
            let cosine = self.vectors[0].cosine(self.vectors[rank + 1]);
            beside = beside.max(words);
            alone = alone.max(fact::overlap(self.content, &sentence.content));
            order = order.max(in_order(&all, &sentence.words));
            alike = alike.max(cosine);
            let support = words + cosine;
            if nearest.is_none_or(|(best, _)| support > best) {
                nearest = Some((support, sentence.text));
            }
        }
        let neighbours: Vec<(String, String)> = pairs(&all).collect();
        let runs = grams(self.text);
        let unknown = content.len() as f32 * (1.0 - known);
        let flag = |set: bool| f32::from(u8::from(set));
        let features = [
            1.0 - known,
            1.0 - beside,
            1.0 - alone,
            1.0 - sources.in_one(&all),
            1.0 - share(&neighbours, |pair| sources.pairs.contains(pair)),
            1.0 - order,
            1.0 - share(&runs, |run| sources.grams.contains(run)),
            unknown.min(MOST_NEW as f32) / 10.0,
            longest_run(&all, sources).min(MOST_NEW) as f32 / 10.0,
            (1.0 + content.len() as f32).ln(),
            flag(foreign),
            flag(META.is_match(self.text)),
            flag(is_opinion(self.text)),
            1.0 - alike,
            flag(denial),
            flag(new_names(self.text, sources)),
        ];
        Measured {
            features,
            nearest: nearest.map(|(_, text)| text),
        }
    }
}

/// The share of `words` that stand in `sentence` in the same order: their longest common
/// subsequence.
fn in_order(words: &[String], sentence: &[String]) -> f32 {
    let words = &words[..words.len().min(MAX_ORDERED)];
    let sentence = &sentence[..sentence.len().min(MAX_ORDERED)];
    let mut row = vec![0_u16; sentence.len() + 1];
    for word in words {
        let mut diagonal = 0;
        for (j, other) in sentence.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[j])
            };
            diagonal = above;
        }
    }
    f32::from(row[sentence.len()]) / words.len().max(1) as f32
}

/// The most words in a row, functional ones aside, that no source has.
fn longest_run(words: &[String], sources: &Sources<'_>) -> usize {
    let (mut run, mut longest) = (0, 0);
    for word in words {
        let content = fact::content(cut(word, 64));
        if content.is_empty() {
            continue;
        }
        run = if content.is_disjoint(&sources.content) {
            run + 1
        } else {
            0
        };
        longest = longest.max(run);
    }
    longest
}

/// Whether a text speaks of what its speaker feels or did.
fn is_opinion(text: &str) -> bool {
    let folded = Folded::of(text);
    words(folded.text()).any(|word| is_among(word.text, "i i'm i've i'd i'll my me mine myself"))
}

/// Whether a text names, with a capital inside the sentence, what no source speaks of.
fn new_names(text: &str, sources: &Sources<'_>) -> bool {
    let mut found = words(text).skip(1).filter(|word| {
        let capital = word.text.starts_with(char::is_uppercase);
        capital && word.text.chars().nth(1).is_some_and(char::is_alphabetic)
    });
    found.any(|word| {
        let content = fact::content(cut(word.text, 64));
        !content.is_empty() && content.is_disjoint(&sources.content)
    })
}

/// Speaking of the passages themselves.
static META: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:passages?|provided|context|(?:given )?text|sources?|documents?) ?\d*\b",
        r"|\b(?:not (?:mention|specif|provid|contain)\w*|no information|in conclusion|overall|in summary)\b",
    ))
    .expect("the built-in pattern is a regular expression")
});
