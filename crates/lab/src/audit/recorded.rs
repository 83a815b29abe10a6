//! A conversation that is over, whichever log it comes from.

use warmline_core::turn::{Action, MAX_TEXT};
use warmline_core::{CustomerContext, Timestamp};

/// Most things that are kept of one conversation, and most bytes of its words in all. What lies
/// beyond is counted in [`Recorded::cut`] and not looked at.
const MOST: usize = 4_000;
const MOST_BYTES: usize = 4 << 20;
/// Longest id of a conversation, in bytes.
const LONGEST_ID: usize = 200;
/// Longest input or result of an action, in bytes, as the live host bounds them.
const LONGEST_PART: usize = 2_000;

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The person who came for help.
    Customer,
    /// The bot.
    Assistant,
    /// A human who answers customers.
    Operator,
}

impl Party {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Party::Customer => "customer",
            Party::Assistant => "assistant",
            Party::Operator => "operator",
        }
    }
}

/// What happened in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// Somebody said something. Turns are counted by these, from 1.
    Said {
        /// Who.
        by: Party,
        /// The words.
        text: String,
        /// When, where the log says it.
        at: Option<Timestamp>,
    },
    /// The assistant called something.
    Did(Action),
}

/// How a conversation ended, by the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Whether it ended well.
    pub good: bool,
    /// What says so, such as `rating`.
    pub by: &'static str,
}

/// A conversation that is over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// Its name in the log.
    pub id: String,
    /// What the log tells of the customer.
    pub context: CustomerContext,
    /// What happened, in order.
    pub happenings: Vec<Happening>,
    /// How it ended, where the log has it. Nothing that is found or foretold rests on it.
    pub ending: Option<Ending>,
    /// Whether the bot's or the help desk's own mark says that it is settled.
    pub resolved: Option<bool>,
    /// Things that were too many to be kept.
    pub cut: usize,
    bytes: usize,
}

impl Recorded {
    /// A conversation named `id` in which nothing happened yet.
    pub fn new(id: impl Into<String>) -> Self {
        let mut id: String = id.into();
        id.truncate(id.floor_char_boundary(LONGEST_ID));
        Self {
            id,
            ..Self::default()
        }
    }

    /// Adds what somebody said. Nothing but blanks is nothing.
    pub fn say(&mut self, by: Party, text: &str, at: Option<Timestamp>) {
        // The users of tau-bench end a run with a mark that no customer would write.
        let text = text.replace("###STOP###", "");
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let text = text[..text.floor_char_boundary(MAX_TEXT)].to_owned();
        self.add(text.len(), Happening::Said { by, text, at });
    }

    /// Adds what the assistant called.
    pub fn call(&mut self, mut action: Action) {
        let bound = |text: &mut String| text.truncate(text.floor_char_boundary(LONGEST_PART));
        bound(&mut action.name);
        bound(&mut action.input);
        action.result.as_mut().map(bound);
        let bytes = action.name.len() + action.input.len();
        self.add(bytes, Happening::Did(action));
    }

    /// Adds what came of the first call of `name` that has no result yet; of any where no name is
    /// given. A result of nothing that was called stands for the call itself.
    pub fn result(&mut self, name: Option<&str>, result: &str) {
        let open = self
            .happenings
            .iter_mut()
            .find_map(|happening| match happening {
                Happening::Did(action)
                    if action.result.is_none() && name.is_none_or(|name| name == action.name) =>
                {
                    Some(action)
                }
                _ => None,
            });
        let result = result[..result.floor_char_boundary(LONGEST_PART)].to_owned();
        match open {
            Some(action) => {
                self.bytes += result.len();
                action.result = Some(result);
            }
            None => self.call(Action {
                name: name.unwrap_or_default().to_owned(),
                input: String::new(),
                result: Some(result),
            }),
        }
    }

