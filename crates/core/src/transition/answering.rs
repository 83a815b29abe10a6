//! The customer speaks, the detectors look, the assistant proposes.

use std::sync::Arc;

use crate::card::Card;
use crate::effect::Effect;
use crate::event::{CustomerContext, Requester};
use crate::ids::{Epoch, TurnNumber};
use crate::signal::{Evidence, Findings, SignalKind, Trigger, TriggerKind};
use crate::state::{ACTIONS, Attempt, Awaiting};
use crate::transition::Refused;
use crate::transition::step::Step;
use crate::turn::{Action, Draft, Speaker};
use crate::workflow::{On, Owner, Workflow};

impl Step<'_> {
    pub(super) fn customer_spoke(
        &mut self,
        text: &str,
        context: &CustomerContext,
    ) -> Result<(), Refused> {
        let first = self.state.customer_turns == 0 && self.state.epoch == Epoch(1);
        if first {
            self.state.since = self.at;
            self.start_timers();
        }
        self.learn(context);
        let turn = self.hear(Speaker::Customer, text, &[]);
        self.state.last_customer_turn = turn.number;
        self.state.customer_turns += 1;
        self.state.heard = self.at;
        if first {
            self.begin();
        }
        match self.rule(&On::CustomerSpoke, &self.facts()) {
            Some(rule) => self.follow(rule)?,
            None if self.owner() == Owner::Nobody => return Err(self.no_rule()),
            None => {}
        }
        self.examine_if_owed();
        Ok(())
    }

    fn learn(&mut self, news: &CustomerContext) {
        let known = &mut self.state.context;
        for (known, news) in [
            (&mut known.customer, &news.customer),
            (&mut known.channel, &news.channel),
            (&mut known.segment, &news.segment),
            (&mut known.language, &news.language),
        ] {
            if news.is_some() {
                known.clone_from(news);
            }
        }
    }

    /// Has the detectors look at what the customer said, if the assistant owes an answer. Turns
    /// that come while an answer is under way are answered together with it.
    pub(super) fn examine_if_owed(&mut self) {
        let through = self.state.last_customer_turn;
        if self.owner() != Owner::Assistant || self.state.settled >= through {
            return;
        }
        if self.state.owes_answer() {
            self.effect(Effect::CancelAnswer);
        }
        self.state.awaiting = Awaiting::Examination;
        self.effect(Effect::Examine {
            through,
            epoch: self.state.epoch,
        });
    }

    fn awaits(&self, what: Awaiting, through: TurnNumber, epoch: Epoch) -> bool {
        self.state.awaiting == what
            && self.state.epoch == epoch
            && self.state.last_customer_turn == through
    }

    pub(super) fn turn_examined(
        &mut self,
        through: TurnNumber,
        epoch: Epoch,
        findings: &Findings,
    ) -> Result<(), Refused> {
        if !self.awaits(Awaiting::Examination, through, epoch) {
            return Err(self.stale());
        }
        if findings.language.is_some() {
            // What the words show outweighs what the channel believes.
            self.state.context.language.clone_from(&findings.language);
        }
        if let Some(signal) = findings
            .signals
            .iter()
            .find(|s| s.kind == SignalKind::Sentiment)
        {
            self.state.mood = signal.score;
        }
        let trigger = self.workflow.policy.judge_turn(&self.state, findings);
        if let Some(largest) = findings.largest_amount() {
            self.state.amount = largest.value;
            self.state.currency.clone_from(&largest.currency);
        }
        if let Some(intent) = findings.intents.first() {
            self.state.intent = Some(intent.name.clone());
        }
        self.state.awaiting = Awaiting::Nothing;
        match trigger {
            Some(trigger) => self.hand_off(trigger),
            None => {
                self.state.awaiting = Awaiting::Draft;
                self.effect(Effect::AskAssistant { through, epoch });
                Ok(())
            }
        }
    }

    /// Lets the assistant act, or takes the conversation from it before anything is done.
    pub(super) fn actions_examined(
        &mut self,
        through: TurnNumber,
        epoch: Epoch,
        actions: &[Action],
        findings: &Findings,
    ) -> Result<(), Refused> {
        if !self.awaits(Awaiting::Draft, through, epoch) {
            return Err(self.stale());
        }
        match self.workflow.policy.judge_draft(&self.state, findings) {
            Some(trigger) => {
                let draft = Draft {
                    actions: actions.to_vec(),
                    ..Draft::default()
                };
                self.state.held_back = Some(Arc::new(draft));
                self.hand_off(trigger)
            }
            None => {
                self.attempted(actions, through);
                self.effect(Effect::Act { through, epoch });
                Ok(())
            }
        }
    }

    /// Says the beginning of a draft, or takes the conversation from the assistant before that.
    pub(super) fn part_examined(
        &mut self,
        through: TurnNumber,
        epoch: Epoch,
        part: &Draft,
        findings: &Findings,
    ) -> Result<(), Refused> {
        if !self.awaits(Awaiting::Draft, through, epoch) {
            return Err(self.stale());
        }
        match self.workflow.policy.judge_draft(&self.state, findings) {
            Some(trigger) => {
                self.state.held_back = Some(Arc::new(part.clone()));
                self.hand_off(trigger)
            }
            None => {
                if !part.text.trim().is_empty() {
                    self.say(Speaker::Assistant, &part.text, &part.citations);
                }
                self.effect(Effect::Act { through, epoch });
                Ok(())
            }
        }
    }

    /// Remembers what the assistant did. One that was known without its result gets it.
    fn attempted(&mut self, actions: &[Action], turn: TurnNumber) {
        for action in actions {
            let attempt = Arc::new(Attempt {
                action: action.clone(),
                turn,
            });
            let attempts = &mut self.state.attempts;
            let known = attempts.iter_mut().find(|known| {
                let Action {
                    name,
                    input,
                    result,
                } = &known.action;
                known.turn == turn
                    && result.is_none()
                    && (name, input) == (&action.name, &action.input)
            });
            match known {
                Some(known) => *known = attempt,
                None => {
                    if attempts.len() == ACTIONS {
                        attempts.pop_front();
                    }
                    attempts.push_back(attempt);
                }
            }
        }
    }

    pub(super) fn draft_examined(
        &mut self,
        through: TurnNumber,
        epoch: Epoch,
        draft: &Draft,
        findings: &Findings,
    ) -> Result<(), Refused> {
        self.attempted(&draft.actions, through);
        if !self.awaits(Awaiting::Draft, through, epoch) {
            self.state.discarded_drafts += 1;
            self.effect(Effect::DiscardDraft { through });
            return Ok(());
        }
        if draft.text.trim().is_empty() {
            return self.assistant_failed(through, epoch, "the draft was empty");
        }
        self.state.awaiting = Awaiting::Nothing;
        match self.workflow.policy.judge_draft(&self.state, findings) {
            Some(trigger) => {
                self.state.held_back = Some(Arc::new(draft.clone()));
                self.hand_off(trigger)
            }
            None => {
                self.state.settled = through;
                self.say(Speaker::Assistant, &draft.text, &draft.citations);
                Ok(())
            }
        }
    }

    pub(super) fn assistant_failed(
        &mut self,
        through: TurnNumber,
        epoch: Epoch,
        reason: &str,
    ) -> Result<(), Refused> {
        if !self.awaits(Awaiting::Draft, through, epoch) {
            return Err(self.stale());
        }
        self.state.awaiting = Awaiting::Nothing;
        let evidence = Evidence {
            turn: None,
            quote: String::new(),
            why: reason.to_owned(),
        };
        self.hand_off(self.unscored(TriggerKind::AssistantFailure, vec![evidence]))
    }

    pub(super) fn handoff_requested(
        &mut self,
        requester: &Requester,
        reason: &str,
    ) -> Result<(), Refused> {
        if self.owner() != Owner::Assistant {
            return Err(self.no_rule());
        }
        let (kind, who) = match requester {
            Requester::Customer => (TriggerKind::CustomerRequest, "the customer asked"),
            Requester::Bot => (TriggerKind::Rule, "the bot asked"),
            Requester::Operator { .. } => (TriggerKind::OperatorTakeover, "an operator asked"),
        };
        let evidence = Evidence {
            turn: None,
            quote: reason.to_owned(),
            why: format!("{who} for a handoff"),
        };
        self.hand_off(self.unscored(kind, vec![evidence]))
    }

    /// A trigger that rests on no signal.
    pub(super) fn unscored(&self, kind: TriggerKind, evidence: Vec<Evidence>) -> Trigger {
        Trigger {
            kind,
            rule: String::new(),
            intent: self.state.intent.clone(),
            signals: Vec::new(),
            evidence,
            turn: self.state.last_customer_turn,
        }
    }

    /// Passes the baton to the humans, with a card; or keeps it, where nobody is there and the queue
    /// leaves it with the assistant.
    fn hand_off(&mut self, trigger: Trigger) -> Result<(), Refused> {
        let before = self.state.clone();
        self.pick_up(trigger);
        let rule = self
            .rule(&On::HandoffTriggered, &self.facts())
            .ok_or_else(|| self.no_rule())?;
        let target = self.workflow.state(&rule.to);
        if let Some(queue) = target.and_then(|target| self.defers_to(target)) {
            self.state = before;
            self.picked_up = false;
            self.defer(queue);
            return Ok(());
        }
        self.follow(rule)
    }

    /// Records why a human is needed and what they read.
    pub(super) fn pick_up(&mut self, trigger: Trigger) {
        let Workflow {
            policy, privacy, ..
        } = self.workflow;
        let card = Card::extract(&self.state, &trigger, policy, privacy.cards);
        self.state.card = Some(Arc::new(card));
        self.state.trigger = Some(Arc::new(trigger));
        self.state.handoffs += 1;
        self.picked_up = true;
    }
}
