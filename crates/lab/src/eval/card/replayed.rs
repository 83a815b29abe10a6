//! Recorded runs, decided again by the core up to the moment of a handoff.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use warmline_core::signal::{Evidence, Findings, Intent, Signal, SignalKind};
use warmline_core::source::Source;
use warmline_core::state::Attempt;
use warmline_core::turn::Action;
use warmline_core::{
    Card, ConversationId, CustomerContext, Draft, Event, State, Timestamp, Turn, TurnNumber,
    Workflow, transition,
};

use crate::Error;
use crate::eval::bench::Bench;

/// A policy with a playbook; the machine is the default one.
const POLICY: &str = r#"
[[gates]]
name = "asked_for_a_human"
when = 'intent == "human_request"'
trigger = "customer_request"

[thresholds]
commitment = 0.5

[[playbook]]
trigger = "customer_request"
step = "Greet the customer, check the reservation against the fare rules, and decide."

[[playbook]]
trigger = "commitment"
step = "Look at the booking that failed, correct it, and tell the customer."
"#;

/// Longest input and result that a host takes of an action, in bytes.
const MAX_ACTION: usize = 2000;

/// What happened in a run.
#[derive(Debug)]
pub(super) enum Happened {
    Said(String),
    Answered(String),
    Called(Action),
}

#[derive(Deserialize)]
struct Run {
    task_id: u32,
    trial: u32,
    traj: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Option<String>,
    name: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    arguments: String,
}

/// The runs of the data by task and trial.
pub(super) fn runs(bench: &Bench) -> Result<BTreeMap<String, Vec<Happened>>, Error> {
    let runs: Vec<Run> = bench.json("tau_bench_gpt4o_airline/gpt-4o-airline.json")?;
    let named = |run: Run| (format!("{}-{}", run.task_id, run.trial), happened(run.traj));
    Ok(runs.into_iter().map(named).collect())
}

fn happened(messages: Vec<Message>) -> Vec<Happened> {
    let mut all = Vec::new();
    let mut input = String::new();
    for message in messages {
        let calls = message.tool_calls.unwrap_or_default();
        if let Some(call) = calls.into_iter().next() {
            input = call.function.arguments;
        }
        let text = message.content.unwrap_or_default();
        match message.role.as_str() {
            "user" => all.push(Happened::Said(text.replace("###STOP###", ""))),
            "assistant" if !text.trim().is_empty() => all.push(Happened::Answered(text)),
            "tool" => all.push(Happened::Called(Action {
                name: message.name.unwrap_or_default(),
                input: cut(std::mem::take(&mut input)),
                result: Some(cut(text)),
            })),
            _ => {}
        }
    }
    all
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_ACTION));
    text
}

/// A run that was handed over, and its card.
pub(super) struct Replayed {
    pub(super) id: ConversationId,
    pub(super) state: State,
    pub(super) turns: Vec<Arc<Turn>>,
    pub(super) attempts: Vec<Arc<Attempt>>,
    pub(super) card: Card,
}

impl Replayed {
    /// Decides a run again until the customer's turn `through`, which is handed over: for what the
    /// assistant did then where it did something, and else because the customer asked for a human.
    pub(super) fn of(run: &[Happened], through: u32) -> Result<Replayed, Error> {
        let failed = |why: String| Error::Data {
            file: "gpt-4o-airline.json".to_owned(),
            why,
        };
        let workflow = Workflow::parse(&Source::new("policy.toml", POLICY))
            .map_err(|problems| Error::Option(problems.to_string()))?;
        let mut step = Stepping {
            state: State::new(workflow.initial.clone()),
            workflow,
        };
        let mut next = run.iter().peekable();
        while let Some(happened) = next.next() {
            let Happened::Said(text) = happened else {
                continue;
            };
            step.speaks(text).map_err(failed)?;
            let (mut actions, mut words) = (Vec::new(), Vec::new());
            let is_answer = |happened: &&&Happened| !matches!(happened, Happened::Said(_));
            while let Some(happened) = next.next_if(|happened| is_answer(&happened)) {
                match happened {
                    Happened::Called(action) if action.name == "transfer_to_human_agents" => {}
                    Happened::Called(action) => actions.push(action.clone()),
                    Happened::Answered(text) => words.push(text.as_str()),
                    Happened::Said(_) => {}
                }
            }
            if step.state.last_turn == TurnNumber(through) {
                step.hands_over(text, actions).map_err(failed)?;
                return step
                    .replayed()
                    .ok_or_else(|| failed("it was not handed over".to_owned()));
            }
            step.answers(&words.join("\n"), actions).map_err(failed)?;
        }
        Err(failed(format!("the customer says no turn {through}")))
    }
}

