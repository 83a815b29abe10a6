//! What the assistant and its tools did, and what stands in the way of them.

use std::collections::HashSet;

use crate::card::address::commands;
use crate::card::digest::{Came, came, digest, values as values_of};
use crate::card::quotation::{quotation, quoted, unmarked};
use crate::card::{Claim, QUOTE};
use crate::ids::TurnNumber;
use crate::sentence::sentences;
use crate::state::State;
use crate::turn::{Action, Turn};

/// Most lines; what changed something or failed stays before what only read or spoke.
const LINES: usize = 5;
/// Letters of an answer that are quoted.
const ANSWER: usize = 90;
/// Share of words that two questions have in common when they are the same question.
const SAME: f32 = 0.6;

/// Verbs of tools that only look, by the first word of their name.
const LOOKS: &str =
    "get list search find look lookup read fetch check calculate query retrieve show";

/// Openings of sentences that accompany an answer and are none.
const ASIDE: &[&str] = &[
    "thank",
    "i understand",
    "i'm sorry",
    "i am sorry",
    "i apologize",
    "sorry",
    "certainly",
    "of course",
    "sure",
    "great",
    "hello",
    "hi",
    "you're welcome",
    "no problem",
    "i see",
];

/// What says that something cannot be done.
const REFUSALS: &[&str] = &[
    "unfortunately",
    "unable to",
    "cannot",
    "can't",
    "not able to",
    "not eligible",
    "not allowed",
    "not possible",
    "isn't possible",
    "won't be able",
    "do not offer",
    "don't offer",
    "not permitted",
];

/// Something done, of which repeats are counted.
struct Done {
    what: What,
    turns: Vec<TurnNumber>,
    /// What changed something, or failed, outlasts what only looked, and that what was said.
    rank: u8,
}

enum What {
    Called {
        name: String,
        input: String,
        came: Came,
        result: String,
    },
    Asked(String),
    Answered(String),
    From(String),
}

/// What the assistant and its tools did with what result, latest last; repeats are counted.
pub(super) fn attempted(state: &State) -> Vec<Claim> {
    let calls = state
        .attempts
        .iter()
        .map(|attempt| (attempt.turn, called(&attempt.action)));
    let answers = state.examined().filter(|turn| turn.is_assistant());
    let answers = answers.filter_map(|turn| Some((turn.number, said(turn)?)));
    let mut all: Vec<(TurnNumber, (What, u8))> = calls.chain(answers).collect();
    all.sort_by_key(|(turn, _)| *turn);
    let mut done: Vec<Done> = Vec::new();
    for (turn, (what, rank)) in all {
        match done.iter_mut().find(|known| known.what.is_same(&what)) {
            Some(known) => known.turns.push(turn),
            None => done.push(Done {
                what,
                turns: vec![turn],
                rank,
            }),
        }
    }
    while done.len() > LINES {
        let least = done.iter().enumerate().min_by_key(|(_, done)| done.rank);
        let Some((least, _)) = least else { break };
        done.remove(least);
    }
    done.sort_by_key(|done| done.turns.last().copied());
    done.into_iter().map(Done::claim).collect()
}

/// The call that failed last and was not made good since, in its own words.
pub(super) fn failed(state: &State) -> Option<Claim> {
    let calls = || state.attempts.iter();
    let attempt = calls().rfind(|attempt| {
        let good = |other: &Action| {
            other.name == attempt.action.name && came(other.result.as_deref()) == Came::Good
        };
        let later = calls().skip_while(|other| !std::sync::Arc::ptr_eq(other, attempt));
        came(attempt.action.result.as_deref()) == Came::Bad
            && !later.into_iter().any(|other| good(&other.action))
    })?;
    let result = attempt.action.result.as_deref().unwrap_or_default();
    Some(Claim {
        text: format!(
            "{} failed: {}",
            unmarked(&attempt.action.name, 40),
            quotation(result, QUOTE)
        ),
        turns: vec![attempt.turn],
    })
}

/// What the assistant said last that it cannot or may not do.
pub(super) fn refused(state: &State) -> Option<Claim> {
    let answers = state.examined().filter(|turn| turn.is_assistant());
    let refusals = answers.flat_map(|turn| {
        let places = sentences(&turn.text).into_iter();
        places.map(|at| (turn.number, &turn.text[at]))
    });
    let refused = refusals.filter(|(_, sentence)| {
        let lower = sentence.to_lowercase().replace('’', "'");
        let refuses = REFUSALS.iter().any(|sign| lower.contains(sign));
        refuses && !lower.ends_with('?') && !commands(&plain(sentence))
    });
    let (turn, words) = refused.last()?;
    let words = plain(words);
    let start = words.to_ascii_lowercase().find("unfortunately, ");
    let words = &words[start.map_or(0, |at| at + "unfortunately, ".len())..];
    Some(Claim {
        text: format!("Assistant: {}", quotation(words, QUOTE)),
        turns: vec![turn],
    })
}

