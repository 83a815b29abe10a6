//! Failed runs told from passed ones: the airline runs of an agent that τ-bench published (Yao et
//! al. 2024), four trials of fifty tasks. The reward is the label and nothing else.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Deserialize;
use warmline::Config;
use warmline_core::turn::Action;

use super::Suite;
use super::bench::Bench;
use super::curve::Curve;
use super::endings::{Event, Moment, Recorded, examined, foretold};
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::Error;
use crate::audit::{Audit, Found, Labels, Logs, Reading, Rules};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "tau_risk",
    about: "Failed runs of an airline's agent, by all signals together; no task judges itself.",
    needs: &["tau_bench_gpt4o_airline"],
    run,
};

/// Runs of a quick run.
const QUICK: usize = 16;

/// The published runs.
const FILE: &str = "tau_bench_gpt4o_airline/gpt-4o-airline.json";

#[derive(Deserialize)]
struct Run {
    task_id: u32,
    reward: f32,
    traj: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Option<String>,
    /// Of a tool's result: what was called.
    name: Option<String>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut runs: Vec<Run> = bench.json(FILE)?;
        if bench.quick {
            // Trials lie one after the other, so these are of as many tasks.
            runs.truncate(QUICK);
        }
        let lengths = runs.iter().map(|r| (r.traj.len() as f32, r.reward < 1.0));
        let of_length = Ranked::new(lengths);
        let dialogues: Vec<Recorded> = runs.into_iter().map(recorded).collect();
        let found = examined(bench, &dialogues).await?;
        let moments: Vec<Moment<'_>> = dialogues
            .iter()
            .zip(&found)
            .map(|(dialogue, found)| Moment {
                dialogue,
                found,
                through: dialogue.events.len(),
            })
            .collect();
        let foretold = foretold(&moments);
        let audited = audited(bench).await?;
        let figures = vec![
            Figure::higher("audit_auroc", audited.auroc())
                .floor(0.683)
                .goal(0.78),
            Figure::higher("auroc", foretold.all.auroc()).floor(0.683),
            Figure::higher("auroc_of_signals", foretold.of_signals.auroc()),
            Figure::higher("auroc_of_length", of_length.auroc()),
            Figure::lower("ece", foretold.probability.ece()),
        ];
        let lines = [
            ("audit", &audited),
            ("all", &foretold.all),
            ("length alone", &of_length),
        ];
        let curves = vec![
            Curve::roc("tau_risk", &lines),
            Curve::reliability("tau_risk", &[("all", &foretold.probability)]),
        ];
        let notes = vec![
            "`audit_auroc` is the risk that `warmline audit` gives, for which no label is read. \
             `auroc` is fitted to labels; all four trials of a task are held out together. \
             `_of_signals`: without counts of \
             turns and actions; `_of_length`: messages of the run, nothing fitted. Intervals take \
             runs as independent, which trials of one task are not."
                .to_owned(),
        ];
        Ok(Outcome {
            figures,
            curves,
            notes,
        })
    })
}

/// The risk that an audit sees in the same runs, and whether they failed.
async fn audited(bench: &Bench) -> Result<Ranked, Error> {
    let config = Config::default();
    let encoder = Arc::clone(&bench.encoder);
    let rules = Rules::new(config.workflow, &config.detect, &config.scope, encoder).await?;
    let audit = Audit {
        rules: Arc::new(rules),
        labels: Labels::default(),
        limit: bench.quick.then_some(QUICK as u64),
    };
    let logs = Logs::open(vec![bench.data.join(FILE)], Reading::default())?;
    let mut risks = Vec::new();
    let each = |found: Found, _: &Logs| {
        if let Found::Conversation(audited) = found {
            risks.extend(audited.ended_badly().map(|bad| (audited.risk.score, bad)));
        }
        Ok::<(), Error>(())
    };
    audit.run(logs, each).await?;
    Ok(Ranked::new(risks))
}

fn recorded(run: Run) -> Recorded {
    let event = |message: Message| {
        let text = message.content.unwrap_or_default();
        match message.role.as_str() {
            "user" => Some(Event::Customer(text.replace("###STOP###", ""))),
            "assistant" if !text.is_empty() => Some(Event::Answer(text)),
            "tool" => Some(Event::Action(Action {
                name: message.name.unwrap_or_default(),
                input: String::new(),
                result: Some(text),
            })),
            _ => None,
        }
    };
    Recorded {
        events: run.traj.into_iter().filter_map(event).collect(),
        task: run.task_id.to_string(),
        bad: run.reward < 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_with_its_actions() {
        let run = r####"{"task_id": 3, "reward": 0.0, "trial": 1, "traj": [
            {"role": "system", "content": "Be nice."},
            {"role": "user", "content": "My flight? ###STOP###"},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "name": "get_user", "content": "{}"},
            {"role": "assistant", "content": "It is late."}]}"####;
        let read = recorded(serde_json::from_str(run).unwrap());
        assert!(read.bad && read.task == "3");
        assert_eq!((read.events.len(), read.turns()), (3, 1));
        assert!(matches!(&read.events[0], Event::Customer(text) if text == "My flight? "));
    }
}
