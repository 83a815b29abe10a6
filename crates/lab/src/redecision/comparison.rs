//! What another policy would change, in numbers and examples.

use std::fmt;

use serde_json::{Value, json};

use super::{Handed, Redecided};

/// Examples of each change that are kept.
const EXAMPLES: usize = 20;
/// Examples of each change that the terminal shows, and most characters of the words in one.
const SHOWN: usize = 3;
const WORDS: usize = 80;

/// What becomes of the handoff of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was none before.
    Newly,
    /// It comes at an earlier turn.
    Earlier,
    /// It comes at a later turn.
    Later,
    /// It comes no more.
    NoMore,
    /// It comes at the same turn, for another reason.
    OtherReason,
}

impl Change {
    /// Every change, in the order of reports.
    pub const ALL: [Change; 5] = [
        Change::Newly,
        Change::Earlier,
        Change::Later,
        Change::NoMore,
        Change::OtherReason,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Newly => "newly",
            Change::Earlier => "earlier",
            Change::Later => "later",
            Change::NoMore => "no_more",
            Change::OtherReason => "other_reason",
        }
    }
}

impl Redecided {
    /// What changes; `None` where nothing does.
    pub fn change(&self) -> Option<Change> {
        match (&self.before, &self.after) {
            (None, None) => None,
            (None, Some(_)) => Some(Change::Newly),
            (Some(_), None) => Some(Change::NoMore),
            (Some(before), Some(after)) if after.turn < before.turn => Some(Change::Earlier),
            (Some(before), Some(after)) if after.turn > before.turn => Some(Change::Later),
            (Some(before), Some(after)) => {
                (before.kind != after.kind).then_some(Change::OtherReason)
            }
        }
    }
}

/// What another policy would change.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    conversations: u64,
    before: u64,
    after: u64,
    changes: [(u64, Vec<Redecided>); Change::ALL.len()],
}

impl Comparison {
    /// Counts a conversation.
    pub fn add(&mut self, redecided: Redecided) {
        self.conversations += 1;
        self.before += u64::from(redecided.before.is_some());
        self.after += u64::from(redecided.after.is_some());
        let Some(change) = redecided.change() else {
            return;
        };
        let at = Change::ALL.iter().position(|known| *known == change);
        let (count, examples) = &mut self.changes[at.unwrap_or_default()];
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(redecided);
        }
    }

    /// Whether anything changes.
    pub fn differs(&self) -> bool {
        self.changes.iter().any(|(count, _)| *count > 0)
    }

    /// The comparison for programs.
    pub fn json(&self) -> Value {
        let handed = |handed: &Option<Handed>| {
            let handed = handed.as_ref();
            handed.map(|handed| {
                json!({"turn": handed.turn, "trigger": handed.kind.as_str(), "words": handed.words})
            })
        };
        let changes = Change::ALL
            .iter()
            .zip(&self.changes)
            .map(|(change, (count, examples))| {
                let examples = examples.iter().map(|example| {
                    json!({
                        "conversation": example.conversation,
                        "before": handed(&example.before),
                        "after": handed(&example.after),
                    })
                });
                let examples: Vec<Value> = examples.collect();
                let row = json!({"conversations": count, "examples": examples});
                (change.as_str().to_owned(), row)
            });
        json!({
            "conversations": self.conversations,
            "handed_off_before": self.before,
            "handed_off_after": self.after,
            "changes": changes.collect::<serde_json::Map<_, _>>(),
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            conversations,
            before,
            after,
            changes,
        } = self;
        writeln!(
            f,
            "{conversations} conversations; handed off: {before} before, {after} after."
        )?;
        for (change, (count, examples)) in Change::ALL.iter().zip(changes) {
            writeln!(f, "{:>8} {}", count, change.as_str().replace('_', " "))?;
            for example in examples.iter().take(SHOWN) {
                let side = |handed: &Option<Handed>| match handed {
                    Some(Handed { turn, kind, .. }) => format!("turn {turn} {kind:?}"),
                    None => "never".to_owned(),
                };
                let words = example.after.as_ref().or(example.before.as_ref());
                let words: String = words.map_or(String::new(), |handed| {
                    handed
                        .words
                        .chars()
                        .filter(|c| !c.is_control())
                        .take(WORDS)
                        .collect()
                });
                writeln!(
                    f,
                    "         {}: {} -> {} \"{words}\"",
                    example.conversation,
                    side(&example.before),
                    side(&example.after)
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmline_core::TriggerKind;

    fn redecided(before: Option<usize>, after: Option<usize>) -> Redecided {
        let handed = |turn| Handed {
            turn,
            kind: TriggerKind::Sentiment,
            words: "so\u{1b}[31m angry".to_owned(),
        };
        Redecided {
            conversation: "c".to_owned(),
            before: before.map(handed),
            after: after.map(handed),
        }
    }

    #[test]
    fn changes_are_told_by_their_turns() {
        let changes = [
            (redecided(None, None), None),
            (redecided(None, Some(1)), Some(Change::Newly)),
            (redecided(Some(3), Some(1)), Some(Change::Earlier)),
            (redecided(Some(1), Some(3)), Some(Change::Later)),
            (redecided(Some(1), None), Some(Change::NoMore)),
            (redecided(Some(1), Some(1)), None),
        ];
        let mut comparison = Comparison::default();
        for (redecided, change) in changes {
            assert_eq!(redecided.change(), change);
            comparison.add(redecided);
        }
        assert!(comparison.differs());
        let json = comparison.json();
        assert_eq!(json["handed_off_before"], 4);
        assert_eq!(json["changes"]["no_more"]["conversations"], 1);
        assert!(!comparison.to_string().contains('\u{1b}'));
    }
}
