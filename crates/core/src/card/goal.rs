//! What the customer wants, in their words.

use crate::card::budget::shortened;
use crate::card::quotation::{is_hidden, quotation};
use crate::card::{Claim, QUOTE};
use crate::sentence::sentences;
use crate::signal::Trigger;
use crate::state::State;
use crate::turn::Turn;

/// Words of the first request and of the latest that are quoted.
const FIRST: usize = 16;
const LATEST: usize = 15;
/// References that the customer named elsewhere, and letters of one.
const REFERENCES: usize = 3;
const REFERENCE: usize = 32;
/// Fewest words that say what somebody wants.
const SUBSTANTIAL: usize = 4;

/// Words that open and close a message and say nothing of the matter.
const FILLER: &str = "hi hello hey hiya dear good morning afternoon evening day there team everyone \
                      thanks thank you so much very ok okay yes no yeah yep nope sure great perfect \
                      please well um uh oh right alright cheers bye goodbye anybody anyone here all \
                      of course sounds works fine correct";

/// The first substantial words since the last handback, the latest ones, and the references that
/// the customer named besides.
pub(super) fn goal(state: &State, trigger: &Trigger) -> Claim {
    let said: Vec<(&Turn, &str)> = state
        .examined()
        .filter(|turn| turn.is_customer())
        .map(|turn| (&**turn, matter(&turn.text)))
        .collect();
    let substantial = |(_, words): &&(&Turn, &str)| words.split_whitespace().count() >= SUBSTANTIAL;
    let first = said.iter().find(substantial).or(said.first());
    // "Yes, please transfer me" is the trigger's matter, not what it is about.
    let latest = said
        .iter()
        .rfind(|said| substantial(said) && !assents(said.1))
        .or_else(|| said.iter().rfind(|(turn, _)| turn.number == trigger.turn));
    let mut claim = Claim::default();
    let mut quoted = String::new();
    for ((turn, words), most) in [(first, FIRST), (latest, LATEST)]
        .into_iter()
        .filter_map(|(said, most)| Some((said?, most)))
    {
        if claim.turns.contains(&turn.number) {
            continue;
        }
        let words = wish(words);
        let words = if words.is_empty() {
            turn.text.as_str()
        } else {
            words
        };
        let joint = if claim.text.is_empty() { "" } else { " then " };
        let words = shortened(&quotation(words, QUOTE), most);
        claim.text = format!("{}{joint}{words}", claim.text);
        quoted.push_str(&words);
        claim.turns.push(turn.number);
    }
    let mut named = Vec::new();
    for (turn, _) in &said {
        for reference in references(&turn.text) {
            if named.len() < REFERENCES && !quoted.contains(reference) {
                quoted.push_str(reference);
                named.push(quotation(reference, REFERENCE));
                if !claim.turns.contains(&turn.number) {
                    claim.turns.push(turn.number);
                }
            }
        }
    }
    if !named.is_empty() {
        claim.text = format!("{} (named {})", claim.text, named.join(", "));
    }
    claim
}

/// A message without the greetings and thanks at its ends.
fn matter(text: &str) -> &str {
    let places = sentences(text);
    let says = |words: &str| ungreeted(words).split_whitespace().next().is_some();
    let mut telling = places.iter().filter(|at| says(&text[(*at).clone()]));
    let Some(first) = telling.next() else {
        return "";
    };
    let last = telling.next_back().unwrap_or(first);
    ungreeted(&text[first.start..last.end])
}

/// A message from where it says what is wanted; what led to that is in the turn itself.
fn wish(words: &str) -> &str {
    const WISHES: &[&str] = &[
        "i'd like",
        "i would like",
        "i want",
        "i need",
        "i'm looking",
        "i was hoping",
        "i'm hoping",
        "could you",
        "can you",
        "please",
    ];
    let lower = words.to_ascii_lowercase().replace('’', "'");
    // Other apostrophes have other lengths: then there is no telling the place.
    if lower.len() != words.len() {
        return words;
    }
    let starts = WISHES.iter().filter_map(|wish| lower.find(wish));
    let begins = |at: &usize| lower[..*at].ends_with([' ', '\n']) && *at > 0;
    let Some(at) = starts.filter(begins).min() else {
        return words;
    };
    let rest = &words[at..];
    // A wish in two words would tell less than the message.
    if rest.split_whitespace().count() >= 2 * SUBSTANTIAL {
        rest
    } else {
        words
    }
}

/// Whether a message only agrees to something, or asks for a person.
fn assents(words: &str) -> bool {
    const PERSON: &[&str] = &[
        "transfer me",
        "connect me",
        "human agent",
        "a human",
        "real person",
        "speak to",
        "talk to",
        "go ahead",
        "proceed with",
        "please proceed",
        "i confirm",
    ];
    let lower = words.to_lowercase();
    let begins = [
        "yes",
        "sure",
        "okay",
        "ok,",
        "no,",
        "that's right",
        "correct",
    ];
    let short = lower.split_whitespace().count() < 3 * SUBSTANTIAL;
    short
        && (begins.iter().any(|start| lower.starts_with(start))
            || PERSON.iter().any(|person| lower.contains(person)))
}

/// `sentence` from its first word that is more than a greeting.
fn ungreeted(sentence: &str) -> &str {
    let is_filler = |word: &str| {
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        word.is_empty() || FILLER.split_whitespace().any(|filler| filler == word)
    };
    let mut rest = sentence.trim_start();
    // "No refund yet" is no greeting: only what a sign ends is taken off, or the whole.
    let mut matter = rest;
    while let Some(word) = rest.split_whitespace().next() {
        if !is_filler(word) {
            return matter;
        }
        rest = rest[word.len()..].trim_start();
        if word.ends_with([',', '.', '!', '?', ':', '-', '–', '—']) {
            matter = rest;
        }
    }
    ""
}

/// Order numbers, addresses and the like: pieces with several digits, or with an `@`.
pub(super) fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')'))
        .map(|piece| piece.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|piece| {
            let digits = piece.chars().filter(char::is_ascii_digit).count();
            let address = piece.contains('@') && piece.contains('.');
            let short = piece.chars().count() <= REFERENCE && !piece.contains("://");
            short && (digits >= 3 || address) && !piece.chars().any(is_hidden)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_and_thanks_are_left_out() {
        for (said, expected) in [
            (
                "Hi! I want to return my boots. Thanks!",
                "I want to return my boots.",
            ),
            ("Hello, where is my parcel?", "where is my parcel?"),
            ("No refund has arrived", "No refund has arrived"),
            ("Thank you so much!", ""),
            ("Yes, please", ""),
        ] {
            assert_eq!(matter(said), expected);
        }
    }

    #[test]
    fn what_the_customer_named_is_a_reference() {
        let found: Vec<&str> =
            references("I am mia_li_3668, order #AB-1234 (a@b.example), 2 pairs").collect();
        assert_eq!(found, ["mia_li_3668", "AB-1234", "a@b.example"]);
    }
}
