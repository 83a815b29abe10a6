//! Words, and which of them carry no meaning of their own.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// A word of a text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: Range<usize>,
}

/// The words of `text`: runs of letters and digits, with the apostrophes inside them.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(char::is_alphanumeric)?;
        let mut end = start;
        let mut chars = text[start..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let inside = c == '\'' && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
            if !c.is_alphanumeric() && !inside {
                break;
            }
            end = start + at + c.len_utf8();
        }
        rest = end;
        Some(Word {
            text: &text[start..end],
            at: start..end,
        })
    })
}

/// Whether `word` is one of the words of `list`, which blanks part.
pub(crate) fn is_among(word: &str, list: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// Whether a lower-case English word only holds a sentence together.
pub(crate) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(word)
}

/// Articles, pronouns, prepositions, auxiliaries, and fillers.
static FUNCTION_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    a about after again all also am an and any are as at be because been before being but by can
    could did do does doing during each either else ever few for from further get had has have
    having he hello her here hers hi him his how i i'd i'll i'm i've if in into is it it's its
    just kindly let like may me might more most much must my of on once only or other our ours
    out over own please same shall she should so some such than that that's the their theirs
    them then there these they this those through to too under until up upon us very was we
    we'll we're we've were what when where which while who whom whose why will with within would
    you you'll you're you've your yours
    "
    .split_whitespace()
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_apostrophes_and_places() {
        let text = "don't 'quote' me: order #A-12!";
        let found: Vec<&str> = words(text).map(|word| word.text).collect();
        assert_eq!(found, ["don't", "quote", "me", "order", "A", "12"]);
        assert!(words(text).all(|word| &text[word.at.clone()] == word.text));
        assert_eq!(words("…🙂").count(), 0);
    }

    #[test]
    fn function_words_are_told_from_words_with_a_meaning() {
        assert!(is_function_word("the"));
        assert!(!is_function_word("refund"));
    }
}
