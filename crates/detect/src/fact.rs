//! Hard facts: what must stand in a source as it stands in a claim.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::text::{Folded, cut, is_among, stems, words};

/// What is counted, not measured.
const ORDERING: &str = "step steps passage passages option options point points number part parts \
                        section sections source sources document documents";

/// Words with which an answer speaks of itself and of where it comes from.
const OF_ANSWERS: &str = "based given passage passages provided answer question information \
                          following according mentioned";

/// Most facts of one text.
const MAX_FACTS: usize = 2_000;

/// A fact and where it stands in the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// In one form for all ways of writing it: "30", "4.95", "ab-1234", "a@b.example".
    pub(crate) form: String,
    pub(crate) at: Range<usize>,
    /// Whether a claim must not name it without a source. Soft are numbers that order the text
    /// ("step 2", "3.") and number words that count what the text itself tells ("two ways").
    pub(crate) hard: bool,
}

/// The numbers, amounts, dates, codes and addresses of a text.
///
/// Numbers are compared as values, without thousands separators and trailing zeros, whatever unit
/// stands beside them; number words up to twelve, and months, count as numbers.
pub(crate) fn facts(text: &str) -> Vec<Fact> {
    let folded = Folded::of(text);
    let text = folded.text();
    let mut facts: Vec<Fact> = Vec::new();
    let mut add = |form: String, at: Range<usize>, hard: bool| {
        facts.push(Fact {
            form,
            at: folded.origin(at),
            hard,
        });
    };
    let mut before = "";
    let mut counted = false;
    let mut start = 0;
    for chunk in text.split_inclusive(char::is_whitespace).take(MAX_FACTS) {
        let at = start;
        start += chunk.len();
        let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric());
        let offset = at + chunk.find(bare).unwrap_or(0);
        let orders = offset == 0 && chunk.trim_end().ends_with(['.', ')', ':'])
            || is_among(before, ORDERING)
            || counted && (is_among(bare, "and or to") || bare.chars().all(|c| c.is_ascii_digit()));
        counted = orders;
        before = bare;
        if is_address(bare) || is_code(bare) {
            add(bare.to_owned(), offset..offset + bare.len(), true);
            continue;
        }
        for (number, place) in numbers(bare) {
            let (start, end) = (offset + place.start, offset + place.end);
            // "[2]" names a citation.
            let marks = text[..start].ends_with('[') && text[end..].starts_with(']');
            add(number, start..end, !orders && !marks);
        }
        for word in words(bare) {
            if let Some(form) = spelled(word.text) {
                let counts = form.starts_with(|c: char| c.is_ascii_digit());
                let hard = !counts || measures(&text[offset + word.at.end..]);
                let place = offset + word.at.start..offset + word.at.end;
                add(form.to_owned(), place, hard);
            }
        }
    }
    facts
}

fn is_address(chunk: &str) -> bool {
    chunk.contains('@') || chunk.contains("://") || chunk.starts_with("www.")
}

/// Whether a chunk mixes letters and digits as references do.
fn is_code(chunk: &str) -> bool {
    let letters = chunk.chars().filter(|c| c.is_alphabetic()).count();
    let digits = chunk.chars().filter(char::is_ascii_digit).count();
    letters >= 2 && digits >= 3
}

/// Whether one of the next two words is a unit: "two working days" says how long.
fn measures(rest: &str) -> bool {
    const UNITS: &str = "day days week weeks month months year years hour hours minute minutes \
                         percent euro euros dollar dollars pound pounds kg km metres meters";
    words(cut(rest, 64))
        .take(2)
        .any(|word| is_among(word.text, UNITS))
}

/// The forms of the facts of several texts.
pub(crate) fn forms<'a>(texts: impl Iterator<Item = &'a str>) -> HashSet<String> {
    texts.flat_map(facts).map(|fact| fact.form).collect()
}

/// Whether a text denies what it says.
pub(crate) fn denies(text: &str) -> bool {
    let folded = Folded::of(text);
    words(folded.text()).any(|word| {
        is_among(word.text, "not no never cannot nor neither") || word.text.ends_with("n't")
    })
}

