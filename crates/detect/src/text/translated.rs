//! Other languages' words for what gates look for, and misspelled ones.

use std::sync::LazyLock;

use regex::Regex;

use super::word::{Word, words};

/// A foreign word and the English it is read as.
type Entry = (&'static str, &'static str);

/// Folded words, without accents, of more than one word or of one.
///
/// A hand-made selection of what customers of an English-speaking assistant would say to get the
/// same done: refunds, lawyers, humans. Words that are English as well are left out.
const WORDS: &[Entry] = &[
    // German
    ("ruckerstattung", "refund"),
    ("rueckerstattung", "refund"),
    ("erstattung", "refund"),
    ("erstatten", "refund"),
    ("ruckzahlung", "refund"),
    ("rueckzahlung", "refund"),
    ("geld zuruck", "money back refund"),
    ("geld zurueck", "money back refund"),
    ("anwalt", "lawyer"),
    ("rechtsanwalt", "lawyer"),
    ("mit einem mitarbeiter", "talk to a human"),
    ("mit einem menschen", "talk to a human"),
    // French
    ("remboursement", "refund"),
    ("rembourser", "refund"),
    ("remboursez", "refund"),
    ("remboursezmoi", "refund me"),
    ("avocat", "lawyer"),
    ("a un humain", "talk to a human"),
    ("un conseiller", "talk to a human"),
    // Spanish
    ("reembolso", "refund"),
    ("reembolsar", "refund"),
    ("reembolsen", "refund"),
    ("devolucion", "refund"),
    ("devuelvan", "refund"),
    ("abogado", "lawyer"),
    ("con un humano", "talk to a human"),
    ("con una persona", "talk to a human"),
    ("con un agente", "talk to a human"),
    // Portuguese
    ("estorno", "refund"),
    ("advogado", "lawyer"),
    ("com um atendente", "talk to a human"),
    // Italian
    ("rimborso", "refund"),
    ("rimborsare", "refund"),
    ("rimborsate", "refund"),
    ("rimborsatemi", "refund me"),
    ("avvocato", "lawyer"),
    ("con un operatore", "talk to a human"),
    ("con un umano", "talk to a human"),
    // Dutch
    ("terugbetaling", "refund"),
    ("terugbetalen", "refund"),
    ("geld terug", "money back refund"),
    ("advocaat", "lawyer"),
    ("een mens spreken", "talk to a human"),
    ("een medewerker spreken", "talk to a human"),
    // Polish, Czech
    ("zwrot pieniedzy", "refund"),
    ("zwrotu pieniedzy", "refund"),
    ("prawnik", "lawyer"),
    ("prawnika", "lawyer"),
    ("vraceni penez", "refund"),
    // Swedish, Norwegian, Danish
    ("aterbetalning", "refund"),
    ("tilbakebetaling", "refund"),
    ("refusjon", "refund"),
    ("tilbagebetaling", "refund"),
    ("pengarna tillbaka", "money back refund"),
    ("advokat", "lawyer"),
    // Turkish, Indonesian, Vietnamese
    ("para iadesi", "refund"),
    ("geri odeme", "refund"),
    ("pengembalian dana", "refund"),
    ("hoan tien", "refund"),
    ("avukat", "lawyer"),
    // Russian, Ukrainian
    ("возврат", "refund"),
    ("возврата", "refund"),
    ("верните деньги", "refund money back"),
    ("вернуть деньги", "refund money back"),
    ("повернення коштів", "refund"),
    ("поверніть гроші", "refund money back"),
    ("адвокат", "lawyer"),
    ("адвокату", "lawyer"),
    ("юрист", "lawyer"),
    ("с оператором", "talk to a human"),
    ("позовите оператора", "talk to a human"),
    // Greek
    ("επιστροφη χρηματων", "refund"),
    ("επιστροφή χρημάτων", "refund"),
    ("δικηγόρο", "lawyer"),
    ("δικηγόρος", "lawyer"),
    // Arabic, Hebrew, Hindi
    ("استرداد", "refund"),
    ("استرجاع", "refund"),
    ("محامي", "lawyer"),
    ("بمحامي", "lawyer"),
    ("החזר", "refund"),
    ("रिफंड", "refund"),
    ("वकील", "lawyer"),
];

