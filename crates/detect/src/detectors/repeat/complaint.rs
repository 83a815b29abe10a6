//! The words of customers who were not heard.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::built_in;

/// What customers say who were not heard the first time.
pub(super) static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
    built_in(concat!(
        r"\b(?:that|this)(?:'s| is|s| was| wasn't| isn't)(?: not|n't)? what i (?:asked|meant|said|want|wanted|was asking)\b",
        r"|\bnot what i(?:'m| am| was|'ve| have)? (?:ask(?:ed|ing)|meant?|said|saying)\b",
        r"|\bi(?:'ve| have| just)? (?:already|just) (?:told|said|asked|explained|gave|given|answered|mentioned|sent|wrote)\b",
        r"|\b(?:already|just) told you\b|\btold you (?:already|before|that)\b|\bas i (?:already |just |have )*(?:said|told|mentioned|explained|wrote)\b",
        r"|\b(?:didn't|did not|doesn't|does not|don't|not|haven't|have not|never|isn't|aren't) (?:really )?(?:answer|answered|answering) (?:my|the|that|a single)\b",
        r"|\byou(?:'re| are)? (?:keep|still) (?:giving|telling|saying|sending|repeating|asking|not)\b|\byou keep (?:on )?\w+ing\b|\bsame (?:answer|question|reply|thing) (?:again|as before|over)\b",
        r"|\b(?:i'm|i am) (?:asking|repeating)(?: \w+){0,2} again\b|\bask(?:ed|ing)? (?:you )?(?:this |that |for this )?(?:again|twice|before|three times|several times|multiple times)\b",
        r"|\bread (?:my|what i) (?:message|question|wrote|said)\b|(?:^|[.!?] )again[:,] |\b(?:once|yet) again[:,] |\bi repeat\b|\byou (?:misunderstood|misunderstand|don't understand|did not understand|didn't understand)\b",
    ))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_heard_is_told_from_who_says_again_or_keep() {
        for text in [
            "that's not what i asked",
            "you keep sending me the same link",
            "you keep on asking for my number",
            "again: where is it",
            "no. again, it is the blue one",
            "once again, i want my money",
        ] {
            assert!(COMPLAINT.is_match(text), "{text}");
        }
        for text in [
            "can you keep the parcel until friday?",
            "do you keep my old address?",
            "hi again, one more thing: do you ship to iceland?",
            "it is me again: could you add socks?",
        ] {
            assert!(!COMPLAINT.is_match(text), "{text}");
        }
    }
}
