//! Deciding again: recorded entries, the rules of their time, the same decisions.
//!
//! [`Replay`] takes the entries of one conversation in order, decides each event again with the
//! workflow of the configuration that the entry names, and compares. It performs nothing. What it
//! keeps is one [`State`], however long the conversation is.

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
    format!(
        "`{}` in epoch {} with {} turns and [{}]",
        decided.state,
        decided.epoch,
        decided.turns.len(),
        decided.effects.join(", ")
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
        let (after, effects) = transition(&workflow, &before, entry.at, &entry.event)
            .map_err(|refused| diverged(Found::Refused(refused)))?;
        let decided = Decided::of(&before, &after, &effects);
        if decided != entry.decided {
            return Err(diverged(Found::Decided(Box::new(decided))));
        }
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
