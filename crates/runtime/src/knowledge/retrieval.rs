//! Finding the passages that a question is about: by meaning and by words, together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use warmline_detect::{Encoder, Error, Vector};

use super::{Document, Section};

/// How much meaning counts against words in a passage's score. Fitted by hand on the presets'
/// own questions; both alone miss more.
const MEANING: f32 = 0.7;

/// A section, ready to be found.
pub(super) struct Passage {
    pub(super) document: String,
    pub(super) title: String,
    pub(super) section: Section,
    vector: Vector,
    sentences: Vec<Vector>,
    words: HashSet<String>,
}

/// A passage and how well it fits a question, 0 to 1.
pub(super) struct Found<'a> {
    pub(super) passage: &'a Passage,
    pub(super) score: f32,
}

/// Passages, and how rare their words are.
pub(super) struct Index {
    passages: Vec<Passage>,
    rarity: HashMap<String, f32>,
}

impl Passage {
    /// The words of the passage as one text.
    pub(super) fn text(&self) -> String {
        self.section.sentences.join(" ")
    }

    /// The sentences that answer `question` best, at most `most`, in their own order.
    pub(super) fn best(&self, question: &Vector, most: usize) -> Vec<&str> {
        let mut ranked: Vec<(usize, f32)> = self
            .sentences
            .iter()
            .map(|vector| vector.cosine(question))
            .enumerate()
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let floor = ranked.first().map_or(0.0, |(_, best)| best * 0.6);
        let mut chosen: Vec<usize> = ranked
            .iter()
            .take(most)
            .filter(|(_, s)| *s >= floor)
            .map(|(i, _)| *i)
            .collect();
        chosen.sort_unstable();
        chosen
            .iter()
            .map(|i| self.section.sentences[*i].as_str())
            .collect()
    }
}

impl Index {
    /// Encodes every section of `documents`, and its sentences.
    pub(super) async fn build(
        documents: Vec<Document>,
        encoder: &Arc<dyn Encoder>,
    ) -> Result<Self, Error> {
        let mut passages = Vec::new();
        for document in documents {
            for section in document.sections {
                let whole = format!(
                    "{}. {}. {}",
                    document.title,
                    section.heading,
                    section.sentences.join(" ")
                );
                let words = words(&whole);
                let mut texts = section.sentences.clone();
                texts.push(whole);
                let mut sentences = encoder.encode(texts).await?;
                let Some(vector) = sentences.pop() else {
                    continue;
                };
                let (name, title) = (document.name.clone(), document.title.clone());
                passages.push(Passage {
                    document: name,
                    title,
                    section,
                    vector,
                    sentences,
                    words,
                });
            }
        }
        let mut counts: HashMap<String, f32> = HashMap::new();
        for word in passages.iter().flat_map(|passage| &passage.words) {
            *counts.entry(word.clone()).or_default() += 1.0;
        }
        let all = passages.len() as f32;
        let rarity = counts
            .into_iter()
            .map(|(word, count)| (word, (1.0 + all / count).ln()))
            .collect();
        Ok(Self { passages, rarity })
    }

    /// The passages that fit `question` best, best first.
    pub(super) fn find(&self, question: &str, vector: &Vector, most: usize) -> Vec<Found<'_>> {
        let asked = words(question);
        // A word that no document has counts as much as the rarest that one has.
        let unknown = (1.0 + self.passages.len() as f32).ln();
        let weight = |word: &String| self.rarity.get(word).copied().unwrap_or(unknown);
        let total: f32 = asked.iter().map(weight).sum();
        let mut found: Vec<Found<'_>> = self
            .passages
            .iter()
            .map(|passage| {
                let shared: f32 = asked
                    .iter()
                    .filter(|word| passage.words.contains(*word))
                    .map(weight)
                    .sum();
                let overlap = if total > 0.0 { shared / total } else { 0.0 };
                let meaning = passage
                    .sentences
                    .iter()
                    .chain([&passage.vector])
                    .map(|v| v.cosine(vector))
                    .fold(0.0, f32::max);
                Found {
                    passage,
                    score: MEANING * meaning + (1.0 - MEANING) * overlap,
                }
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(most);
        found
    }
}

/// The words of a text that carry meaning, in lower case, without the commonest endings.
pub(super) fn words(text: &str) -> HashSet<String> {
    const COMMON: [&str; 60] = [
        "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
        "can", "could", "did", "do", "does", "for", "from", "get", "had", "has", "have", "how",
        "i", "if", "in", "is", "it", "its", "just", "me", "my", "no", "not", "of", "on", "or",
        "our", "please", "so", "that", "the", "their", "there", "they", "this", "to", "was", "we",
        "what", "when", "where", "which", "will", "with", "would", "you", "your",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !COMMON.contains(&word.as_str()))
        .map(|word| {
            let stem = word.strip_suffix("ing").or(word.strip_suffix("es"));
            let stem = stem.or(word.strip_suffix("ed")).or(word.strip_suffix('s'));
            stem.filter(|stem| stem.len() > 2)
                .map_or(word.clone(), str::to_owned)
        })
        .collect()
}
