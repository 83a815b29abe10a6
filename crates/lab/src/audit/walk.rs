//! A recorded conversation decided by the core: the customer's turns and the assistant's answers
//! pass detectors and policy as they would live, the answers as drafts.
//!
//! In the log the conversation went on, so the walk does: where the core hands off, the trigger is
//! kept, and the same event is decided again as if nothing had been found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use warmline_core::signal::{Findings, SignalKind, Trigger, TriggerKind};
use warmline_core::turn::{Action, Draft};
use warmline_core::workflow::Owner;
use warmline_core::{Event, State, Timestamp, TurnNumber, Workflow, rehearse};
use warmline_detect::{Case, DetectConfig, Detector, Encoder, Learner, Scope, detectors};

use super::recorded::{Happening, Party, Recorded};
use crate::Error;

/// Budgets are about a live host; an audit waits.
const PATIENCE: Duration = Duration::from_secs(600);
/// Words of a turn that stand for evidence where a finding quotes none, in bytes.
pub(super) const QUOTE: usize = 240;

/// What decides: the rules and the detectors of one configuration.
pub struct Rules {
    workflow: Arc<Workflow>,
    detectors: Vec<Arc<dyn Detector>>,
    knows_intents: bool,
}

/// A pattern that would have handed the conversation off.
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// Which of the seven, 1 to 7.
    pub pattern: u8,
    /// The reason.
    pub kind: TriggerKind,
    /// The gate or rule, where one decided.
    pub rule: String,
    /// The turn at which it would have: the customer's last one, or the answer that would not have
    /// been said. Turns are counted from 1 as they stand in the log.
    pub turn: usize,
    /// How strong it was, 0 to 1; 1 for a gate.
    pub score: f32,
    /// The score from which it hands off; of a gate none.
    pub threshold: Option<f32>,
    /// What shows it; never empty.
    pub evidence: Vec<Shown>,
}

/// Words that show a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The turn that they are in.
    pub turn: usize,
    /// The words.
    pub quote: String,
    /// What they show.
    pub why: String,
}

/// What a walk came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Walked {
    /// The patterns that would have fired, each where it did so first, in the order of turns. None
    /// after a human had the conversation in the log.
    pub fired: Vec<Fired>,
    /// The highest score of each signal, and the turn that had it.
    pub peaks: BTreeMap<SignalKind, (f32, usize)>,
    /// Whether a gate or a rule hands it off, whatever the scores are.
    pub gated: bool,
    /// Turns, answers and calls that detectors looked at.
    pub examined: usize,
}

impl Rules {
    /// The rules of `workflow`, and detectors by `detect` that learned `scope`.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] where the encoder fails.
    pub async fn new(
        workflow: Arc<Workflow>,
        detect: &DetectConfig,
        scope: &Scope,
        encoder: Arc<dyn Encoder>,
    ) -> Result<Self, Error> {
        let learner = Arc::new(Learner::new(scope, encoder).await?);
        let config = patient(detect.clone());
        Ok(Self {
            workflow,
            detectors: detectors(&config, scope, &learner).await?,
            knows_intents: !scope.intents.is_empty(),
        })
    }

    /// The rules alone, for events whose findings are known.
    pub fn without_detectors(workflow: Arc<Workflow>) -> Self {
        Self {
            workflow,
            detectors: Vec::new(),
            knows_intents: false,
        }
    }

    /// The workflow that decides.
    pub fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// Whether the scope names what the assistant is for.
    pub(super) fn know_intents(&self) -> bool {
        self.knows_intents
    }

    /// Walks through `recorded`, up to where a human had it.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] for a detector that fails.
    pub async fn walk(&self, recorded: &Recorded) -> Result<Walked, Error> {
        let mut walk = Walk {
            rules: self,
            state: State::new(self.workflow.initial.clone()),
            places: vec![0],
            at: Timestamp(1),
            walked: Walked::default(),
            over: false,
        };
        for block in blocks(recorded) {
            walk.block(recorded, &block).await?;
            if walk.over {
                break;
            }
        }
        Ok(walk.walked)
    }

    /// What the detectors find in `case`, of whichever stage it is.
    ///
    /// # Errors
    ///
    /// [`Error::Detect`] for a detector that fails.
    pub async fn examine(&self, case: &Case) -> Result<Findings, Error> {
        let mut findings = Findings::default();
        for detector in &self.detectors {
            let asked = match case.draft {
                Some(_) => detector.stage().at_draft(),
                None => detector.stage().at_turn(),
            };
            if asked {
                findings.merge(detector.examine(case).await?);
            }
        }
        Ok(findings)
    }
}

