//! Answers of models to passages that they were given, as people judged them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use warmline_core::turn::{Citation, Draft, Speaker};
use warmline_detect::Case;

use crate::Error;
use crate::corpus::{other, text};
use crate::eval::bench::conversation;

/// What chance begins with when the sources of RAGTruth are dealt into halves.
const SEED: u64 = 17;

/// The development splits of BEGIN; only that of Wizard of Wikipedia has a test split beside it.
pub(crate) const BEGIN_DEVELOPMENT: [&str; 3] = [
    "begin/wow/begin_dev_wow.tsv",
    "begin/topicalchat/begin_dev_tc.tsv",
    "begin/cmu-dog/begin_dev_cmu.tsv",
];

/// The test split of BEGIN.
pub(crate) const BEGIN_TEST: &str = "begin/wow/begin_test_wow.tsv";

/// Which half of a set that has no splits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// To learn from, and to choose by.
    Tuning,
    /// To measure on.
    Untouched,
}

/// An answer and what it should rest on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) question: String,
    pub(crate) passages: Vec<String>,
    pub(crate) text: String,
    /// Where something in it is unsupported, in bytes; the whole of it where nobody said where.
    pub(crate) unsupported: Vec<Range<usize>>,
}

impl Answer {
    /// Whether something in it is unsupported.
    pub(crate) fn is_bad(&self) -> bool {
        !self.unsupported.is_empty()
    }

    /// The answer as a draft, with all passages cited.
    pub(crate) fn case(&self) -> Case {
        let passages: Vec<Citation> = (1..)
            .zip(&self.passages)
            .map(|(number, passage)| Citation {
                document: format!("passage-{number}"),
                title: String::new(),
                passage: passage.clone(),
            })
            .collect();
        let draft = Draft {
            text: self.text.clone(),
            citations: passages.clone(),
            passages,
            ..Draft::default()
        };
        Case {
            draft: Some(Arc::new(draft)),
            ..conversation(&[(Speaker::Customer, &self.question)])
        }
    }
}

/// The answers to questions in RAGTruth (Niu et al. 2024), as far as they are in its test split:
/// those whose source fell into `half`.
pub(crate) fn ragtruth(data: &Path, half: Half) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    struct Row {
        source_id: String,
        query: String,
        d1: String,
        d2: String,
        labels: Vec<Label>,
    }
    /// Places in characters.
    #[derive(Deserialize)]
    struct Label {
        start: usize,
        end: usize,
    }
    let file = data.join("ragtruth_qa_test/ragtruth_qa_test.jsonl");
    let rows: Result<Vec<Row>, serde_json::Error> =
        text(&file)?.lines().map(serde_json::from_str).collect();
    let rows = rows.map_err(|error| other(&file, &error.to_string()))?;
    let sources: BTreeSet<&str> = rows.iter().map(|row| row.source_id.as_str()).collect();
    let mut sources: Vec<&str> = sources.into_iter().collect();
    fastrand::Rng::with_seed(SEED).shuffle(&mut sources);
    sources.truncate(sources.len() / 2);
    let tuning: BTreeSet<String> = sources.into_iter().map(str::to_owned).collect();
    let wanted = |row: &Row| tuning.contains(&row.source_id) == (half == Half::Tuning);
    Ok(rows
        .into_iter()
        .filter(wanted)
        .map(|row| Answer {
            unsupported: row
                .labels
                .iter()
                .map(|label| byte(&row.d2, label.start)..byte(&row.d2, label.end))
                .collect(),
            question: row.query,
            passages: passages(&row.d1),
            text: row.d2,
        })
        .collect())
}

/// The passages of a text that numbers them.
fn passages(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split_inclusive("passage ") {
        let numbered = part
            .split_once(':')
            .filter(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        match (numbered, parts.last_mut()) {
            (Some((_, passage)), _) => parts.push(passage.to_owned()),
            (None, Some(last)) => last.push_str(part),
            (None, None) => {}
        }
    }
    let parts = parts
        .iter()
        .map(|part| part.trim_end_matches("passage ").trim());
    let parts: Vec<String> = parts.filter(|p| !p.is_empty()).map(str::to_owned).collect();
    if parts.is_empty() {
        vec![text.to_owned()]
    } else {
        parts
    }
}

/// Where the character number `at` begins.
fn byte(text: &str, at: usize) -> usize {
    let mut places = text.char_indices().map(|(place, _)| place);
    places.nth(at).unwrap_or(text.len())
}

/// A split of BEGIN (Dziri et al. 2022): what models said in conversations about a piece of
/// knowledge. An answer is bad unless it is fully attributable.
pub(crate) fn begin(data: &Path, name: &str) -> Result<Vec<Answer>, Error> {
    let file = data.join(name);
    let text = text(&file)?;
    let answers: Option<Vec<Answer>> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [_, _, knowledge, message, response, label] = cells[..] else {
                return None;
            };
            let is_bad = label.trim() != "Fully attributable";
            Some(Answer {
                question: message.to_owned(),
                passages: vec![knowledge.to_owned()],
                text: response.to_owned(),
                unsupported: Vec::from_iter(is_bad.then_some(0..response.len())),
            })
        })
        .collect();
    answers.ok_or_else(|| other(&file, "expected six cells, parted by tabs, in each line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_told_apart_by_their_numbers() {
        let text = "passage 1:Boots last. A passage they say: long.\n\npassage 2:Tents leak.\n\n";
        assert_eq!(
            passages(text),
            ["Boots last. A passage they say: long.", "Tents leak."]
        );
        assert_eq!(passages("no numbers"), ["no numbers"]);
    }

    #[test]
    fn places_are_counted_in_characters() {
        assert_eq!(byte("€5 now", 1), 3);
        assert_eq!(byte("€5", 9), 4);
    }

    #[test]
    fn halves_share_no_source_and_lose_none() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("ragtruth_qa_test");
        std::fs::create_dir(&set).unwrap();
        let row = |source: usize, answer: usize| {
            format!(
                r#"{{"source_id":"{source}","query":"q{source}","d1":"passage 1:p","d2":"a{answer}","labels":[]}}"#
            )
        };
        let rows: Vec<String> = (0..20).map(|i| row(i / 2, i)).collect();
        std::fs::write(set.join("ragtruth_qa_test.jsonl"), rows.join("\n")).unwrap();
        let questions = |half| {
            let answers = ragtruth(folder.path(), half).unwrap();
            answers.into_iter().map(|a| a.question).collect::<Vec<_>>()
        };
        let (tuning, untouched) = (questions(Half::Tuning), questions(Half::Untouched));
        assert_eq!((tuning.len(), untouched.len()), (10, 10));
        assert!(tuning.iter().all(|question| !untouched.contains(question)));
    }
}
