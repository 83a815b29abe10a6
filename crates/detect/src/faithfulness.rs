//! Whether a card that a model wrote says what the conversation says.
//!
//! Deterministic, and on the side of leaving out: a claim stays when the turns that it cites carry
//! it in facts, names, words and tense; when other turns carry it, its citation is corrected; else
//! it is dropped. Where words may come from depends on the field: a customer's words may show as
//! what they want or as what stands in the way, and nowhere else.

mod carried;
mod marked;
mod source;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use warmline_core::card::address::{addresses_reader, commands};
use warmline_core::card::quoted;
use warmline_core::state::Attempt;
use warmline_core::{Card, Claim, Draft, Turn, TurnNumber};

use source::{Field, Sources};

/// Longest claim that is read, in characters; claims of one list, and citations of one claim.
const LONGEST: usize = 300;
const MAX_CLAIMS: usize = 8;
const MAX_CITED: usize = 8;

/// What a summarizer was shown.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The turns, oldest first.
    pub turns: &'a [Arc<Turn>],
    /// What the assistant did, and at which turn.
    pub attempts: &'a [Arc<Attempt>],
    /// The draft that was held back.
    pub held_back: Option<&'a Draft>,
}

/// A card of which everything is carried, and what was not.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What is left, filled up from the extracted card.
    pub card: Card,
    /// How many claims are left that the extracted card does not have.
    pub kept: usize,
    /// Of these, how many cited other turns than those that carry them.
    pub corrected: usize,
    /// The claims that were dropped.
    pub dropped: Vec<Dropped>,
}

/// A claim that was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The field it stood in, such as `blockers`.
    pub field: &'static str,
    /// What it said, bounded and on one line.
    pub text: String,
    /// Why.
    pub reason: Unfaithful,
}

/// Why a claim is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfaithful {
    /// It gives its reader orders, or carries mark-up or links.
    Address,
    /// It cites no turn that was said, and none carries it.
    NoTurn,
    /// Whoever it speaks of said none of the cited turns, or its words may not come from there.
    Speaker,
    /// It quotes what nobody said.
    Quotation,
    /// It names a number, amount, date, code or address that the cited turns do not.
    Fact,
    /// It names somebody or something that the cited turns do not.
    Name,
    /// Too few of its words are from the cited turns.
    Words,
    /// It says that something is done, or promised, that is not.
    Status,
    /// It denies what the cited turns affirm, or affirms what they deny.
    Denial,
}

impl Unfaithful {
    /// Every reason, in the order in which they are looked for.
    pub const ALL: [Unfaithful; 9] = [
        Unfaithful::Address,
        Unfaithful::NoTurn,
        Unfaithful::Speaker,
        Unfaithful::Quotation,
        Unfaithful::Fact,
        Unfaithful::Name,
        Unfaithful::Words,
        Unfaithful::Status,
        Unfaithful::Denial,
    ];

    /// The name used in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Unfaithful::Address => "address",
            Unfaithful::NoTurn => "no_turn",
            Unfaithful::Speaker => "speaker",
            Unfaithful::Quotation => "quotation",
            Unfaithful::Fact => "fact",
            Unfaithful::Name => "name",
            Unfaithful::Words => "words",
            Unfaithful::Status => "status",
            Unfaithful::Denial => "denial",
        }
    }
}

/// Holds the `written` card against what was `told`.
///
/// The next step, sentiment, sensitivities and trigger are those of the `extracted` card, whatever
/// was written. Its goal stands in for one that is dropped, and its lists for those of which
/// nothing is left.
pub fn faithful(written: Card, extracted: &Card, told: &Told<'_>) -> Checked {
    let sources = Sources::of(told, extracted);
    let mut check = Check {
        sources: &sources,
        kept: 0,
        corrected: 0,
        dropped: Vec::new(),
    };
    let goal = check.claim(Field::Goal, written.customer_intent);
    let card = Card {
        customer_intent: goal.unwrap_or_else(|| extracted.customer_intent.clone()),
        actions_attempted: check.list(
            Field::Actions,
            written.actions_attempted,
            &extracted.actions_attempted,
        ),
        blockers: check.list(Field::Blockers, written.blockers, &extracted.blockers),
        promised: check.list(Field::Promised, written.promised, &extracted.promised),
        source: written.source,
        ..extracted.clone()
    };
    Checked {
        card,
        kept: check.kept,
        corrected: check.corrected,
        dropped: check.dropped,
    }
}

/// A check under way.
struct Check<'a> {
    sources: &'a Sources<'a>,
    kept: usize,
    corrected: usize,
    dropped: Vec<Dropped>,
}

impl Check<'_> {
    fn list(&mut self, field: Field, written: Vec<Claim>, extracted: &[Claim]) -> Vec<Claim> {
        let written = written.into_iter().take(MAX_CLAIMS);
        let kept: Vec<Claim> = written
            .filter_map(|claim| self.claim(field, claim))
            .collect();
        if kept.is_empty() {
            extracted.to_vec()
        } else {
            kept
        }
    }

    /// The claim as it may stand; `None` if it may not.
    fn claim(&mut self, field: Field, claim: Claim) -> Option<Claim> {
        if self.sources.is_extracted(field, &claim) {
            return Some(claim);
        }
        let text = marked::balanced(quoted(&claim.text, LONGEST));
        if text.is_empty() {
            return None;
        }
        match self.placed(field, &text, &claim.turns) {
            Ok(turns) => {
                self.kept += 1;
                self.corrected += usize::from(turns != claim.turns);
                let text = match field {
                    Field::Goal | Field::Blockers => {
                        marked::marked(&text, self.sources.strangers(&turns))
                    }
                    Field::Actions | Field::Promised => text,
                };
                Some(Claim { text, turns })
            }
            Err(reason) => {
                self.dropped.push(Dropped {
                    field: field.as_str(),
                    text,
                    reason,
                });
                None
            }
        }
    }

    /// The turns that carry a claim: those it cites, or else the first that does alone or together
    /// with them.
    fn placed(
        &self,
        field: Field,
        text: &str,
        cited: &[TurnNumber],
    ) -> Result<Vec<TurnNumber>, Unfaithful> {
        // What was said to somebody may be quoted; orders may not.
        if commands(text) || addresses_reader(&marked::parts(text).1) {
            return Err(Unfaithful::Address);
        }
        let known: Vec<TurnNumber> = cited
            .iter()
            .copied()
            .filter(|turn| self.sources.has(*turn))
            .take(MAX_CITED)
            .collect();
        let carry = |turns: &[TurnNumber], share| {
            carried::carried(text, field, &self.sources.cited(turns), share)
        };
        let reason = match known.is_empty() {
            true => Unfaithful::NoTurn,
            false => match carry(&known, carried::CITED) {
                Ok(()) => return Ok(known),
                // What its turns contradict is not put right by another turn.
                Err(reason @ (Unfaithful::Status | Unfaithful::Denial)) => return Err(reason),
                Err(reason) => reason,
            },
        };
        let others = self.sources.numbers();
        let alone = others.iter().map(|turn| vec![*turn]);
        let beside = others
            .iter()
            .filter(|turn| reason == Unfaithful::Name && !known.contains(turn))
            .map(|turn| known.iter().chain([turn]).copied().collect());
        let found = alone
            .chain(beside)
            .find(|turns: &Vec<TurnNumber>| carry(turns, carried::UNCITED).is_ok());
        let mut found = found.ok_or(reason)?;
        found.sort_unstable();
        Ok(found)
    }
}
