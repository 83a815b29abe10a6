//! How likely a conversation went wrong, from what was said and done in it alone.
//!
//! Nothing is fitted: five principles, each a share from 0 to 1, and fixed weights. That the bot did
//! otherwise for customers who wanted the same is direct evidence that it was wrong at least once,
//! as in the self-consistency of answers (Wang et al. 2023), and weighs as much as the four
//! circumstances together. Where a log has no actions, what rests on actions is left out.

use std::collections::BTreeSet;

use serde_json::Value;
use warmline_core::signal::SignalKind;
use warmline_core::turn::Action;

use super::likeness::{Words, hash, nearest};
use super::recorded::{Happening, Party, Recorded};
use super::walk::Walked;

/// Conversations that one is compared with.
const NEIGHBOURS: usize = 5;
/// What is believed of a conversation with nobody like it, and how much it is believed, in
/// conversations: as likely as not, half of one.
const BELIEF: (f32, f32) = (0.5, 0.5);
/// Weight of what was done otherwise; every circumstance weighs 1.
const DIRECT: f32 = 4.0;
/// Messages, and bytes of an answer, at which length counts for one half.
const MESSAGES: f32 = 20.0;
const ANSWER: f32 = 600.0;

/// What speaks for a bad ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principle {
    /// Customers who wanted much the same were treated otherwise.
    DoneOtherwise,
    /// The assistant changed something, and may have changed the wrong thing.
    Acted,
    /// It took long, or long answers.
    Long,
    /// Calls failed or were repeated, something was done unconfirmed or after a refusal, the
    /// customer was upset or went round in circles, or asked to the end.
    Trouble,
    /// No human came.
    Alone,
}

impl Principle {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Principle::DoneOtherwise => "done_otherwise",
            Principle::Acted => "acted",
            Principle::Long => "long",
            Principle::Trouble => "trouble",
            Principle::Alone => "alone",
        }
    }
}

/// A principle, how much it says, 0 to 1, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The principle.
    pub principle: Principle,
    /// How much it says.
    pub share: f32,
    /// What was seen, in words.
    pub why: String,
}

/// How likely a conversation went wrong, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Risk {
    /// 0 to 1.
    pub score: f32,
    /// What it rests on.
    pub reasons: Vec<Reason>,
}

/// What is kept of a conversation to compare it with others.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    words: Words,
    /// Stands for all that was said and done.
    whole: u64,
    /// The changes that were made, as hashes of what was called with what.
    changes: BTreeSet<u64>,
    acts: bool,
    circumstances: Vec<Reason>,
}

impl Sketch {
    pub(super) fn of(recorded: &Recorded, walked: &Walked) -> Self {
        let deeds = Deeds::of(recorded);
        let changes = recorded
            .actions()
            .filter(|action| is_change(action) && !failed(action));
        Self {
            words: Words::of(recorded.customer()),
            whole: whole(recorded),
            changes: changes.map(fingerprint).collect(),
            acts: recorded.actions().next().is_some(),
            circumstances: vec![
                acted(&deeds),
                long(recorded),
                trouble(&deeds, recorded, walked),
                alone(recorded),
            ],
        }
    }

    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// The share of changes that only one of the two made; 0 where neither made any.
    fn differs(&self, other: &Sketch) -> f32 {
        let all = self.changes.union(&other.changes).count();
        let both = self.changes.intersection(&other.changes).count();
        if all == 0 {
            0.0
        } else {
            1.0 - both as f32 / all as f32
        }
    }
}

/// The risk of each of `sketches`, which are compared with each other.
pub(super) fn risks(sketches: &[Sketch]) -> Vec<Risk> {
    let acts = sketches.iter().any(|sketch| sketch.acts);
    let company: Vec<(&Words, u64)> = sketches.iter().map(|s| (&s.words, s.whole)).collect();
    let near = match acts {
        true => nearest(&company, NEIGHBOURS),
        false => vec![Vec::new(); sketches.len()],
    };
    let of = |(sketch, near): (&Sketch, &Vec<(usize, f32)>)| {
        let direct = acts.then(|| {
            let (mut weight, mut differing) = (BELIEF.1, BELIEF.0 * BELIEF.1);
            for (other, cosine) in near {
                weight += cosine;
                differing += cosine * sketch.differs(&sketches[*other]);
            }
            let others = near.iter();
            let others = others.filter(|(other, _)| sketch.differs(&sketches[*other]) > 0.0);
            Reason {
                principle: Principle::DoneOtherwise,
                share: differing / weight,
                why: format!(
                    "of the {} conversations most like it, {} ended with other changes",
                    near.len(),
                    others.count()
                ),
            }
        });
        let known = |reason: &&Reason| acts || reason.principle != Principle::Acted;
        let circumstances = sketch.circumstances.iter().filter(known).cloned();
        let reasons: Vec<Reason> = direct.into_iter().chain(circumstances).collect();
        let weigh = |reason: &Reason| match reason.principle {
            Principle::DoneOtherwise => DIRECT,
            _ => 1.0,
        };
        let all: f32 = reasons.iter().map(weigh).sum();
        let said: f32 = reasons.iter().map(|r| weigh(r) * r.share).sum();
        Risk {
            score: (said / all).clamp(0.0, 1.0),
            reasons,
        }
    };
    sketches.iter().zip(&near).map(of).collect()
}

