//! A folded text as words, numbers and signs.

use std::ops::Range;

use super::number::MAX_NUMBER;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A run of letters.
    Word,
    /// Digits with the separators between them.
    Number,
    /// A currency sign.
    Sign,
    /// Any other character but blanks.
    Other,
}

/// A piece of a folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    pub(super) at: Range<usize>,
    /// Whether a blank, or the beginning, stands before it.
    pub(super) spaced: bool,
}

/// Splits a folded text; a letter and a digit that touch are two tokens.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    let mut spaced = true;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            spaced = true;
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = if first.is_ascii_digit() {
            (TokenKind::Number, number(&text[at..]))
        } else if first.is_alphabetic() {
            let rest = &text[at..];
            let end = rest.find(|c: char| !c.is_alphabetic());
            (TokenKind::Word, end.unwrap_or(rest.len()))
        } else if "$€£¥₹₽₩₺₪₴฿₫".contains(first) {
            (TokenKind::Sign, first.len_utf8())
        } else {
            (TokenKind::Other, first.len_utf8())
        };
        tokens.push(Token {
            kind,
            text: &text[at..at + length],
            at: at..at + length,
            spaced,
        });
        spaced = false;
        at += length;
    }
    tokens
}

/// How many bytes the number at the start of `text` takes: digits, single separators that have
/// digits on both sides, and blanks before groups of exactly three digits ("1 200 000"). Digits in
/// disguise count as well: the letter in "3oo", and those spaced out as in "3 0 0".
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    if let Some(end) = spaced_out(bytes).or_else(|| with_letters(text)) {
        return end;
    }
    let digits = |from: usize| {
        bytes[from.min(bytes.len())..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut end = digits(0);
    let mut grouped = end <= 3;
    loop {
        let run = digits(end + 1);
        match bytes.get(end) {
            Some(b'.' | b',' | b'\'') if run > 0 => grouped = false,
            Some(b' ') if grouped && run == 3 => {}
            _ => return end,
        }
        end += 1 + run;
    }
}

/// The end of three single digits or more, a blank between each, with the hundredths behind them.
/// Where three digits follow, the last single one may begin a number of its own, as in "orders 4 7
/// 1,100", and nothing is spaced out.
fn spaced_out(bytes: &[u8]) -> Option<usize> {
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 1;
    while end < MAX_NUMBER
        && bytes.get(end) == Some(&b' ')
        && is_digit(end + 1)
        && !is_digit(end + 2)
    {
        end += 2;
    }
    if end < 5 || is_digit(1) {
        return None;
    }
    let parts = |at: usize| matches!(bytes.get(at), Some(b'.' | b',' | b'\'' | b' '));
    let behind = (end + 1..).take_while(|at| is_digit(*at)).take(4).count();
    let next = end + 1 + behind;
    match (bytes.get(end), behind) {
        (_, 3) if parts(end) => None,
        (Some(b'.' | b','), 1 | 2) if !(parts(next) && is_digit(next + 1)) => Some(next),
        _ => Some(end),
    }
}

/// The end of digits among which the letter O stands for a nought; longer ones are no amount.
fn with_letters(text: &str) -> Option<usize> {
    let bytes = &text.as_bytes()[..text.len().min(MAX_NUMBER)];
    let is_own = |byte: &&u8| byte.is_ascii_digit() || **byte == b'o';
    let end = bytes.iter().take_while(is_own).count();
    let next = text[end..].chars().next();
    let goes_on = next.is_some_and(|next| next.is_alphanumeric() || next == '\'');
    (bytes[..end].contains(&b'o') && !goes_on).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_signs_are_told_apart() {
        let text = "us$1,200.50, 2k or 1 200 €! ab12";
        let found: Vec<(TokenKind, &str)> = tokens(text).iter().map(|t| (t.kind, t.text)).collect();
        use TokenKind::{Number, Other, Sign, Word};
        assert_eq!(
            found,
            [
                (Word, "us"),
                (Sign, "$"),
                (Number, "1,200.50"),
                (Other, ","),
                (Number, "2"),
                (Word, "k"),
                (Word, "or"),
                (Number, "1 200"),
                (Sign, "€"),
                (Other, "!"),
                (Word, "ab"),
                (Number, "12"),
            ]
        );
        assert!(
            tokens(text)
                .iter()
                .all(|token| &text[token.at.clone()] == token.text)
        );
    }

    #[test]
    fn a_number_ends_before_what_is_not_its_own() {
        for (text, expected) in [
            ("1,2", "1,2"),
            ("20, then", "20"),
            ("3.", "3"),
            ("12 34", "12"),
            ("1 234 5", "1 234"),
            ("1234 567", "1234"),
            ("9", "9"),
            ("3 0 0 dollars", "3 0 0"),
            ("3 0 items", "3"),
            ("1 2 34", "1"),
            ("3oo dollars", "3oo"),
            ("5 o'clock", "5"),
            ("5o'clock", "5"),
            ("2of", "2"),
            ("3oo€", "3oo"),
            ("3ooö", "3"),
            ("4 7 1,100 eur", "4"),
            ("0 0 5.000", "0"),
            ("4 7 1 100 eur", "4"),
            ("4 7 1,100,000", "4"),
            ("9 0 0.00", "9 0 0.00"),
            ("9 0 0,5 eur", "9 0 0,5"),
            ("9 0 0 50 items", "9 0 0"),
            ("1 2 3.04.2024", "1 2 3"),
        ] {
            assert_eq!(&text[..number(text)], expected);
        }
    }
}
