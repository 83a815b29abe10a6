//! What a customer tells, to be found again in a later turn: nobody should have to say it twice.

/// Fewest long words that make a turn comparable to another.
const FEWEST_WORDS: usize = 4;

/// What of a turn is found again in a later one: references such as order numbers and addresses, and
/// long words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// In order, each once, as `words` are.
    references: Vec<String>,
    words: Vec<String>,
}

impl Content {
    /// The content of `text`.
    pub fn of(text: &str) -> Self {
        let mut references = Vec::new();
        let mut words = Vec::new();
        for token in text.split_whitespace() {
            let token = token.trim_matches(|c: char| !c.is_alphanumeric());
            let length = token.chars().count();
            let digits = token.chars().filter(char::is_ascii_digit).count();
            if digits >= 4 || (token.contains('@') && token.contains('.')) {
                references.push(token.to_lowercase());
            } else if length >= 4 {
                words.push(token.to_lowercase());
            }
        }
        for list in [&mut references, &mut words] {
            list.sort_unstable();
            list.dedup();
        }
        Self { references, words }
    }

    /// Whether there is too little of it to be said again.
    pub fn is_slight(&self) -> bool {
        self.references.is_empty() && self.words.len() < FEWEST_WORDS
    }

    /// Whether this says again what `earlier` said: a reference, or seven in ten of the long words.
    pub fn repeats(&self, earlier: &Self) -> bool {
        let is_new = |known: &[String], it: &String| known.binary_search(it).is_err();
        let mut references = self.references.iter();
        let mut new = self.words.iter().filter(|it| is_new(&earlier.words, it));
        // Seven in ten are known as long as no more than three are new.
        let most_new = self.words.len() * 3 / 10;
        references.any(|it| !is_new(&earlier.references, it))
            || self.words.len() >= FEWEST_WORDS && new.nth(most_new).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn information_given_twice_is_a_repetition() {
        let earlier = Content::of("My order 48213 arrived with a torn box and a broken handle");
        for (text, again) in [
            ("It is #48213.", true),
            ("the order arrived with a broken handle", true),
            ("can I get my money back", false),
            ("order 99999", false),
        ] {
            assert_eq!(Content::of(text).repeats(&earlier), again, "{text}");
        }
    }

    #[test]
    fn seven_in_ten_long_words_are_said_again_and_six_are_not() {
        let earlier = Content::of("alpha bravo charlie delta echo foxtrot golf");
        let seven = "golf foxtrot echo delta charlie bravo alpha north south west";
        assert!(Content::of(seven).repeats(&earlier));
        assert!(!Content::of(&seven.replace("golf", "east")).repeats(&earlier));
        assert!(!Content::of("alpha bravo golf").repeats(&earlier));
    }

    #[test]
    fn few_short_words_say_nothing_again() {
        assert!(Content::of("yes, it is").is_slight());
        assert!(!Content::of("It is #48213.").is_slight());
        assert!(!Content::of("arrived with broken handle").is_slight());
    }
}
