//! How a recorded dialogue ends, foretold from everything that the detectors find in it.

use std::sync::Arc;

use warmline_core::signal::{Findings, SignalKind};
use warmline_core::turn::{Action, Draft, Speaker};
use warmline_detect::{Case, DetectConfig, Scope};

use super::bench::{Bench, conversation, score};
use super::combination::{Example, held_out};
use super::confidence::Confidence;
use super::ranked::Ranked;
use crate::Error;

/// Turns that a case holds at most, as a host passes the most recent ones.
const LATEST: usize = 24;

/// The detectors that need no scope.
const DETECTORS: [&str; 3] = ["gates", "sentiment", "loop"];

/// The signals that they raise.
const KINDS: [SignalKind; 3] = [
    SignalKind::Sentiment,
    SignalKind::RepeatLoop,
    SignalKind::Commitment,
];

/// Counts come before what detectors found, in the features of a dialogue.
const COUNTS: usize = 7;

/// What happened in a dialogue.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The customer said something.
    Customer(String),
    /// The assistant answered.
    Answer(String),
    /// The assistant called something.
    Action(Action),
}

/// A dialogue that has ended.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) events: Vec<Event>,
    /// Dialogues of one task are judged by those of others.
    pub(super) task: String,
    pub(super) bad: bool,
}

/// Where a dialogue is looked at: after so many of its events.
pub(super) struct Moment<'a> {
    pub(super) dialogue: &'a Recorded,
    pub(super) found: &'a [Findings],
    pub(super) through: usize,
}

/// What detectors find at each event of each of `dialogues`: at turns of the customer as before the
/// assistant is called, at answers as in a draft. Nothing at actions.
pub(super) async fn examined(
    bench: &Bench,
    dialogues: &[Recorded],
) -> Result<Vec<Vec<Findings>>, Error> {
    let detectors = bench
        .detectors(&DETECTORS, DetectConfig::default(), &Scope::default())
        .await?;
    let (at_turn, at_draft): (Vec<_>, Vec<_>) = (
        detectors
            .iter()
            .filter(|d| d.stage().at_turn())
            .cloned()
            .collect(),
        detectors
            .iter()
            .filter(|d| d.stage().at_draft())
            .cloned()
            .collect(),
    );
    let cases = |drafts: bool| -> Vec<Case> {
        let cases = dialogues.iter().flat_map(|dialogue| dialogue.cases());
        cases
            .filter(|case| case.draft.is_some() == drafts)
            .collect()
    };
    let mut turns = bench.examine(&at_turn, cases(false)).await?.into_iter();
    let mut drafts = bench.examine(&at_draft, cases(true)).await?.into_iter();
    let mut of = |event: &Event| match event {
        Event::Customer(_) => turns.next().unwrap_or_default(),
        Event::Answer(_) => drafts.next().unwrap_or_default(),
        Event::Action(_) => Findings::default(),
    };
    Ok(dialogues
        .iter()
        .map(|dialogue| dialogue.events.iter().map(&mut of).collect())
        .collect())
}

impl Recorded {
    /// A case for each turn and each answer, in their order.
    fn cases(&self) -> Vec<Case> {
        let mut said: Vec<(Speaker, &str)> = Vec::new();
        let mut actions = Vec::new();
        let mut cases = Vec::new();
        for event in &self.events {
            let (speaker, text) = match event {
                Event::Action(action) => {
                    actions.push(action.clone());
                    continue;
                }
                Event::Customer(text) => (Speaker::Customer, text),
                Event::Answer(text) => (Speaker::Assistant, text),
            };
            let is_answer = speaker == Speaker::Assistant;
            if !is_answer {
                said.push((speaker.clone(), text));
            }
            let mut case = conversation(&said[said.len().saturating_sub(LATEST)..]);
            if is_answer {
                case.draft = Some(Arc::new(Draft {
                    text: text.to_owned(),
                    actions: std::mem::take(&mut actions),
                    ..Draft::default()
                }));
                said.push((speaker, text));
            }
            cases.push(case);
        }
        cases
    }

    /// After how many events the customer has spoken `turns` times; all where that is never.
    pub(super) fn after(&self, turns: usize) -> usize {
        let spoken = self.events.iter().enumerate();
        let mut spoken = spoken.filter(|(_, event)| matches!(event, Event::Customer(_)));
        let at = spoken.nth(turns.saturating_sub(1)).map(|(at, _)| at + 1);
        at.unwrap_or(self.events.len())
    }

    /// How often the customer speaks.
    pub(super) fn turns(&self) -> usize {
        let spoken = self.events.iter();
        spoken
            .filter(|event| matches!(event, Event::Customer(_)))
            .count()
    }
}

