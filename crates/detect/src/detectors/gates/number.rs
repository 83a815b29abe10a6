//! How much: digits and English number words.

use crate::text::is_among;

use super::lexer::{Token, TokenKind};

/// Longest number taken for a quantity, in bytes; longer ones are references.
pub(super) const MAX_NUMBER: usize = 16;

/// A quantity, and the token behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantity {
    pub(super) value: f64,
    pub(super) end: usize,
    /// Said as so many "grand": money, though no currency is named.
    pub(super) grand: bool,
    /// Written in digits that touch nothing else, unlike the `12` of `ab12` or `12:30`.
    pub(super) clean: bool,
}

/// The quantity that begins with token `at`.
pub(super) fn quantity(tokens: &[Token<'_>], at: usize) -> Option<Quantity> {
    let (mut value, mut end, clean) = match tokens[at].kind {
        TokenKind::Number => {
            let clean = touches_nothing(tokens, at);
            // A letter before the digits makes a reference of them, unless it names a currency;
            // whoever asks looks for that on the left.
            (digits(tokens[at].text)?, at + 1, clean)
        }
        TokenKind::Word => {
            let (value, end) = spelled(tokens, at)?;
            (value, end, true)
        }
        _ => return None,
    };
    if tokens
        .get(end)
        .is_some_and(|t| matches!(t.text, "%" | "percent"))
    {
        return None;
    }
    let mut grand = false;
    if let Some(next) = tokens.get(end) {
        let factor = match next.text {
            "k" => 1e3,
            "grand" => 1e3,
            "hundred" => 1e2,
            "thousand" => 1e3,
            "million" | "mio" | "mn" => 1e6,
            "m" if !next.spaced => 1e6,
            "billion" | "bn" => 1e9,
            _ => 1.0,
        };
        if factor > 1.0 {
            grand = next.text == "grand" && ends_phrase(tokens.get(end + 1));
            value *= factor;
            end += 1;
        }
    }
    Some(Quantity {
        value,
        end,
        grand,
        clean,
    })
}

/// Whether the digits at `at` stand alone, or with a multiplier behind them.
fn touches_nothing(tokens: &[Token<'_>], at: usize) -> bool {
    let joins = |token: &Token<'_>| {
        token.kind == TokenKind::Word
            || matches!(token.text, "#" | "-" | ":" | "/" | "_" | "." | "+")
    };
    let free_before = tokens[at].spaced
        || at
            .checked_sub(1)
            .is_none_or(|before| !joins(&tokens[before]));
    let free_behind = tokens.get(at + 1).is_none_or(|next| {
        next.spaced || !matches!(next.text, ":" | "/" | "_") && next.kind != TokenKind::Number
    });
    free_before && free_behind
}

/// Reads digits with separators, in either convention; `None` for what is no number ("1.2.3").
///
/// Of two kinds of separators the last is the decimal one. A single kind groups thousands where
/// exactly three digits follow each, and is a decimal sign otherwise; so "1.200" is 1200, as a
/// gate should rather read too much than too little.
fn digits(text: &str) -> Option<f64> {
    if text.len() > MAX_NUMBER {
        return None;
    }
    if text.contains('o') {
        return text.replace('o', "0").parse().ok();
    }
    // Spaced out: a blank behind every single digit, and perhaps hundredths.
    let spaced = text.rsplit_once(' ').filter(|(rest, last)| {
        let alone = |digit: &str| digit.len() == 1;
        rest.split(' ').all(alone) && (alone(last) || last.find(['.', ',']) == Some(1))
    });
    if spaced.is_some_and(|(rest, _)| rest.len() > 1) {
        return text.replace(' ', "").replace(',', ".").parse().ok();
    }
    let last = text.rfind(['.', ',']);
    let (whole, fraction) = match last {
        None => (text, ""),
        Some(at) => {
            let (whole, fraction) = (&text[..at], &text[at + 1..]);
            let same = whole.contains(text[at..].chars().next()?);
            let mixed = whole.contains(['.', ',', ' ', '\'']) && !same;
            let groups = fraction.len() == 3 && whole.len() <= 3 && !mixed && whole != "0";
            if same || groups {
                (text, "")
            } else {
                (whole, fraction)
            }
        }
    };
    let groups: Vec<&str> = whole.split(['.', ',', ' ', '\'']).collect();
    if let [first, middle @ .., last] = groups.as_slice() {
        // India groups by two above the thousands: 1,20,000.
        let middle_fits = middle.iter().all(|group| matches!(group.len(), 2 | 3));
        if first.len() > 3 || last.len() != 3 || !middle_fits {
            return None;
        }
    }
    format!("{}.{fraction}0", groups.concat()).parse().ok()
}

/// Reads number words: "three hundred and fifty", "a grand", "twenty-five thousand".
fn spelled(tokens: &[Token<'_>], at: usize) -> Option<(f64, usize)> {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.text);
    let mut at = at;
    let start = at;
    if matches!(word(at), "a" | "an") {
        // "a couple of hundred", "a few grand".
        let vague = match word(at + 1) {
            "couple" => Some(2.0),
            "few" => Some(3.0),
            _ => None,
        };
        let skip = match (vague, word(at + 2)) {
            (None, _) => 1,
            (Some(_), "of") => 3,
            (Some(_), _) => 2,
        };
        let scale = at + skip;
        return match word(scale) {
            "grand" if ends_phrase(tokens.get(scale + 1)) => Some((vague.unwrap_or(1.0), scale)),
            "hundred" | "thousand" | "million" if vague.is_some() => Some((vague?, scale)),
            "hundred" | "thousand" | "million" => sum(tokens, scale),
            _ => None,
        };
    }
    small(word(at))?;
    let (value, end) = sum(tokens, at)?;
    at = end;
    (at > start).then_some((value, at))
}

/// The hundredths said behind a currency, as in "two dollars fifty", and the token behind them.
/// What counts something else, or has a currency of its own, is none.
pub(super) fn hundredths(tokens: &[Token<'_>], at: usize) -> Option<(f64, usize)> {
    small(tokens.get(at)?.text)?;
    let (value, end) = sum(tokens, at)?;
    let ends = tokens.get(end).is_none_or(|next| match next.kind {
        TokenKind::Word => is_among(
            next.text,
            "for on to in and or back of is was at from please",
        ),
        TokenKind::Number | TokenKind::Sign => false,
        TokenKind::Other => true,
    });
    (ends && (1.0..100.0).contains(&value)).then_some((value / 100.0, end))
}

/// Adds up number words from token `at`; a leading "hundred" counts as one hundred.
fn sum(tokens: &[Token<'_>], at: usize) -> Option<(f64, usize)> {
    let mut total = 0.0;
    let mut group: f64 = 0.0;
    let mut end = at;
    let mut i = at;
    // No number that people spell out has more words.
    while i < tokens.len().min(at + 16) {
        match tokens[i].text {
            "hundred" => group = group.max(1.0) * 1e2,
            "thousand" => (total, group) = (total + group.max(1.0) * 1e3, 0.0),
            "million" => (total, group) = ((total + group.max(1.0)) * 1e6, 0.0),
            "and" | "-" if end == i && i > at => {
                i += 1;
                // The "and" belongs to the number only where more of it follows.
                if tokens.get(i).is_none_or(|t| small(t.text).is_none()) {
                    break;
                }
                let tens = tokens[i - 1].text == "-" && group % 100.0 < 20.0;
                if tens || (tokens[i - 1].text == "and" && total + group < 100.0) {
                    break;
                }
                continue;
            }
            word => match small(word) {
                Some(value) => group += value,
                None => break,
            },
        }
        i += 1;
        end = i;
    }
    (end > at).then_some((total + group, end))
}

/// The value of a number word below one hundred.
fn small(word: &str) -> Option<f64> {
    Some(match word {
        "zero" => 0.0,
        "one" => 1.0,
        "two" => 2.0,
        "three" => 3.0,
        "four" => 4.0,
        "five" => 5.0,
        "six" => 6.0,
        "seven" => 7.0,
        "eight" => 8.0,
        "nine" => 9.0,
        "ten" => 10.0,
        "eleven" => 11.0,
        "twelve" => 12.0,
        "thirteen" => 13.0,
        "fourteen" => 14.0,
        "fifteen" => 15.0,
        "sixteen" => 16.0,
        "seventeen" => 17.0,
        "eighteen" => 18.0,
        "nineteen" => 19.0,
        "twenty" => 20.0,
        "thirty" => 30.0,
        "forty" => 40.0,
        "fifty" => 50.0,
        "sixty" => 60.0,
        "seventy" => 70.0,
        "eighty" => 80.0,
        "ninety" => 90.0,
        _ => return None,
    })
}

/// Whether "grand" is a thousand here: what follows it is no noun, as in "a grand total".
fn ends_phrase(next: Option<&Token<'_>>) -> bool {
    const GOES_ON: &str = "for on in to and or back of is was at from please off already now if \
                           but by you i when that which because";
    next.is_none_or(|next| next.kind != TokenKind::Word || is_among(next.text, GOES_ON))
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let tokens = tokens(text);
        quantity(&tokens, 0)
            .filter(|q| q.end == tokens.len())
            .map(|q| q.value)
    }

    #[test]
    fn digits_are_read_in_either_convention() {
        for (text, expected) in [
            ("1200", Some(1200.0)),
            ("1,200", Some(1200.0)),
            ("1.200", Some(1200.0)),
            ("1,200.50", Some(1200.5)),
            ("1.200,50", Some(1200.5)),
            ("1'200'000", Some(1_200_000.0)),
            ("1,20,000", Some(120_000.0)),
            ("4.95", Some(4.95)),
            ("0.500", Some(0.5)),
            ("1.5k", Some(1500.0)),
            ("2 million", Some(2_000_000.0)),
            ("12.03.2024", None),
            ("1.2.3", None),
            ("50%", None),
            ("12345678901234567890", None),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn number_words_add_up() {
        for (text, expected) in [
            ("seven", Some(7.0)),
            ("twenty-five", Some(25.0)),
            ("a hundred and fifty", Some(150.0)),
            ("two thousand five hundred and one", Some(2501.0)),
            ("twenty-five thousand", Some(25_000.0)),
            ("three hundred thousand", Some(300_000.0)),
            ("a couple of hundred", Some(200.0)),
            ("a few thousand", Some(3000.0)),
            ("two grand", Some(2000.0)),
            ("a jacket", None),
            ("and", None),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }
}
