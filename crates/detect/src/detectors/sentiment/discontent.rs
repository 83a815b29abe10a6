//! Discontent: a customer who is not angry but does not get what was asked for.
//!
//! Weaker than anger by far: it orders calm turns, and never makes a signal on its own.

use std::sync::LazyLock;

use regex::Regex;

use crate::logistic::sigmoid;
use crate::text::{Folded, built_in, cut, unwrapped};

/// Bytes of an answer that are read.
const MAX_BYTES: usize = 2_000;

/// What each sign adds to the log odds: an answer that fails, a denial, asking once more, thanks.
/// Set by hand; a denial and a repeated request count twice at most.
const FAILURE: f32 = 1.0;
const DENIAL: f32 = 0.5;
const ONCE_MORE: f32 = 0.3;
const THANKS: f32 = -1.0;

/// Log odds at which discontent is as likely as not.
const EVEN: f32 = 1.5;

/// How discontent a customer is who answers `answer` with the folded `text`, 0 to 1, from the log
/// odds that the text shows displeasure.
pub(super) fn discontent(text: &str, answer: Option<&str>, displeasure: f32) -> f32 {
    let text = &*unwrapped(text);
    let twice = |pattern: &Regex| pattern.find_iter(text).take(2).count() as f32;
    let failed = answer.is_some_and(|answer| {
        PATTERNS
            .failure
            .is_match(Folded::of(cut(answer, MAX_BYTES)).text())
    });
    let mut odds = displeasure - EVEN;
    if failed {
        odds += FAILURE;
    }
    odds += DENIAL * twice(&PATTERNS.denial) + ONCE_MORE * twice(&PATTERNS.once_more);
    if PATTERNS.thanks.is_match(text) {
        odds += THANKS;
    }
    sigmoid(odds)
}

struct Patterns {
    failure: Regex,
    denial: Regex,
    once_more: Regex,
    thanks: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    failure: built_in(
        r"\b(?:sorry|unable|unfortunately|not able|cannot|can't|couldn't|could not|didn't|did not|do(?:n't| not) have|no (?:\w+ ){0,3}(?:results?|match\w*|available|listings?|options)|not (?:available|possible|find|understand)|failed|unsuccessful|wasn't|there (?:are|is) no|try again|rephrase|another (?:time|day|date)|nothing)\b",
    ),
    denial: built_in(r"\b(?:no|not|nope|never|wrong|nothing|neither|none)\b|n't\b"),
    once_more: built_in(
        r"\b(?:again|already|i said|i asked|i told|i need|i wanted|i meant|i mean|instead|actually|rather|still|what about|but|are you sure|really|why|(?:any|some)thing else|another|other|different|how about|try)\b",
    ),
    thanks: built_in(
        r"\b(?:thank|thanks|that'?s (?:all|it)|that is (?:all|it)|goodbye|bye|no,? i'?m (?:good|all set)|great|perfect|sounds good)\b",
    ),
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_answer_and_a_denial_make_discontent_and_thanks_unmake_it() {
        let calm = discontent("book it", Some("It has a pool."), 0.0);
        let failed = discontent("book it", Some("I'm sorry, there is no pool."), 0.0);
        let denied = discontent("no, another one", Some("I'm sorry, there is no pool."), 0.0);
        assert!(calm < failed && failed < denied);
        assert!(discontent("no thanks, that's all", None, 0.0) < calm);
    }
}
