//! Recorded conversations decided by another policy: what would change.
//!
//! The candidate decides the events of the journal as they came. What detectors found is taken from
//! the journal where the candidate's detectors are set as those were, and is looked for again where
//! they are not. Where the journal hands off and the candidate does not, the candidate goes on with
//! what the customer says to the human, whose words stand for the answers that nobody drafted.
//!
//! Only the first handoff of a conversation is compared: from there on the two have different
//! pasts.

mod comparison;

use std::sync::Arc;

use warmline_core::signal::{Findings, SignalKind, Trigger, TriggerKind};
use warmline_core::state::Awaiting;
use warmline_core::turn::Draft;
use warmline_core::{ConfigVersion, Entry, Event, State, Timestamp, TurnNumber, transition};
use warmline_detect::Case;

use crate::Error;
use crate::audit::{Rules, Walked};

pub use comparison::{Change, Comparison};

/// A handoff, as far as it is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Handed {
    /// At which turn.
    pub turn: usize,
    /// The reason.
    pub kind: TriggerKind,
    /// The words that show it.
    pub words: String,
}

/// The first handoff of a conversation under two policies.
#[derive(Debug, Clone, PartialEq)]
pub struct Redecided {
    /// The conversation.
    pub conversation: String,
    /// Under the policy of its time, or the one compared with.
    pub before: Option<Handed>,
    /// Under the candidate.
    pub after: Option<Handed>,
}

impl Handed {
    fn by(trigger: &Trigger) -> Self {
        let TurnNumber(turn) = trigger.turn;
        let signals = trigger
            .signals
            .iter()
            .flat_map(|judged| &judged.signal.evidence);
        let shown = trigger.evidence.iter().chain(signals).next();
        Self {
            turn: turn as usize,
            kind: trigger.kind,
            words: shown.map_or(String::new(), |shown| match shown.quote.as_str() {
                "" => shown.why.clone(),
                quote => quote.to_owned(),
            }),
        }
    }

    /// The first handoff of a walk through a log.
    pub fn in_walk(walked: &Walked) -> Option<Self> {
        let first = walked.fired.first()?;
        Some(Self {
            turn: first.turn,
            kind: first.kind,
            words: first
                .evidence
                .first()
                .map_or(String::new(), |shown| shown.quote.clone()),
        })
    }
}

/// Decides the `entries` of one conversation by `rules`. `same` tells the configurations whose
/// detectors are set as those of `rules`.
///
/// # Errors
///
/// [`Error::Detect`] for a detector that fails.
pub async fn redecide(
    conversation: &str,
    entries: &[Entry],
    rules: &Arc<Rules>,
    same: impl Fn(&ConfigVersion) -> bool,
) -> Result<Redecided, Error> {
    let mut following = Following::new(rules.clone(), same);
    for entry in entries {
        following.live(entry).await?;
        if following.is_over() {
            break;
        }
    }
    let (before, after) = following.handed();
    Ok(Redecided {
        conversation: conversation.to_owned(),
        before,
        after,
    })
}

/// A candidate's way through the steps of one conversation, one by one.
pub struct Following<F> {
    candidate: Candidate,
    same: F,
    before: Option<Handed>,
    over: bool,
}

impl<F: Fn(&ConfigVersion) -> bool> Following<F> {
    /// Before the first step. `same` tells the configurations whose detectors are set as those of
    /// `rules`.
    pub fn new(rules: Arc<Rules>, same: F) -> Self {
        let state = State::new(rules.workflow().initial.clone());
        Self {
            candidate: Candidate { rules, state },
            same,
            before: None,
            over: false,
        }
    }

    /// Lives through the next step.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] for a detector that fails.
    pub async fn live(&mut self, entry: &Entry) -> Result<(), Error> {
        if self.candidate.state.handoffs == 0 {
            let known = (self.same)(&entry.config);
            let apart = self.before.is_some();
            self.candidate.live(entry, known, apart).await?;
        }
        if self.before.is_none() {
            self.before = entry.decided.trigger.as_ref().map(Handed::by);
        }
        let ends = matches!(entry.event, Event::HandedBack { .. } | Event::Closed { .. });
        let both = self.before.is_some() && self.candidate.state.handoffs > 0;
        self.over = self.over || ends || both;
        Ok(())
    }

    /// The first handoff of the journal, and the candidate's.
    pub fn handed(&self) -> (Option<Handed>, Option<Handed>) {
        let after = self.candidate.state.trigger.as_deref().map(Handed::by);
        (self.before.clone(), after)
    }

