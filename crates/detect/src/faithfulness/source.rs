//! What a summarizer was shown, turn by turn.

use std::collections::{BTreeMap, HashSet};

use warmline_core::card::{reason, reported};
use warmline_core::{Card, Claim, Speaker, TurnNumber};

use crate::fact;
use crate::text::{Folded, cut, stem, words};

use super::Told;
use super::status::{Clause, clauses};

/// Bytes of one text that are read.
const MAX_BYTES: usize = 4_000;

/// A part of the card with claims in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Goal,
    Actions,
    Blockers,
    Promised,
}

impl Field {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Field::Goal => "customer_intent",
            Field::Actions => "actions_attempted",
            Field::Blockers => "blockers",
            Field::Promised => "promised",
        }
    }

    /// Whether the words of a claim may come from `voice`.
    pub(super) fn hears(self, voice: Voice) -> bool {
        match self {
            Field::Goal => voice == Voice::Customer,
            Field::Actions => matches!(voice, Voice::Staff | Voice::Tool),
            Field::Blockers => true,
            Field::Promised => voice == Voice::Staff,
        }
    }
}

/// Whose words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Customer,
    /// The assistant, an operator, or Warmline itself.
    Staff,
    /// What was called, with what, and single values of what it answered.
    Tool,
    /// A tool's own words for why it failed.
    Failure,
    /// A draft that was held back, and the reason of the handoff.
    Reason,
}

/// Words of one voice.
pub(super) struct Heard {
    pub(super) voice: Voice,
    /// The words in their order, each after a blank.
    pub(super) spoken: String,
    pub(super) facts: HashSet<String>,
    pub(super) stems: HashSet<String>,
    pub(super) clauses: Vec<Clause>,
    /// Whether a call failed; none for what is no call, or has not answered.
    pub(super) failed: Option<bool>,
}

