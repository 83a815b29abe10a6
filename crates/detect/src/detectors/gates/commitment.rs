//! Promises that a draft makes: money, rights, transfers.

mod rules;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::{built_in, sentences};
use rules::{ANY, RULES};

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

/// A condition or an offer in the same sentence: then it tells what would be, not what is.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    built_in(
        r"\b(?:if|once|when|unless|provided|as soon as|should (?:you|your|it|the)|in case|would you like|may|might|let me know|after we|after you|until|whether|subject to|usually|normally|typically|generally)\b",
    )
});

/// What, right before a promise, makes it none: "I cannot promise", "you asked whether".
static DENIED: LazyLock<Regex> = LazyLock::new(|| {
    built_in(r"\b(?:not|never|cannot|can't|unable to|don't|no|nor|neither|hardly)(?: \w+){0,2}\s*$")
});

/// The promises that a folded draft makes, the most binding first; at most one of each kind for
/// each sentence.
pub(super) fn commitments(text: &str) -> Vec<Commitment> {
    let mut found: Vec<Commitment> = Vec::new();
    for place in sentences(text) {
        let (offset, sentence) = (place.start, &text[place]);
        let question = sentence.ends_with('?');
        let condition = question || CONDITION.is_match(sentence);
        for rule in ANY.matches(sentence).iter().map(|rule| &RULES[rule]) {
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
                    "Ich habe Ihnen den Betrag erstattet.",
                    "Nous allons vous rembourser.",
                    "Nous vous avons remboursé.",
                    "Le hemos reembolsado el importe.",
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
                    "You are now being connected to a representative.",
                    "Let me connect you with a colleague.",
                    "Please hold while I transfer you.",
                    "Transferring you to an agent...",
                    "Your case has been escalated to a supervisor.",
                    "You've been transferred.",
                    "You'll be speaking with a human in a moment.",
                    "Our support team has been notified and will follow up.",
                    "An agent is joining the chat.",
                    "I am looping in a colleague.",
                    "Expect a call from our team tomorrow.",
                    "Ich verbinde Sie jetzt mit einem Mitarbeiter.",
                    "Eine Kollegin meldet sich bei Ihnen.",
                    "Je vous mets en relation avec un conseiller.",
                    "Je vous passe une conseillère.",
                    "Je vous transfère à notre équipe.",
                    "Le paso con un compañero.",
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
            "Let me get you the tracking number.",
            "Let me pass on one tip: keep the box.",
            "Make sure you are connected to the VPN.",
            "Your parcel has been forwarded to the depot.",
            "Our team is proud of this jacket.",
            "Sie können den Artikel innerhalb von 30 Tagen zurückgeben.",
            "Le paquet est en route.",
            "Le envío tarda tres días.",
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
