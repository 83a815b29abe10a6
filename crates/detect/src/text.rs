//! Reading a turn: disguises removed, words and sentences found, all traceable to what was said.

use std::borrow::Cow;

mod folded;
mod lookalike;
mod pattern;
mod reference;
mod small_talk;
mod stem;
mod translated;
mod word;

pub(crate) use folded::Folded;
pub(crate) use pattern::{ascii_borders, built_in};
pub(crate) use reference::references;
pub(crate) use small_talk::is_small_talk;
pub(crate) use stem::{stem, stems};
pub(crate) use warmline_core::sentence::sentences;
pub(crate) use word::{Word, is_among, words};

/// The longest quotation in a piece of evidence, in characters; the rest becomes `…`.
const MAX_QUOTE: usize = 160;

/// `text` as a quotation: on one line, without its outer blanks, cut where it is too long.
pub(crate) fn quote(text: &str) -> String {
    let mut quote = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut length = 0;
    for word in words.filter(|word| !word.is_empty()) {
        if length > 0 {
            quote.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length == MAX_QUOTE {
                quote.push('…');
                return quote;
            }
            quote.push(c);
            length += 1;
        }
    }
    quote
}

/// `text` with blanks for its line breaks, which e-mail has in the middle of a phrase. Of the same
/// length, so that a place in one is the same place in the other.
pub(crate) fn unwrapped(text: &str) -> Cow<'_, str> {
    match text.contains('\n') {
        true => Cow::Owned(text.replace('\n', " ")),
        false => Cow::Borrowed(text),
    }
}

/// The first `limit` bytes of `text`, or fewer where a character would be cut.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_one_bounded_line() {
        assert_eq!(quote(" two\n\n lines\u{0007} "), "two lines");
        let long = quote(&"ä".repeat(10_000));
        assert_eq!(long.chars().count(), MAX_QUOTE + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("aä", 2), "a");
        assert_eq!(cut("aä", 9), "aä");
    }
}
