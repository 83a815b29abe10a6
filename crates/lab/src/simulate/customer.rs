//! Customers: they say what a recorded dialogue has them say.

use std::path::PathBuf;
use std::sync::Arc;

use fastrand::Rng;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Mutex, mpsc};

use super::Shared;
use super::client::Outcome;
use super::ledger::Voice;
use crate::{Dialogues, Error};

/// Shares of the turns and conversations in which something uncommon happens.
mod share {
    /// A turn that the network doubles after its acknowledgement.
    pub(super) const REPEATED: f64 = 0.02;
    /// Two turns in quick succession, before there is an answer.
    pub(super) const BURST: f64 = 0.05;
    /// A conversation that the bot closes at its end.
    pub(super) const CLOSED: f64 = 0.3;
    /// A closed conversation that the customer takes up again.
    pub(super) const REOPENED: f64 = 0.2;
    /// A conversation that the customer rates.
    pub(super) const RATED: f64 = 0.2;
}

/// What a customer will say.
#[derive(Debug)]
pub(super) struct Script {
    number: u64,
    conversation: String,
    turns: Vec<String>,
}

/// Reads the dialogues in `files` and hands them out as conversations of the run `run`, at most
/// `most`; the files begin again where they have fewer.
pub(super) fn hand_out(
    files: &[PathBuf],
    run: &str,
    most: Option<u64>,
    send: &mpsc::Sender<Script>,
) -> Result<(), Error> {
    let mut number = 0;
    loop {
        let before = number;
        for dialogue in Dialogues::open(files.to_vec()) {
            if most.is_some_and(|most| number >= most) {
                return Ok(());
            }
            let script = Script {
                number,
                conversation: format!("{run}-{number}"),
                turns: dialogue?.turns,
            };
            if send.blocking_send(script).is_err() {
                return Ok(());
            }
            number += 1;
        }
        if most.is_none() || number == before {
            return Ok(());
        }
    }
}

/// One customer after the other.
pub(super) struct Customer {
    shared: Arc<Shared>,
    rng: Rng,
}

/// What the server says about a turn.
#[derive(Debug, Deserialize)]
struct Answer {
    turn: u32,
    owner: Owner,
    reply: Option<Reply>,
    trigger: Option<Trigger>,
}

#[derive(Debug, Deserialize)]
struct Reply {
    turn: u32,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Trigger {
    kind: String,
}

/// Who may speak to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Owner {
    Assistant,
    Queue,
    Operator,
    Nobody,
}

impl Customer {
    pub(super) fn new(shared: Arc<Shared>, number: u64) -> Self {
        let rng = Rng::with_seed(
            shared
                .options
                .seed
                .wrapping_mul(0x9e37_79b9)
                .wrapping_add(number),
        );
        Self { shared, rng }
    }

    pub(super) async fn work(mut self, scripts: Arc<Mutex<mpsc::Receiver<Script>>>) {
        loop {
            let script = scripts.lock().await.recv().await;
            match script {
                Some(script) if self.shared.is_open() => self.converse(script).await,
                _ => return,
            }
        }
    }

    async fn converse(&mut self, script: Script) {
        // The same seed makes the same conversation, whoever of the customers has it.
        self.rng = Rng::with_seed(self.shared.options.seed ^ script.number.rotate_left(32));
        let talk = script.conversation.as_str();
        self.shared.ledger.open(talk);
        let mut turns = script.turns.iter().peekable();
        while let Some(text) = turns.next() {
            if !self.shared.in_time() {
                return;
            }
            let burst = self.rng.f64() < share::BURST;
            let owner = match turns.next_if(|_| burst) {
                Some(second) => self.burst(talk, text, second).await,
                None => self.say(talk, text).await,
            };
            let slower = match owner {
                Some(Owner::Assistant | Owner::Nobody) => 1,
                // People wait for people.
                Some(Owner::Queue | Owner::Operator) => 3,
                None => return,
            };
            self.shared.think(&mut self.rng, slower).await;
        }
        self.part(talk, script.turns.last()).await;
        self.shared.ledger.pages().progress.spoken += 1;
    }

    async fn say(&mut self, talk: &str, text: &str) -> Option<Owner> {
        self.shared.pace.turn().await;
        let message = self.shared.ledger.sends(talk);
        let repeated = self.rng.f64() < share::REPEATED;
        deliver(&self.shared, talk, message, text, repeated).await
    }

    /// Says two things at once: the answer comes to both of them.
    async fn burst(&mut self, talk: &str, first: &str, second: &str) -> Option<Owner> {
        self.shared.pace.turn().await;
        let messages = [
            self.shared.ledger.sends(talk),
            self.shared.ledger.sends(talk),
        ];
        let (one, two) = tokio::join!(
            deliver(&self.shared, talk, messages[0], first, false),
            deliver(&self.shared, talk, messages[1], second, false),
        );
        two.or(one)
    }

    /// Ends the conversation in one of the ways in which conversations end.
    async fn part(&mut self, talk: &str, last: Option<&String>) {
        let path = |what| format!("/v1/conversations/{talk}/{what}");
        if self.rng.f64() < share::RATED {
            let body = json!({ "score": self.rng.u8(1..=5) });
            self.shared.ask(&path("csat"), None, &body).await;
        }
        if self.rng.f64() < share::CLOSED {
            let body = json!({ "outcome": "resolved_unconfirmed" });
            if self.shared.ask(&path("close"), None, &body).await {
                self.shared.ledger.pages().tally.closed += 1;
            }
            if let Some(last) = last.filter(|_| self.rng.f64() < share::REOPENED) {
                self.say(talk, last).await;
            }
        }
    }
}

/// Delivers a message until it is acknowledged, and notes what came of it. With `repeated` it is
/// delivered once more after that.
async fn deliver(
    shared: &Shared,
    talk: &str,
    message: u32,
    text: &str,
    repeated: bool,
) -> Option<Owner> {
    let path = format!("/v1/conversations/{talk}/messages");
    let body = json!({
        "id": message.to_string(),
        "text": text,
        "customer": talk,
        "channel": "web",
    });
    let answer = match shared
        .client
        .post::<Answer>(&path, None, &body, shared.deadline)
        .await
    {
        Ok(Outcome::Done(answer, took)) => {
            shared.ledger.took(took);
            answer
        }
        Ok(Outcome::Conflict) => {
            shared.refused("a turn");
            return None;
        }
        Ok(Outcome::TimeUp) => {
            shared.ledger.pages().tally.unanswered += 1;
            return None;
        }
        Err(error) => {
            shared.failed(&error);
            return None;
        }
    };
    let noted = |turn, by, words: &str| shared.ledger.acknowledged(talk, turn, by, words);
    noted(answer.turn, Voice::Customer, text);
    if let Some(reply) = &answer.reply {
        noted(reply.turn, Voice::Assistant, &reply.text);
    }
    {
        let mut pages = shared.ledger.pages();
        pages.progress.turns += 1;
        if let Some(trigger) = &answer.trigger {
            pages.progress.handoffs += 1;
            *pages
                .tally
                .handoffs
                .entry(trigger.kind.clone())
                .or_default() += 1;
        }
    }
    if repeated
        && let Ok(Outcome::Done(again, _)) = shared
            .client
            .post::<Answer>(&path, None, &body, shared.deadline)
            .await
    {
        let mut pages = shared.ledger.pages();
        pages.tally.repeated += 1;
        pages.tally.repeated_as_another += u64::from(again.turn != answer.turn);
    }
    Some(answer.owner)
}
