//! Whether a text says that something is done, will be done, or is wanted.

use std::collections::HashSet;

use crate::text::{Folded, is_among, sentences, stem, stems, words};

/// What is done for customers, by the stems of the verb's forms.
const DEEDS: &[(&str, &str)] = &[
    ("refund", "refund refunded refunds"),
    ("reimburse", "reimbursed reimburse"),
    ("credit", "credited credit"),
    ("pay", "paid pay payment"),
    ("compensate", "compensated compensate compensation"),
    ("waive", "waived waive"),
    ("issue", "issued issue"),
    ("send", "sent send mailed emailed"),
    ("ship", "shipped ship dispatched"),
    ("deliver", "delivered deliver"),
    ("replace", "replaced replace replacement"),
    ("cancel", "cancelled canceled cancel cancellation"),
    ("book", "booked rebooked book booking"),
    ("change", "changed updated modified change update modify"),
    ("upgrade", "upgraded upgrade downgraded downgrade"),
    ("add", "added add"),
    ("remove", "removed deleted remove delete"),
    ("process", "processed process"),
    ("approve", "approved approve granted grant"),
    ("transfer", "transferred transfer forwarded escalated"),
    ("charge", "charged charge billed"),
    ("reset", "reset"),
    ("activate", "activated unlocked activate unlock"),
    ("return", "returned return"),
    ("call", "called"),
];

/// Forms that are a deed done when nothing before them says otherwise; bare forms are not.
const DONE: &str = "refunded reimbursed credited paid compensated waived issued sent mailed emailed \
                    shipped dispatched delivered replaced cancelled canceled booked rebooked changed \
                    updated modified upgraded downgraded added removed deleted processed approved \
                    granted transferred forwarded escalated charged billed activated unlocked returned";

const WILL: &str = "will shall promised promises i'll we'll you'll they'll he'll she'll going";
const WANTS: &str = "want wants wanted like need needs ask asks asked request requests requested \
                     wish wishes hoping seeking demand demands demanded please could would \
                     should if whether once try tries tried attempt attempts attempted";
const DENIALS: &str = "not no never cannot nor neither unable refused declined denied rejected \
                       failed fails error missing ineligible without nothing non lack lacks lacking";

/// How far a deed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Done,
    Promised,
    Wanted,
    /// It says nothing of the kind.
    Told,
}

/// A part of a sentence that says one thing.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) stems: HashSet<String>,
    pub(super) denies: bool,
    pub(super) status: Status,
    /// The deeds it speaks of.
    pub(super) deeds: Vec<&'static str>,
}

/// The clauses of a text.
pub(super) fn clauses(text: &str) -> Vec<Clause> {
    let folded = Folded::of(text);
    let text = folded.text();
    let mut clauses = Vec::new();
    for at in sentences(text) {
        let sentence = &text[at];
        let asks = sentence.ends_with('?');
        let mut all: Vec<&str> = Vec::new();
        let mut chunks = sentence.split_whitespace().peekable();
        while let Some(chunk) = chunks.next() {
            let word = chunk.trim_matches(|c: char| !c.is_alphanumeric());
            let joins = is_among(word, "and but because so although though while however");
            if joins {
                clauses.extend(clause(&all, asks));
                all.clear();
                continue;
            }
            all.push(chunk);
            let goes_on = chunks.peek() == Some(&"which");
            if chunk.ends_with([',', ';', ':', '-']) && !goes_on {
                clauses.extend(clause(&all, asks));
                all.clear();
            }
        }
        clauses.extend(clause(&all, asks));
    }
    clauses
}

fn clause(chunks: &[&str], asks: bool) -> Option<Clause> {
    if chunks.is_empty() {
        return None;
    }
    let text = chunks.join(" ");
    let all: Vec<&str> = words(&text).map(|word| word.text).collect();
    let has = |list: &str| all.iter().any(|word| is_among(word, list));
    let status = if has("can may might cannot") {
        Status::Told
    } else if has(WANTS) || asks || format!(" {text} ").contains(" to be ") {
        Status::Wanted
    } else if has(WILL) {
        Status::Promised
    } else if has(DONE) {
        Status::Done
    } else {
        Status::Told
    };
    let deeds = DEEDS
        .iter()
        .filter(|(_, forms)| has(forms))
        .map(|(deed, _)| *deed);
    Some(Clause {
        denies: all
            .iter()
            .any(|word| is_among(word, DENIALS) || word.ends_with("n't")),
        status,
        deeds: deeds.collect(),
        stems: stems(&text),
    })
}

/// The deed that the verb in a tool's name does, such as `cancel` of `cancel_order`.
pub(super) fn deeds_of(stems: &HashSet<String>) -> Vec<&'static str> {
    let does = |forms: &str| forms.split(' ').any(|form| stems.contains(stem(form)));
    DEEDS
        .iter()
        .filter(|(_, forms)| does(forms))
        .map(|(deed, _)| *deed)
        .collect()
}
