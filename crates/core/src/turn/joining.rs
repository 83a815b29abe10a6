//! Marks of citations, such as `[1]`, and the parts of an answer put together again.

use std::borrow::Cow;

use super::{Citation, Draft, MAX_TEXT, Speaker, Turn};

/// Most citations, and most passages, of an answer.
pub const MAX_CITATIONS: usize = 16;

/// `turns`, oldest first, with the parts of each answer put together under the number of its last:
/// turns of the assistant in one epoch with nothing but notices between them.
pub fn whole<'a>(turns: impl IntoIterator<Item = &'a Turn>) -> Vec<Turn> {
    let mut whole: Vec<Turn> = Vec::new();
    for turn in turns {
        let last = whole
            .iter()
            .rposition(|said| said.speaker != Speaker::Notice);
        let part = last.filter(|at| turn.goes_on_from(&whole[*at]));
        let turn = match part {
            Some(at) => whole.remove(at).continued(turn),
            None => turn.clone(),
        };
        whole.push(turn);
    }
    whole
}

impl Turn {
    /// Whether this turn goes on with the answer that `before` is a part of, where nobody else spoke
    /// between them.
    pub fn goes_on_from(&self, before: &Turn) -> bool {
        self.is_assistant() && before.is_assistant() && self.epoch == before.epoch
    }

    /// This part of an answer and the `next` one as one turn, under the number of the next.
    pub fn continued(self, next: &Turn) -> Turn {
        let (text, citations) = joined(self.text, self.citations, &next.text, &next.citations);
        Turn {
            number: next.number,
            at: next.at,
            text,
            citations,
            ..self
        }
    }
}

impl Draft {
    /// This part of a draft and the `next` one as one draft.
    pub fn continued(self, next: Draft) -> Draft {
        let (text, citations) = joined(self.text, self.citations, &next.text, &next.citations);
        let mut passages = self.passages;
        for passage in &next.passages {
            place(&mut passages, passage);
        }
        Draft {
            text,
            citations,
            passages,
            actions: [self.actions, next.actions].concat(),
            token_probability: next.token_probability,
        }
    }
}

/// `text` with the numbers in its marks as `number` gives them, from 1; marks that get none go, with
/// the blanks before them. A mark is a number of one or two digits in square brackets.
pub fn renumbered(text: &str, mut number: impl FnMut(usize) -> Option<usize>) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inside, behind)) = mark(rest) {
        words.push_str(before);
        match number(inside) {
            Some(number) => words.push_str(&format!("[{number}]")),
            None => words.truncate(words.trim_end().len()),
        }
        rest = behind;
    }
    words.push_str(rest);
    words
}

/// The first mark of `text`: what stands before it, its number, what stands behind.
fn mark(text: &str) -> Option<(&str, usize, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        let inside = &text[open + 1..];
        let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=2).contains(&digits) && inside[digits..].starts_with(']') {
            let number = inside[..digits].parse().ok()?;
            return Some((&text[..open], number, &inside[digits + 1..]));
        }
        from = open + 1;
    }
    None
}

/// `text` with what is `next` behind it. The marks of each point into its own citations; those of the
/// next come to point into both together. Parts that count through the same passages keep their
/// numbers.
fn joined(
    text: String,
    mut citations: Vec<Citation>,
    next: &str,
    cited: &[Citation],
) -> (String, Vec<Citation>) {
    let next = match citations.starts_with(cited) || cited.starts_with(&citations) {
        true => {
            let further = cited.iter().take(MAX_CITATIONS).skip(citations.len());
            citations.extend(further.cloned());
            Cow::Borrowed(next)
        }
        false => {
            let places = cited.iter().map(|one| place(&mut citations, one));
            let places: Vec<Option<usize>> = places.collect();
            Cow::Owned(renumbered(next, |number| {
                let known = number.checked_sub(1).and_then(|index| places.get(index));
                known.copied().unwrap_or(Some(number))
            }))
        }
    };
    let mut text = [text.trim(), next.trim()].join(" ").trim().to_owned();
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    (text, citations)
}

