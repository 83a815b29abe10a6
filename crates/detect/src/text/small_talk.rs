//! Turns that carry no topic: greetings, thanks, yes and no, a number that was asked for.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::word::words;

/// Longest small talk, in words.
const MAX_WORDS: usize = 12;

/// Whether the folded `text` says nothing that a topic could be read from: every word is one of
/// politeness or assent, or a number or reference ("my order number is AB-1234").
pub(crate) fn is_small_talk(text: &str) -> bool {
    let mut count = 0;
    for chunk in text.split_whitespace() {
        let reference = chunk.contains(|c: char| c.is_ascii_digit());
        let mut topics = words(chunk).filter(|word| !POLITE.contains(word.text));
        count += 1;
        if count > MAX_WORDS || !reference && topics.next().is_some() {
            return false;
        }
    }
    true
}

static POLITE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    a again ah all alright am and appreciated are awesome bit brilliant bye care cheers cool
    correct course day dear do done evening everyone everything exactly excellent fantastic fine
    for getting good goodbye got great guess guys ha haha have hello helo help helped helpful
    helping helps hey hi hiya hmm how i i'll i'm id in indeed is it it's its just k kind later
    lot lots lovely ma'am madam many maybe mine moment morning much my nah never nice night no
    nope not number of oh ok okay okey one order perfect please pleasure pls problem quick
    quickly really reference regards right see sir so soon sounds super sure take thank thanks
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
            &"hi ".repeat(20),
        ] {
            assert!(!is_small_talk(text), "{text}");
        }
    }
}
