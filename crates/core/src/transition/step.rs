//! One step under way: how every group of transitions speaks, moves and sets timers.

use std::sync::Arc;
use std::time::Duration;

use crate::effect::Effect;
use crate::ids::{OperatorId, StateName, TimerName, Timestamp};
use crate::outcome::judge;
use crate::queue::{Alarm, Queued};
use crate::signal::{Evidence, Trigger, TriggerKind};
use crate::state::{State, WINDOW};
use crate::transition::Refused;
use crate::turn::{Citation, MAX_TEXT, Speaker, Turn};
use crate::workflow::guard::Facts;
use crate::workflow::{Activity, Messages, On, Owner, Rule, StateSpec, Workflow};

/// One step under way.
pub(super) struct Step<'a> {
    pub(super) workflow: &'a Workflow,
    pub(super) at: Timestamp,
    pub(super) event: &'static str,
    pub(super) state: State,
    /// Whether somebody will read the card of a handoff.
    pub(super) has_readers: bool,
    /// Whether this step hands the conversation over.
    pub(super) picked_up: bool,
    /// The operator whom another one passed it to.
    pub(super) passed_to: Option<OperatorId>,
    /// The place in a queue that it left.
    pub(super) waited: Option<Queued>,
    effects: Vec<Effect>,
}

impl<'a> Step<'a> {
    pub(super) fn new(
        workflow: &'a Workflow,
        state: &State,
        at: Timestamp,
        event: &'static str,
    ) -> Result<Self, Refused> {
        if workflow.state(&state.name).is_none() {
            return Err(Refused::UnknownState(state.name.clone()));
        }
        Ok(Self {
            workflow,
            at,
            event,
            state: state.clone(),
            has_readers: true,
            picked_up: false,
            passed_to: None,
            waited: None,
            effects: Vec::new(),
        })
    }

    pub(super) fn done(self) -> (State, Vec<Effect>) {
        (self.state, self.effects)
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Who may speak in the present state.
    pub(super) fn owner(&self) -> Owner {
        self.workflow
            .state(&self.state.name)
            .map_or(Owner::Nobody, |spec| spec.owner)
    }

    pub(super) fn no_rule(&self) -> Refused {
        Refused::NoRule {
            state: self.state.name.clone(),
            event: self.event,
        }
    }

    pub(super) fn stale(&self) -> Refused {
        Refused::Stale {
            state: self.state.name.clone(),
            event: self.event,
        }
    }

    /// What is known apart from findings.
    pub(super) fn facts(&self) -> Facts {
        Facts::of(&self.state)
    }

    /// The rule that answers to `on` in the present state.
    pub(super) fn rule(&self, on: &On, facts: &Facts) -> Option<&'a Rule> {
        self.workflow.rule(&self.state.name, on, facts)
    }

    /// Adds a turn to the transcript.
    pub(super) fn hear(&mut self, speaker: Speaker, text: &str, citations: &[Citation]) -> Turn {
        let number = self.state.last_turn.next();
        let turn = Turn {
            number,
            speaker,
            text: cut(text).to_owned(),
            at: self.at,
            epoch: self.state.epoch,
            citations: citations.to_vec(),
        };
        self.state.last_turn = number;
        self.state.window.push_back(Arc::new(turn.clone()));
        if self.state.window.len() > WINDOW {
            // The customer's last words stay: they are what is answered, and known again by.
            let oldest = self.state.window.front();
            let stays = oldest.is_some_and(|turn| turn.number == self.state.last_customer_turn);
            self.state.window.remove(usize::from(stays));
        }
        turn
    }

    /// Adds a turn to the transcript and says it to the customer.
    pub(super) fn say(&mut self, speaker: Speaker, text: &str, citations: &[Citation]) {
        let turn = self.hear(speaker, text, citations);
        self.effect(Effect::Say(turn));
    }

    pub(super) fn tell(&mut self, messages: &Messages) {
        let language = self.state.context.language.as_deref();
        if let Some(words) = Workflow::words(messages, language) {
            self.say(Speaker::Notice, words, &[]);
        }
    }

    /// Follows `rule`. A rule back into its own state only speaks; any other ends the epoch.
    pub(super) fn follow(&mut self, rule: &Rule) -> Result<(), Refused> {
        if rule.to == self.state.name {
            if let Some(messages) = &rule.tell {
                self.tell(messages);
            }
            return Ok(());
        }
        let workflow = self.workflow;
        let target = workflow
            .state(&rule.to)
            .ok_or_else(|| Refused::UnknownState(rule.to.clone()))?;
        let left = self.owner();
        let human = |owner| matches!(owner, Owner::Queue | Owner::Operator);
        if human(target.owner) && !human(left) && !self.picked_up {
            let why = format!("`{}` leads from `{}` to `{}`", rule.on, rule.from, rule.to);
            self.pick_up(self.ruled(&rule.on, why));
        }
        self.enter(target);
        let told = rule.tell.is_some() || left != target.owner;
        let words = rule.tell.as_ref().unwrap_or(&target.tell);
        match target.owner {
            Owner::Queue => self.wait(target, left, told.then_some(words)),
            _ if told => self.tell(words),
            _ => {}
        }
        self.state.outcome = match target.owner {
            // What is over stays as it ended.
            Owner::Nobody if left == Owner::Nobody => self.state.outcome,
            Owner::Nobody => {
                let silent = matches!(rule.on, On::TimerFired(_));
                Some(rule.outcome.unwrap_or_else(|| judge(&self.state, silent)))
            }
            _ => None,
        };
        if left != Owner::Assistant && target.owner == Owner::Assistant {
            self.resume();
        }
        Ok(())
    }

