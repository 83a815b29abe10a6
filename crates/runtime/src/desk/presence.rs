//! Which operators are there.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use warmline_core::{OperatorId, Timestamp};

/// Whether an operator takes conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// They are given conversations.
    Available,
    /// They keep what they have and are given nothing.
    Away,
    /// They have not shown that they are there for a while.
    Offline,
}

/// What is known of an operator's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What they know.
    pub skills: Vec<String>,
    /// Their languages as ISO 639-1 codes; none stands for all.
    pub languages: Vec<String>,
    /// How many conversations they are given at most.
    pub capacity: u32,
}

impl Default for Profile {
    /// No skill in particular, all languages, five conversations.
    fn default() -> Self {
        Self {
            skills: Vec::new(),
            languages: Vec::new(),
            capacity: 5,
        }
    }
}

/// An operator who was there at some time.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) profile: Profile,
    /// What they said of themselves.
    status: Presence,
    /// Since when they say so.
    pub(crate) since: Timestamp,
    seen: Timestamp,
}

/// Which operators are there.
#[derive(Debug, Default)]
pub(crate) struct Presences {
    shown: HashMap<OperatorId, Shown>,
}

impl Presences {
    /// An operator shows that they are there.
    pub(crate) fn show(
        &mut self,
        operator: &OperatorId,
        profile: Profile,
        status: Presence,
        now: Timestamp,
    ) {
        let shown = self.shown.entry(operator.clone()).or_insert(Shown {
            profile: Profile::default(),
            status: Presence::Offline,
            since: now,
            seen: now,
        });
        if shown.status != status {
            shown.since = now;
        }
        shown.profile = profile;
        shown.status = status;
        // An operator who leaves was last seen before.
        if status != Presence::Offline {
            shown.seen = now;
        }
    }

    /// An operator who has conversations and was not there since the start: they count as seen
    /// then.
    pub(crate) fn expect(&mut self, operator: &OperatorId, now: Timestamp) {
        self.shown.entry(operator.clone()).or_insert(Shown {
            profile: Profile::default(),
            status: Presence::Offline,
            since: now,
            seen: now,
        });
    }

    /// What an operator is, if they were last seen no longer than `patience` ago.
    pub(crate) fn of(&self, operator: &OperatorId, now: Timestamp, patience: Duration) -> Presence {
        match self.shown.get(operator) {
            Some(shown) if now.since(shown.seen) <= patience => shown.status,
            _ => Presence::Offline,
        }
    }

    /// The operators who have not been seen for longer than `lease`.
    pub(crate) fn gone(&self, now: Timestamp, lease: Duration) -> Vec<OperatorId> {
        let gone = self
            .shown
            .iter()
            .filter(|(_, shown)| now.since(shown.seen) > lease);
        gone.map(|(operator, _)| operator.clone()).collect()
    }

    /// Forgets an operator who is gone and has nothing.
    pub(crate) fn forget(&mut self, operator: &OperatorId) {
        self.shown.remove(operator);
    }

    /// Everybody who was there lately.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&OperatorId, &Shown)> {
        self.shown.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn whoever_is_not_seen_for_long_is_offline_and_then_gone() {
        let mut presences = Presences::default();
        let dana = OperatorId::new("dana").unwrap();
        let show = |presences: &mut Presences, status, at| {
            presences.show(&dana, Profile::default(), status, Timestamp(at));
        };
        show(&mut presences, Presence::Available, 0);
        let of = |presences: &Presences, at| presences.of(&dana, Timestamp(at), MINUTE);
        assert_eq!(of(&presences, 60_000), Presence::Available);
        assert_eq!(of(&presences, 60_001), Presence::Offline);
        assert_eq!(presences.gone(Timestamp(120_000), 2 * MINUTE), []);
        assert_eq!(presences.gone(Timestamp(120_001), 2 * MINUTE).len(), 1);
        show(&mut presences, Presence::Away, 120_001);
        assert_eq!(of(&presences, 120_001), Presence::Away);
        // Whoever leaves is offline at once, and gone after as long as if they had vanished.
        show(&mut presences, Presence::Offline, 150_000);
        assert_eq!(of(&presences, 150_000), Presence::Offline);
        assert_eq!(presences.gone(Timestamp(240_002), 2 * MINUTE).len(), 1);
    }
}
