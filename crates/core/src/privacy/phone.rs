//! Telephone numbers.

use super::national::joined;
use super::scan::{Run, Text, spaced};

/// How far before a bare number the words that make it a telephone number may stand.
const NEAR: usize = 32;
/// Most characters of an international number that are looked at.
const LONGEST: usize = 32;
/// Most characters that stand between two of its groups, as in `+49 (0) 151`.
const JOINTS: usize = 2;
/// Words, or their beginnings, that announce a telephone number.
const ANNOUNCED: [&str; 22] = [
    "call",
    "phone",
    "telephone",
    "tel.",
    "tel:",
    "tel ",
    "mobil",
    "cell",
    "whatsapp",
    "sms",
    "text me",
    "ring me",
    "my number",
    "reach me",
    "anruf",
    "handy",
    "telefon",
    "rückruf",
    "teléfono",
    "móvil",
    "téléphone",
    "portable",
];
/// Words that say that a number is of something else.
const OTHERWISE: [&str; 14] = [
    "order",
    "tracking",
    "invoice",
    "ticket",
    "reference",
    "case",
    "serial",
    "account",
    "bestell",
    "sendung",
    "rechnung",
    "commande",
    "pedido",
    "contract",
];

/// The end of a telephone number that begins at `at`.
pub(super) fn number(text: &Text<'_>, at: usize) -> Option<usize> {
    let first = text.at(at)?;
    if !(first == '+' || first == '(' || text.digit(at).is_some()) || !text.begins(at) {
        return None;
    }
    let before = at.checked_sub(1).and_then(|before| text.at(before));
    match first {
        _ if matches!(before, Some('+' | '#')) => None,
        // Also where a channel or a link says so: `tel:+49…`, `whatsapp:+49…`, `wa-+49…`.
        '+' => international(text, at),
        _ if joined(text, at) => None,
        '(' => bracketed(text, at),
        _ => grouped(text, at).or_else(|| announced(text, at)),
    }
}

/// `+` and 8 to 15 digits (ITU-T E.164, section 6), a bracketed zero or area code among them.
///
/// Another number may follow: it ends with the last group up to which it is none too long.
fn international(text: &Text<'_>, at: usize) -> Option<usize> {
    let (mut digits, mut joints) = (0, 0);
    let mut end = None;
    for next in at + 1..at + 1 + LONGEST {
        if text.digit(next).is_some() {
            (digits, joints) = (digits + 1, 0);
            if (8..=15).contains(&digits) && text.ends(next + 1) {
                end = Some(next + 1);
            }
        } else if digits > 0 && joints < JOINTS && text.at(next).is_some_and(joins) {
            joints += 1;
        } else {
            break;
        }
    }
    end
}

/// An area code in brackets, as in `(415) 555-2671`.
fn bracketed(text: &Text<'_>, at: usize) -> Option<usize> {
    let area = text.run(at + 1, |_| false);
    let closed = *area.ends.last()?;
    if !(2..=5).contains(&area.digits.len()) || text.at(closed) != Some(')') {
        return None;
    }
    let rest = match text.at(closed + 1) {
        Some(' ' | '\u{a0}') => closed + 2,
        _ => closed + 1,
    };
    let run = text.run(rest, spaced);
    let end = *run.ends.last()?;
    let digits = area.digits.len() + run.digits.len();
    ((8..=12).contains(&digits) && text.ends(end)).then_some(end)
}

/// Groups of digits that only telephone numbers have.
fn grouped(text: &Text<'_>, at: usize) -> Option<usize> {
    let run = text.run(at, |c| spaced(c) || matches!(c, '.' | '/'));
    // The middle of a longer number is none.
    let alone = at < 2 || text.digit(at - 2).is_none();
    // Another number may follow: the longest that looks like one.
    (2..=run.groups.len()).rev().find_map(|groups| {
        let run = run.first(groups);
        let end = *run.ends.last()?;
        let shaped =
            north_american(&run) || with_trunk_zero(&run) || alone && with_double_zero(&run);
        (shaped && text.ends(end) && !is_money(text, end)).then_some(end)
    })
}

/// Three, three and four digits, after a 1 or not, of an area and an exchange that there can be
/// (North American Numbering Plan: neither begins with 0 or 1).
fn north_american(run: &Run) -> bool {
    let (groups, digits) = match run.groups.as_slice() {
        [1, rest @ ..] if run.digits[0] == 1 => (rest, &run.digits[1..]),
        groups => (groups, run.digits.as_slice()),
    };
    groups == [3, 3, 4] && digits[0] >= 2 && digits[3] >= 2
}

/// A trunk zero, an area code and the rest, in two groups or more: 9 to 12 digits.
fn with_trunk_zero(run: &Run) -> bool {
    let groups = run.groups.as_slice();
    let dated = matches!(groups, [1 | 2, 1 | 2, 4, ..]) || matches!(groups, [2, 2, 2]);
    let area = groups.first().is_some_and(|first| (2..=5).contains(first));
    // In pairs, as in France, there are five of them.
    let pairs = groups.iter().all(|group| *group == 2) && groups.len() != 5;
    groups.last().is_some_and(|last| *last >= 2)
        && !dated
        && !pairs
        && area
        && run.digits[0] == 0
        && run.digits[1] != 0
        && (9..=12).contains(&run.digits.len())
}

/// The international prefix `00`, written in groups.
fn with_double_zero(run: &Run) -> bool {
    run.groups.len() >= 2
        && run.digits.starts_with(&[0, 0])
        && (10..=17).contains(&run.digits.len())
}

/// Nine to fifteen digits in a row, where the words before announce a telephone number.
fn announced(text: &Text<'_>, at: usize) -> Option<usize> {
    let run = text.run(at, spaced);
    let end = (1..=run.groups.len()).rev().find_map(|groups| {
        let run = run.first(groups);
        let end = *run.ends.last()?;
        let long = (9..=15).contains(&run.digits.len());
        (long && text.ends(end) && !is_money(text, end)).then_some(end)
    })?;
    let before = text.before(at, NEAR);
    let last = |words: &[&str]| words.iter().filter_map(|word| last(&before, word)).max();
    // The nearer word counts: "my order 12, call 0151…".
    (last(&ANNOUNCED)? >= last(&OTHERWISE).unwrap_or(0)).then_some(end)
}

/// Where `word` begins for the last time in `text`, at the beginning of a word.
fn last(text: &str, word: &str) -> Option<usize> {
    let begins = |at: &usize| !text[..*at].ends_with(char::is_alphanumeric);
    let mut places = text.rmatch_indices(word).map(|(at, _)| at);
    places.find(begins)
}

/// Whether cents or a currency follow.
fn is_money(text: &Text<'_>, end: usize) -> bool {
    match text.at(end) {
        Some(',' | '.') => text.digit(end + 1).is_some(),
        Some(' ' | '\u{a0}') => text.at(end + 1).is_some_and(|c| "€$£¥".contains(c)),
        Some(c) => "€$£¥".contains(c),
        None => false,
    }
}

/// Whether it may stand between the digits of an international number.
fn joins(c: char) -> bool {
    spaced(c) || matches!(c, '.' | '/' | '(' | ')')
}
