//! Whether two answers to one question say the same: by meaning, and by the hard facts.

use std::collections::HashSet;

use crate::Error;
use crate::detectors::is_excuse;
use crate::encoder::{Encoder, Vector};
use crate::examples::encode;
use crate::fact::{content, denies, facts, overlap};
use crate::logistic::sigmoid;
use crate::text::cut;

/// Bytes of an answer that are read.
const MAX_BYTES: usize = 4_000;
/// Cosine similarity at which two answers to one question are as likely to say the same as not,
/// and how fast that changes. Answers to one question are alike in words whatever they say: the
/// margin lies where short paraphrases of all-MiniLM-L6-v2 do, far above its zero.
const MARGIN: f32 = 0.60;
const SLOPE: f32 = 10.0;
/// What is left of the probability when each names facts that the other does not, and when one
/// denies what the other affirms.
const OTHER_FACTS: f32 = 0.2;
const DENIAL: f32 = 0.3;
/// Overlap of words from which the two must agree in what they deny.
const SAME_MATTER: f32 = 0.6;

/// How two answers compare.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The probability that they say the same, 0 to 1.
    pub probability: f32,
    /// What speaks against it, in words for an operator; empty where nothing does.
    pub against: String,
}

/// Compares `answer`, to a question asked again, with the `draft` that answered it first.
///
/// # Errors
/// When the encoder gives no vectors.
pub async fn agreement(
    encoder: &dyn Encoder,
    draft: &str,
    answer: &str,
) -> Result<Agreement, Error> {
    let (draft, answer) = (cut(draft, MAX_BYTES), cut(answer, MAX_BYTES));
    let vectors = encode(encoder, vec![draft.to_owned(), answer.to_owned()]).await?;
    let similarity = match vectors.as_slice() {
        [draft, answer] => Vector::cosine(draft, answer),
        _ => 0.0,
    };
    Ok(compared(draft, answer, similarity))
}

fn compared(draft: &str, answer: &str, similarity: f32) -> Agreement {
    if is_excuse(draft) != is_excuse(answer) {
        return Agreement {
            probability: 0.0,
            against: "one of the two answers says that it does not know".to_owned(),
        };
    }
    let mut probability = sigmoid(SLOPE * (similarity - MARGIN));
    let mut against = String::new();
    if probability < 0.5 {
        against = "the two answers are about different things".to_owned();
    }
    let (first, second) = (hard(draft), hard(answer));
    let mut only: Vec<&String> = first.difference(&second).collect();
    only.sort();
    if let Some(fact) = only.first()
        && second.difference(&first).next().is_some()
    {
        probability *= OTHER_FACTS;
        against = format!("only one of the two answers says {fact}");
    } else if overlap(&content(answer), &content(draft)) >= SAME_MATTER
        && denies(draft) != denies(answer)
    {
        probability *= DENIAL;
        against = "one of the two answers denies what the other affirms".to_owned();
    }
    Agreement {
        probability,
        against,
    }
}

/// The forms of the facts that must be the same. Marks of citations are none.
fn hard(text: &str) -> HashSet<String> {
    let hard = facts(text).into_iter().filter(|fact| fact.hard);
    hard.map(|fact| fact.form).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probability(draft: &str, answer: &str, similarity: f32) -> f32 {
        compared(draft, answer, similarity).probability
    }

    #[test]
    fn other_words_for_the_same_facts_agree() {
        let p = probability(
            "You have 30 days to send it back [1].",
            "Returns are accepted within 30 days.",
            0.8,
        );
        assert!(p > 0.8, "{p}");
    }

    #[test]
    fn other_facts_disagree_however_alike_the_words_are() {
        let compared = compared("You have 30 days.", "You have 14 days.", 0.95);
        assert!(compared.probability < 0.5, "{compared:?}");
        assert!(compared.against.contains("30"), "{compared:?}");
    }

    #[test]
    fn a_denial_disagrees() {
        let p = probability(
            "Sale items can be returned.",
            "Sale items cannot be returned.",
            0.9,
        );
        assert!(p < 0.5, "{p}");
    }

    #[test]
    fn to_know_and_not_to_know_disagree() {
        assert_eq!(probability("It takes two days.", "I don’t know.", 0.9), 0.0);
        assert!(probability("I don't know.", "I do not know that.", 0.9) > 0.5);
    }
}
