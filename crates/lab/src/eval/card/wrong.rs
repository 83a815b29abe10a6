//! False statements, made of true ones by rule.

use super::Statement;
use super::replayed::Replayed;

/// What is made wrong.
pub(super) const KINDS: [&str; 5] = ["number", "name", "done", "denial", "turn"];

/// Names that nobody has, instead of those of a run.
const NAME: &str = "Marlowe";
const CODE: &str = "QXZ";

/// What is wanted, and the same as if it were done.
const DONE: &[(&str, &str)] = &[
    ("wants to cancel", "had cancelled by the assistant"),
    ("asked to cancel", "had cancelled by the assistant"),
    ("Cancel ", "The assistant has cancelled "),
    ("wants to change", "was given a changed"),
    ("wants to book", "was booked"),
    ("wants to modify", "was given a modified"),
    ("wants to remove", "was refunded and got removed"),
    ("wants a refund", "was refunded"),
    ("asks for a partial refund", "was refunded partially"),
    ("wants compensation", "was compensated and got compensation"),
    ("wants Ethan removed", "got Ethan removed and refunded"),
    ("wants the insurance refunded", "was refunded the insurance"),
    (
        "wants the passenger name changed",
        "has the passenger name changed",
    ),
    ("to be updated", "was updated"),
    ("hopes for a certificate", "was issued a certificate"),
    (
        "would like to change",
        "was given a changed ticket, updated",
    ),
    ("is sick and wants to cancel", "is sick and cancelled"),
    ("Offered", "Issued"),
    (
        "Tried to book a reservation, which failed",
        "Booked a reservation",
    ),
    ("proposed to cancel", "cancelled"),
    ("Proposed", "Booked"),
];

/// What is denied, and the same affirmed.
const AFFIRMED: &[(&str, &str)] = &[
    ("does not want", "wants"),
    ("does not", "does"),
    ("cannot be", "can be"),
    ("cannot", "can"),
    ("are not", "are"),
    ("is not", "is"),
    ("was not", "was"),
    ("non-refundable", "refundable"),
    ("not possible", "possible"),
];

/// The false statements that can be made of a true one, each with the place of its kind in
/// [`KINDS`]; none that a run would make true.
pub(super) fn wrong(statement: &Statement, replayed: &Replayed) -> Vec<(usize, Statement)> {
    let text = &statement.text;
    let said = |text: String| Statement {
        text,
        ..statement.clone()
    };
    let first = |pairs: &[(&str, &str)]| {
        let pair = pairs.iter().find(|(from, _)| text.contains(from));
        pair.map(|(from, to)| text.replacen(from, to, 1))
    };
    let texts = [number(text), name(text), first(DONE), first(AFFIRMED)];
    let mut made: Vec<(usize, Statement)> = texts
        .into_iter()
        .enumerate()
        .filter_map(|(kind, text)| Some((kind, said(text?))))
        .collect();
    made.extend(misplaced(statement, replayed).map(|statement| (4, statement)));
    made
}

/// Every digit of the first number is another one.
fn number(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text[start..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(text.len(), |length| start + length);
    let other =
        |c: char| char::from_digit((c.to_digit(10).unwrap_or(0) + 3) % 10, 10).unwrap_or('7');
    let digits: String = text[start..end].chars().map(other).collect();
    Some(format!("{}{digits}{}", &text[..start], &text[end..]))
}

/// A name or code inside the sentence is another one.
fn name(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let at = words.iter().skip(1).position(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
        capital && word.len() > 2 && word.chars().all(|c| c.is_alphabetic())
    })? + 1;
    let is_code = words[at].chars().filter(char::is_ascii_uppercase).count() > 1;
    let mut words = words;
    words[at] = if is_code { CODE } else { NAME };
    Some(words.join(" "))
}

/// It cites a turn of the other party, the first that it does not cite already.
fn misplaced(statement: &Statement, replayed: &Replayed) -> Option<Statement> {
    let by_customer = statement.field == "customer_intent";
    let other = replayed.turns.iter().find(|turn| {
        turn.is_customer() != by_customer && !statement.turns.contains(&turn.number.0)
    })?;
    Some(Statement {
        turns: vec![other.number.0],
        ..statement.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_made_wrong() {
        assert_eq!(number("at 11 AM for $255").unwrap(), "at 44 AM for $255");
        assert_eq!(number("no digits"), None);
        assert_eq!(
            name("Flight to Leeds, now").unwrap(),
            "Flight to Marlowe now"
        );
        assert_eq!(name("From MCO").unwrap(), "From QXZ");
        assert_eq!(name("Only small words"), None);
    }
}