/// `config` with nobody in a hurry.
fn patient(mut config: DetectConfig) -> DetectConfig {
    for budget in [
        &mut config.gates.budget,
        &mut config.domain.budget,
        &mut config.language.budget,
        &mut config.sentiment.budget,
        &mut config.repeat.budget,
        &mut config.pivot.budget,
        &mut config.grounding.budget,
    ] {
        *budget = PATIENCE;
    }
    config
}

/// What the customer said in a row, and what the assistant made of it.
#[derive(Debug, Default)]
struct Block<'a> {
    /// The turns and their words.
    asked: Vec<(usize, &'a str, Option<Timestamp>)>,
    answer: Vec<Step<'a>>,
}

/// A part of an answer.
#[derive(Debug)]
enum Step<'a> {
    Said(usize, &'a str),
    Did(Vec<&'a Action>),
}

/// The blocks of `recorded` up to where a human had it. What the assistant says before the customer
/// does answers nothing.
fn blocks(recorded: &Recorded) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut turn = 0;
    for happening in recorded.alone() {
        match happening {
            Happening::Said { by, text, at } => {
                turn += 1;
                match (by, blocks.last_mut()) {
                    (Party::Customer, Some(block)) if block.answer.is_empty() => {
                        block.asked.push((turn, text, *at));
                    }
                    (Party::Customer, _) => blocks.push(Block {
                        asked: vec![(turn, text, *at)],
                        answer: Vec::new(),
                    }),
                    (_, Some(block)) => block.answer.push(Step::Said(turn, text)),
                    (_, None) => {}
                }
            }
            Happening::Did(action) => {
                let Some(block) = blocks.last_mut() else {
                    continue;
                };
                match block.answer.last_mut() {
                    Some(Step::Did(actions)) => actions.push(action),
                    _ => block.answer.push(Step::Did(vec![action])),
                }
            }
        }
    }
    blocks
}

struct Walk<'a> {
    rules: &'a Rules,
    state: State,
    /// Of each turn by its number in the state, its place in the log.
    places: Vec<usize>,
    at: Timestamp,
    walked: Walked,
    /// Whether the rules let it go no further.
    over: bool,
}

