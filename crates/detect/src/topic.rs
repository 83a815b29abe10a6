//! What the turns under examination are about.

use std::sync::LazyLock;

use regex::Regex;
use warmline_core::TurnNumber;

use crate::detector::Case;
use crate::text::{Folded, cut, is_small_talk, sentences, words};

/// Open turns that are read together, and bytes of each; a longer burst is read from its end.
const MAX_TURNS: usize = 8;
const MAX_BYTES: usize = 2_000;

/// An answer to a question, in words: anything longer has a topic of its own.
const MAX_ANSWER: usize = 3;

/// A turn that may lean on what was said before, in words.
const MAX_FOLLOW_UP: usize = 10;

/// The words under examination that have a topic, as one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    /// The last turn that contributes.
    pub(crate) turn: TurnNumber,
    /// The customer's words without greetings and thanks.
    pub(crate) words: String,
    /// The same behind what the customer said before, where the turn seems to refer to it ("and
    /// how long does that take?", "that is not what I asked").
    pub(crate) in_context: Option<String>,
}

impl Topic {
    /// The topic of the open turns of `case`; none for greetings, thanks, yes and no, numbers, and
    /// answers of a few words to a question of the assistant or an operator.
    pub(crate) fn of(case: &Case) -> Option<Topic> {
        let mut turn = None;
        let mut parts: Vec<&str> = Vec::new();
        for open in case.open_turns().rev().take(MAX_TURNS) {
            let said = topical(&open.text);
            if !said.is_empty() {
                turn = turn.or(Some(open.number));
            }
            parts.extend(said.into_iter().rev());
        }
        parts.reverse();
        let words = parts.join(" ");
        let count = self::words(&words).count();
        let asked = case.last_answer().is_some_and(|answer| asks(&answer.text));
        if asked && count <= MAX_ANSWER {
            return None;
        }
        let folded = Folded::of(&words);
        let refers = count <= MAX_FOLLOW_UP && REFERENCE.is_match(folded.text());
        let earlier = case
            .customer_turns()
            .rev()
            .filter(|earlier| earlier.number <= case.settled)
            .take(MAX_TURNS)
            .map(|earlier| topical(&earlier.text).join(" "))
            .find(|said| !said.is_empty());
        Some(Topic {
            turn: turn?,
            in_context: earlier
                .filter(|_| refers)
                .map(|earlier| format!("{earlier} {words}")),
            words,
        })
    }
}

/// The sentences of a turn that have a topic.
fn topical(text: &str) -> Vec<&str> {
    let text = cut(text, MAX_BYTES);
    let parts = sentences(text).into_iter().map(|at| &text[at]);
    parts
        .filter(|part| !is_small_talk(Folded::of(part).text()))
        .collect()
}

/// Whether a text ends with a question, or nearly: "What is your order number? Thanks!"
fn asks(text: &str) -> bool {
    let end = sentences(text);
    end.iter()
        .rev()
        .take(2)
        .any(|at| text[at.clone()].ends_with('?'))
}

/// Words that stand for something said before.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:and|or|but|so|then|also|why|when|where|how|what about|what if|really|no|yes|which)\b|\b(?:it|that|this|these|those|them|they|one|ones|same|other|already|again|still|there|asked|told|said)\b",
    )
    .expect("the built-in pattern is a regular expression")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;

    fn words_of(turns: &[(&str, &str)]) -> Option<String> {
        Topic::of(&case::of(turns)).map(|topic| topic.words)
    }

    #[test]
    fn politeness_has_no_topic() {
        for said in ["hi there", "thanks a lot!", "yes please", "12345", "👍"] {
            assert_eq!(words_of(&[("customer", said)]), None, "{said}");
        }
        let burst = [
            ("customer", "Hello!"),
            ("customer", "Good morning. Where is my parcel? Thanks!"),
            ("customer", "order 123"),
        ];
        assert_eq!(words_of(&burst).unwrap(), "Where is my parcel?");
        assert_eq!(Topic::of(&case::of(&burst)).unwrap().turn, TurnNumber(2));
    }

    #[test]
    fn a_short_answer_to_a_question_is_none_either() {
        let asked = ("assistant", "Which colour would you like?");
        assert_eq!(words_of(&[asked, ("customer", "Midnight blue")]), None);
        let told = ("assistant", "It comes in two colours.");
        assert!(words_of(&[told, ("customer", "Midnight blue")]).is_some());
        assert!(words_of(&[asked, ("customer", "tell me a joke first")]).is_some());
    }

    #[test]
    fn a_short_turn_that_refers_back_is_read_in_context_too() {
        let topic = |last| {
            Topic::of(&case::of(&[
                ("customer", "How do I return boots?"),
                ("assistant", "With the label."),
                ("customer", last),
            ]))
        };
        let follow_up = topic("and how long does that take?").unwrap();
        let context = follow_up.in_context.unwrap();
        assert_eq!(
            context,
            "How do I return boots? and how long does that take?"
        );
        assert_eq!(topic("tell me a joke").unwrap().in_context, None);
    }
}
