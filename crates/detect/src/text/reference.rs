//! What a text refers to by name or number: the facts by which a repeated question is told from
//! one that brings something new.

use super::folded::Folded;

/// Most references read from one text.
const MAX_REFERENCES: usize = 32;

/// Numbers of at least three digits, codes of letters and digits, addresses, and names: capitalised
/// words inside a sentence. In lower case, without the punctuation around them.
///
/// Small numbers are left out: "the 2nd time", "3 weeks" say nothing new about the matter.
pub(crate) fn references(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut inside = false;
    for chunk in text.split_whitespace() {
        let word = chunk.trim_matches(|c: char| !c.is_alphanumeric());
        let begins = !inside;
        // A name can only be told inside a sentence: its first word is capitalised anyhow.
        inside = !chunk.ends_with(['.', '!', '?', ':']);
        if found.len() < MAX_REFERENCES && (is_code(word) || !begins && is_name(word)) {
            found.push(Folded::of(word).text().to_owned());
        }
    }
    found
}

fn is_code(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let address = word.contains('@') && word.contains('.');
    digits >= 3 || address
}

fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    let capital = chars.next().is_some_and(char::is_uppercase);
    // Shouted words are no names, nor is "I", nor "I'm".
    capital && chars.next().is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_references() {
        for (text, expected) in [
            ("Order #AB-1234, please ask Anna.", vec!["ab-1234", "anna"]),
            ("My mail is a@b.example", vec!["a@b.example"]),
            (
                "I said it 2 times. WHERE is it? I'm waiting 3 weeks",
                vec![],
            ),
            ("", vec![]),
        ] {
            assert_eq!(references(text), expected, "{text}");
        }
    }
}
