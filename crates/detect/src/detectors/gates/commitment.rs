//! Promises that a draft makes: money, rights, transfers.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use crate::text::sentences;

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// Money, or what is worth money.
    Monetary,
    /// A right, a liability, a guarantee.
    Legal,
    /// That a human will take over or get in touch.
    Transfer,
}

impl Promise {
    /// What an operator reads.
    pub(super) fn why(self) -> &'static str {
        match self {
            Promise::Monetary => "promises money",
            Promise::Legal => "promises a right or takes on liability",
            Promise::Transfer => "promises that a person takes over",
        }
    }
}

/// A promise, where it stands, and how binding it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Commitment {
    pub(super) promise: Promise,
    pub(super) at: Range<usize>,
    pub(super) score: f32,
}

/// Said without reservation.
const FIRM: f32 = 0.95;
/// Under a condition, as a policy is told: "once it is back, we will refund you".
const CONDITIONAL: f32 = 0.4;

/// Words that have been given already, or cannot be taken back: a condition does not soften them.
struct Rule {
    promise: Promise,
    pattern: Regex,
    softened: bool,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    use Promise::{Legal, Monetary, Transfer};
    const WILL: &str = r"(?:will|'ll|shall|can now|am going to|'m going to|are going to|'re going to|(?:will|'ll) (?:make sure|see to it)(?: that)? (?:i|we)?)(?: also| now| then| gladly| happily| immediately| personally)?";
    const HAVE: &str = r"(?:have|'ve|had)(?: just| already| now| also)?";
    const AM: &str = r"(?:am|'m|are|'re)(?: now| just)?";
    const PAID: &str = r"(?:refunded|reimbursed|compensated|credited|waived|paid|issued|processed|approved|authori[sz]ed|initiated|granted|arranged|applied|released)";
    const MONEY: &str = r"(?:refunds?|reimbursements?|compensation|credits?|vouchers?|discounts?|payments?|money|goodwill|replacements?|chargebacks?|fees?|charges?|gift cards?|amount|cash ?back)";
    const PERSON: &str = r"(?:a |an |one of |our |the |your |my )?(?:\w+ ){0,2}(?:colleagues?|human|humans|person|agents?|representatives?|operators?|specialists?|advis[eo]rs?|supervisors?|managers?|team|staff|someone|somebody|department|experts?|engineers?)";
    let rule = |promise, softened, pattern: String| Rule {
        promise,
        softened,
        pattern: RegexBuilder::new(&pattern)
            .size_limit(1 << 23)
            .build()
            .expect("the built-in patterns are regular expressions"),
    };
    vec![
        rule(Monetary, false, format!(r"\b(?:i|we) ?{HAVE} {PAID}\b[^.!?\n]{{0,60}}?\b{MONEY}\b|\b(?:i|we) ?{HAVE} (?:refunded|reimbursed|compensated|credited|waived)\b")),
        rule(Monetary, false, format!(r"\b(?:i|we) ?{AM} (?:refunding|reimbursing|crediting|waiving|compensating|(?:issuing|processing|granting|sending)\b[^.!?\n]{{0,40}}?\b{MONEY})\b")),
        rule(Monetary, false, format!(r"\byour (?:full |partial )?{MONEY} (?:of \S+ (?:\w+ )?)?(?:has|have) (?:now |already |just )?been {PAID}\b")),
        rule(Monetary, true, format!(r"\b(?:i|we) ?{WILL} (?:refund|reimburse|compensate|credit|waive|pay|repay)\b")),
        rule(Monetary, true, format!(r"\b(?:i|we) ?{WILL} (?:give|offer|issue|send|grant|apply|process|arrange|provide|approve|get)\b[^.!?\n]{{0,40}}?\b{MONEY}\b")),
        rule(Monetary, true, format!(r"\b(?:i|we) (?:can|could) (?:offer|give|grant) (?:you )?[^.!?\n]{{0,40}}?\b{MONEY}\b")),
        rule(Monetary, true, r"\b(?:make sure|ensure|see to it|promise)\b[^.!?\n]{0,30}?\byou (?:will |'ll )?(?:get|receive)\b[^.!?\n]{0,30}?\b(?:money|refund|compensation|payment)\b".to_owned()),
        rule(Monetary, true, r"\byou ?(?:will|'ll|are going to|shall) (?:get|receive|be (?:given|paid|sent)) (?:a |an |your |the |all (?:of )?your )?(?:full |partial |complete |immediate )?(?:money|refund|reimbursement|compensation|credit|voucher)\b".to_owned()),
        rule(Monetary, true, r"\byou ?(?:will|'ll|shall) be (?:fully )?(?:refunded|reimbursed|compensated|credited)\b".to_owned()),
        rule(Monetary, true, r"\b(?:you are|you're|you (?:will|'ll) be|you do) (?:\w+ )?(?:entitled|eligible|qualified) (?:to|for) (?:a |an |your |the |any )?(?:full |partial |complete |immediate )?(?:refund|compensation|reimbursement|money|replacement|credit|payment|discount|damages)\b".to_owned()),
        rule(Legal, false, r"\b(?:i|we|it is|it's|is|are)(?: can| do| hereby| fully| personally)? ?guarantee(?:d)?\b".to_owned()),
        rule(Legal, false, r"\b(?:i|we)(?: can| do| hereby)? (?:promise|assure you|give you my word|swear|vow|warrant)\b".to_owned()),
        rule(Legal, true, r"\byou (?:are|'re) (?:legally |fully )?(?:entitled|within your rights)\b|\byou (?:do )?(?:have|'ve) (?:the|a) (?:legal |statutory |full )*right (?:to|of)\b".to_owned()),
        rule(Legal, false, r"\b(?:we|hereby|i)(?: hereby| do| fully)? (?:accept|admit|acknowledge|assume|take)(?: full| all| any)? (?:liability|responsibility|fault|blame|negligence)\b".to_owned()),
        rule(Legal, false, r"\b(?:we|i) (?:are|am|were) (?:fully |legally )?(?:liable|at fault|negligent|in breach|to blame)\b|\b(?:we|i) (?:are|am) (?:legally |contractually )?(?:bound|obliged|obligated|required by law) to\b".to_owned()),
        rule(Legal, false, r"\byou (?:can|could|should|may) (?:sue|take (?:us|them) to court|take legal action|claim damages)\b|\b(?:legally|contractually) binding\b".to_owned()),
        rule(Transfer, true, format!(r"\b(?:i|we) ?(?:{WILL}|{HAVE}|{AM}) (?:connect|transfer|hand|forward|pass|put|escalate|refer|rout)(?:e|ed|ing|red|ring|ting)?\b[^.!?\n]{{0,30}}?\b(?:you|this|your \w+|it|the \w+)\b[^.!?\n]{{0,30}}?\b(?:to|with|through|over)\b")),
        rule(Transfer, true, format!(r"\b(?:i|we) ?(?:{WILL}|{HAVE}|{AM}) (?:escalat|transferr?)(?:e|ed|ing)\b")),
        rule(Transfer, true, format!(r"\b(?:i|we) ?(?:{WILL}|{HAVE}) (?:have|get|ask|asked|let|arrange(?:d)? for|notified|notify) {PERSON}\b")),
        rule(Transfer, true, format!(r"\b{PERSON} (?:will|'ll|is going to|are going to) (?:then |now |also |soon |shortly )?(?:contact|call|ring|phone|email|get (?:back|in touch)|reach out|be (?:with|in touch)|take over|take care|follow up|assist you|help you|join|look into|review|handle|respond|reply)\b")),
        rule(Transfer, true, r"\b(?:you will|you'll|you are now|you are being|you're being) (?:now |shortly |soon )?(?:be )?(?:connected|transferred|contacted|called|handed over|put through)\b".to_owned()),
    ]
});