impl Moment<'_> {
    /// How often the customer has spoken, the assistant answered, called something, failed,
    /// changed something, and said that it cannot; and the mean length of its answers. Then of
    /// each signal the highest score and the last, and how many intents and amounts were found.
    fn features(&self) -> Vec<f32> {
        let events = &self.dialogue.events[..self.through];
        let found = &self.found[..self.through];
        let count = |is: &dyn Fn(&Event) -> bool| events.iter().filter(|e| is(e)).count() as f32;
        let answers = count(&|e| matches!(e, Event::Answer(_)));
        let length: usize = events.iter().map(Event::answer).map(str::len).sum();
        let counts = [
            count(&|e| matches!(e, Event::Customer(_))),
            answers,
            count(&|e| matches!(e, Event::Action(_))),
            count(&|e| matches!(e, Event::Action(a) if failed(a))),
            count(&|e| matches!(e, Event::Action(a) if changes(a))),
            count(&|e| declines(e.answer())),
            length as f32 / answers.max(1.0),
        ];
        debug_assert_eq!(counts.len(), COUNTS);
        let mut features: Vec<f32> = counts.iter().map(|count| count.ln_1p()).collect();
        for kind in KINDS {
            let scores = found.iter().map(|findings| score(findings, kind));
            features.push(scores.clone().fold(0.0, f32::max));
            features.push(scores.rev().find(|score| *score > 0.0).unwrap_or(0.0));
        }
        let intents: usize = found.iter().map(|f| f.intents.len()).sum();
        let amounts: usize = found.iter().map(|f| f.amounts.len()).sum();
        features.extend([intents, amounts].map(|n| (n as f32).ln_1p()));
        features
    }
}

impl Event {
    fn answer(&self) -> &str {
        match self {
            Event::Answer(text) => text,
            _ => "",
        }
    }
}

/// Whether what it called answered with an error.
fn failed(action: &Action) -> bool {
    let result = action.result.as_deref().unwrap_or_default();
    result.trim_start().to_lowercase().starts_with("error")
}

/// Whether it is called for what it does, by the verb that its name begins with.
fn changes(action: &Action) -> bool {
    let verb = action.name.split('_').next().unwrap_or_default();
    ["book", "cancel", "update", "send", "modify", "create"].contains(&verb)
}

/// Whether an answer says that something cannot be done.
fn declines(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    [
        "unable to",
        "cannot",
        "can't",
        "not able to",
        "unfortunately",
        "not eligible",
    ]
    .iter()
    .any(|sign| answer.contains(sign))
}

/// How well bad endings are foretold, each task by what other tasks taught.
pub(super) struct Foretold {
    pub(super) all: Ranked,
    /// From what detectors found alone.
    pub(super) of_signals: Ranked,
    pub(super) probability: Confidence,
}

/// Foretells the ending of each of `moments`.
pub(super) fn foretold(moments: &[Moment<'_>]) -> Foretold {
    let examples = |from: usize| -> Vec<Example> {
        let example = |moment: &Moment<'_>| Example {
            features: moment.features().split_off(from),
            group: moment.dialogue.task.clone(),
            positive: moment.dialogue.bad,
        };
        moments.iter().map(example).collect()
    };
    let labelled = |probabilities: Vec<f32>| {
        let bad = moments.iter().map(|moment| moment.dialogue.bad);
        probabilities.into_iter().zip(bad).collect::<Vec<_>>()
    };
    let all = labelled(held_out(&examples(0)));
    Foretold {
        probability: Confidence::new(all.iter().copied()),
        all: Ranked::new(all),
        of_signals: Ranked::new(labelled(held_out(&examples(COUNTS)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialogue() -> Recorded {
        Recorded {
            events: vec![
                Event::Customer("My flight?".to_owned()),
                Event::Action(Action {
                    name: "cancel_flight".to_owned(),
                    input: String::new(),
                    result: Some("Error: no such flight".to_owned()),
                }),
                Event::Answer("I am unable to do that.".to_owned()),
                Event::Customer("Why?".to_owned()),
            ],
            task: "1".to_owned(),
            bad: true,
        }
    }

    #[test]
    fn answers_are_drafts_with_what_was_done_for_them() {
        let cases = dialogue().cases();
        let drafts: Vec<bool> = cases.iter().map(|case| case.draft.is_some()).collect();
        assert_eq!(drafts, [false, true, false]);
        assert_eq!(cases[1].draft.as_ref().unwrap().actions.len(), 1);
        assert_eq!((cases[1].turns.len(), cases[2].turns.len()), (1, 3));
    }

    #[test]
    fn a_moment_knows_nothing_of_what_follows() {
        let dialogue = dialogue();
        let found = vec![Findings::default(); 4];
        let at = |turns| Moment {
            dialogue: &dialogue,
            found: &found,
            through: dialogue.after(turns),
        };
        let counted = |turns| -> Vec<f32> {
            let features = at(turns).features();
            features[..COUNTS - 1]
                .iter()
                .map(|f| f.exp_m1().round())
                .collect()
        };
        assert_eq!(counted(1), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(counted(2), [2.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    }
}