/// The same for languages that are written without blanks between words; the English gets some.
const UNSPACED: &[Entry] = &[
    ("返金", " refund "),
    ("弁護士", " lawyer "),
    ("退款", " refund "),
    ("退钱", " refund "),
    ("退錢", " refund "),
    ("律师", " lawyer "),
    ("律師", " lawyer "),
    ("人工客服", " talk to a human "),
    ("환불", " refund "),
    ("변호사", " lawyer "),
    ("คืนเงิน", " refund "),
];

/// What gates look for, in English: read also where it is misspelled or cut in two.
const ENGLISH: &[&str] = &[
    "refund",
    "refunded",
    "reimburse",
    "reimbursement",
    "lawyer",
    "attorney",
    "solicitor",
    "representative",
    "operator",
    "human",
];

/// What a request for a human is made of, read also where it is misspelled. Names of people look
/// like "person", and much looks like "agent": their slips stand in the patterns themselves.
const ASKED: &[&str] = &[
    "someone",
    "somebody",
    "assistant",
    "assistance",
    "speak",
    "speaking",
    "talking",
    "chatting",
    "contact",
    "contacting",
    "transfer",
];

/// Little words on which a request for a human hangs, read also where a letter of them is doubled.
const LITTLE: [&str; 2] = ["to", "with"];

/// Words as they should be that look like a slip.
const NO_SLIP: [&str; 16] = [
    "too",
    "layer",
    "steak",
    "sneak",
    "speck",
    "spank",
    "sneaking",
    "taking",
    "tacking",
    "tanking",
    "tasking",
    "charting",
    "chanting",
    "contract",
    "contacts",
    "contracting",
];

/// Any of the foreign words: most texts have none, and one pass tells.
static FOREIGN: LazyLock<Regex> = LazyLock::new(|| {
    let words = WORDS.iter().chain(UNSPACED);
    let words: Vec<String> = words.map(|(word, _)| regex::escape(word)).collect();
    Regex::new(&words.join("|")).expect("words are a regular expression")
});

/// Shortest word that gates look for whose misspellings are told from other words, in letters.
const LEAST_MISSPELLED: usize = 6;

/// Whether gates look for an English word.
pub(super) fn is_looked_for(word: &str) -> bool {
    ENGLISH.contains(&word)
}

/// Most words of one text that are found, and that are read for misspellings.
const MOST: usize = 64;
const MOST_READ: usize = 600;

/// The foreign and misspelled words in a folded text without accents, in order, each with its bytes
/// and what it is read as; none overlaps another.
pub(super) fn read_as(text: &str) -> Vec<(std::ops::Range<usize>, &'static str)> {
    let mut found: Vec<(std::ops::Range<usize>, &'static str)> = Vec::new();
    let bounded = |at: usize, word: &str| {
        let before = text[..at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        [before, behind]
            .iter()
            .all(|c| c.is_none_or(|c| !c.is_alphanumeric()))
    };
    let lists = [(WORDS, true), (UNSPACED, false)];
    let foreign = lists.into_iter().filter(|_| FOREIGN.is_match(text));
    for (list, whole) in foreign {
        for (word, english) in list {
            let places = text.match_indices(word).map(|(at, _)| at);
            let places = places.filter(|at| !whole || bounded(*at, word));
            found.extend(places.take(MOST).map(|at| (at..at + word.len(), *english)));
        }
    }
    found.extend(misspelled(text));
    // Of two at one place the longer.
    found.sort_by_key(|(at, _)| (at.start, usize::MAX - at.end));
    found.truncate(MOST);
    let mut end = 0;
    found.retain(|(at, _)| {
        let free = at.start >= end;
        if free {
            end = at.end;
        }
        free
    });
    found
}

/// English words that are one slip away from what gates look for, that a blank cuts in two, or to
/// which a "to" is stuck.
fn misspelled(text: &str) -> Vec<(std::ops::Range<usize>, &'static str)> {
    let words: Vec<Word<'_>> = words(text).take(MOST_READ).collect();
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        found.extend(meant(word.text).map(|known| (word.at.clone(), known)));
        if let Some(next) = words.get(i + 1) {
            let cut = |known: &&&str| known.strip_prefix(word.text) == Some(next.text);
            let known = ENGLISH.iter().find(cut);
            found.extend(known.map(|known| (word.at.start..next.at.end, *known)));
        }
    }
    found
}

/// What gates look for that is misspelled as `word`.
fn meant(word: &str) -> Option<&'static str> {
    if [ENGLISH, ASKED].iter().any(|list| list.contains(&word)) || NO_SLIP.contains(&word) {
        return None;
    }
    let looked_for = ENGLISH.iter().filter(|k| k.len() >= LEAST_MISSPELLED);
    let slipped = looked_for.chain(ASKED).find(|known| is_slip(word, known));
    let stuck = || {
        ASKED
            .iter()
            .find(|known| word.strip_prefix("to") == Some(known))
    };
    let little = || LITTLE.iter().find(|little| is_doubled(word, little));
    slipped.or_else(stuck).or_else(little).copied()
}

