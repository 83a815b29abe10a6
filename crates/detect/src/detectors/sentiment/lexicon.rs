//! The phrasing of upset customers, by hand: words with weights, and turns of phrase.

mod phrasings;

use std::ops::Range;

use crate::text::{Word, is_among, unwrapped, words};

use phrasings::{INTENSIFIERS, PHRASES, WEIGHTS};

/// What a phrasing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// Swearing or insults.
    Profanity,
    /// Plain words of anger or disappointment.
    Anger,
    /// Formal phrasing of a seriously upset customer.
    PoliteRage,
    /// "No, no, not that": denial upon denial.
    RepeatedNegation,
    /// Says that it was said before, or that it takes too long.
    Exhaustion,
    /// Threatens to leave, or to tell others.
    Threat,
    /// Praise that is meant otherwise.
    Sarcasm,
    /// Capitals and exclamation marks.
    Shouting,
}

impl Part {
    /// What an operator reads.
    pub(super) fn why(self) -> &'static str {
        match self {
            Part::Profanity => "profanity or insult",
            Part::Anger => "words of anger or disappointment",
            Part::PoliteRage => "polite rage: formal wording of a seriously upset customer",
            Part::RepeatedNegation => "repeated negation",
            Part::Exhaustion => "says it over and over, or waits too long",
            Part::Threat => "threatens to leave or to tell others",
            Part::Sarcasm => "sarcasm",
            Part::Shouting => "shouting",
        }
    }
}

/// A phrasing found in a folded text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) part: Part,
    /// How strong it is, 0 to 1.
    pub(super) weight: f32,
    pub(super) at: Range<usize>,
}

/// Most words of one text that are looked at.
const MAX_WORDS: usize = 600;

/// Words before one that may negate or strengthen it.
const REACH: usize = 3;

/// The phrasings in a folded text, with their weights after intensifiers and negation.
pub(super) fn hits(text: &str) -> Vec<Hit> {
    let text = &*unwrapped(text);
    let words: Vec<Word<'_>> = words(text).take(MAX_WORDS).collect();
    let mut hits = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let Some((part, weight)) = WEIGHTS.get(word.text) else {
            continue;
        };
        let mut weight = *weight;
        // A comma or full stop cuts the reach: "no, terrible" does not deny that it is.
        let near = words[..i].iter().rev().take(REACH);
        let near =
            near.take_while(|w| !text[w.at.end..word.at.start].contains(['.', ',', '!', '?', ';']));
        let mut negated = false;
        for before in near {
            if is_among(before.text, INTENSIFIERS) {
                weight = (weight * 1.3).min(1.0);
            }
            negated |= is_negation(before.text) || matches!(before.text, "without" | "hardly");
        }
        if negated && *part != Part::Profanity {
            continue;
        }
        hits.push(Hit {
            part: *part,
            weight,
            at: word.at.clone(),
        });
    }
    for (part, weight, pattern) in PHRASES.iter() {
        hits.extend(pattern.find_iter(text).take(4).map(|found| Hit {
            part: *part,
            weight: *weight,
            at: found.range(),
        }));
    }
    hits.extend(repeated_negation(text, &words));
    hits
}

/// Whether a folded word denies.
pub(super) fn is_negation(word: &str) -> bool {
    matches!(
        word,
        "no" | "not"
            | "never"
            | "nothing"
            | "nobody"
            | "none"
            | "nowhere"
            | "neither"
            | "nor"
            | "cannot"
            | "nope"
            | "dont"
            | "doesnt"
            | "didnt"
            | "isnt"
            | "cant"
            | "wont"
    ) || word.ends_with("n't")
}

/// Whether a folded text speaks to somebody.
pub(super) fn is_aimed(text: &str) -> bool {
    let mut words = words(text).take(MAX_WORDS);
    words.any(|word| {
        let stem = word.text.split('\'').next().unwrap_or_default();
        is_among(stem, "you u your yours ya yourself yourselves")
    })
}