impl Heard {
    fn of(voice: Voice, text: &str) -> Heard {
        let text = cut(text, MAX_BYTES);
        // A record's signs part its values; in names of tools a line does.
        let bare: String = text
            .chars()
            .map(|c| {
                if matches!(c, '"' | '{' | '}' | '[' | ']' | '|' | '*') {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        let apart = bare.replace('_', " ");
        let mut facts = fact::forms([bare.as_str()].into_iter());
        let dates: Vec<String> = facts_of_dates(&bare).collect();
        facts.extend(dates);
        Heard {
            voice,
            spoken: spoken(&apart),
            facts,
            stems: stems(&apart),
            clauses: clauses(&apart),
            failed: None,
        }
    }
}

/// All that was shown, by the number of the turn.
pub(super) struct Sources<'a> {
    by_turn: BTreeMap<TurnNumber, Vec<Heard>>,
    extracted: &'a Card,
}

impl<'a> Sources<'a> {
    pub(super) fn of(told: &Told<'_>, extracted: &'a Card) -> Sources<'a> {
        let mut by_turn: BTreeMap<TurnNumber, Vec<Heard>> = BTreeMap::new();
        for turn in told.turns {
            let voice = match turn.speaker {
                Speaker::Customer => Voice::Customer,
                Speaker::Assistant | Speaker::Operator { .. } | Speaker::Notice => Voice::Staff,
            };
            let heard = by_turn.entry(turn.number).or_default();
            heard.push(Heard::of(voice, &turn.text));
            let titles = turn
                .citations
                .iter()
                .map(|citation| citation.title.as_str());
            let titles = titles.collect::<Vec<_>>().join(". ");
            if !titles.is_empty() {
                heard.push(Heard::of(Voice::Tool, &titles));
            }
        }
        for attempt in told.attempts {
            // What was done for a turn shows in the answer to it as well.
            let answer = told.turns.iter().find(|turn| turn.number > attempt.turn);
            let answer = answer.filter(|turn| turn.is_assistant());
            let numbers = [attempt.turn]
                .into_iter()
                .chain(answer.map(|turn| turn.number));
            let report = reported(&attempt.action);
            let failed = report.ends_with(" failed");
            for number in numbers {
                let heard = by_turn.entry(number).or_default();
                let mut tool = Heard::of(Voice::Tool, &report);
                tool.failed = attempt.action.result.as_ref().map(|_| failed);
                // Among values, "no" is one like others.
                tool.clauses.iter_mut().for_each(|c| c.denies = failed);
                heard.push(tool);
                if let Some(result) = attempt.action.result.as_deref().filter(|_| failed) {
                    heard.push(Heard::of(Voice::Failure, result));
                }
            }
        }
        let trigger = &extracted.trigger;
        let heard = by_turn.entry(trigger.turn).or_default();
        let intent = trigger.intent.as_deref().unwrap_or_default();
        let mut reasons = vec![format!("{}. {} {intent}", reason(trigger), trigger.kind)];
        let judged = trigger.signals.iter().map(|judged| &judged.signal);
        let evidence = judged.flat_map(|signal| &signal.evidence);
        let evidence = evidence.chain(&trigger.evidence);
        reasons.extend(evidence.map(|evidence| evidence.quote.clone()));
        reasons.extend(told.held_back.map(|draft| draft.text.clone()));
        heard.extend(reasons.iter().map(|text| Heard::of(Voice::Reason, text)));
        Sources { by_turn, extracted }
    }

    /// Whether a claim stands in the extracted card as it is.
    pub(super) fn is_extracted(&self, field: Field, claim: &Claim) -> bool {
        let extracted = self.extracted;
        match field {
            Field::Goal => extracted.customer_intent == *claim,
            Field::Actions => extracted.actions_attempted.contains(claim),
            Field::Blockers => extracted.blockers.contains(claim),
            Field::Promised => extracted.promised.contains(claim),
        }
    }

    /// Whether there is a turn with that number.
    pub(super) fn has(&self, turn: TurnNumber) -> bool {
        self.by_turn.contains_key(&turn)
    }

    /// The numbers of all turns, in order.
    pub(super) fn numbers(&self) -> Vec<TurnNumber> {
        self.by_turn.keys().copied().collect()
    }

    /// What was heard in `turns`.
    pub(super) fn cited(&self, turns: &[TurnNumber]) -> Vec<&Heard> {
        let heard = turns.iter().filter_map(|turn| self.by_turn.get(turn));
        heard.flatten().collect()
    }

    /// The words of customers and tools in `turns`.
    pub(super) fn strangers(&self, turns: &[TurnNumber]) -> Vec<&str> {
        let heard = self.cited(turns).into_iter();
        let strange = |heard: &&Heard| {
            matches!(
                heard.voice,
                Voice::Customer | Voice::Failure | Voice::Reason
            )
        };
        heard
            .filter(strange)
            .map(|heard| heard.spoken.as_str())
            .collect()
    }
}

/// The folded words of a text in their order, each after a blank.
pub(super) fn spoken(text: &str) -> String {
    let folded = Folded::of(text);
    words(folded.text()).fold(String::new(), |all, word| all + " " + word.text)
}

/// The stems of all words, those without a meaning of their own included.
fn stems(text: &str) -> HashSet<String> {
    let folded = Folded::of(text);
    words(folded.text())
        .map(|word| stem(word.text).to_owned())
        .collect()
}

/// Months by name for dates in figures: "2024-05-20" is in May.
fn facts_of_dates(text: &str) -> impl Iterator<Item = String> + '_ {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    text.split(|c: char| c.is_whitespace() || c == ',')
        .flat_map(|piece| {
            let parts: Vec<&str> = piece.split('-').collect();
            let month = match parts[..] {
                [year, month, _] if year.len() == 4 => month.parse::<usize>().ok(),
                _ => None,
            };
            month
                .and_then(|month| MONTHS.get(month.checked_sub(1)?))
                .map(|month| (*month).to_owned())
        })
}