/// How often something happened that speaks for trouble.
#[derive(Debug, Default)]
struct Deeds {
    changes: usize,
    failed: usize,
    unconfirmed: usize,
    repeated: usize,
    after_refusal: usize,
}

impl Deeds {
    fn of(recorded: &Recorded) -> Self {
        let mut deeds = Deeds::default();
        let (mut customer, mut refused) = ("", false);
        let mut calls: BTreeSet<u64> = BTreeSet::new();
        for happening in &recorded.happenings {
            match happening {
                Happening::Said {
                    by: Party::Customer,
                    text,
                    ..
                } => customer = text,
                Happening::Said {
                    by: Party::Assistant,
                    text,
                    ..
                } => refused |= declines(text),
                Happening::Said { .. } => {}
                Happening::Did(action) => {
                    deeds.failed += usize::from(failed(action));
                    let again = !calls.insert(fingerprint(action));
                    deeds.repeated += usize::from(again && !action.input.trim().is_empty());
                    if is_change(action) {
                        deeds.changes += usize::from(!failed(action));
                        deeds.unconfirmed += usize::from(!agrees(customer));
                        deeds.after_refusal += usize::from(refused);
                    }
                }
            }
        }
        deeds
    }
}

/// From nothing to everything: one half where `count` comes to `half`.
fn saturating(count: f32, half: f32) -> f32 {
    count / (count + half)
}

fn acted(deeds: &Deeds) -> Reason {
    Reason {
        principle: Principle::Acted,
        share: saturating(deeds.changes as f32, 1.0),
        why: format!("{} changes made", deeds.changes),
    }
}

fn long(recorded: &Recorded) -> Reason {
    // A call and its result are two messages, as language models count them.
    let messages = recorded.turns().count() + 2 * recorded.actions().count();
    let answers = recorded
        .turns()
        .filter(|(_, by, _)| *by == Party::Assistant);
    let longest = answers.map(|(_, _, text)| text.len()).max().unwrap_or(0);
    Reason {
        principle: Principle::Long,
        share: (saturating(messages as f32, MESSAGES) + saturating(longest as f32, ANSWER)) / 2.0,
        why: format!("{messages} messages, the longest answer has {longest} bytes"),
    }
}

fn trouble(deeds: &Deeds, recorded: &Recorded, walked: &Walked) -> Reason {
    let counted =
        |count: usize, what: &str| (saturating(count as f32, 1.0), format!("{count} {what}"));
    let peak = |kind: SignalKind, what: &str| {
        let (score, turn) = walked.peaks.get(&kind).copied().unwrap_or_default();
        // Below a detector's own margin of one half its score says that nothing is wrong.
        let share = if score >= 0.5 { score } else { 0.0 };
        (share, format!("{what} at turn {turn}"))
    };
    let open = recorded
        .turns()
        .last()
        .is_some_and(|(_, by, text)| by == Party::Customer && text.trim_end().ends_with('?'));
    let signs = [
        counted(deeds.failed, "calls failed"),
        counted(deeds.unconfirmed, "changes without the customer's yes"),
        counted(deeds.repeated, "calls repeated"),
        counted(deeds.after_refusal, "changes after a refusal"),
        peak(SignalKind::Sentiment, "the customer is upset"),
        peak(SignalKind::RepeatLoop, "the same again"),
        (
            if open { 0.5 } else { 0.0 },
            "the last question has no answer".to_owned(),
        ),
    ];
    let worst = signs.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let (share, why) = worst.unwrap_or_default();
    let nothing = share == 0.0;
    Reason {
        principle: Principle::Trouble,
        share,
        why: if nothing { "none seen".to_owned() } else { why },
    }
}

fn alone(recorded: &Recorded) -> Reason {
    let came = recorded.handed_over();
    Reason {
        principle: Principle::Alone,
        share: if came.is_some() { 0.0 } else { 1.0 },
        why: came.map_or("no human came".to_owned(), |turn| {
            format!("given to a human after turn {turn}")
        }),
    }
}

/// Whether a call came back with an error.
fn failed(action: &Action) -> bool {
    let result = action.result.as_deref().unwrap_or_default();
    let result = result.trim_start().get(..5).unwrap_or_default();
    result.eq_ignore_ascii_case("error")
}

