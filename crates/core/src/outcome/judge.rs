//! The outcome of an end that nobody stated: told from the recorded facts alone.

use crate::outcome::Outcome;
use crate::outcome::attitude::{Attitude, admits_ignorance, asks_back, attitude};
use crate::state::State;
use crate::turn::{Speaker, Turn, whole};

/// What leaves a customer's question open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Nobody answered it.
    Unanswered,
    /// The answer was that there is none.
    Admitted,
    /// The answer asked the customer for something, and it did not come.
    AskedBack,
    /// The customer said that it is not settled, and nothing since says otherwise.
    Denied,
}

/// Why the customer's question is open at the end of `state`; `None` when it is not.
///
/// Words of Warmline itself answer nothing.
pub fn open_question(state: &State) -> Option<Open> {
    let turns = stretch(state);
    let last = Last::of(&turns);
    if last.closing == Some(Attitude::Confirms) {
        return None;
    }
    let asked = last.asked?;
    let Some(answer) = last.answer.filter(|answer| answer.number > asked.number) else {
        return Some(Open::Unanswered);
    };
    if answer.is_assistant() && admits_ignorance(&answer.text) {
        return Some(Open::Admitted);
    }
    if last.closing.is_some() {
        return None;
    }
    if asks_back(&answer.text) {
        return Some(Open::AskedBack);
    }
    (attitude(&asked.text) == Attitude::Denies).then_some(Open::Denied)
}

/// The outcome of the stretch that ends in `state`; `silent` where it ends because nobody said
/// anything any more. A human who was the last to answer has settled what is settled.
pub fn judge(state: &State, silent: bool) -> Outcome {
    let turns = stretch(state);
    let last = Last::of(&turns);
    match open_question(state) {
        Some(_) if silent => Outcome::Abandoned,
        Some(_) => Outcome::Unresolved,
        None if last.answer.is_some_and(by_operator) => Outcome::ResolvedByHuman,
        None if last.closing.is_some() && last.answer.is_some() => Outcome::ResolvedConfirmed,
        None if last.answer.is_some() => Outcome::ResolvedUnconfirmed,
        // Nothing was asked and nothing answered.
        None => match silent {
            true => Outcome::Abandoned,
            false => Outcome::Unresolved,
        },
    }
}

/// The turns of the stretch that `state` shows, each answer whole.
fn stretch(state: &State) -> Vec<Turn> {
    whole(state.turns_since(state.tally.after))
}

fn by_operator(turn: &Turn) -> bool {
    matches!(turn.speaker, Speaker::Operator { .. })
}

/// The last turns of a stretch that tell how it stands.
struct Last<'a> {
    /// The customer's last turn that is more than closing words.
    asked: Option<&'a Turn>,
    /// The closing words after it; a confirmation outweighs thanks.
    closing: Option<Attitude>,
    /// The last answer of the assistant or an operator, before closing words where there is one.
    answer: Option<&'a Turn>,
}

impl<'a> Last<'a> {
    fn of(turns: &'a [Turn]) -> Self {
        let mut last = Self {
            asked: None,
            closing: None,
            answer: None,
        };
        // "You're welcome" answers no question.
        let mut courtesy = None;
        for turn in turns.iter().rev() {
            match turn.speaker {
                Speaker::Customer => match attitude(&turn.text) {
                    closing @ (Attitude::Confirms | Attitude::Thanks) => {
                        if last.closing != Some(Attitude::Confirms) {
                            last.closing = Some(closing);
                        }
                        courtesy = courtesy.or(last.answer.take());
                    }
                    _ => {
                        last.asked = Some(turn);
                        break;
                    }
                },
                Speaker::Assistant | Speaker::Operator { .. } => {
                    last.answer = last.answer.or(Some(turn));
                }
                Speaker::Notice => {}
            }
        }
        // Thanks that nothing was answered before close nothing: "thanks in advance".
        if last.answer.is_none() && last.closing == Some(Attitude::Thanks) {
            last.closing = None;
        }
        last.answer = last.answer.or(courtesy);
        last
    }
}
