//! Regular expressions that stay fast on every text.
//!
//! The crate `regex` searches by an automaton, several hundred megabytes a second, until a pattern
//! asks for a Unicode word border next to a byte that is no ASCII; then it searches by other means,
//! thousands of times slower. One "é" in a turn of 16 KiB is enough.

use regex::Regex;

/// A built-in pattern for folded text. Its `\b` and `\w` are those of ASCII, so it may not begin or
/// end a word with another letter, nor count on `\w` for one.
pub(crate) fn built_in(pattern: &str) -> Regex {
    let pattern = rewritten(pattern, &[('b', r"(?-u:\b)"), ('w', r"(?-u:\w)")]);
    Regex::new(&pattern).expect("the built-in patterns are regular expressions")
}

/// `pattern` with the word borders of ASCII, if it is of ASCII itself. A `\w` keeps its meaning. What
/// ends such a word with another letter, as "remboursé" does for `rembours\w+\b`, is found where the
/// accents are off.
pub(crate) fn ascii_borders(pattern: &str) -> String {
    match pattern.is_ascii() {
        true => rewritten(pattern, &[('b', r"(?-u:\b)")]),
        false => pattern.to_owned(),
    }
}

/// `pattern` with other words for some of its escapes, outside of classes; `\\b` is none, nor is
/// `\b{start}`.
fn rewritten(pattern: &str, instead: &[(char, &str)]) -> String {
    let mut written = String::with_capacity(2 * pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = chars.next_if(|_| c == '\\');
        let named = escaped == Some('b') && chars.peek() == Some(&'{');
        let other = instead
            .iter()
            .find(|(escape, _)| escaped == Some(*escape) && !named);
        match (escaped, other) {
            (_, Some((_, other))) => written.push_str(other),
            (Some(escaped), None) => written.extend([c, escaped]),
            (None, None) => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_and_word_characters_are_of_ascii() {
        let pattern = built_in(r"\bno \w+ing\b");
        assert_eq!(pattern.as_str(), r"(?-u:\b)no (?-u:\w)+ing(?-u:\b)");
        assert!(pattern.is_match("é no thing, über"));
        assert!(!pattern.is_match("piano thing"));
    }

    #[test]
    fn what_only_looks_like_a_border_stays() {
        for pattern in [r"a\\b", r"\b{start}a", "ça\\b", r"\\\\w", "x{2}"] {
            assert_eq!(ascii_borders(pattern), pattern);
        }
        assert_eq!(ascii_borders(r"\\\b\w"), r"\\(?-u:\b)\w");
    }
}