/// An answer without its marks for bold print.
pub(super) fn plain(text: &str) -> String {
    text.replace("**", "").replace("###", "")
}

fn called(action: &Action) -> (What, u8) {
    let came = came(action.result.as_deref());
    let verb = action
        .name
        .split(['_', ' ', '-', '.'])
        .next()
        .unwrap_or_default();
    let looks = LOOKS.split(' ').any(|look| verb.eq_ignore_ascii_case(look));
    // Thinking aloud changes nothing and tells nobody anything.
    let rank = match came {
        _ if verb == "think" => 0,
        Came::Bad => 4,
        _ if looks => 2,
        _ => 5,
    };
    let name = if commands(&action.name.replace('_', " ")) {
        "a tool".to_owned()
    } else {
        unmarked(&action.name, 40)
    };
    let input = digest(&action.input, "");
    let result = action.result.as_deref().unwrap_or_default();
    let result = digest(result, &input);
    (
        What::Called {
            name,
            input,
            came,
            result,
        },
        rank,
    )
}

/// What an answer asked for or said; `None` where it gives its reader orders.
fn said(turn: &Turn) -> Option<(What, u8)> {
    if let Some(citation) = turn.citations.first() {
        let title = quoted(&citation.title, 60);
        return (!commands(&title)).then_some((What::From(title), 1));
    }
    let words = plain(&turn.text);
    let all: Vec<&str> = sentences(&words).into_iter().map(|at| &words[at]).collect();
    let asks = |text: &&&str| {
        let text = text.to_lowercase();
        text.ends_with('?')
            || [
                "please provide",
                "please share",
                "please tell",
                "please confirm",
            ]
            .iter()
            .any(|sign| text.contains(sign))
    };
    let aside = |text: &str| {
        let text = text.to_lowercase();
        ASIDE.iter().any(|start| text.starts_with(start))
    };
    let asked = all.iter().find(asks);
    let told = all.iter().find(|text| !aside(text)).or(all.first());
    let words = quoted(asked.or(told)?, ANSWER);
    let what = match asked {
        _ if commands(&words) => return None,
        Some(_) => What::Asked(words),
        None => What::Answered(words),
    };
    Some((what, 1))
}

impl What {
    fn is_same(&self, other: &What) -> bool {
        match (self, other) {
            (
                What::Called {
                    name, input, came, ..
                },
                What::Called {
                    name: other_name,
                    input: other_input,
                    came: other_came,
                    ..
                },
            ) => (name, input, came) == (other_name, other_input, other_came),
            (What::Asked(one), What::Asked(other))
            | (What::Answered(one), What::Answered(other)) => are_alike(one, other),
            (What::From(one), What::From(other)) => one == other,
            _ => false,
        }
    }
}

impl Done {
    fn claim(mut self) -> Claim {
        let times = self.turns.len();
        self.turns.dedup();
        let often = if times > 1 {
            format!(" {times} times")
        } else {
            String::new()
        };
        let text = match self.what {
            What::Called {
                name,
                input,
                came,
                result,
            } => {
                let input = if input.is_empty() {
                    input
                } else {
                    format!(" ({input})")
                };
                let result = match (came, result.as_str()) {
                    (Came::Nothing, _) => "no result yet".to_owned(),
                    (Came::Bad, "") => "failed".to_owned(),
                    (Came::Bad, result) => format!("failed ({result})"),
                    (Came::Good, "") => "done".to_owned(),
                    (Came::Good, result) => result.to_owned(),
                };
                format!("Called {name}{often}{input}: {result}")
            }
            What::Asked(words) => format!("Asked{often} {}", quotation(&words, QUOTE)),
            What::Answered(words) => format!("Answered{often} {}", quotation(&words, QUOTE)),
            What::From(title) => format!("Answered{often} from {}", quotation(&title, QUOTE)),
        };
        Claim {
            text,
            turns: self.turns,
        }
    }
}

/// Whether two sentences have most of their words in common.
fn are_alike(one: &str, other: &str) -> bool {
    let words = |text: &str| -> HashSet<String> {
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let common = one.intersection(&other).count() as f32;
    common >= SAME * one.union(&other).count() as f32
}

/// What a card may say of a call: its name, and the single values that it was given and answered.
/// The rest of an answer is a stranger's words.
pub fn reported(action: &Action) -> String {
    let values = [
        action.input.as_str(),
        action.result.as_deref().unwrap_or_default(),
    ];
    let values = values.map(|text| match values_of(text) {
        values if values.is_empty() => digest(text, ""),
        values => values,
    });
    let came = match came(action.result.as_deref()) {
        Came::Good => "",
        Came::Bad => "failed",
        Came::Nothing => "no result yet",
    };
    format!("{} {} {} {came}", action.name, values[0], values[1])
}
