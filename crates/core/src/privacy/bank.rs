//! International bank account numbers.

use super::scan::{Text, spaced};

/// The length of an account number by country (SWIFT's IBAN registry).
const LENGTHS: [(&str, usize); 88] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// The end of an account number that begins at `at`.
pub(super) fn iban(text: &Text<'_>, at: usize) -> Option<usize> {
    let letter = |at: usize| text.at(at).filter(char::is_ascii_alphabetic);
    let country = [letter(at)?, letter(at + 1)?].map(|c| c.to_ascii_uppercase());
    text.digit(at + 2)?;
    if !text.begins(at) {
        return None;
    }
    let country = String::from_iter(country);
    let (_, length) = LENGTHS.iter().find(|(known, _)| *known == country)?;
    let mut signs = Vec::with_capacity(*length);
    let mut next = at;
    while signs.len() < *length {
        let c = text.at(next)?;
        match text.digit(next) {
            Some(digit) => signs.push(u32::from(digit)),
            None if c.is_ascii_alphabetic() => {
                signs.push(u32::from(c.to_ascii_uppercase()) - u32::from('A') + 10);
            }
            None if spaced(c) && text.at(next + 1).is_some_and(char::is_alphanumeric) => {}
            None => return None,
        }
        next += 1;
    }
    (text.ends(next) && remainder(&signs) == 1).then_some(next)
}

/// The number modulo 97, with its first four signs at its end and letters as two digits.
fn remainder(signs: &[u32]) -> u32 {
    let moved = signs[4..].iter().chain(&signs[..4]);
    moved.fold(0, |rest, sign| match sign {
        0..=9 => (rest * 10 + sign) % 97,
        _ => (rest * 100 + sign) % 97,
    })
}
