//! Sentences.

use std::ops::Range;

/// Words with a full stop that does not end a sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "mr", "mrs", "ms", "dr", "approx", "etc", "vs", "inc", "ltd", "a.m", "p.m",
];

/// Where the sentences and lines of `text` stand, without their outer blanks; none is empty.
///
/// A sentence ends at a line break, or at `.`, `!`, `?` and their like when a blank or the end
/// follows. Decimal points, web addresses, ordinals of lists and common abbreviations end none.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' => {
                let closed = chars.peek().is_none_or(|(_, next)| {
                    next.is_whitespace() || matches!(next, '"' | '\'' | ')' | '”' | '’')
                });
                closed && (c != '.' || !is_abbreviation(&text[start..at]))
            }
            _ => false,
        };
        if !ends {
            continue;
        }
        let mut end = at + c.len_utf8();
        // Closing quotes and brackets belong to the sentence.
        while let Some((at, close)) =
            chars.next_if(|(_, c)| matches!(c, '"' | '\'' | ')' | '”' | '’'))
        {
            end = at + close.len_utf8();
        }
        found.push(start..end);
        start = end;
    }
    found.push(start..text.len());
    found.retain_mut(|sentence| {
        let words = &text[sentence.clone()];
        sentence.start += words.len() - words.trim_start().len();
        sentence.end -= words.len() - words.trim_end().len();
        words.contains(char::is_alphanumeric)
    });
    found
}

/// Whether the full stop behind `sentence` belongs to its last word.
fn is_abbreviation(sentence: &str) -> bool {
    let last = sentence
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let last = last.trim_start_matches(['(', '"', '\'']);
    let numbers_a_list = last == sentence.trim() && last.chars().all(|c| c.is_ascii_digit());
    let initial =
        last.chars().nth(1).is_none() && last.chars().all(char::is_uppercase) && last != "I";
    numbers_a_list || initial || ABBREVIATIONS.iter().any(|a| last.eq_ignore_ascii_case(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_where_a_reader_would() {
        for (text, expected) in [
            ("One. Two! Three?", vec!["One.", "Two!", "Three?"]),
            (
                "It costs 4.95. See shop.example.com/a for more",
                vec!["It costs 4.95.", "See shop.example.com/a for more"],
            ),
            (
                "e.g. this one. And Dr. Who",
                vec!["e.g. this one.", "And Dr. Who"],
            ),
            ("1. First\n2. Second", vec!["1. First", "2. Second"]),
            (
                "He said \"no.\" Then left...",
                vec!["He said \"no.\"", "Then left..."],
            ),
            ("- a point\n\n- another", vec!["- a point", "- another"]),
            ("", vec![]),
            ("?!", vec![]),
        ] {
            let found: Vec<&str> = sentences(text).into_iter().map(|at| &text[at]).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn hostile_text_is_split_in_one_pass() {
        assert_eq!(sentences(&"a. ".repeat(50_000)).len(), 50_000);
        assert!(sentences(&".".repeat(50_000)).is_empty());
    }
}