/// A conversation that is being decided.
struct Stepping {
    workflow: Workflow,
    state: State,
}

impl Stepping {
    fn decide(&mut self, event: &Event) -> Result<(), String> {
        let (state, _) = transition(&self.workflow, &self.state, Timestamp(0), event)
            .map_err(|refused| refused.to_string())?;
        self.state = state;
        Ok(())
    }

    fn speaks(&mut self, text: &str) -> Result<(), String> {
        self.decide(&Event::CustomerSpoke {
            text: text.to_owned(),
            message: None,
            context: CustomerContext::default(),
        })
    }

    fn examined(&mut self, findings: Findings) -> Result<(), String> {
        self.decide(&Event::TurnExamined {
            through: self.state.last_customer_turn,
            epoch: self.state.epoch,
            findings,
        })
    }

    fn drafted(
        &mut self,
        text: &str,
        actions: Vec<Action>,
        findings: Findings,
    ) -> Result<(), String> {
        let draft = Draft {
            text: text.to_owned(),
            actions,
            ..Draft::default()
        };
        self.decide(&Event::DraftExamined {
            through: self.state.last_customer_turn,
            epoch: self.state.epoch,
            draft,
            findings,
        })
    }

    fn answers(&mut self, text: &str, actions: Vec<Action>) -> Result<(), String> {
        self.examined(Findings::default())?;
        self.drafted(text, actions, Findings::default())
    }

    fn hands_over(&mut self, text: &str, actions: Vec<Action>) -> Result<(), String> {
        if actions.is_empty() {
            let evidence = Evidence {
                turn: Some(self.state.last_turn),
                quote: text.to_owned(),
                why: "asks for a human".to_owned(),
            };
            let intent = Intent {
                name: "human_request".to_owned(),
                score: 1.0,
                evidence,
            };
            return self.examined(Findings {
                intents: vec![intent],
                ..Findings::default()
            });
        }
        let draft = "I will transfer you to a human agent.";
        let signal = Signal {
            kind: SignalKind::Commitment,
            score: 0.95,
            evidence: vec![Evidence {
                turn: None,
                quote: draft.to_owned(),
                why: "the draft promises that a person takes over".to_owned(),
            }],
        };
        self.examined(Findings::default())?;
        let findings = Findings {
            signals: vec![signal],
            ..Findings::default()
        };
        self.drafted(draft, actions, findings)
    }

    fn replayed(self) -> Option<Replayed> {
        let state = self.state;
        Some(Replayed {
            id: ConversationId::new("recorded").ok()?,
            turns: state.window.iter().cloned().collect(),
            attempts: state.attempts.iter().cloned().collect(),
            card: state.card.as_deref()?.clone(),
            state,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_handed_over_where_it_is_cut() {
        let action = |name: &str| {
            Happened::Called(Action {
                name: name.to_owned(),
                input: String::new(),
                result: Some("Error: no seats".to_owned()),
            })
        };
        let run = [
            Happened::Said("I want to fly to Leeds".to_owned()),
            Happened::Answered("When?".to_owned()),
            Happened::Said("On 5 May".to_owned()),
            action("book"),
            action("transfer_to_human_agents"),
        ];
        let replayed = Replayed::of(&run, 3).unwrap();
        assert_eq!(replayed.attempts.len(), 1);
        assert_eq!(replayed.card.trigger.turn, TurnNumber(3));
        assert!(
            replayed
                .card
                .blockers
                .iter()
                .any(|b| b.text.contains("no seats"))
        );
        assert!(Replayed::of(&run, 9).is_err());
    }
}