/// A condition or an offer in the same sentence: then it tells what would be, not what is.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:if|once|when|unless|provided|as soon as|should (?:you|your|it|the)|in case|would you like|may|might|let me know|after we|after you|until|whether|subject to|usually|normally|typically|generally)\b")
        .expect("the built-in pattern is a regular expression")
});

/// What, right before a promise, makes it none: "I cannot promise", "you asked whether".
static DENIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:not|never|cannot|can't|unable to|don't|no|nor|neither|hardly)(?: \w+){0,2}\s*$",
    )
    .expect("the built-in pattern is a regular expression")
});

/// The promises that a folded draft makes, the most binding first; at most one of each kind for
/// each sentence.
pub(super) fn commitments(text: &str) -> Vec<Commitment> {
    let mut found: Vec<Commitment> = Vec::new();
    for place in sentences(text) {
        let (offset, sentence) = (place.start, &text[place]);
        let question = sentence.ends_with('?');
        let condition = question || CONDITION.is_match(sentence);
        for rule in RULES.iter() {
            let Some(words) = rule.pattern.find(sentence) else {
                continue;
            };
            let at = offset + words.start()..offset + words.end();
            let known = found
                .iter()
                .any(|known| known.promise == rule.promise && known.at.start >= offset);
            if known || DENIED.is_match(&sentence[..words.start()]) {
                continue;
            }
            let soft = condition && rule.softened || question;
            found.push(Commitment {
                promise: rule.promise,
                at,
                score: if soft { CONDITIONAL } else { FIRM },
            });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strongest(draft: &str) -> Option<(Promise, f32)> {
        let draft = draft.to_lowercase();
        commitments(&draft).first().map(|c| (c.promise, c.score))
    }

    #[test]
    fn promises_are_commitments() {
        for (promise, drafts) in [
            (
                Promise::Monetary,
                &[
                    "Good news: I have refunded your order.",
                    "I've issued a full refund of $120 to your card.",
                    "Your refund has been approved.",
                    "We will refund you 80 euros within five days.",
                    "I'll waive the shipping fee for you.",
                    "I can offer you a 20% discount.",
                    "I will make sure you get your money back.",
                    "You will receive a full refund tomorrow.",
                    "You are entitled to a refund.",
                    "You'll be fully reimbursed.",
                    "I'm processing your refund now.",
                ][..],
            ),
            (
                Promise::Legal,
                &[
                    "We guarantee delivery by Friday.",
                    "I promise this will not happen again.",
                    "You have the right to cancel this contract.",
                    "We accept full liability for the damage.",
                    "You are entitled to withdraw.",
                    "You can sue the carrier.",
                ],
            ),
            (
                Promise::Transfer,
                &[
                    "I'll connect you to a colleague now.",
                    "I am transferring you to our returns team.",
                    "I have forwarded your case to a specialist.",
                    "A colleague will call you back today.",
                    "Our team will get in touch with you shortly.",
                    "You are being transferred.",
                    "I've escalated this.",
                ],
            ),
        ] {
            for draft in drafts {
                assert_eq!(strongest(draft), Some((promise, FIRM)), "{draft}");
            }
        }
    }

    #[test]
    fn telling_a_policy_is_no_commitment() {
        for draft in [
            "Refunds take 5 days.",
            "A refund goes back to the card that you paid with.",
            "I cannot promise a date.",
            "I can't refund this order.",
            "We do not guarantee delivery times.",
            "Returns are free within 30 days of delivery.",
            "Would you like me to connect you with a colleague?",
            "The refund page shows the status.",
            "You have 30 days to return it.",
            "Did you receive your refund?",
            "Thank you for your patience.",
        ] {
            assert!(
                strongest(draft).is_none_or(|(_, score)| score < 0.5),
                "{draft}"
            );
        }
    }

    #[test]
    fn a_condition_softens_what_is_not_done_yet() {
        for draft in [
            "Once we have your parcel, we will refund you.",
            "If it is damaged, you are entitled to a replacement.",
            "I'll connect you with a colleague if you like.",
        ] {
            assert_eq!(
                strongest(draft).map(|(_, score)| score),
                Some(CONDITIONAL),
                "{draft}"
            );
        }
        let done = "I have refunded you, if you look at your card.";
        assert_eq!(strongest(done), Some((Promise::Monetary, FIRM)));
    }

    #[test]
    fn each_promise_is_quoted_once_from_its_place() {
        let draft = "hello. i have refunded you. we guarantee it.";
        let quoted: Vec<&str> = commitments(draft)
            .iter()
            .map(|c| &draft[c.at.clone()])
            .collect();
        assert_eq!(quoted, ["i have refunded", "we guarantee"]);
    }
}
