//! What the detectors find, remembered: customers of a day say much the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use warmline_core::signal::Findings;
use warmline_core::turn::Draft;
use warmline_core::{Speaker, State};
use warmline_detect::Case;

use crate::Error;
use crate::audit::Rules;

/// Findings that are remembered; beyond that all are forgotten.
const MOST: usize = 200_000;

/// What the detectors find.
pub(super) struct Examiner<'a> {
    rules: &'a Rules,
    known: HashMap<u64, Findings>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            known: HashMap::new(),
        }
    }

    /// What they find in the customer's turns, or in a draft.
    pub(super) async fn find(
        &mut self,
        state: &State,
        draft: Option<Draft>,
    ) -> Result<Findings, Error> {
        let key = key(state, draft.as_ref());
        if let Some(known) = self.known.get(&key) {
            return Ok(numbered(known.clone(), state));
        }
        let case = Case {
            draft: draft.map(Arc::new),
            ..Case::of(state, state.last_customer_turn)
        };
        let findings = self.rules.examine(&case).await?;
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(key, findings.clone());
        Ok(numbered(findings, state))
    }
}

/// Everything that detectors look at.
fn key(state: &State, draft: Option<&Draft>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for turn in state.examined() {
        let who = match turn.speaker {
            Speaker::Customer => 0_u8,
            Speaker::Assistant => 1,
            Speaker::Operator { .. } => 2,
            Speaker::Notice => 3,
        };
        (who, &turn.text).hash(&mut hasher);
    }
    let note = state.note.as_deref();
    note.map(|note| (&note.remaining, &note.return_when))
        .hash(&mut hasher);
    (
        &state.intent,
        state.amount.to_bits(),
        &state.context.language,
    )
        .hash(&mut hasher);
    draft.map(|draft| &draft.text).hash(&mut hasher);
    hasher.finish()
}

/// Evidence names turns, which may have other numbers in another conversation: it names the last.
fn numbered(mut findings: Findings, state: &State) -> Findings {
    for signal in &mut findings.signals {
        for evidence in &mut signal.evidence {
            evidence.turn = evidence.turn.map(|_| state.last_customer_turn);
        }
    }
    findings
}
