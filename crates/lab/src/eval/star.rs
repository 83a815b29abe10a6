//! Dialogues that were broken off told from completed ones: STAR (Mosig et al. 2020).

use flate2::read::GzDecoder;
use futures::future::BoxFuture;
use serde::Deserialize;
use warmline_core::signal::Findings;
use warmline_core::turn::Action;

use super::Suite;
use super::bench::Bench;
use super::curve::Curve;
use super::endings::{Event, Foretold, Moment, Recorded, examined, foretold};
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::{Error, corpus};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "star",
    about: "Dialogues broken off, by all signals together; no task judges itself.",
    needs: &["star"],
    run,
};

/// What chance begins with: the same moments in every run.
const SEED: u64 = 5;

/// Of the completed dialogues those are taken whose number this divides: about as many as were
/// broken off.
const EVERY: u64 = 15;

/// Dialogues of each kind in a quick run.
const QUICK: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dialogue {
    #[serde(rename = "DialogueID")]
    id: u64,
    completion_level: String,
    scenario: Scenario,
    events: Vec<Happened>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scenario {
    wizard_capabilities: Vec<Capability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Capability {
    task: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Happened {
    agent: Option<String>,
    action: Option<String>,
    text: Option<String>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let dialogues = dialogues(bench)?;
        let found = examined(bench, &dialogues).await?;
        let through: Vec<usize> = dialogues.iter().map(|d| d.events.len()).collect();
        let whole = measured(&dialogues, &found, &through);
        let alike = measured(&dialogues, &found, &moments(&dialogues));
        let turns = dialogues.iter().map(|d| (-(d.turns() as f32), d.bad));
        let of_turns = Ranked::new(turns);
        let figures = vec![
            Figure::higher("auroc", whole.all.auroc())
                .floor(0.892)
                .goal(0.75),
            Figure::higher("auroc_of_signals", whole.of_signals.auroc()),
            Figure::higher("auroc_of_turns", of_turns.auroc()),
            Figure::lower("ece", whole.probability.ece()),
            Figure::higher("same_turn_auroc", alike.all.auroc()).goal(0.75),
            Figure::higher("same_turn_auroc_of_signals", alike.of_signals.auroc()),
            Figure::lower("same_turn_ece", alike.probability.ece()),
        ];
        let lines = [("whole", &whole.all), ("at the same turn", &alike.all)];
        let notes = vec![
            format!(
                "All dialogues broken off after the customer spoke, and completed ones whose \
                 number {EVERY} divides. A whole dialogue gives its ending away: what was broken \
                 off is short (`_of_turns`: fewer turns, nothing fitted)."
            ),
            "`same_turn_`: both kinds are cut right after a turn of the customer, completed \
             dialogues after as many turns as those broken off had; no length tells them apart."
                .to_owned(),
        ];
        Ok(Outcome {
            figures,
            curves: vec![Curve::roc("star", &lines)],
            notes,
        })
    })
}

fn measured(dialogues: &[Recorded], found: &[Vec<Findings>], through: &[usize]) -> Foretold {
    let moments: Vec<Moment<'_>> = dialogues
        .iter()
        .zip(found)
        .zip(through)
        .map(|((dialogue, found), through)| Moment {
            dialogue,
            found,
            through: *through,
        })
        .collect();
    foretold(&moments)
}

/// Where to look at each dialogue, so that its length says nothing: after the last turn of one that
/// was broken off, and after as many turns of a completed one as some other that was.
fn moments(dialogues: &[Recorded]) -> Vec<usize> {
    let mut chance = fastrand::Rng::with_seed(SEED);
    let broken = dialogues.iter().filter(|dialogue| dialogue.bad);
    let lengths: Vec<usize> = broken.map(Recorded::turns).collect();
    let mut moment = |dialogue: &Recorded| {
        let turns = dialogue.turns();
        let mut possible = lengths.clone();
        possible.retain(|length| *length <= turns);
        match dialogue.bad {
            true => turns,
            false => chance.choice(possible).unwrap_or(turns),
        }
    };
    dialogues.iter().map(|d| d.after(moment(d))).collect()
}

/// The dialogues in which the customer said something, of both kinds about as many.
fn dialogues(bench: &Bench) -> Result<Vec<Recorded>, Error> {
    let path = bench.data.join("star/dialogues.tar.gz");
    let unreadable = |source| Error::File {
        file: path.display().to_string(),
        source,
    };
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    let mut archive = tar::Archive::new(GzDecoder::new(std::io::BufReader::new(file)));
    let mut taken = Vec::new();
    let mut counts = [0, 0];
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let mut json = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut json).map_err(unreadable)?;
        let dialogue: Dialogue = serde_json::from_slice(&json)
            .map_err(|error| corpus::other(&path, &error.to_string()))?;
        let Some(dialogue) = recorded(dialogue) else {
            continue;
        };
        let count = &mut counts[usize::from(dialogue.bad)];
        if bench.quick && *count == QUICK {
            continue;
        }
        *count += 1;
        taken.push(dialogue);
        if bench.quick && counts == [QUICK; 2] {
            break;
        }
    }
    Ok(taken)
}

/// What is taken of a dialogue; `None` if it is not to be taken.
fn recorded(dialogue: Dialogue) -> Option<Recorded> {
    let bad = match dialogue.completion_level.as_str() {
        "Complete" if dialogue.id.is_multiple_of(EVERY) => false,
        "DisconnectDuringDialogue" | "EarlyDisconnectDuringDialogue" => true,
        _ => return None,
    };
    let event = |happened: Happened| {
        let text = happened.text.unwrap_or_default();
        match (happened.agent?.as_str(), happened.action?.as_str()) {
            ("User", "utter") => Some(Event::Customer(text)),
            ("Wizard", "utter" | "pick_suggestion") => Some(Event::Answer(text)),
            ("Wizard", "query") => Some(Event::Action(Action {
                name: "query".to_owned(),
                input: String::new(),
                result: None,
            })),
            _ => None,
        }
    };
    let tasks = dialogue.scenario.wizard_capabilities;
    let mut tasks: Vec<String> = tasks.into_iter().map(|c| c.task).collect();
    tasks.sort();
    let recorded = Recorded {
        events: dialogue.events.into_iter().filter_map(event).collect(),
        task: tasks.join("+"),
        bad,
    };
    (recorded.turns() > 0).then_some(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(level: &str, said: usize) -> Option<Recorded> {
        let events: Vec<serde_json::Value> = (0..said)
            .map(|n| serde_json::json!({"Agent": "User", "Action": "utter", "Text": n.to_string()}))
            .collect();
        let dialogue = serde_json::json!({
            "DialogueID": EVERY, "CompletionLevel": level, "Events": events,
            "Scenario": {"WizardCapabilities": [{"Task": "b"}, {"Task": "a"}]},
        });
        recorded(serde_json::from_value(dialogue).unwrap())
    }

    #[test]
    fn a_dialogue_is_taken_if_the_customer_said_something() {
        let broken = read("EarlyDisconnectDuringDialogue", 2).unwrap();
        assert!(broken.bad && broken.task == "a+b");
        assert!(!read("Complete", 3).unwrap().bad);
        assert!(read("DisconnectDuringDialogue", 0).is_none());
        assert!(read("DisconnectDuringQuestionnaire", 2).is_none());
    }

    #[test]
    fn both_kinds_are_looked_at_after_as_many_turns() {
        let broken = read("DisconnectDuringDialogue", 2).unwrap();
        let dialogues = [broken, read("Complete", 7).unwrap()];
        assert_eq!(moments(&dialogues), [2, 2]);
    }
}
