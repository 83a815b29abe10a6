//! Numbers that a state gives its people.

use super::scan::{Text, spaced};

/// The end of a national id that begins at `at`.
pub(super) fn id(text: &Text<'_>, at: usize) -> Option<usize> {
    match text.begins(at) {
        true => social_security(text, at).or_else(|| national_insurance(text, at)),
        false => None,
    }
}

/// Whether something before `at` is joined to it, as in `ORD-123-45-6789` and `10:30`. A colon behind a
/// word says what follows, as in `phone:415-555-2671`.
pub(super) fn joined(text: &Text<'_>, at: usize) -> bool {
    match at.checked_sub(1).and_then(|before| text.at(before)) {
        Some('#') => true,
        Some(':') => at >= 2 && text.digit(at - 2).is_some(),
        Some('-' | '.' | '/') => at >= 2 && text.at(at - 2).is_some_and(char::is_alphanumeric),
        _ => false,
    }
}

/// A US social security number: three, two and four digits, the area not 000, 666 or from 900 on,
/// the group not 00, the serial not 0000 (Social Security Administration, POMS RM 10201.035).
fn social_security(text: &Text<'_>, at: usize) -> Option<usize> {
    text.digit(at)?;
    let run = text.run(at, spaced);
    if !run.groups.starts_with(&[3, 2, 4]) || run.between[0] != run.between[1] || joined(text, at) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |n, digit| n * 10 + u32::from(*digit));
    let (area, group, serial) = (
        number(&run.digits[..3]),
        number(&run.digits[3..5]),
        number(&run.digits[5..9]),
    );
    let given = !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    let end = run.ends[8];
    (given && text.ends(end) && !goes_on(text, end)).then_some(end)
}

/// Whether more of the same number follows.
fn goes_on(text: &Text<'_>, end: usize) -> bool {
    text.at(end).is_some_and(|c| c == '-') && text.at(end + 1).is_some_and(char::is_alphanumeric)
}

/// A UK national insurance number: two letters of those that are given out, six digits, A to D
/// (HM Revenue & Customs, NIM39110).
fn national_insurance(text: &Text<'_>, at: usize) -> Option<usize> {
    let upper = |at: usize| text.at(at).map(|c| c.to_ascii_uppercase());
    let prefix = [upper(at)?, upper(at + 1)?];
    let plain = |c: &char| c.is_ascii_alphabetic() && !"DFIQUV".contains(*c);
    let known = prefix.iter().all(plain) && prefix[1] != 'O';
    let never = ["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"];
    if !known || never.contains(&String::from_iter(prefix).as_str()) {
        return None;
    }
    let skip = |at: usize| match text.at(at).is_some_and(spaced) {
        true => at + 1,
        false => at,
    };
    let mut next = at + 2;
    for _ in 0..3 {
        next = skip(next);
        text.digit(next)?;
        text.digit(next + 1)?;
        next += 2;
    }
    next = skip(next);
    let suffix = upper(next).is_some_and(|c| ('A'..='D').contains(&c));
    (suffix && text.ends(next + 1)).then_some(next + 1)
}
