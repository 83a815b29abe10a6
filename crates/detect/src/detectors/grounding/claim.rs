//! What a draft claims.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::{Folded, is_small_talk, sentences, stems};

/// Most sentences of one draft that are checked; the first ones, as answers begin with the answer.
const MAX_STATEMENTS: usize = 24;

/// A sentence of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) at: Range<usize>,
    /// Whether it says how things are. Greetings, thanks, apologies, questions, offers of help,
    /// announcements of an answer and excuses for having none do not, nor do sentences with less
    /// than two words of their own meaning and no number.
    pub(super) is_claim: bool,
}

/// The sentences of a draft.
pub(super) fn statements(draft: &str) -> Vec<Statement> {
    let sentences = sentences(draft).into_iter().take(MAX_STATEMENTS);
    sentences
        .map(|at| Statement {
            is_claim: is_claim(&draft[at.clone()]),
            at,
        })
        .collect()
}

/// The first sentence of a draft that says that it has no answer.
pub(super) fn excuse(draft: &str) -> Option<Range<usize>> {
    let mut sentences = sentences(draft).into_iter();
    sentences.find(|at| EXCUSE.is_match(Folded::of(&draft[at.clone()]).text()))
}

fn is_claim(sentence: &str) -> bool {
    let folded = Folded::of(sentence);
    let text = folded.text();
    let bare = stems(text).len() < 2 && !text.contains(|c: char| c.is_ascii_digit());
    // A colon announces what follows.
    let open = text.ends_with(['?', ':']);
    !(bare || open || is_small_talk(text) || COURTESY.is_match(text) || EXCUSE.is_match(text))
}

/// How sentences begin that accompany an answer and are none.
static COURTESY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^\W*(?:(?:of course|certainly|sure|absolutely|great|okay|ok|alright|no problem|yes|no|well)\W+)*(?:",
        r"(?:hello|hi|hey|dear|good (?:morning|afternoon|evening))\b",
        r"|(?:thank you|thanks|many thanks)\b",
        r"|(?:i(?:'m| am)|we(?:'re| are)|my apologies|apologies|sorry)[^.]{0,20}\b(?:sorry|apologi[sz]e|apologies|happy to help|glad to help|here to help)\b|^\W*(?:i|we) apologi[sz]e\b|^\W*(?:sorry|my apologies)\b",
        r"|(?:please )?(?:let me know|feel free|do not hesitate|don't hesitate|just (?:ask|reply|write)|reach out)\b",
        r"|(?:i|we)(?:'d| would| can| could|'ll be| will be) (?:be )?(?:happy|glad|pleased|help|assist)\b",
        r"|if (?:you|there)(?:'d| would| have| need| are| is|'s)?\b[^.]{0,60}\b(?:let me know|feel free|just ask|happy to|glad to|ask me|don't hesitate|do not hesitate|here to help)\b",
        r"|(?:i hope|hope) (?:this|that|it)\b|(?:have a|enjoy your|wishing you)\b",
        r"|i (?:understand|see|can see|hear|know|appreciate) (?:that |how |your |why |you)",
        r"|(?:could|can|may|would) you (?:please )?(?:tell|give|send|share|provide|confirm)\b|please (?:tell|give|send|share|provide|confirm)[^.]{0,40}\b(?:me|us|your)\b",
        r")",
    ))
    .expect("the built-in pattern is a regular expression")
});

/// Sentences that say that there is no answer.
static EXCUSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:passages?|context|documents?|sources?|articles?|information) (?:given|provided|above|i have|available to me) (?:do|does|did)(?: not|n't)\b",
        r"|\b(?:given|provided|available|these|the) (?:passages?|context|documents?|sources?|information|knowledge base) (?:do|does|did)(?: not|n't)\b",
        r"|\b(?:i|we)(?:'m| am| are)? (?:unable|not able|sorry)\b|\bunable to answer\b|\b(?:i|we) (?:do not|don't|cannot|can't|could not|couldn't) (?:find|answer|tell|say|know|see|have)\b",
    ))
    .expect("the built-in pattern is a regular expression")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_how_things_are_is_a_claim() {
        let draft = "Hello Anna! Thanks for your message. I'm sorry to hear that. You can return \
                     boots within 30 days. Shipping costs €4.95. Would you like a label? If you \
                     have any questions, feel free to ask. Let me know if I can help.";
        let claims = statements(draft).into_iter().filter(|s| s.is_claim);
        let found: Vec<&str> = claims.map(|claim| &draft[claim.at]).collect();
        assert_eq!(
            found,
            [
                "You can return boots within 30 days.",
                "Shipping costs €4.95."
            ]
        );
    }

    #[test]
    fn courtesy_alone_claims_nothing() {
        for draft in [
            "",
            "You're welcome!",
            "Hi, how can I help you today?",
            "Sorry about that.",
            "Of course, I'd be happy to help with that.",
            "Could you give me your order number?",
            "Please tell me your order number.",
            "I understand that this is frustrating.",
            "Have a nice day!",
            "Here is what I found on returns:",
            "I am unable to answer that.",
            "The given passages do not say how long it takes.",
        ] {
            let mut statements = statements(draft).into_iter();
            assert!(!statements.any(|s| s.is_claim), "{draft}");
        }
    }
}
