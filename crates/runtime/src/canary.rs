//! Another configuration that really decides a share of new conversations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use warmline_core::source::{Problem, Problems};
use warmline_core::workflow::Owner;
use warmline_core::{ConversationId, StateName, Workflow};

use crate::setup::Setup;

/// A candidate, and the share of new conversations that it decides.
pub(crate) struct Canary {
    pub(crate) setup: Arc<Setup>,
    share: f64,
    /// Whether the file said the same as the candidate for a while since the start: a version then
    /// tells nothing of whose a conversation is.
    was_file: AtomicBool,
}

impl Canary {
    /// Has `setup` decide a `share` of new conversations, from 0, none, to 1, all.
    pub(crate) fn new(setup: Arc<Setup>, share: f64) -> Self {
        Self {
            setup,
            share,
            was_file: AtomicBool::new(false),
        }
    }

    /// Whether the candidate decides for a new conversation. It is the same at every start, and one
    /// that is chosen stays chosen while the share grows.
    pub(crate) fn decides(&self, id: &ConversationId) -> bool {
        place(id) < self.share
    }

    /// Whether a conversation that the candidate's rules decide is the candidate's: each of them, or
    /// those alone that it would be given, where the file said the same since the start.
    pub(crate) fn holds(&self, id: &ConversationId) -> bool {
        !self.was_file.load(Ordering::Relaxed) || self.decides(id)
    }

    /// Takes in that `file` was in force beside the candidate, and no longer is.
    pub(crate) fn was_beside(&self, file: &Setup) {
        if file.workflow.version == self.setup.workflow.version {
            self.was_file.store(true, Ordering::Relaxed);
        }
    }

    /// Checks that operators find the candidate's conversations where they look for them, in the
    /// states and queues of the `live` workflow, and that the same is masked in them.
    pub(crate) fn fits(&self, live: &Workflow) -> Result<(), Problems> {
        let shape = |workflow: &Workflow| {
            let states = workflow.states.iter();
            let states: Vec<(StateName, Owner)> = states
                .map(|(name, spec)| (name.clone(), spec.owner))
                .collect();
            let queues: Vec<String> = workflow.queues.keys().cloned().collect();
            (states, queues, workflow.privacy)
        };
        if shape(&self.setup.workflow) == shape(live) {
            return Ok(());
        }
        let message = "a candidate that decides has the states and queues of what is in force, and its \
                       privacy";
        let candidate = &self.setup.file.source;
        let problem: Problem = candidate.problem(0..0, "shadow.share", message);
        let hint = "leave `share` out: in the shadow alone, any states will do";
        Err(Problems(vec![problem.hint(hint)]))
    }
}

/// Where a conversation stands between 0 and 1, as evenly as SHA-256 spreads them.
fn place(id: &ConversationId) -> f64 {
    let hash = Sha256::digest(id.as_str());
    let first = hash.iter().take(6);
    let number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number as f64 / (1_u64 << 48) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_conversations_is_chosen_and_stays_chosen() {
        let ids = (0..4_000).map(|n| ConversationId::new(format!("web-{n}")).unwrap());
        let places: Vec<f64> = ids.map(|id| place(&id)).collect();
        let chosen = |share: f64| places.iter().filter(|place| **place < share).count();
        assert_eq!((chosen(0.0), chosen(1.0)), (0, 4_000));
        assert!((160..240).contains(&chosen(0.05)), "{}", chosen(0.05));
        assert!((1_900..2_100).contains(&chosen(0.5)), "{}", chosen(0.5));
        // Another place would choose others among those that run.
        assert_eq!(format!("{:.6}", places[1]), "0.767358");
    }
}
