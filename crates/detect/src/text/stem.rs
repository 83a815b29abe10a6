//! The words that carry a text's meaning, in a form that inflection does not change.

use std::collections::HashSet;

use super::folded::Folded;
use super::word::{is_function_word, words};

/// Most words of one text that are taken.
const MAX_WORDS: usize = 400;

/// The stems of the words of `text` that have a meaning of their own.
pub(crate) fn stems(text: &str) -> HashSet<String> {
    let folded = Folded::of(text);
    words(folded.text())
        .take(MAX_WORDS)
        .filter(|word| !is_function_word(word.text))
        .map(|word| stem(word.text).to_owned())
        .collect()
}

/// A lower-case English word without its commonest endings. Light on purpose: two forms of one
/// word should meet, two words should not.
pub(crate) fn stem(word: &str) -> &str {
    let word = word.strip_suffix("'s").unwrap_or(word);
    if word.chars().any(|c| c.is_ascii_digit()) {
        return word;
    }
    for (ending, keep) in [
        ("ies", 3),
        ("ing", 3),
        ("edly", 3),
        ("ed", 3),
        ("es", 3),
        ("ly", 4),
        ("s", 3),
        ("e", 3),
        ("y", 3),
    ] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() >= keep
            && !(ending == "s" && stem.ends_with(['s', 'u', 'i']))
        {
            // "shipped" and "ship", "paid" aside.
            let mut letters = stem.chars().rev();
            let (last, before) = (letters.next(), letters.next());
            let doubled =
                matches!(ending, "ing" | "ed") && last == before && !stem.ends_with(['l', 's']);
            return if doubled {
                &stem[..stem.len() - last.map_or(0, char::len_utf8)]
            } else {
                stem
            };
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_meet() {
        for forms in [
            &["return", "returns", "returned", "returning"][..],
            &["ship", "shipped", "shipping", "ships"],
            &["delivery", "deliveries"],
            &["refund", "refunds", "refunded"],
            &["charge", "charged", "charges", "charging"],
        ] {
            assert!(
                forms.iter().all(|form| stem(form) == stem(forms[0])),
                "{forms:?}"
            );
        }
        for (a, b) in [("price", "prize"), ("bus", "bu"), ("ab12s", "ab12")] {
            assert_ne!(stem(a), stem(b));
        }
    }

    #[test]
    fn function_words_have_no_stem() {
        let found = stems("You can return the boots within 30 days.");
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, ["30", "boot", "day", "return"]);
    }
}