/// Which one of `all` is `one`, from 1. It becomes the last where it is not among them, while there
/// is room.
fn place(all: &mut Vec<Citation>, one: &Citation) -> Option<usize> {
    if let Some(index) = all.iter().position(|known| known == one) {
        return Some(index + 1);
    }
    (all.len() < MAX_CITATIONS).then(|| {
        all.push(one.clone());
        all.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Epoch, Timestamp, TurnNumber};

    fn passage(name: &str) -> Citation {
        Citation {
            document: name.to_owned(),
            title: name.to_owned(),
            passage: format!("About {name}."),
        }
    }

    fn part(text: &str, cited: &[&str]) -> Draft {
        Draft {
            text: text.to_owned(),
            citations: cited.iter().map(|name| passage(name)).collect(),
            passages: vec![passage("a"), passage("b")],
            ..Draft::default()
        }
    }

    #[test]
    fn marks_point_to_their_passages_when_parts_are_joined() {
        let parts = [
            part("Thirty days [1].", &["b"]),
            part("Free [1], always [2].\n", &["a", "b"]),
            part("See [x] and a[9].", &[]),
        ];
        let whole = parts.into_iter().reduce(Draft::continued).unwrap();
        assert_eq!(
            whole.text,
            "Thirty days [1]. Free [2], always [1]. See [x] and a[9]."
        );
        assert_eq!(whole.citations, [passage("b"), passage("a")]);
        assert_eq!(whole.passages, [passage("a"), passage("b")]);
    }

    #[test]
    fn parts_that_count_through_the_same_passages_keep_their_numbers() {
        let parts = [
            part("One [1].", &["a"]),
            part("Two [2], four [4].", &["a", "b", "a", "c"]),
            part("Three [3].", &["a", "b", "a"]),
        ];
        let whole = parts.into_iter().reduce(Draft::continued).unwrap();
        assert_eq!(whole.text, "One [1]. Two [2], four [4]. Three [3].");
        assert_eq!(whole.citations, ["a", "b", "a", "c"].map(passage));
    }

    #[test]
    fn parts_are_one_answer_where_nobody_else_spoke_in_the_epoch() {
        let said = [
            (Speaker::Customer, "Hello", 1),
            (Speaker::Assistant, "Let me see.", 1),
            (Speaker::Notice, "One moment.", 1),
            (Speaker::Assistant, "Thirty days.", 1),
            (Speaker::Customer, "And shoes?", 1),
            (Speaker::Assistant, "The same.", 1),
            (Speaker::Notice, "I am back.", 2),
            (Speaker::Assistant, "Anything else?", 2),
        ];
        let turns = (1..)
            .zip(said)
            .map(|(number, (speaker, text, epoch))| Turn {
                number: TurnNumber(number),
                speaker,
                text: text.to_owned(),
                at: Timestamp(0),
                epoch: Epoch(epoch),
                citations: Vec::new(),
            });
        let turns: Vec<Turn> = turns.collect();
        let whole: Vec<String> = whole(&turns)
            .into_iter()
            .map(|turn| format!("{} {}", turn.number, turn.text))
            .collect();
        assert_eq!(
            whole,
            [
                "1 Hello",
                "3 One moment.",
                "4 Let me see. Thirty days.",
                "5 And shoes?",
                "6 The same.",
                "7 I am back.",
                "8 Anything else?",
            ]
        );
    }

    #[test]
    fn an_answer_of_many_parts_stays_within_its_bounds() {
        let parts = (0..100).map(|number| {
            let text = format!("{} [1].", "x".repeat(MAX_TEXT / 90));
            part(&text, &[&format!("doc-{number}")])
        });
        let whole = parts.reduce(Draft::continued).unwrap();
        assert_eq!(whole.text.len(), MAX_TEXT);
        assert_eq!(whole.citations.len(), MAX_CITATIONS);
        assert!(whole.text.contains("[16]") && !whole.text.contains("[17]"));
    }
}
