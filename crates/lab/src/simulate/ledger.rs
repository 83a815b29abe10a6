//! What was sent and acknowledged: the callers' side of the account.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use warmline_core::turn::renumbered;

/// How far a simulation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Conversations that customers have begun.
    pub begun: u64,
    /// Conversations whose customers have said everything.
    pub spoken: u64,
    /// Turns that were acknowledged.
    pub turns: u64,
    /// Turns that led to a handoff.
    pub handoffs: u64,
    /// Conversations that operators have claimed.
    pub claims: u64,
}

/// Everything that was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Pages>);

/// The pages of the ledger.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) progress: Progress,
    pub(super) tally: Tally,
    /// By conversation.
    pub(super) accounts: HashMap<String, Account>,
    pub(super) latency: Latencies,
}

/// Times from a turn to the decision about it.
#[derive(Debug)]
pub(super) struct Latencies(pub(super) Histogram<u64>);

/// What happened, in numbers.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) sent: u64,
    /// Turns that were sent and never answered before time was up.
    pub(super) unanswered: u64,
    /// Turns that were sent again although they had been acknowledged.
    pub(super) repeated: u64,
    /// Of these, those that were acknowledged as another turn.
    pub(super) repeated_as_another: u64,
    pub(super) handoffs: BTreeMap<String, u64>,
    pub(super) claims_lost: u64,
    pub(super) replies: u64,
    pub(super) handbacks: u64,
    pub(super) releases: u64,
    pub(super) closed: u64,
    /// What the server refused, by what it said.
    pub(super) refusals: BTreeMap<String, u64>,
}

/// What one conversation was acknowledged to contain.
#[derive(Debug, Default, Clone)]
pub(super) struct Account {
    pub(super) said: Vec<Said>,
    /// How many different messages the customer sent, acknowledged or not.
    pub(super) sent: u32,
}

/// A turn as it was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) turn: u32,
    pub(super) by: Voice,
    pub(super) words: u64,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Voice {
    Customer,
    Assistant,
    Operator,
    Notice,
}

impl Default for Latencies {
    fn default() -> Self {
        // Microseconds up to ten minutes, exact to three digits: some 200 kB, however many.
        Self(Histogram::new_with_max(600_000_000, 3).expect("the bounds are in order"))
    }
}

impl Ledger {
    /// Opens an account for a conversation.
    pub(super) fn open(&self, conversation: &str) {
        let mut pages = self.pages();
        pages.progress.begun += 1;
        let account = Account::default();
        pages.accounts.insert(conversation.to_owned(), account);
    }

    /// Notes that the customer sends another message, and gives its number.
    pub(super) fn sends(&self, conversation: &str) -> u32 {
        let mut pages = self.pages();
        pages.tally.sent += 1;
        let account = pages.accounts.entry(conversation.to_owned()).or_default();
        account.sent += 1;
        account.sent
    }

    /// How many messages the customer has sent so far.
    pub(super) fn sent(&self, conversation: &str) -> u32 {
        let pages = self.pages();
        pages
            .accounts
            .get(conversation)
            .map_or(0, |account| account.sent)
    }

    /// Notes that a turn was acknowledged.
    pub(super) fn acknowledged(&self, conversation: &str, turn: u32, by: Voice, words: &str) {
        let words = digest(words);
        if let Some(account) = self.pages().accounts.get_mut(conversation) {
            account.said.push(Said { turn, by, words });
        }
    }

    /// Notes how long a decision took.
    pub(super) fn took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.pages().latency.0.saturating_record(micros);
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self) -> Progress {
        self.pages().progress
    }
}

/// What stands for words: enough to tell whether they are the same. Marks of citations are left out:
/// they are numbered anew where the parts of an answer are put together.
pub(super) fn digest(words: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    renumbered(words, |_| None).hash(&mut hasher);
    hasher.finish()
}
