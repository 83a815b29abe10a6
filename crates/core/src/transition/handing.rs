//! The baton in human hands: claim, answer, release, hand back, close.

use std::sync::Arc;

use crate::card::Card;
use crate::event::Requester;
use crate::ids::{Epoch, OperatorId};
use crate::note::HandbackNote;
use crate::outcome::Outcome;
use crate::signal::TriggerKind;
use crate::transition::Refused;
use crate::transition::step::Step;
use crate::turn::Speaker;
use crate::workflow::{On, Owner};

impl Step<'_> {
    pub(super) fn operator_claimed(
        &mut self,
        operator: &OperatorId,
        leased: bool,
        waited: Option<Epoch>,
    ) -> Result<(), Refused> {
        // Whoever was given a place in a queue does not take the conversation out of other hands.
        if waited.is_some_and(|epoch| epoch != self.state.epoch) {
            return Err(self.stale());
        }
        if self.owner() == Owner::Operator {
            return self.must_own(operator);
        }
        let rule = self
            .rule(&On::OperatorClaimed, &self.facts())
            .ok_or_else(|| self.no_rule())?;
        if self.owner() == Owner::Assistant {
            self.pick_up(self.unscored(TriggerKind::OperatorTakeover, Vec::new()));
        }
        self.state.operator = Some(operator.clone());
        self.state.leased = leased;
        self.state.settled = self.state.last_customer_turn;
        self.state.worked = self.at;
        self.follow(rule)
    }

    fn must_own(&self, operator: &OperatorId) -> Result<(), Refused> {
        match &self.state.operator {
            Some(owner) if owner == operator => Ok(()),
            Some(owner) => Err(Refused::OwnedBy {
                owner: owner.clone(),
                state: self.name(),
            }),
            None => Err(self.no_rule()),
        }
    }

    pub(super) fn operator_released(
        &mut self,
        operator: &OperatorId,
        queue: Option<&str>,
        to: Option<&OperatorId>,
    ) -> Result<(), Refused> {
        self.must_own(operator)?;
        self.passed_to = to.cloned();
        let mut facts = self.facts();
        facts.queue = queue.unwrap_or_default().to_owned();
        let rule = self
            .rule(&On::OperatorReleased, &facts)
            .ok_or_else(|| self.no_rule())?;
        self.follow(rule)
    }

    /// Takes the conversation from an operator who is gone. A machine that does not speak of it
    /// treats it as a release.
    pub(super) fn operator_lost(&mut self, operator: &OperatorId) -> Result<(), Refused> {
        self.must_own(operator)?;
        let facts = self.facts();
        let rule = self
            .rule(&On::OperatorLost, &facts)
            .or_else(|| self.rule(&On::OperatorReleased, &facts))
            .ok_or_else(|| self.no_rule())?;
        self.follow(rule)
    }

    pub(super) fn operator_replied(
        &mut self,
        operator: &OperatorId,
        text: &str,
    ) -> Result<(), Refused> {
        self.must_own(operator)?;
        self.state.worked = self.at;
        self.state.settled = self.state.last_customer_turn;
        self.say(
            Speaker::Operator {
                operator: operator.clone(),
            },
            text,
            &[],
        );
        Ok(())
    }

    pub(super) fn handed_back(
        &mut self,
        operator: &OperatorId,
        note: &HandbackNote,
    ) -> Result<(), Refused> {
        self.must_own(operator)?;
        note.check().map_err(Refused::Note)?;
        if self.state.handbacks >= self.workflow.policy.max_handbacks {
            return Err(Refused::HandbackLimit {
                state: self.name(),
                handbacks: self.state.handbacks,
            });
        }
        let rule = self
            .rule(&On::HandedBack, &self.facts())
            .ok_or_else(|| self.no_rule())?;
        self.state.handbacks += 1;
        self.state.note = Some(Arc::new(note.clone()));
        self.state.trigger = None;
        self.state.card = None;
        self.state.held_back = None;
        self.state.intent = None;
        self.state.amount = 0.0;
        self.state.currency.clear();
        self.state.mood = 0.0;
        self.state.attempts.clear();
        self.follow(rule)?;
        self.examine_if_owed();
        Ok(())
    }

    pub(super) fn closed(
        &mut self,
        requester: &Requester,
        outcome: Outcome,
    ) -> Result<(), Refused> {
        if outcome == Outcome::Reopened {
            return Err(Refused::Reopened);
        }
        match (self.owner(), requester) {
            (Owner::Operator, Requester::Operator { operator }) => self.must_own(operator)?,
            (Owner::Operator | Owner::Queue, Requester::Bot) => {
                return Err(Refused::WithHumans { state: self.name() });
            }
            _ => {}
        }
        let rule = self
            .rule(&On::Closed, &self.facts())
            .ok_or_else(|| self.no_rule())?;
        let was_over = self.owner() == Owner::Nobody;
        self.state.settled = self.state.last_customer_turn;
        self.follow(rule)?;
        if !was_over {
            self.state.outcome = Some(outcome);
        }
        Ok(())
    }

    pub(super) fn card_written(&mut self, epoch: Epoch, card: &Card) -> Result<(), Refused> {
        let current = self.state.card.as_ref().is_some_and(|known| {
            epoch <= self.state.epoch
                && known.trigger.kind == card.trigger.kind
                && known.trigger.turn == card.trigger.turn
        });
        if !current {
            return Err(self.stale());
        }
        self.state.card = Some(Arc::new(card.clone()));
        Ok(())
    }

    pub(super) fn rated(&mut self, score: u8) -> Result<(), Refused> {
        if !(1..=5).contains(&score) {
            return Err(Refused::Rating(score));
        }
        self.state.csat = Some(score);
        Ok(())
    }
}
