//! Deciding again: recorded entries, the rules of their time, the same decisions.
//!
//! [`Replay`] takes the entries of one conversation in order, decides each event again with the
//! workflow of the configuration that the entry names, and compares. It performs nothing. What it
//! keeps is one [`State`], however long the conversation is. Timers are due when the entries say: what
//! a program makes of opening hours is no decision.

use std::fmt;
use std::sync::Arc;

use crate::entry::{Decided, Entry};
use crate::ids::ConfigVersion;
use crate::state::State;
use crate::transition::{Refused, transition};
use crate::workflow::Workflow;

/// An entry that is decided otherwise today.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// Its place in the conversation's journal.
    pub seq: u64,
    /// What the journal says was decided.
    pub expected: Box<Decided>,
    /// What replay came to.
    pub found: Found,
}

/// What replay came to instead of the recorded decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Another decision.
    Decided(Box<Decided>),
    /// The event is not accepted.
    Refused(Refused),
    /// The configuration that decided it is not known any more.
    NoConfiguration(ConfigVersion),
    /// The entry with this number should have come.
    Gap(u64),
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seq,
            expected,
            found,
        } = self;
        write!(f, "entry {seq}: ")?;
        match found {
            Found::Decided(found) => write!(
                f,
                "recorded {}, decided {}",
                summary(expected),
                summary(found)
            ),
            Found::Refused(refused) => {
                write!(f, "recorded {}, refused: {refused}", summary(expected))
            }
            Found::NoConfiguration(version) => {
                write!(f, "configuration {version} is not recorded")
            }
            Found::Gap(next) => write!(f, "entry {next} should come here"),
        }
    }
}

impl std::error::Error for Divergence {}

fn summary(decided: &Decided) -> String {
    let timers = decided.timers.iter();
    let timers: Vec<String> = timers
        .map(|(timer, due)| format!("{timer} at {}", due.0))
        .collect();
    format!(
        "`{}` in epoch {} with {} turns, [{}] and timers due [{}]",
        decided.state,
        decided.epoch,
        decided.turns.len(),
        decided.effects.join(", "),
        timers.join(", ")
    )
}

/// The repetition of one conversation.
#[derive(Debug)]
pub struct Replay<F> {
    workflows: F,
    state: Option<State>,
    next: u64,
}

impl<F> Replay<F>
where
    F: Fn(&ConfigVersion) -> Option<Arc<Workflow>>,
{
    /// Begins before the first entry; `workflows` finds the workflow of a configuration.
    pub fn new(workflows: F) -> Self {
        Self {
            workflows,
            state: None,
            next: 0,
        }
    }

    /// Decides `entry` again.
    ///
    /// # Errors
    /// A [`Divergence`] when it comes to anything else than what is recorded. There is no use in
    /// going on after that: what follows rests on a state that is not the recorded one.
    pub fn step(&mut self, entry: &Entry) -> Result<(), Divergence> {
        let diverged = |found| Divergence {
            seq: entry.seq,
            expected: Box::new(entry.decided.clone()),
            found,
        };
        if entry.seq != self.next {
            return Err(diverged(Found::Gap(self.next)));
        }
        let workflow = (self.workflows)(&entry.config)
            .ok_or_else(|| diverged(Found::NoConfiguration(entry.config.clone())))?;
        let before = self
            .state
            .take()
            .unwrap_or_else(|| State::new(workflow.initial.clone()));
        let (mut after, effects) = transition(&workflow, &before, entry.at, &entry.event)
            .map_err(|refused| diverged(Found::Refused(refused)))?;
        let decided = Decided::of(&before, &after, &effects).in_the_time_of(&entry.decided);
        if decided != entry.decided {
            return Err(diverged(Found::Decided(Box::new(decided))));
        }
        entry.decided.keep_time(&mut after);
        self.state = Some(after);
        self.next += 1;
        Ok(())
    }

    /// The state reached; `None` before the first entry and after a divergence.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }
}

/// Decides all `entries` of a conversation again and gives the state that they lead to; `None`
/// without any.
///
/// # Errors
/// The first [`Divergence`].
pub fn replay<'a>(
    workflows: impl Fn(&ConfigVersion) -> Option<Arc<Workflow>>,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Option<State>, Divergence> {
    let mut replay = Replay::new(workflows);
    for entry in entries {
        replay.step(entry)?;
    }
    Ok(replay.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CustomerContext, Event, Requester};
    use crate::ids::{TimerName, Timestamp};
    use crate::source::Source;

    fn workflow() -> Arc<Workflow> {
        let text = "[queues.support]\ntarget = '2m'";
        Arc::new(Workflow::parse(&Source::new("w.toml", text)).unwrap())
    }

    /// A customer who waits for longer than the target, as a program records it that lets every
    /// timer run so many milliseconds longer.
    fn recorded(workflow: &Workflow, longer: u64) -> (Vec<Entry>, State) {
        let mut state = State::new(workflow.initial.clone());
        let mut entries = Vec::new();
        let asks: [fn(&State) -> Event; 4] = [
            |_| Event::CustomerSpoke {
                text: "Where is my refund?".to_owned(),
                message: None,
                context: CustomerContext::default(),
            },
            |_| Event::HandoffRequested {
                requester: Requester::Customer,
                reason: String::new(),
            },
            |state| fires(state, "target_warning"),
            |state| fires(state, "target_breach"),
        ];
        for (seq, event) in asks.iter().enumerate() {
            let event = event(&state);
            let at = match &event {
                Event::TimerFired { due, .. } => *due,
                _ => Timestamp(seq as u64),
            };
            let (mut after, effects) = transition(workflow, &state, at, &event).unwrap();
            let mut decided = Decided::of(&state, &after, &effects);
            for due in decided.timers.values_mut() {
                due.0 += longer;
            }
            decided.keep_time(&mut after);
            state = after;
            entries.push(Entry {
                seq: seq as u64,
                at,
                config: workflow.version.clone(),
                event,
                decided,
            });
        }
        (entries, state)
    }

    fn fires(state: &State, timer: &str) -> Event {
        let timer = TimerName::new(timer).unwrap();
        let due = state.timers[&timer];
        Event::TimerFired { timer, due }
    }

    fn again(workflow: &Arc<Workflow>, entries: &[Entry]) -> Result<Option<State>, Divergence> {
        replay(|_| Some(workflow.clone()), entries)
    }

    #[test]
    fn timers_come_due_when_the_entries_say() {
        let workflow = workflow();
        for longer in [0, 3_600_000] {
            let (entries, state) = recorded(&workflow, longer);
            assert_eq!(again(&workflow, &entries), Ok(Some(state)));
        }
    }

    #[test]
    fn entries_that_tell_nothing_of_timers_are_repeated() {
        let workflow = workflow();
        let (mut entries, state) = recorded(&workflow, 0);
        for entry in &mut entries {
            entry.decided.timers.clear();
        }
        assert_eq!(again(&workflow, &entries), Ok(Some(state)));
    }

    #[test]
    fn other_timers_are_another_decision_and_are_named() {
        let workflow = workflow();
        let (mut entries, _) = recorded(&workflow, 0);
        let claim = TimerName::new("claim").unwrap();
        entries[1].decided.timers.remove(&claim);
        let divergence = again(&workflow, &entries).unwrap_err();
        assert_eq!(divergence.seq, 1);
        let said = divergence.to_string();
        let (recorded, decided) = said.split_once("decided").unwrap();
        assert!(
            !recorded.contains("claim at") && decided.contains("claim at"),
            "{said}"
        );
    }
}