    /// Begins a conversation: one that begins in a queue is a handoff from the start.
    pub(super) fn begin(&mut self) {
        let workflow = self.workflow;
        let Some(spec) = workflow.state(&self.state.name) else {
            return;
        };
        if spec.owner == Owner::Queue {
            let why = format!("conversations begin in `{}`", spec.name);
            self.pick_up(self.ruled(&On::CustomerSpoke, why));
            self.wait(spec, Owner::Queue, Some(&spec.tell));
        }
    }

    /// A trigger that is a rule of the machine.
    fn ruled(&self, on: &On, why: String) -> Trigger {
        let evidence = Evidence {
            turn: None,
            quote: String::new(),
            why,
        };
        Trigger {
            rule: on.to_string(),
            ..self.unscored(TriggerKind::Rule, vec![evidence])
        }
    }

    /// Changes the state: a new epoch, its own timers, nothing owed by detectors or assistant.
    fn enter(&mut self, target: &StateSpec) {
        for (timer, due) in std::mem::take(&mut self.state.timers) {
            self.effect(Effect::CancelTimer { timer, due });
        }
        if self.state.owes_answer() {
            self.state.awaiting = crate::state::Awaiting::Nothing;
            self.effect(Effect::CancelAnswer);
        }
        if target.owner != Owner::Operator
            && let Some(operator) = self.state.operator.take()
        {
            self.state.last_operator = Some(operator);
            self.state.leased = false;
        }
        self.waited = self.state.queued.take();
        if matches!(target.owner, Owner::Assistant | Owner::Nobody) {
            self.state.contact = None;
        }
        self.state.name = target.name.clone();
        self.state.epoch = self.state.epoch.next();
        self.state.since = self.at;
        self.start_timers();
    }

    /// Starts the timers of the present state.
    pub(super) fn start_timers(&mut self) {
        let Some(spec) = self.workflow.state(&self.state.name) else {
            return;
        };
        for timer in &spec.timers {
            let due = self.due(spec, self.at, timer.after);
            self.start_timer(&timer.name, due);
        }
    }

    /// When `duration` has passed since `from` in a state; in a queue, time passes while it is
    /// open.
    fn due(&self, state: &StateSpec, from: Timestamp, duration: Duration) -> Timestamp {
        match self.workflow.queue(state) {
            Some(queue) => queue.after(from, duration),
            None => from.after(duration),
        }
    }

    pub(super) fn start_timer(&mut self, timer: &TimerName, due: Timestamp) {
        self.state.timers.insert(timer.clone(), due);
        self.effect(Effect::StartTimer {
            timer: timer.clone(),
            due,
        });
    }

    /// Lets the detectors start anew: what was said before the assistant took over again is
    /// settled, but for turns that nobody has answered since the operator took over.
    fn resume(&mut self) {
        let answered = self.state.settled >= self.state.last_customer_turn;
        let from = match answered {
            true => self.state.last_turn.next(),
            false => self.state.settled.next(),
        };
        self.state.examined_from = self.state.examined_from.max(from);
    }

    /// Decides on a timer that came due: it may have been started anew by activity since.
    pub(super) fn timer_fired(&mut self, timer: &TimerName, due: Timestamp) -> Result<(), Refused> {
        if self.state.timers.get(timer) != Some(&due) {
            return Err(self.stale());
        }
        self.state.timers.remove(timer);
        if let Some(alarm) = Alarm::of(timer) {
            self.raise(alarm);
            return Ok(());
        }
        let workflow = self.workflow;
        let state = workflow.state(&self.state.name);
        let spec = state.and_then(|state| state.timers.iter().find(|spec| spec.name == *timer));
        let active = match spec.and_then(|spec| spec.restarts_on) {
            Some(Activity::Customer) => self.state.heard,
            Some(Activity::Operator) => self.state.worked,
            None => Timestamp(0),
        };
        if let (Some(spec), Some(state)) = (spec, state) {
            let again = self.due(state, active, spec.after);
            if again > due {
                self.start_timer(timer, again);
                return Ok(());
            }
        }
        let on = On::TimerFired(timer.clone());
        if let Some(rule) = self.rule(&on, &self.facts()) {
            if self.owner() == Owner::Queue {
                self.state.settled = self.state.last_customer_turn;
            }
            self.follow(rule)?;
            // A rule that only speaks leaves the answer that is under way alone.
            if !self.state.owes_answer() {
                self.examine_if_owed();
            }
        }
        Ok(())
    }

    /// The name of the present state.
    pub(super) fn name(&self) -> StateName {
        self.state.name.clone()
    }
}

/// The longest beginning of `text` within [`MAX_TEXT`] bytes.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
