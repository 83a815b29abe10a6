//! What claims may rest on: the sentences of passages, and the facts that anybody named.

use std::collections::HashSet;

use warmline_core::turn::Citation;

use crate::text::{cut, sentences};

use super::fact;

/// Passages of one draft that are read, and bytes of each.
const MAX_PASSAGES: usize = 24;
const MAX_BYTES: usize = 4_000;

/// Sentences of all passages together.
const MAX_SENTENCES: usize = 300;

/// Sentences that one claim is compared with by meaning: all of a short source, of a longer one
/// those with most of the claim's words.
const SHORT: usize = 12;
const CANDIDATES: usize = 4;

/// What a word counts that stands elsewhere in the passage than beside the sentence.
const ELSEWHERE: f32 = 0.9;

/// A sentence of a passage.
pub(super) struct Sentence<'a> {
    pub(super) text: &'a str,
    pub(super) content: HashSet<String>,
    /// With the words of its neighbours and the title, which a pronoun may stand for.
    around: HashSet<String>,
    passage: usize,
}

/// All that claims may rest on.
pub(super) struct Sources<'a> {
    pub(super) sentences: Vec<Sentence<'a>>,
    /// The words of each passage as a whole: an answer may sum it up.
    passages: Vec<HashSet<String>>,
    /// The facts of the passages, and those known otherwise.
    pub(super) facts: HashSet<String>,
}

impl<'a> Sources<'a> {
    /// Reads `passages`; the facts `known` from elsewhere hold too.
    pub(super) fn of(
        passages: impl Iterator<Item = &'a Citation>,
        known: &HashSet<String>,
    ) -> Sources<'a> {
        let mut sources = Sources {
            sentences: Vec::new(),
            passages: Vec::new(),
            facts: known.clone(),
        };
        for passage in passages.take(MAX_PASSAGES) {
            sources.read(
                cut(&passage.title, MAX_BYTES),
                cut(&passage.passage, MAX_BYTES),
            );
        }
        sources
    }

    fn read(&mut self, title: &str, text: &'a str) {
        self.facts.extend(fact::forms([title, text].into_iter()));
        let title = fact::content(title);
        let texts: Vec<&str> = sentences(text).into_iter().map(|at| &text[at]).collect();
        let contents: Vec<HashSet<String>> = texts.iter().map(|text| fact::content(text)).collect();
        let all = contents.iter().flatten().chain(&title).cloned().collect();
        for (i, (text, content)) in texts.iter().zip(&contents).enumerate() {
            if self.sentences.len() == MAX_SENTENCES {
                break;
            }
            let near = &contents[i.saturating_sub(1)..contents.len().min(i + 2)];
            self.sentences.push(Sentence {
                text,
                content: content.clone(),
                around: near.iter().flatten().chain(&title).cloned().collect(),
                passage: self.passages.len(),
            });
        }
        self.passages.push(all);
    }

    /// The sentences to compare a claim with, those with most of its words first.
    pub(super) fn candidates(&self, claim: &HashSet<String>) -> Vec<usize> {
        let rank = |sentence: &Sentence<'_>| {
            fact::overlap(claim, &sentence.around) + fact::overlap(claim, &sentence.content)
        };
        let mut ranked: Vec<(usize, f32)> = self.sentences.iter().map(rank).enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let count = if ranked.len() <= SHORT {
            SHORT
        } else {
            CANDIDATES
        };
        ranked.into_iter().take(count).map(|(i, _)| i).collect()
    }

    /// The share of a claim's words that stand in or beside a sentence, or else in its passage.
    pub(super) fn words(&self, claim: &HashSet<String>, sentence: &Sentence<'_>) -> f32 {
        let beside = fact::overlap(claim, &sentence.around);
        let anywhere = fact::overlap(claim, &self.passages[sentence.passage]);
        beside.max(ELSEWHERE * anywhere)
    }
}
