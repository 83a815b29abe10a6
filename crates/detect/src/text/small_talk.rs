//! Turns that carry no topic: greetings, thanks, yes and no, a number that was asked for.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::pattern::built_in;
use super::word::{is_among, words};

/// Longest small talk, in words.
const MAX_WORDS: usize = 12;

/// Whether the folded `text` says nothing that a topic could be read from: every word is one of
/// politeness or assent, or a number or reference ("my order number is AB-1234").
pub(crate) fn is_small_talk(text: &str) -> bool {
    if text.split_whitespace().nth(MAX_WORDS).is_some() {
        return false;
    }
    let is_reference = |chunk: &str| chunk.contains(|c: char| c.is_ascii_digit());
    let refers = text.split_whitespace().any(is_reference);
    let is_polite = |word: &str| POLITE.contains(word) || refers && is_among(word, REFERRED);
    let rest = COURTESIES.replace_all(text, " ");
    let mut rest = rest.split_whitespace().filter(|chunk| !is_reference(chunk));
    rest.all(|chunk| words(chunk).all(|word| is_polite(word.text)))
}

/// What a number is given for; without a number it is what the text is about.
const REFERRED: &str = "order number reference";

/// Turns of phrase that are polite as a whole, of words that are not: "you are not helping", "how
/// much is it" and "it is a problem" have a topic.
static COURTESIES: LazyLock<Regex> = LazyLock::new(|| {
    built_in(concat!(
        r"\bhow (?:are you|do you do|nice|lovely|kind)\b|\bhow(?:'s| is) it going\b",
        r"|\bno problem\b|\btake care\b|\b(?:got it|not really|of course not)\b",
        r"|\b(?:so|very) much\b|\bmany thanks\b|\bmuch appreciated\b",
        r"|\bthat (?:really |all )?help(?:s|ed)\b|\bfor (?:all )?(?:your |the )?help(?:ing)?\b",
        r"|\b(?:you(?:'ve| have) been|that was|that is|that's) (?:(?:very|so|really|most|super) )?helpful\b",
        r"|^\W*(?:please )?help(?: please)?\W*$",
    ))
});

static POLITE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    a again ah all alright am and appreciated are awesome bit brilliant bye care cheers cool
    correct course day dear do done evening everyone everything exactly excellent fantastic fine
    for getting good goodbye great guess guys ha haha have hello helo hey hi hiya hmm i i'll i'm
    id in indeed is it it's its just k kind later lot lots lovely ma'am madam maybe mine moment
    morning my nah nice night no nope of oh ok okay okey one perfect please pleasure pls quick
    quickly really regards right see sir so soon sounds super sure thank thanks
    that that's thats the then there think this thx to today too ty understood very was week
    weekend welcome well will wonderful worries ya yeah yep yes yo you you're your yup
    "
    .split_whitespace()
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_assent_and_numbers_are_small_talk() {
        for text in [
            "hi",
            "hello there!",
            "good morning",
            "yes",
            "no thanks",
            "ok, thank you so much",
            "my order number is ab-1234",
            "12345",
            "that's right",
            "have a nice day",
            "how are you?",
            "no problem, thanks for your help",
            "you have been very helpful",
            "thanks, that helps",
            "ok got it, take care",
            "not really",
            "help please",
            "👍",
            "",
        ] {
            assert!(is_small_talk(text), "{text}");
        }
        for text in [
            "where is my parcel",
            "tell me a joke",
            "no refund",
            "cancel",
            "i have not got my order",
            "i never got my order",
            "my order is not right",
            "you are not helping",
            "no one is helping",
            "you are no help",
            "this is not helpful",
            "that is not helpful",
            "how much is it",
            "how do i do that",
            "will it take all day",
            "i have a problem",
            &"hi ".repeat(20),
        ] {
            assert!(!is_small_talk(text), "{text}");
        }
    }
}