/// "No no no", or many denials close together.
fn repeated_negation(text: &str, words: &[Word<'_>]) -> Option<Hit> {
    let mut run = 0;
    for (i, word) in words.iter().enumerate() {
        run = if matches!(word.text, "no" | "nope" | "not" | "stop" | "wrong") {
            run + 1
        } else {
            0
        };
        if run == 2 && (i + 1 == words.len() || words[i].text == words[i - 1].text) {
            return Some(Hit {
                part: Part::RepeatedNegation,
                weight: 0.4,
                at: words[i - 1].at.start..word.at.end,
            });
        }
    }
    let denials: Vec<&Word<'_>> = words.iter().filter(|w| is_negation(w.text)).collect();
    let (first, last) = (denials.first()?, denials.last()?);
    let dense = denials.len() >= 3 && denials.len() * 8 >= words.len();
    dense.then(|| Hit {
        part: Part::RepeatedNegation,
        weight: 0.3,
        at: first.at.start..last.at.end.min(text.len()),
    })
}

/// Capitals and exclamation marks in the `original` text, which folding takes away.
pub(super) fn shouting(original: &str) -> Option<f32> {
    let letters = || original.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    let loud_words = words(original)
        .filter(|w| w.text.chars().count() >= 2 && w.text.chars().all(char::is_uppercase))
        .count();
    // Order numbers, product names and `ASAP` are in capitals too.
    let loud = loud_words >= 3 && capitals * 10 > letters().count() * 7;
    let marks = original.contains("!!!") || original.contains("?!") || original.contains("!?");
    match (loud, marks) {
        (true, true) => Some(0.5),
        (true, false) => Some(0.35),
        (false, true) => Some(0.25),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        let mut parts: Vec<Part> = hits(&text.to_lowercase())
            .iter()
            .map(|hit| hit.part)
            .collect();
        parts.sort();
        parts.dedup();
        parts
    }

    #[test]
    fn each_part_knows_its_phrasing() {
        for (part, text) in [
            (Part::Profanity, "this is bullshit"),
            (Part::Anger, "your service is ridiculous"),
            (
                Part::PoliteRage,
                "With all due respect, your reply helps nobody.",
            ),
            (Part::PoliteRage, "Kindly explain to me why I should stay."),
            (Part::PoliteRage, "I am extremely disappointed."),
            (Part::PoliteRage, "I expect a written response."),
            (Part::PoliteRage, "This is my final attempt."),
            (Part::PoliteRage, "I will be taking this further."),
            (Part::Profanity, "are you stupid? i said the red one"),
            (Part::RepeatedNegation, "no no no"),
            (Part::Exhaustion, "I already told you the number"),
            (Part::Threat, "I will never buy here"),
            (Part::Sarcasm, "Thanks for nothing."),
            (Part::Sarcasm, "Thanks\nfor nothing."),
        ] {
            assert!(parts(text).contains(&part), "{text}: {:?}", parts(text));
        }
    }

    #[test]
    fn negation_and_strength_count() {
        let weight = |text: &str| hits(text).iter().map(|hit| hit.weight).fold(0.0, f32::max);
        assert!(weight("i am extremely disappointed") > weight("i am disappointed"));
        assert_eq!(weight("i am not angry at all"), 0.0);
        assert!(weight("no, this is terrible") > 0.5);
    }

    #[test]
    fn plain_turns_show_nothing() {
        for text in [
            "no",
            "no thanks",
            "it does not work",
            "cancel my order",
            "Where is my refund?",
            "I would be grateful if you could send me the invoice once more.",
            "the parcel is not there yet",
            "ok thanks, that is great",
        ] {
            assert_eq!(parts(text), [], "{text}");
        }
    }

    #[test]
    fn capitals_shout_and_references_do_not() {
        assert!(shouting("WHERE IS MY MONEY").is_some());
        assert!(shouting("what?!").is_some());
        for text in [
            "Order AB-1234 for the USB HUB",
            "OK",
            "PDF please, ASAP",
            "Thanks!",
        ] {
            assert_eq!(shouting(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_read_up_to_a_bound() {
        assert!(hits(&"fuck ".repeat(20_000)).len() <= MAX_WORDS + 64);
        assert!(hits(&"no ".repeat(20_000)).len() <= 64);
    }
}