    fn add(&mut self, bytes: usize, happening: Happening) {
        if self.happenings.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            self.cut += 1;
            return;
        }
        self.bytes += bytes;
        self.happenings.push(happening);
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.bytes + 128 * self.happenings.len() + self.id.len()
    }

    /// What was said, in order, with the turn's number.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = (usize, Party, &str)> {
        let said = self
            .happenings
            .iter()
            .filter_map(|happening| match happening {
                Happening::Said { by, text, .. } => Some((*by, text.as_str())),
                Happening::Did(_) => None,
            });
        let said: Vec<(Party, &str)> = said.collect();
        (1..)
            .zip(said)
            .map(|(number, (by, text))| (number, by, text))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// What was called, in order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.happenings
            .iter()
            .filter_map(|happening| match happening {
                Happening::Did(action) => Some(action),
                Happening::Said { .. } => None,
            })
    }

    /// What the customer said, in order.
    pub fn customer(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.turns()
            .filter(|(_, by, _)| *by == Party::Customer)
            .map(|(_, _, text)| text)
    }

    /// When the first and the last thing happened, where the log has times.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = self
            .happenings
            .iter()
            .filter_map(|happening| match happening {
                Happening::Said { at, .. } => *at,
                Happening::Did(_) => None,
            });
        Some((times.clone().min()?, times.max()?))
    }

    /// After how many turns a human had it in the log: the first word of an operator, or a call
    /// of the assistant that passes it on. `None` where it stayed with the assistant.
    pub fn handed_over(&self) -> Option<usize> {
        let alone = self.alone();
        let said = |happening: &&Happening| matches!(happening, Happening::Said { .. });
        (alone.len() < self.happenings.len()).then(|| alone.iter().filter(said).count())
    }

    /// What happened before a human had it: all of it where none ever did.
    pub fn alone(&self) -> &[Happening] {
        let hands_over = |happening: &Happening| match happening {
            Happening::Said { by, .. } => *by == Party::Operator,
            Happening::Did(action) => passes_on(&action.name),
        };
        let until = self.happenings.iter().position(hands_over);
        &self.happenings[..until.unwrap_or(self.happenings.len())]
    }
}

/// Whether a call by this name gives the conversation to a human.
fn passes_on(name: &str) -> bool {
    let name = name.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    says(&["handoff", "hand_off", "handover", "escalat"])
        || (says(&["transfer", "connect", "route", "call"])
            && says(&["human", "operator", "live_agent", "representative"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_find_their_calls() {
        let mut recorded = Recorded::new("1");
        let action = |name: &str| Action {
            name: name.to_owned(),
            input: String::new(),
            result: None,
        };
        recorded.call(action("find"));
        recorded.call(action("find"));
        recorded.result(Some("find"), "a");
        recorded.result(None, "b");
        recorded.result(Some("other"), "c");
        let results: Vec<_> = recorded.actions().map(|a| a.result.as_deref()).collect();
        assert_eq!(results, [Some("a"), Some("b"), Some("c")]);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut recorded = Recorded::new("1");
        for _ in 0..MOST + 3 {
            recorded.say(Party::Customer, "Hello?", None);
        }
        recorded.say(Party::Customer, "   ", None);
        assert_eq!((recorded.happenings.len(), recorded.cut), (MOST, 3));
    }

    #[test]
    fn a_human_takes_over_by_speaking_or_by_being_called() {
        let mut recorded = Recorded::new("1");
        recorded.say(Party::Customer, "Help", None);
        assert_eq!(recorded.handed_over(), None);
        let mut called = recorded.clone();
        called.call(Action {
            name: "transfer_to_human_agents".to_owned(),
            input: String::new(),
            result: None,
        });
        assert_eq!(called.handed_over(), Some(1));
        recorded.say(Party::Operator, "Hello, Dana here.", None);
        assert_eq!(recorded.handed_over(), Some(1));
        assert!(!passes_on("transfer_money"));
    }
}
