//! An answer that is said sentence by sentence while the rest of it is on its way.

use serde_json::Value;
use tokio::sync::mpsc;
use warmline_core::ConversationId;
use warmline_core::sentence::sentences;
use warmline_core::turn::renumbered;

use super::{Chat, Completion, Dialect};
use crate::Error;

/// Parts in which the answer to one request to the model is said at most, besides the rest, which is
/// said as a whole. Each is a turn, and of a conversation only the latest
/// [`WINDOW`](warmline_core::state::WINDOW) are kept at hand: three questions with the two answers
/// between them must be among those, or nobody would see that the questions are the same.
const MAX_PARTS: usize = 8;

impl Chat {
    /// Like [`stream`](Self::stream); `say` is waited for with every sentence, or several that came
    /// together, once another one has begun behind them. Beside the answer it gives the rest, which
    /// is still to be said.
    ///
    /// # Errors
    /// As [`complete`](Self::complete), and whatever `say` does.
    pub async fn spoken<F: Future<Output = Result<(), Error>>>(
        &self,
        conversation: Option<&ConversationId>,
        dialect: Dialect,
        request: &Value,
        mut say: impl FnMut(String) -> F,
    ) -> Result<(Completion, String), Error> {
        let (heard, mut words) = mpsc::unbounded_channel();
        let mut listener = move |words: &str| {
            // Nobody listens once the answer is complete.
            let _ = heard.send(words.to_owned());
        };
        let answer = self.stream(conversation, dialect, request, &mut listener);
        tokio::pin!(answer);
        let (mut rest, mut parts) = (String::new(), 0);
        let completion = loop {
            let words = tokio::select! {
                biased;
                Some(words) = words.recv() => words,
                completion = &mut answer => break completion?,
            };
            parts += say_complete(&mut rest, &words, parts, &mut say).await?;
        };
        // What came together with the end.
        while let Ok(words) = words.try_recv() {
            parts += say_complete(&mut rest, &words, parts, &mut say).await?;
        }
        Ok((completion, rest))
    }
}

/// Puts `words` behind the rest, and says what is complete by them as one more part, where so many
/// `parts` are not yet too many; answers how many it said.
async fn say_complete<F: Future<Output = Result<(), Error>>>(
    rest: &mut String,
    words: &str,
    parts: usize,
    say: &mut impl FnMut(String) -> F,
) -> Result<usize, Error> {
    rest.push_str(words);
    let complete = (parts < MAX_PARTS).then(|| complete_sentences(rest));
    let Some(sentences) = complete.flatten() else {
        return Ok(0);
    };
    say(sentences).await?;
    Ok(1)
}

/// Takes the sentences off `text` that are complete: another one has begun behind them. Marks of
/// citations behind a full stop belong to the sentence before it on the same line, and what holds no
/// words of its own goes with what follows.
fn complete_sentences(text: &mut String) -> Option<String> {
    let found = sentences(text).into_iter().rev();
    let mut begun = found.filter_map(|at| {
        let marks = behind_marks(&text[at.clone()])?;
        let begins_a_line = text[..at.start]
            .trim_end_matches([' ', '\t'])
            .ends_with('\n');
        Some(at.start + if begins_a_line { 0 } else { marks })
    });
    let cut = begun.next()?;
    let words = renumbered(&text[..cut], |_| None);
    if !words.contains(char::is_alphanumeric) {
        return None;
    }
    let rest = text.split_off(cut);
    Some(std::mem::replace(text, rest))
}

/// Where the words of `sentence` begin behind the marks before them; `None` where there are none, or
/// what stands there may become a mark.
fn behind_marks(sentence: &str) -> Option<usize> {
    let mut rest = sentence;
    while let Some(inside) = rest.trim_start().strip_prefix('[') {
        let behind = inside.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_number = (1..=2).contains(&(inside.len() - behind.len()));
        match behind.strip_prefix(']') {
            Some(behind) if is_number => rest = behind,
            None if behind.is_empty() => return None,
            _ => break,
        }
    }
    let has_words = rest.contains(char::is_alphanumeric);
    has_words.then_some(sentence.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts in which `words` are said as they come, and the rest.
    fn spoken(words: &[&str]) -> (Vec<String>, String) {
        let mut text = String::new();
        let mut released = Vec::new();
        for words in words {
            text.push_str(words);
            released.extend(complete_sentences(&mut text));
        }
        (released, text)
    }

    #[test]
    fn a_sentence_is_complete_when_another_one_has_begun() {
        let words = [
            "You have ",
            "30 days. ",
            "It is",
            " free. Send",
            " it back.",
        ];
        let (released, rest) = spoken(&words);
        assert_eq!(released, ["You have 30 days. ", "It is free. "]);
        assert_eq!(rest, "Send it back.");
    }

    #[test]
    fn a_mark_behind_the_full_stop_goes_with_its_sentence() {
        let whole = "You have 30 days. [1] [2] It is free. [1]";
        let letters: Vec<&str> = whole.split_inclusive(|_| true).collect();
        for words in [&letters[..], &[whole]] {
            let (released, rest) = spoken(words);
            assert_eq!(released, ["You have 30 days. [1] [2]"]);
            assert_eq!(rest, " It is free. [1]");
        }
        let (released, _) = spoken(&["Take one. [", "sic] And", " another. Then"]);
        assert_eq!(released, ["Take one. ", "[sic] And another. "]);
    }

    #[test]
    fn a_mark_that_begins_a_line_stays_there() {
        let (released, rest) = spoken(&["See below.\n[1] Returns policy\n[2] Shipping\n"]);
        assert_eq!(released, ["See below.\n[1] Returns policy\n"]);
        assert_eq!(rest, "[2] Shipping\n");
    }

    #[tokio::test]
    async fn an_answer_is_said_in_a_bounded_number_of_parts() {
        let (mut rest, mut said) = (String::new(), Vec::new());
        for line in 0..100 {
            let parts = said.len();
            let mut say = |part: String| {
                said.push(part);
                std::future::ready(Ok(()))
            };
            let words = format!("Line {line}.\n");
            say_complete(&mut rest, &words, parts, &mut say)
                .await
                .unwrap();
        }
        assert_eq!(said.len(), MAX_PARTS);
        assert!(said.concat().starts_with("Line 0.\n") && rest.ends_with("Line 99.\n"));
    }

    #[test]
    fn two_answers_leave_room_for_the_three_questions_around_them() {
        const { assert!(2 * (MAX_PARTS + 1) + 3 <= warmline_core::state::WINDOW) };
    }

    #[test]
    fn what_holds_no_words_goes_with_what_follows() {
        for before in [" ", "\n\n", "👋\n", "---\n", "[1]\n"] {
            let (released, rest) = spoken(&[before, "Hello", ". How", " are you?"]);
            assert_eq!(released, [format!("{before}Hello. ")]);
            assert_eq!(rest, "How are you?");
        }
    }
}
