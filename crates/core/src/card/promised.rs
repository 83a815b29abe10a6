//! What the customer was promised: sentences of the assistant or an operator that commit.

use crate::card::address::commands;
use crate::card::attempted::plain;
use crate::card::quotation::quotation;
use crate::card::{Claim, QUOTE};
use crate::sentence::sentences;
use crate::state::State;
use crate::turn::Speaker;

/// Most promises; the latest stay.
const LINES: usize = 3;

/// What somebody does for a customer, and has done or will do.
const DEEDS: &[(&str, &str)] = &[
    ("refund", "refunded"),
    ("reimburse", "reimbursed"),
    ("credit", "credited"),
    ("pay", "paid"),
    ("compensate", "compensated"),
    ("waive", "waived"),
    ("issue", "issued"),
    ("send", "sent"),
    ("ship", "shipped"),
    ("deliver", "delivered"),
    ("replace", "replaced"),
    ("cancel", "canceled"),
    ("cancel", "cancelled"),
    ("book", "booked"),
    ("rebook", "rebooked"),
    ("reserve", "reserved"),
    ("change", "changed"),
    ("update", "updated"),
    ("upgrade", "upgraded"),
    ("add", "added"),
    ("remove", "removed"),
    ("process", "processed"),
    ("approve", "approved"),
    ("arrange", "arranged"),
    ("schedule", "scheduled"),
    ("escalate", "escalated"),
    ("forward", "forwarded"),
    ("transfer", "transferred"),
    ("connect", "connected"),
    ("initiate", "initiated"),
    ("order", "ordered"),
    ("reset", "reset"),
    ("activate", "activated"),
    ("apply", "applied"),
    ("extend", "extended"),
    ("call", "called"),
    ("contact", "contacted"),
    ("email", "emailed"),
    ("notify", "notified"),
    ("return", "returned"),
    ("repair", "repaired"),
    ("fix", "fixed"),
    ("confirm", "confirmed"),
    ("charge", "charged"),
    ("follow", "followed"),
    ("reply", "replied"),
    ("offer", "offered"),
    ("give", "given"),
    ("open", "opened"),
    ("create", "created"),
];

/// What a customer will have.
const GETS: &str = "receive get hear have be";

/// Who commits, beside "I" and "we".
const PARTIES: &str = "team colleague specialist someone manager supervisor technician agent \
                       department somebody representative courier";

/// Words between a helping verb and the deed.
const BETWEEN: &str = "just now already also then gladly immediately personally successfully soon \
                       shortly be been being fully you your it this that the back all going to make sure";

/// What makes a sentence an offer or a rule and no promise.
const CONDITIONS: &str = "if unless would whether once could may might should until cannot can't \
                          not won't unable never usually normally";

/// What was said to the customer that commits somebody, latest last.
pub(super) fn promised(state: &State) -> Vec<Claim> {
    let turns = state.window.iter();
    let turns =
        turns.filter(|turn| matches!(turn.speaker, Speaker::Assistant | Speaker::Operator { .. }));
    let mut claims: Vec<Claim> = Vec::new();
    for turn in turns {
        let words = plain(&turn.text);
        for at in sentences(&words) {
            let sentence = &words[at];
            if !commits(sentence) || commands(sentence) {
                continue;
            }
            let text = quotation(sentence, QUOTE);
            if !claims.iter().any(|claim| claim.text == text) {
                claims.push(Claim {
                    text,
                    turns: vec![turn.number],
                });
            }
        }
    }
    claims.split_off(claims.len().saturating_sub(LINES))
}

/// Whether a sentence says that something was done for the customer, or will be.
pub fn commits(sentence: &str) -> bool {
    let lower = sentence.to_lowercase().replace('’', "'");
    if lower.trim_end().ends_with('?') {
        return false;
    }
    let words: Vec<&str> = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .collect();
    let among = |word: &str, list: &str| list.split_whitespace().any(|listed| listed == word);
    if words.iter().any(|word| among(word, CONDITIONS)) {
        return false;
    }
    (0..words.len()).any(|at| {
        let (subject, helper) = helping(words[at], words.get(at + 1).copied());
        if matches!(subject, Helper::None) {
            return false;
        }
        let next = at + helper;
        let deed = words[next.min(words.len())..]
            .iter()
            .find(|word| !among(word, BETWEEN));
        let near = words[next.min(words.len())..]
            .iter()
            .take(6)
            .take_while(|word| among(word, BETWEEN))
            .count();
        let deed = deed.filter(|_| near < 6).copied().unwrap_or_default();
        let is_party = |word: &str| matches!(word, "i" | "we") || among(word, PARTIES);
        match subject {
            Helper::Will if before(&words, at) == "you" || words[at] == "you'll" => {
                among(deed, GETS) || words.get(next).is_some_and(|word| among(word, GETS))
            }
            Helper::Will => {
                let own = words[at].contains('\'') || is_party(before(&words, at));
                let passive = words.get(next) == Some(&"be");
                own && DEEDS.iter().any(|(base, _)| *base == deed)
                    || passive && DEEDS.iter().any(|(_, past)| *past == deed)
            }
            Helper::Has => {
                DEEDS.iter().any(|(_, past)| *past == deed)
                    && !matches!(before(&words, at), "you" | "they")
            }
            Helper::Vow => is_party(before(&words, at)),
            Helper::None => false,
        }
    })
}

enum Helper {
    Will,
    Has,
    Vow,
    None,
}

/// What a word helps to say, and how many words it takes.
fn helping(word: &str, next: Option<&str>) -> (Helper, usize) {
    match (word, next) {
        ("i'll" | "we'll" | "you'll" | "will" | "shall", _) => (Helper::Will, 1),
        ("i've" | "we've" | "have" | "has", _) => (Helper::Has, 1),
        ("was" | "were" | "is" | "are", Some("successfully" | "now" | "being")) => (Helper::Has, 2),
        ("promise" | "guarantee" | "assure", _) => (Helper::Vow, 1),
        ("am" | "are" | "i'm" | "we're", Some("going")) => (Helper::Will, 2),
        _ => (Helper::None, 1),
    }
}

fn before<'a>(words: &[&'a str], at: usize) -> &'a str {
    at.checked_sub(1).map_or("", |before| words[before])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commitments_are_told_from_rules_and_offers() {
        for sentence in [
            "I have refunded your order.",
            "I've just issued a full refund of $120.",
            "You will receive the money within 5 days.",
            "You'll get an e-mail tomorrow.",
            "We will call you back tomorrow.",
            "Our team will contact you.",
            "Your reservation has been successfully cancelled.",
            "The refund will be processed within 7 business days.",
            "I promise that it arrives on Friday.",
            "I'm going to send you a new pair.",
        ] {
            assert!(commits(sentence), "{sentence}");
        }
        for sentence in [
            "Would you like me to refund it?",
            "If it is damaged, we will refund you.",
            "I cannot refund this order.",
            "Returns are free within 30 days.",
            "Please give me your order number.",
            "You have ordered two pairs.",
            "I will need your order number.",
            "How can I help you today?",
            "I will look into this for you.",
        ] {
            assert!(!commits(sentence), "{sentence}");
        }
    }
}