/// The share of the claim's meaningful words that `source` has.
pub(crate) fn overlap(claim: &HashSet<String>, source: &HashSet<String>) -> f32 {
    if claim.is_empty() {
        return 0.0;
    }
    claim.intersection(source).count() as f32 / claim.len() as f32
}

/// The meaningful words of a text, without its numbers, which are facts, and without the words with
/// which an answer speaks of itself.
pub(crate) fn content(text: &str) -> HashSet<String> {
    static OF_ANSWER: LazyLock<HashSet<String>> = LazyLock::new(|| stems(OF_ANSWERS));
    let mut content = stems(text);
    content.retain(|word| !word.chars().all(|c| c.is_ascii_digit()) && !OF_ANSWER.contains(word));
    content
}

/// The numbers in a chunk, as values in one form, with their places.
fn numbers(chunk: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(start) = chunk[rest..]
        .find(|c: char| c.is_ascii_digit())
        .map(|at| rest + at)
    {
        let tail = &chunk[start..];
        let end = tail.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')));
        let number = tail[..end.unwrap_or(tail.len())].trim_end_matches(['.', ',']);
        found.push((value(number), start..start + number.len()));
        rest = start + number.len();
    }
    found
}

/// "1,200.50" and "1200.5" as "1200.5"; "1.200" and "1,200" as "1200"; "01" as "1".
fn value(number: &str) -> String {
    let last = number.rfind(['.', ',']);
    let groups = last.is_some_and(|at| number.len() - at == 4);
    let (whole, fraction) = match last {
        Some(at) if !groups => (&number[..at], number[at + 1..].trim_end_matches('0')),
        _ => (number, ""),
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// The form of a number word or month.
fn spelled(word: &str) -> Option<&'static str> {
    const FORMS: &str = "two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 \
                         twelve=12 thirty=30 january=jan february=feb march=mar april=apr june=jun \
                         july=jul august=aug september=sep october=oct november=nov december=dec";
    let mut pairs = FORMS.split(' ').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(spelled, _)| *spelled == word)
        .map(|(_, form)| form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        facts(text).into_iter().map(|fact| fact.form).collect()
    }

    #[test]
    fn facts_have_one_form_however_they_are_written() {
        for (text, expected) in [
            ("within 30 days", vec!["30"]),
            ("thirty days", vec!["30"]),
            ("€1,200.50 or 1200.5", vec!["1200.5", "1200.5"]),
            ("4.95 and 4,95", vec!["4.95", "4.95"]),
            ("from 9:00-17:30", vec!["9", "0", "17", "30"]),
            (
                "order AB-1234 to A@b.example.",
                vec!["ab-1234", "a@b.example"],
            ),
            ("by 5 March", vec!["5", "mar"]),
            ("no facts", vec![]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fact_knows_its_place() {
        let text = "It costs €4.95, order AB-1234.";
        let places: Vec<&str> = facts(text).into_iter().map(|fact| &text[fact.at]).collect();
        assert_eq!(places, ["4.95", "AB-1234"]);
    }

    #[test]
    fn numbers_that_order_or_count_the_text_are_soft() {
        for (text, hard) in [
            ("1. Open the app", false),
            ("In step 2 you sign", false),
            ("It lasts [2]", false),
            ("There are two ways", false),
            ("It takes two working days", true),
            ("It takes 2 days", true),
            ("Since March", true),
        ] {
            assert_eq!(facts(text)[0].hard, hard, "{text}");
        }
    }

    #[test]
    fn words_are_counted_by_their_meaning() {
        let claim = content("You can return the boots within 30 days.");
        assert_eq!(
            overlap(&claim, &content("Boots may be returned for 30 days")),
            1.0
        );
        assert_eq!(overlap(&claim, &content("The shop opens at nine")), 0.0);
        assert!(denies("It can't be returned") && !denies("It can be returned"));
    }
}
