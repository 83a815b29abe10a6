//! Numbers of payment cards.

use super::scan::{Text, spaced};

/// Prefixes of issuers, as ranges of their first digits, and the lengths of their numbers (ISO/IEC
/// 7812 and the issuers' own tables).
const ISSUERS: [(u32, u32, &[usize]); 21] = [
    (4, 4, &[13, 16, 19]),
    (51, 55, &[16]),
    (2221, 2720, &[16]),
    (34, 34, &[15]),
    (37, 37, &[15]),
    (6011, 6011, &[16, 19]),
    (644, 649, &[16, 19]),
    (65, 65, &[16, 19]),
    (300, 305, &[14, 16]),
    (36, 36, &[14, 16]),
    (38, 39, &[14, 16]),
    (3528, 3589, &[16, 19]),
    (62, 62, &[16, 17, 18, 19]),
    (2200, 2204, &[16, 19]),
    (5018, 5018, &[13, 15, 16, 19]),
    (5020, 5020, &[13, 15, 16, 19]),
    (5038, 5038, &[13, 15, 16, 19]),
    (5893, 5893, &[13, 15, 16, 19]),
    (6304, 6304, &[13, 15, 16, 19]),
    (6759, 6763, &[13, 15, 16, 19]),
    (6703, 6703, &[16, 17, 18, 19]),
];

/// The end of a card's number that begins at `at`.
pub(super) fn number(text: &Text<'_>, at: usize) -> Option<usize> {
    text.digit(at)?;
    if !text.begins(at) {
        return None;
    }
    let run = text.run(at, spaced);
    // The longest first; a number ends with a group, as in "4111 1111 1111 1111 12/27".
    let mut length = 0;
    let ends: Vec<usize> = run
        .groups
        .iter()
        .map(|group| {
            length += group;
            length
        })
        .collect();
    ends.into_iter().rev().find_map(|length| {
        let digits = &run.digits[..length];
        let end = run.ends[length - 1];
        (issued(digits) && luhn(digits) && text.ends(end)).then_some(end)
    })
}

fn issued(digits: &[u8]) -> bool {
    ISSUERS.iter().any(|(from, to, lengths)| {
        let places = from.ilog10() as usize + 1;
        let prefix = digits.iter().take(places);
        let prefix = prefix.fold(0, |number, digit| number * 10 + u32::from(*digit));
        (*from..=*to).contains(&prefix) && lengths.contains(&digits.len())
    })
}

/// Whether the last digit is the check digit of the others: from the right every second one is
/// doubled, and the sum of all digits is a multiple of ten.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = (0..)
        .zip(digits.iter().rev())
        .map(|(place, digit)| match place % 2 {
            0 => u32::from(*digit),
            _ => u32::from(digit * 2 / 10 + digit * 2 % 10),
        })
        .sum();
    sum.is_multiple_of(10)
}
