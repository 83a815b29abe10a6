//! What was lost after a human took over: patterns 6 and 7 in a log.
//!
//! Customers who tell a human again what they told the assistant were not passed on warm. A human who
//! goes on to answer what no rule keeps from the assistant could have handed the conversation back.

use warmline_core::outcome::attitude::{Attitude, attitude};
use warmline_core::outcome::content::Content;
use warmline_core::signal::Findings;
use warmline_core::turn::Draft;
use warmline_core::{Event, State, Timestamp, rehearse};
use warmline_detect::{Case, HUMAN_REQUEST};

use super::recorded::{Party, Recorded};
use super::walk::{QUOTE, Rules, Shown};
use crate::Error;

/// Turns that are shown as evidence.
const EVIDENCE: usize = 3;

/// What was lost after a human took over.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// Which of the seven would have saved it: 6 or 7.
    pub pattern: u8,
    /// The customer's turn that shows it first, counted from 1 as turns stand in the log.
    pub turn: usize,
    /// The customer's turns that show it.
    pub turns: usize,
    /// The first of them; never empty.
    pub evidence: Vec<Shown>,
}

/// What was lost in `recorded`; nothing where no human said a word. Pattern 7 is told where `rules`
/// know intents: without them nothing says what the assistant is for.
///
/// # Errors
///
/// [`Error::Detect`] for a detector that fails.
pub(super) async fn lost(rules: &Rules, recorded: &Recorded) -> Result<Vec<Lost>, Error> {
    let turns: Vec<(usize, Party, &str)> = recorded.turns().collect();
    let human = turns.iter().position(|(_, by, _)| *by == Party::Operator);
    let Some(human) = human else {
        return Ok(Vec::new());
    };
    let kept = match rules.know_intents() {
        true => kept(rules, recorded, &turns).await?,
        false => Vec::new(),
    };
    let lost = [(6, told_again(&turns, human)), (7, kept)];
    let lost = lost.into_iter().filter_map(|(pattern, shown)| {
        let turn = shown.first()?.turn;
        Some(Lost {
            pattern,
            turn,
            turns: shown.len(),
            evidence: shown.into_iter().take(EVIDENCE).collect(),
        })
    });
    Ok(lost.collect())
}

/// What the customer told the human and had told before; `human` is the place of the human's first
/// word.
fn told_again(turns: &[(usize, Party, &str)], human: usize) -> Vec<Shown> {
    let (before, after) = turns.split_at(human);
    let customer = |(_, by, _): &&(usize, Party, &str)| *by == Party::Customer;
    // Once for each turn: a long conversation has many pairs.
    let told: Vec<(usize, Content)> = before
        .iter()
        .filter(customer)
        .map(|(turn, _, text)| (*turn, Content::of(text)))
        .collect();
    let again = after.iter().filter(customer).filter_map(|(turn, _, text)| {
        let said = Content::of(text);
        if said.is_slight() {
            return None;
        }
        let (first, _) = told.iter().find(|(_, earlier)| said.repeats(earlier))?;
        Some(Shown {
            turn: *turn,
            quote: quote(text),
            why: format!("told before, in turn {first}"),
        })
    });
    again.collect()
}

/// What the customer asked at the end that the human answered, and nothing keeps from the assistant.
async fn kept(
    rules: &Rules,
    recorded: &Recorded,
    turns: &[(usize, Party, &str)],
) -> Result<Vec<Shown>, Error> {
    let mut going = Going {
        rules,
        state: State::new(rules.workflow().initial.clone()),
    };
    let mut kept = Vec::new();
    // The customer's turn that nobody has answered yet.
    let mut open = None;
    let mut human = false;
    for (turn, by, text) in turns {
        if *by == Party::Customer {
            let event = Event::CustomerSpoke {
                text: (*text).to_owned(),
                message: None,
                context: recorded.context.clone(),
            };
            if !going.on(&event) {
                return Ok(Vec::new());
            }
            open = Some((*turn, *text));
            continue;
        }
        let Some((asked, words)) = open.take() else {
            human |= *by == Party::Operator;
            continue;
        };
        // What the human answered first is why they were called.
        if human && *by == Party::Operator {
            match (going.wants().await?, attitude(words)) {
                (_, Attitude::Thanks | Attitude::Confirms) => {}
                (Some(intent), Attitude::Open) => kept.push(Shown {
                    turn: asked,
                    quote: quote(words),
                    why: format!("nothing keeps `{intent}` from the assistant"),
                }),
                _ => kept.clear(),
            }
        }
        human |= *by == Party::Operator;
        if !going.answered(text) {
            return Ok(Vec::new());
        }
    }
    Ok(kept)
}

/// A conversation as if the assistant had it all the time.
struct Going<'a> {
    rules: &'a Rules,
    state: State,
}

impl Going<'_> {
    /// Lives through `event`. False where the rules call a human, or have no place for it.
    fn on(&mut self, event: &Event) -> bool {
        let at = self.state.since.max(Timestamp(1));
        let decided = rehearse(self.rules.workflow(), &self.state, at, event);
        let went = decided
            .ok()
            .filter(|(after, _)| after.handoffs == self.state.handoffs);
        went.map(|(after, _)| self.state = after).is_some()
    }

    /// The intent of what the customer said last, where the rules leave it to the assistant.
    async fn wants(&self) -> Result<Option<String>, Error> {
        let case = Case::of(&self.state, self.state.last_customer_turn);
        let findings = self.rules.examine(&case).await?;
        let named = findings.intents.iter().find(|it| it.name != HUMAN_REQUEST);
        let intent = named.map(|intent| intent.name.clone());
        let event = self.examined(findings);
        let at = self.state.since.max(Timestamp(1));
        let decided = rehearse(self.rules.workflow(), &self.state, at, &event);
        let quiet = decided.is_ok_and(|(after, _)| after.handoffs == self.state.handoffs);
        Ok(intent.filter(|_| quiet))
    }

    /// Lives through an answer by whomever, as if nothing had been found.
    fn answered(&mut self, text: &str) -> bool {
        let examined = self.examined(Findings::default());
        let (through, epoch) = (self.state.last_customer_turn, self.state.epoch);
        let said = Event::DraftExamined {
            through,
            epoch,
            draft: Draft {
                text: text.to_owned(),
                ..Draft::default()
            },
            findings: Findings::default(),
        };
        self.on(&examined) && self.on(&said)
    }

    fn examined(&self, findings: Findings) -> Event {
        Event::TurnExamined {
            through: self.state.last_customer_turn,
            epoch: self.state.epoch,
            findings,
        }
    }
}

fn quote(text: &str) -> String {
    text[..text.floor_char_boundary(QUOTE)].to_owned()
}

#[cfg(test)]
mod tests;
