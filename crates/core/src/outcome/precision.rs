//! How often the handoff that a detector, a gate or a request caused was needed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, OperatorId, Timestamp};
use crate::outcome::{Ended, Rate};
use crate::state::State;

/// An operator's word on whether a handoff was needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its stretch, from 0.
    pub stretch: u32,
    /// Which handoff of the conversation, from 1.
    pub handoff: u32,
    /// Whether a human was needed.
    pub needed: bool,
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<OperatorId>,
    /// What caused the handoff: names of signals, gates and triggers.
    pub causes: BTreeSet<String>,
}

impl Feedback {
    /// The feedback on the last handoff of a conversation in `state`; `None` where there was none.
    pub fn on(
        conversation: &ConversationId,
        state: &State,
        needed: bool,
        at: Timestamp,
        by: Option<OperatorId>,
    ) -> Option<Self> {
        (state.handoffs > 0).then(|| Self {
            conversation: conversation.clone(),
            stretch: state.tally.stretch,
            handoff: state.handoffs,
            needed,
            at,
            by,
            causes: match state.trigger.as_deref() {
                Some(trigger) => {
                    let signals = trigger.signals.iter().map(|judged| judged.signal.kind);
                    let fired: Vec<&str> = signals.map(|kind| kind.as_str()).collect();
                    causes(&fired, [trigger.rule.as_str()], [trigger.kind.as_str()])
                }
                None => of_tally(&state.tally),
            },
        })
    }

    /// Where it is kept: of several about one handoff the last counts.
    pub fn key(&self) -> String {
        format!("{}/{:04}", self.conversation, self.handoff)
    }
}

/// The signals where some fired; else the rules; else the triggers.
fn causes<'a>(
    fired: &[&str],
    rules: impl IntoIterator<Item = &'a str>,
    triggers: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<String> {
    let owned = |names: Vec<&str>| -> BTreeSet<String> {
        let named = names.into_iter().filter(|name| !name.is_empty());
        named.map(str::to_owned).collect()
    };
    let candidates = [
        owned(fired.to_vec()),
        owned(rules.into_iter().collect()),
        owned(triggers.into_iter().collect()),
    ];
    let first = candidates.into_iter().find(|names| !names.is_empty());
    first.unwrap_or_default()
}

fn of_tally(tally: &crate::outcome::Tally) -> BTreeSet<String> {
    let fired: Vec<&str> = tally.fired.iter().map(|kind| kind.as_str()).collect();
    let rules = tally.rules.iter().map(String::as_str);
    causes(
        &fired,
        rules,
        tally.triggers.iter().map(|kind| kind.as_str()),
    )
}

/// How often handoffs of one cause were needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Precision {
    /// Needed, among those that an operator gave feedback on.
    pub said: Rate,
    /// Needed as outcomes tell it: an operator said something to the customer, among those that an
    /// operator took.
    pub shown: Rate,
}

impl Precision {
    /// By cause: the signals that fired, gates and rules, other triggers.
    pub fn by_cause<'a>(
        rows: impl IntoIterator<Item = &'a Ended>,
        feedback: impl IntoIterator<Item = &'a Feedback>,
    ) -> BTreeMap<String, Self> {
        let mut causes: BTreeMap<String, Self> = BTreeMap::new();
        for said in feedback {
            for cause in &said.causes {
                let precision = causes.entry(cause.clone()).or_default();
                precision.said.count(said.needed);
            }
        }
        for row in rows {
            let taken = row.tally.handling_ms > 0 || row.tally.operator_turns > 0;
            if row.was_handed_off() && taken {
                for cause in of_tally(&row.tally) {
                    let precision = causes.entry(cause).or_default();
                    precision.shown.count(row.tally.operator_turns > 0);
                }
            }
        }
        causes
    }
}