/// Whether something is called for what it changes, by the verb that its name begins with.
fn is_change(action: &Action) -> bool {
    const VERBS: [&str; 24] = [
        "add", "apply", "book", "cancel", "change", "charge", "close", "create", "delete",
        "disable", "enable", "exchange", "issue", "modify", "order", "pay", "place", "refund",
        "remove", "return", "schedule", "send", "set", "update",
    ];
    let first = action.name.split(|c: char| !c.is_ascii_alphabetic()).next();
    let verb = first.unwrap_or_default();
    // `cancelOrder` begins with a verb as `cancel_order` does.
    let verb = verb
        .split(|c: char| c.is_ascii_uppercase())
        .next()
        .unwrap_or_default();
    VERBS.contains(&verb)
}

/// A number for all that was said and done.
fn whole(recorded: &Recorded) -> u64 {
    let happened = recorded.happenings.iter().map(|happening| match happening {
        Happening::Said { text, .. } => hash(text.as_bytes()),
        Happening::Did(action) => hash(action.name.as_bytes()) ^ hash(action.input.as_bytes()),
    });
    let bytes: Vec<u8> = happened.flat_map(u64::to_le_bytes).collect();
    hash(&bytes)
}

/// What was called with what, whatever the order of its arguments.
fn fingerprint(action: &Action) -> u64 {
    let mut text = action.name.clone();
    match serde_json::from_str::<Value>(&action.input) {
        Ok(value) => canonical(&value, &mut text),
        Err(_) => text.push_str(&action.input),
    }
    hash(text.as_bytes())
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                text.push_str(name);
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                canonical(value, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// Whether an answer says that something cannot be done.
fn declines(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    let signs = [
        "unable to",
        "cannot",
        "can't",
        "not able to",
        "unfortunately",
        "not eligible",
    ];
    signs.iter().any(|sign| answer.contains(sign))
}

/// Whether a customer says yes to something.
fn agrees(words: &str) -> bool {
    const SIGNS: [&str; 14] = [
        "yes", "yeah", "yep", "sure", "ok", "okay", "please", "proceed", "confirm", "correct",
        "ahead", "good", "works", "let",
    ];
    words
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| SIGNS.iter().any(|sign| word.eq_ignore_ascii_case(sign)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(change: &str) -> Recorded {
        let mut recorded = Recorded::new("1");
        recorded.say(Party::Customer, "Please cancel booking XK77Q.", None);
        recorded.call(Action {
            name: "cancel_booking".to_owned(),
            input: change.to_owned(),
            result: Some("done".to_owned()),
        });
        recorded.say(Party::Assistant, "It is cancelled.", None);
        recorded
    }

    fn scores(runs: &[Recorded]) -> Vec<f32> {
        let sketches: Vec<Sketch> = runs
            .iter()
            .map(|run| Sketch::of(run, &Walked::default()))
            .collect();
        risks(&sketches).iter().map(|risk| risk.score).collect()
    }

    #[test]
    fn what_was_done_otherwise_than_for_others_is_suspect() {
        let same = ["{\"id\": 1, \"all\": true}", "{\"all\": true, \"id\": 1}"];
        let mut runs: Vec<Recorded> = same.iter().map(|change| run(change)).collect();
        runs.push(run("{\"id\": 1, \"all\": true}"));
        runs.push(run("{\"id\": 2, \"all\": true}"));
        // Somebody else, without whom every word would be everywhere and say nothing.
        let mut other = Recorded::new("2");
        other.say(Party::Customer, "Hello there, weather?", None);
        runs.push(other);
        let scores = scores(&runs);
        assert_eq!(scores[0], scores[1]);
        assert!(scores[3] > scores[0] + 0.1, "{scores:?}");
    }

    #[test]
    fn a_log_without_actions_rests_on_the_rest() {
        let mut calm = Recorded::new("1");
        calm.say(Party::Customer, "Thanks.", None);
        let mut open = calm.clone();
        open.say(Party::Customer, "But where is it?", None);
        let scores = scores(&[calm, open]);
        assert!(scores[1] > scores[0], "{scores:?}");
    }

    #[test]
    fn the_reward_is_never_looked_at() {
        let mut runs = vec![run("{}"), run("[]")];
        let before = scores(&runs);
        runs[0].ending = Some(super::super::recorded::Ending {
            good: false,
            by: "reward",
        });
        assert_eq!(scores(&runs), before);
    }

    #[test]
    fn deeds_are_counted() {
        let mut recorded = Recorded::new("1");
        let call = |result: &str| Action {
            name: "updateOrder".to_owned(),
            input: "{}".to_owned(),
            result: Some(result.to_owned()),
        };
        recorded.say(Party::Customer, "Change it", None);
        recorded.say(Party::Assistant, "Unfortunately not.", None);
        recorded.call(call("Error: no"));
        recorded.say(Party::Customer, "Yes, do it", None);
        recorded.call(call("{}"));
        let deeds = Deeds::of(&recorded);
        assert_eq!((deeds.changes, deeds.failed, deeds.unconfirmed), (1, 1, 1));
        assert_eq!((deeds.repeated, deeds.after_refusal), (1, 2));
    }
}