    /// Whether what follows compares nothing any more: from here on the two have different pasts.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

struct Candidate {
    rules: Arc<Rules>,
    state: State,
}

impl Candidate {
    /// Lives through what happened. `known` tells whether the findings of the journal hold, and
    /// `apart` whether the journal has handed off already.
    async fn live(&mut self, entry: &Entry, known: bool, apart: bool) -> Result<(), Error> {
        let (through, epoch) = (self.state.last_customer_turn, self.state.epoch);
        let at = entry.at;
        match &entry.event {
            Event::CustomerSpoke { .. } => {
                self.decide(at, entry.event.clone());
                if apart {
                    self.look_at_turn(at).await?;
                }
            }
            Event::TurnExamined { findings, .. } if self.awaits(Awaiting::Examination) => {
                let findings = self.findings(findings, None, known).await?;
                self.decide(
                    at,
                    Event::TurnExamined {
                        through,
                        epoch,
                        findings,
                    },
                );
            }
            Event::ActionsExamined {
                actions, findings, ..
            } if self.awaits(Awaiting::Draft) => {
                let draft = Draft {
                    actions: actions.clone(),
                    ..Draft::default()
                };
                let findings = self.findings(findings, Some(draft), known).await?;
                let actions = actions.clone();
                self.decide(
                    at,
                    Event::ActionsExamined {
                        through,
                        epoch,
                        actions,
                        findings,
                    },
                );
            }
            Event::PartExamined { part, findings, .. } if self.awaits(Awaiting::Draft) => {
                let findings = self.findings(findings, Some(part.clone()), known).await?;
                let part = part.clone();
                self.decide(
                    at,
                    Event::PartExamined {
                        through,
                        epoch,
                        part,
                        findings,
                    },
                );
            }
            Event::DraftExamined {
                draft, findings, ..
            } if self.awaits(Awaiting::Draft) => {
                let findings = self.findings(findings, Some(draft.clone()), known).await?;
                let draft = draft.clone();
                self.decide(
                    at,
                    Event::DraftExamined {
                        through,
                        epoch,
                        draft,
                        findings,
                    },
                );
            }
            Event::AssistantFailed { reason, .. } if self.awaits(Awaiting::Draft) => {
                let reason = reason.clone();
                self.decide(
                    at,
                    Event::AssistantFailed {
                        through,
                        epoch,
                        reason,
                    },
                );
            }
            // What was asked for from outside is asked for under every policy.
            Event::HandoffRequested { .. } if !apart => self.decide(at, entry.event.clone()),
            Event::OperatorClaimed { .. } if !apart => self.decide(at, entry.event.clone()),
            Event::OperatorReplied { text, .. } if apart && self.awaits(Awaiting::Draft) => {
                let draft = Draft {
                    text: text.clone(),
                    ..Draft::default()
                };
                let findings = Findings::default();
                self.decide(
                    at,
                    Event::DraftExamined {
                        through,
                        epoch,
                        draft,
                        findings,
                    },
                );
            }
            _ => {}
        }
        Ok(())
    }

    fn awaits(&self, what: Awaiting) -> bool {
        self.state.awaiting == what
    }

    /// Decides, where the candidate's rules have a place for it: what they have none for did not
    /// happen to it.
    fn decide(&mut self, at: Timestamp, event: Event) {
        if let Ok((after, _)) = transition(self.rules.workflow(), &self.state, at, &event) {
            self.state = after;
        }
    }

    async fn look_at_turn(&mut self, at: Timestamp) -> Result<(), Error> {
        if !self.awaits(Awaiting::Examination) {
            return Ok(());
        }
        let findings = self.findings(&Findings::default(), None, false).await?;
        let (through, epoch) = (self.state.last_customer_turn, self.state.epoch);
        self.decide(
            at,
            Event::TurnExamined {
                through,
                epoch,
                findings,
            },
        );
        Ok(())
    }

    /// The findings of the journal where they hold; else what the candidate's detectors find, and
    /// what a model said that is not asked again.
    async fn findings(
        &self,
        recorded: &Findings,
        draft: Option<Draft>,
        known: bool,
    ) -> Result<Findings, Error> {
        if known {
            return Ok(recorded.clone());
        }
        let case = Case {
            draft: draft.map(Arc::new),
            ..Case::of(&self.state, self.state.last_customer_turn)
        };
        let mut findings = self.rules.examine(&case).await?;
        let verified = recorded.signals.iter();
        let verified = verified.filter(|signal| signal.kind == SignalKind::Verifier);
        findings.merge(Findings {
            signals: verified.cloned().collect(),
            ..Findings::default()
        });
        Ok(findings)
    }
}

#[cfg(test)]
mod tests;
