//! Operators: they claim what waits, answer after a short while, and pass the baton on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::Shared;
use super::client::Outcome;
use super::ledger::Voice;

/// Shares of what becomes of a conversation in human hands; the others are closed.
mod share {
    /// It is handed back with a note.
    pub(super) const HANDED_BACK: f64 = 0.5;
    /// It is put back into the queue.
    pub(super) const RELEASED: f64 = 0.1;
}

/// What operators say.
const WORDS: [&str; 4] = [
    "Hello, I have read everything and take it from here.",
    "I have looked into it: that was our mistake, and I have put it right.",
    "Thank you for waiting. It is on its way now.",
    "I have checked your booking and changed it as you asked.",
];

/// Most pages of the queue that are looked through for conversations of this run.
const PAGES: usize = 10;

/// One who answers customers.
pub(super) struct Operator {
    shared: Arc<Shared>,
    rng: Rng,
    name: String,
    replies: u64,
}

#[derive(Debug, Deserialize)]
struct Queue {
    conversations: Vec<Row>,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    conversation: String,
}

#[derive(Debug, Deserialize)]
struct Replied {
    said: SaidTurn,
}

#[derive(Debug, Deserialize)]
struct SaidTurn {
    turn: u32,
}

impl Operator {
    pub(super) fn new(shared: Arc<Shared>, number: u64) -> Self {
        let seed = shared.options.seed ^ (number + 1).rotate_left(48);
        Self {
            rng: Rng::with_seed(seed),
            name: format!("operator-{number}"),
            replies: 0,
            shared,
        }
    }

    /// Works until nobody waits and none will come.
    pub(super) async fn work(mut self, mut closing: watch::Receiver<bool>) {
        while self.shared.in_time() {
            let last = *closing.borrow_and_update();
            match self.next().await {
                Some(conversation) => self.take(&conversation).await,
                None if last => return,
                None => {
                    let pause = Duration::from_millis(self.rng.u64(50..250));
                    // Whoever is told that the doors close looks once more at once.
                    let _ = tokio::time::timeout(pause, closing.changed()).await;
                }
            }
        }
    }

    /// One of the conversations of this run that wait; which one is left to chance, so that
    /// operators get in each other's way as they do.
    async fn next(&mut self) -> Option<String> {
        let mut path = "/v1/conversations?owner=queue&limit=100".to_owned();
        let ours = format!("{}-", self.shared.options.run);
        for _ in 0..PAGES {
            let asked = self.shared.client.get::<Queue>(&path, self.shared.deadline);
            let queue = match asked.await {
                Ok(Outcome::Done(queue, _)) => queue,
                Ok(_) => return None,
                Err(error) => {
                    self.shared.failed(&error);
                    return None;
                }
            };
            let mut waiting = queue.conversations;
            waiting.retain(|row| row.conversation.starts_with(&ours));
            if !waiting.is_empty() {
                let row = waiting.swap_remove(self.rng.usize(..waiting.len()));
                return Some(row.conversation);
            }
            let next = queue.next?;
            path = format!("/v1/conversations?owner=queue&limit=100&after={next}");
        }
        None
    }

    async fn take(&mut self, conversation: &str) {
        let shared = Arc::clone(&self.shared);
        if !self.ask(conversation, "claim", &Value::Null).await {
            shared.ledger.pages().tally.claims_lost += 1;
            return;
        }
        shared.ledger.pages().progress.claims += 1;
        for _ in 0..self.rng.u32(1..=2) {
            shared.think(&mut self.rng, 1).await;
            if !self.reply(conversation).await {
                return;
            }
        }
        shared.think(&mut self.rng, 1).await;
        let choice = self.rng.f64();
        if choice < share::RELEASED && self.ask(conversation, "release", &json!({})).await {
            shared.ledger.pages().tally.releases += 1;
        } else if choice < share::RELEASED + share::HANDED_BACK
            && self.hand_back(conversation).await
        {
            shared.ledger.pages().tally.handbacks += 1;
        } else {
            let body = json!({ "outcome": "resolved_by_human" });
            if self.ask(conversation, "close", &body).await {
                shared.ledger.pages().tally.closed += 1;
            }
        }
    }

    async fn hand_back(&self, conversation: &str) -> bool {
        let note = json!({
            "done": ["Looked into the case and put it right."],
            "remaining": ["Answer what the customer still asks about it."],
            "limits": ["Promise no money."],
            "return_when": ["The customer asks for something else."],
        });
        self.ask(conversation, "handback", &note).await
    }

    async fn reply(&mut self, conversation: &str) -> bool {
        self.replies += 1;
        let words = WORDS[self.rng.usize(..WORDS.len())];
        let body = json!({ "id": format!("{}-{}", self.name, self.replies), "text": words });
        let path = format!("/v1/conversations/{conversation}/replies");
        let shared = &self.shared;
        let asked = shared
            .client
            .post::<Replied>(&path, Some(&self.name), &body, shared.deadline);
        let said = match asked.await {
            Ok(Outcome::Done(replied, _)) => replied.said,
            Ok(_) => return false,
            Err(error) => {
                shared.failed(&error);
                return false;
            }
        };
        shared.ledger.pages().tally.replies += 1;
        let ledger = &shared.ledger;
        ledger.acknowledged(conversation, said.turn, Voice::Operator, words);
        true
    }

    async fn ask(&self, conversation: &str, what: &str, body: &Value) -> bool {
        let path = format!("/v1/conversations/{conversation}/{what}");
        self.shared.ask(&path, Some(&self.name), body).await
    }
}

impl Shared {
    /// Whether there is time for more.
    pub(super) fn in_time(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// Whether conversations still begin.
    pub(super) fn is_open(&self) -> bool {
        self.in_time() && !self.stopped.load(Ordering::Relaxed)
    }

    /// Lets up to `slower` times the usual while pass.
    pub(super) async fn think(&self, rng: &mut Rng, slower: u32) {
        let most = self.options.thinking * slower;
        tokio::time::sleep(most.mul_f64(rng.f64())).await;
    }

    /// Asks for something that the state may not allow; gives whether it did.
    pub(super) async fn ask(&self, path: &str, operator: Option<&str>, body: &Value) -> bool {
        let asked = self
            .client
            .post::<IgnoredAny>(path, operator, body, self.deadline);
        match asked.await {
            Ok(Outcome::Done(..)) => true,
            Ok(_) => false,
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    /// Notes that the server refused what it should have taken.
    pub(super) fn failed(&self, error: &crate::Error) {
        let what = match error {
            crate::Error::Refused { status, detail, .. } => format!("{status}: {detail}"),
            error => error.to_string(),
        };
        self.refused(&what);
    }

    pub(super) fn refused(&self, what: &str) {
        let mut pages = self.ledger.pages();
        // A server that says something else each time must not fill the memory.
        if pages.tally.refusals.len() < 50 || pages.tally.refusals.contains_key(what) {
            *pages.tally.refusals.entry(what.to_owned()).or_default() += 1;
        }
    }
}