/// Whether `word` is `known` with one of its letters doubled.
fn is_doubled(word: &str, known: &str) -> bool {
    let once = |(at, letter)| word.strip_prefix(&known[..at])?.strip_prefix(letter);
    let mut rests = known
        .char_indices()
        .map(|(at, letter)| (at, once((at, letter))));
    word.len() == known.len() + 1 && rests.any(|(at, rest)| rest == Some(&known[at..]))
}

/// Whether `word` is `known` with one letter more, less, or other, or two changed about; the first
/// letter and, where one is missing or other, the last are right.
fn is_slip(word: &str, known: &str) -> bool {
    let (word, known) = (word.as_bytes(), known.as_bytes());
    if word.first() != known.first() || word.len().abs_diff(known.len()) > 1 {
        return false;
    }
    let same = word.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (word, known) = (&word[same..], &known[same..]);
    match (word, known) {
        ([a, b, rest @ ..], [c, d, end @ ..]) if a == d && b == c && rest == end => true,
        // One more than there should be; behind the end it is an inflection.
        ([_, rest @ ..], end) if rest == end && !end.is_empty() => true,
        (rest, [_, end @ ..]) if rest == end && !rest.is_empty() => true,
        ([_, rest @ ..], [_, end @ ..]) => rest == end && !rest.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_and_a_cut_are_read_as_what_was_meant() {
        for text in ["reefund", "refnud", "refudn", "rfund", "refumd", "ref und"] {
            let found = read_as(text);
            assert_eq!(found, [(0..text.len(), "refund")], "{text}");
        }
        for text in [
            "refund",
            "refunds",
            "defund",
            "refuse",
            "refined",
            "refun",
            "agenda",
            "regent",
            "too",
            "tow",
            "contract",
            "humane",
            "agents",
            "persona",
            "hunan",
            "pearson",
            "arent",
            "taking",
            "some body",
            "some one",
            "contacts",
            "speaks",
        ] {
            assert!(read_as(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_stuck_to_and_a_doubled_letter_are_taken_off() {
        for (text, meant) in [
            ("tospeak", "speak"),
            ("tocontact", "contact"),
            ("tto", "to"),
            ("witth", "with"),
            ("speek", "speak"),
            ("contactig", "contacting"),
        ] {
            assert_eq!(read_as(text), [(0..text.len(), meant)], "{text}");
        }
    }

    #[test]
    fn foreign_words_are_found_whole_and_once() {
        let words = |text| {
            let found = read_as(text).into_iter();
            found.map(|(_, english)| english).collect::<Vec<_>>()
        };
        assert_eq!(words("quiero un reembolso, abogado"), ["refund", "lawyer"]);
        assert_eq!(words("ich will mein geld zuruck"), ["money back refund"]);
        assert_eq!(words("請退款給我"), [" refund "]);
        assert!(words("the avocado advocates an anwaltx").is_empty());
    }
}
