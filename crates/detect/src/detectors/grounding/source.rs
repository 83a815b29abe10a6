//! What claims may rest on: the sentences of passages, and what anybody named.

use std::collections::HashSet;

use warmline_core::turn::Citation;

use crate::text::{Folded, cut, sentences, words};

use crate::fact;

/// Passages of one draft that are read, and bytes of each.
const MAX_PASSAGES: usize = 24;
const MAX_BYTES: usize = 4_000;

/// Sentences of all passages together.
const MAX_SENTENCES: usize = 300;

/// Sentences that one claim is compared with one by one: all of a short source, of a longer one
/// those with most of the claim's words.
const SHORT: usize = 12;
const CANDIDATES: usize = 4;

/// What a word counts that stands elsewhere in the passage than beside the sentence.
const ELSEWHERE: f32 = 0.9;

/// Letters in a row that are compared.
const GRAM: usize = 4;

/// A sentence of a passage.
pub(super) struct Sentence<'a> {
    pub(super) text: &'a str,
    pub(super) content: HashSet<String>,
    pub(super) words: Vec<String>,
    /// With the words of its neighbours and the title, which a pronoun may stand for.
    around: HashSet<String>,
    passage: usize,
}

/// What was said or found beside the passages: a draft may repeat it without one.
#[derive(Default)]
pub(super) struct Heard {
    facts: HashSet<String>,
    words: HashSet<String>,
    content: HashSet<String>,
}

/// All that claims may rest on.
pub(super) struct Sources<'a> {
    pub(super) sentences: Vec<Sentence<'a>>,
    passages: Vec<Passage>,
    /// The facts of the passages, and those heard.
    pub(super) facts: HashSet<String>,
    /// All words, those of their own meaning, neighbouring pairs, and runs of letters.
    pub(super) words: HashSet<String>,
    pub(super) content: HashSet<String>,
    pub(super) pairs: HashSet<(String, String)>,
    pub(super) grams: HashSet<[char; GRAM]>,
}

/// The words of a passage as a whole: an answer may sum it up.
struct Passage {
    content: HashSet<String>,
    words: HashSet<String>,
}

impl Heard {
    /// Listens to `texts`.
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Heard {
        let mut heard = Heard::default();
        for text in texts {
            heard.facts.extend(fact::forms([text].into_iter()));
            heard.words.extend(spoken(text));
            heard.content.extend(fact::content(text));
        }
        heard
    }
}

impl<'a> Sources<'a> {
    /// Reads `passages`; what was `heard` elsewhere holds too.
    pub(super) fn of(passages: impl Iterator<Item = &'a Citation>, heard: &Heard) -> Sources<'a> {
        let mut sources = Sources {
            sentences: Vec::new(),
            passages: Vec::new(),
            facts: heard.facts.clone(),
            words: heard.words.clone(),
            content: heard.content.clone(),
            pairs: HashSet::new(),
            grams: HashSet::new(),
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
        let title_words = spoken(title);
        let title = fact::content(title);
        let texts: Vec<&str> = sentences(text).into_iter().map(|at| &text[at]).collect();
        let contents: Vec<HashSet<String>> = texts.iter().map(|text| fact::content(text)).collect();
        let content: HashSet<String> = contents.iter().flatten().chain(&title).cloned().collect();
        let all = spoken(text);
        self.pairs.extend(pairs(&all));
        self.grams.extend(grams(text));
        let all: HashSet<String> = all.into_iter().chain(title_words).collect();
        for (i, (text, content)) in texts.iter().zip(&contents).enumerate() {
            if self.sentences.len() == MAX_SENTENCES {
                break;
            }
            let near = &contents[i.saturating_sub(1)..contents.len().min(i + 2)];
            self.sentences.push(Sentence {
                text,
                content: content.clone(),
                words: spoken(text),
                around: near.iter().flatten().chain(&title).cloned().collect(),
                passage: self.passages.len(),
            });
        }
        self.words.extend(all.iter().cloned());
        self.content.extend(content.iter().cloned());
        self.passages.push(Passage {
            content,
            words: all,
        });
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
    pub(super) fn beside(&self, claim: &HashSet<String>, sentence: &Sentence<'_>) -> f32 {
        let beside = fact::overlap(claim, &sentence.around);
        let anywhere = fact::overlap(claim, &self.passages[sentence.passage].content);
        beside.max(ELSEWHERE * anywhere)
    }

    /// The largest share of `words` that one passage has.
    pub(super) fn in_one(&self, words: &[String]) -> f32 {
        let passages = self.passages.iter();
        let shares = passages.map(|passage| share(words, |word| passage.words.contains(word)));
        shares.fold(0.0, f32::max)
    }
}

/// All words of a text, folded, in their order.
pub(super) fn spoken(text: &str) -> Vec<String> {
    let folded = Folded::of(text);
    words(folded.text())
        .map(|word| word.text.to_owned())
        .collect()
}

/// The pairs of neighbours in `words`.
pub(super) fn pairs(words: &[String]) -> impl Iterator<Item = (String, String)> {
    words.windows(2).map(|two| (two[0].clone(), two[1].clone()))
}

/// The runs of letters in a text, blanks included.
pub(super) fn grams(text: &str) -> Vec<[char; GRAM]> {
    let folded = Folded::of(text);
    let chars: Vec<char> = folded.text().chars().collect();
    chars
        .windows(GRAM)
        .map(|run| [run[0], run[1], run[2], run[3]])
        .collect()
}

/// The share of `items` that are `known`; none of nothing.
pub(super) fn share<T>(items: &[T], known: impl Fn(&T) -> bool) -> f32 {
    let count = items.iter().filter(|item| known(item)).count();
    count as f32 / items.len().max(1) as f32
}