impl Walk<'_> {
    async fn block(&mut self, recorded: &Recorded, block: &Block<'_>) -> Result<(), Error> {
        for (turn, text, at) in &block.asked {
            // Logs without times are as if a second had passed.
            self.at = at
                .unwrap_or(self.at.after(Duration::from_secs(1)))
                .max(self.at);
            let event = Event::CustomerSpoke {
                text: (*text).to_owned(),
                message: None,
                context: recorded.context.clone(),
            };
            self.decide(event, *turn, text);
        }
        let Some((turn, text, _)) = block.asked.last().filter(|_| !self.over) else {
            return Ok(());
        };
        let findings = self.look(*turn, None).await?;
        let (through, epoch) = (self.state.last_customer_turn, self.state.epoch);
        let event = Event::TurnExamined {
            through,
            epoch,
            findings,
        };
        self.decide(event, *turn, text);
        let mut actions: Vec<Action> = Vec::new();
        for (number, step) in block.answer.iter().enumerate() {
            if self.over {
                return Ok(());
            }
            let epoch = self.state.epoch;
            match step {
                Step::Did(done) => {
                    let wanted = done.iter().map(|action| Action {
                        result: None,
                        ..(*action).clone()
                    });
                    let wanted: Vec<Action> = wanted.collect();
                    actions.extend(done.iter().map(|action| (*action).clone()));
                    let draft = Draft {
                        actions: wanted.clone(),
                        ..Draft::default()
                    };
                    let findings = self.look(*turn, Some(draft)).await?;
                    let event = Event::ActionsExamined {
                        through,
                        epoch,
                        actions: wanted,
                        findings,
                    };
                    self.decide(event, *turn, text);
                }
                Step::Said(turn, text) => {
                    let draft = Draft {
                        text: (*text).to_owned(),
                        actions: std::mem::take(&mut actions),
                        ..Draft::default()
                    };
                    let findings = self.look(*turn, Some(draft.clone())).await?;
                    let event = match number + 1 == block.answer.len() {
                        true => Event::DraftExamined {
                            through,
                            epoch,
                            draft,
                            findings,
                        },
                        false => Event::PartExamined {
                            through,
                            epoch,
                            part: draft,
                            findings,
                        },
                    };
                    self.decide(event, *turn, text);
                }
            }
        }
        Ok(())
    }

    /// What the detectors find, in the customer's turns or in a draft.
    async fn look(&mut self, turn: usize, draft: Option<Draft>) -> Result<Findings, Error> {
        let case = Case {
            draft: draft.map(Arc::new),
            ..Case::of(&self.state, self.state.last_customer_turn)
        };
        self.walked.examined += 1;
        let findings = self.rules.examine(&case).await?;
        for signal in &findings.signals {
            let peak = self.walked.peaks.entry(signal.kind).or_default();
            if signal.score > peak.0 {
                *peak = (signal.score, turn);
            }
        }
        Ok(findings)
    }

    /// Decides what happened at `turn` of the log, where `words` were said.
    fn decide(&mut self, event: Event, turn: usize, words: &str) {
        if self.over {
            return;
        }
        let before = self.state.handoffs;
        let decided = rehearse(&self.rules.workflow, &self.state, self.at, &event);
        let Ok((after, _)) = decided else {
            // No more is decided where the rules have no place for what happened.
            self.over = true;
            return;
        };
        if after.handoffs == before {
            self.step(after, turn);
            return;
        }
        if let Some(trigger) = after.trigger.as_deref() {
            self.fire(trigger, turn, words);
        }
        let quiet = without_findings(event);
        let quiet = quiet
            .and_then(|event| rehearse(&self.rules.workflow, &self.state, self.at, &event).ok());
        match quiet {
            Some((after, _)) if after.handoffs == before => self.step(after, turn),
            _ => self.over = true,
        }
    }

    fn step(&mut self, after: State, turn: usize) {
        let TurnNumber(last) = after.last_turn;
        self.places.resize(last as usize + 1, turn);
        let owner = self
            .rules
            .workflow
            .state(&after.name)
            .map(|spec| spec.owner);
        self.over = owner != Some(Owner::Assistant);
        self.state = after;
    }

    fn fire(&mut self, trigger: &Trigger, turn: usize, words: &str) {
        let place = |number: Option<TurnNumber>| {
            let place = number.and_then(|TurnNumber(n)| self.places.get(n as usize).copied());
            place.filter(|place| *place > 0).unwrap_or(turn)
        };
        let shown = |evidence: &[warmline_core::Evidence]| -> Vec<Shown> {
            let shown = evidence.iter().map(|evidence| Shown {
                turn: place(evidence.turn),
                quote: evidence.quote.clone(),
                why: evidence.why.clone(),
            });
            shown.collect()
        };
        let mut found: Vec<Fired> = trigger
            .signals
            .iter()
            .map(|judged| Fired {
                pattern: judged.signal.kind.pattern(),
                kind: judged.signal.kind.trigger(),
                rule: String::new(),
                turn,
                score: judged.signal.score,
                threshold: Some(judged.threshold),
                evidence: shown(&judged.signal.evidence),
            })
            .collect();
        if found.is_empty() {
            self.walked.gated = true;
            found.push(Fired {
                pattern: trigger.kind.pattern(),
                kind: trigger.kind,
                rule: trigger.rule.clone(),
                turn,
                score: 1.0,
                threshold: None,
                evidence: shown(&trigger.evidence),
            });
        }
        for mut fired in found {
            if fired.evidence.is_empty() {
                fired.evidence.push(Shown {
                    turn,
                    quote: words[..words.floor_char_boundary(QUOTE)].to_owned(),
                    why: fired.kind.as_str().replace('_', " "),
                });
            }
            let known = self.walked.fired.iter();
            if !known.clone().any(|known| known.pattern == fired.pattern) {
                self.walked.fired.push(fired);
            }
        }
    }
}

/// The event, had the detectors found nothing but the language. `None` where it does not rest on
/// findings.
fn without_findings(mut event: Event) -> Option<Event> {
    match &mut event {
        Event::TurnExamined { findings, .. }
        | Event::ActionsExamined { findings, .. }
        | Event::PartExamined { findings, .. }
        | Event::DraftExamined { findings, .. } => {
            *findings = Findings {
                language: findings.language.take(),
                ..Findings::default()
            };
            Some(event)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
