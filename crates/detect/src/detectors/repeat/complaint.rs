//! The words of customers who were not heard.

use std::sync::LazyLock;

use regex::Regex;

/// What customers say who were not heard the first time.
pub(super) static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:that|this)(?:'s| is|s| was| wasn't| isn't)(?: not|n't)? what i (?:asked|meant|said|want|wanted|was asking)\b",
        r"|\bnot what i(?:'m| am| was|'ve| have)? (?:ask(?:ed|ing)|meant?|said|saying)\b",
        r"|\bi(?:'ve| have| just)? (?:already|just) (?:told|said|asked|explained|gave|given|answered|mentioned|sent|wrote)\b",
        r"|\b(?:already|just) told you\b|\btold you (?:already|before|that)\b|\bas i (?:already |just |have )*(?:said|told|mentioned|explained|wrote)\b",
        r"|\b(?:didn't|did not|doesn't|does not|don't|not|haven't|have not|never|isn't|aren't) (?:really )?(?:answer|answered|answering) (?:my|the|that|a single)\b",
        r"|\byou(?:'re| are)? (?:keep|still) (?:giving|telling|saying|sending|repeating|asking|not)\b|\byou keep\b|\bsame (?:answer|question|reply|thing) (?:again|as before|over)\b",
        r"|\b(?:i'm|i am) (?:asking|repeating)(?: \w+){0,2} again\b|\bask(?:ed|ing)? (?:you )?(?:this |that |for this )?(?:again|twice|before|three times|several times|multiple times)\b",
        r"|\bread (?:my|what i) (?:message|question|wrote|said)\b|\bagain[:,] |\bi repeat\b|\byou (?:misunderstood|misunderstand|don't understand|did not understand|didn't understand)\b",
    ))
    .expect("the built-in pattern is a regular expression")
});
