//! The server's side of the account: every conversation read back and checked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use super::Shared;
use super::client::Outcome;
use super::customer::Owner;
use super::ledger::Account;
use super::transcript::{Finding, Transcript, Turn};
use crate::Error;

/// Conversations that are read at the same time.
const READERS: usize = 16;
/// How long an answer may still be under way after everybody has gone.
const SETTLING: Duration = Duration::from_secs(45);
/// How long a read may take, with the server's restarts.
const READING: Duration = Duration::from_secs(60);
/// Most findings that are kept; the others are counted.
const FINDINGS: usize = 100;

/// Whether answers that are under way are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    None,
    Settle,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Audited {
    pub(super) findings: Vec<Finding>,
    /// Findings in all, kept or not.
    pub(super) found: u64,
    pub(super) ends: BTreeMap<String, u64>,
    pub(super) outcomes: BTreeMap<String, u64>,
    pub(super) turns: u64,
    pub(super) handoffs: u64,
    pub(super) handbacks: u64,
    pub(super) discarded_drafts: u64,
}

/// A part of a conversation as the server shows it.
#[derive(Debug, Deserialize)]
struct Part {
    state: String,
    owner: Owner,
    answering: bool,
    turns: Vec<Turn>,
    first_step: u64,
    steps: u64,
    outcome: Option<String>,
    handoffs: u64,
    handbacks: u64,
    discarded_drafts: u64,
}

/// Reads every conversation of the run back and checks it.
pub(super) async fn all(shared: &Shared, patience: Patience) -> Result<Audited, Error> {
    let accounts: Vec<(String, Account)> = {
        let pages = shared.ledger.pages();
        let accounts = pages.accounts.iter();
        accounts
            .map(|(name, account)| (name.clone(), account.clone()))
            .collect()
    };
    let until = Instant::now() + SETTLING;
    let read = stream::iter(accounts).map(|(name, mut account)| async move {
        let mut transcript = read(shared, &name).await?;
        while patience == Patience::Settle && transcript.answering && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(200)).await;
            transcript = self::read(shared, &name).await?;
        }
        // The customer may have sent more since: what was read can contain it, and what was
        // acknowledged before must be there.
        account.sent = shared.ledger.sent(&name);
        let findings = transcript.check(&name, &account, patience == Patience::Settle);
        Ok::<_, Error>((transcript, findings))
    });
    read.buffer_unordered(READERS)
        .try_fold(
            Audited::default(),
            |mut sum, (transcript, findings)| async move {
                sum.add(&transcript, findings);
                Ok(sum)
            },
        )
        .await
}

impl Audited {
    fn add(&mut self, transcript: &Transcript, findings: Vec<Finding>) {
        self.found += findings.len() as u64;
        let room = FINDINGS - self.findings.len();
        self.findings.extend(findings.into_iter().take(room));
        if transcript.owner.is_none() {
            return;
        }
        *self.ends.entry(transcript.state.clone()).or_default() += 1;
        if let Some(outcome) = &transcript.outcome {
            *self.outcomes.entry(outcome.clone()).or_default() += 1;
        }
        self.turns += transcript.turns.len() as u64;
        self.handoffs += transcript.handoffs;
        self.handbacks += transcript.handbacks;
        self.discarded_drafts += transcript.discarded_drafts;
    }
}

/// The whole of a conversation; an empty one if the server does not know it.
async fn read(shared: &Shared, name: &str) -> Result<Transcript, Error> {
    let mut transcript = Transcript::default();
    let mut from = 0;
    loop {
        let path = format!("/v1/conversations/{name}?from={from}");
        let until = Instant::now() + READING;
        let part = match shared.client.get::<Part>(&path, until).await {
            Ok(Outcome::Done(part, _)) => part,
            Ok(_) => {
                return Err(Error::Refused {
                    what: path,
                    status: 0,
                    detail: "no answer in time".to_owned(),
                });
            }
            Err(Error::Refused { status: 404, .. }) => return Ok(transcript),
            Err(error) => return Err(error),
        };
        let turns = part.turns.len();
        transcript.turns.extend(part.turns);
        transcript = Transcript {
            turns: transcript.turns,
            state: part.state,
            owner: Some(part.owner),
            answering: part.answering,
            outcome: part.outcome,
            handoffs: part.handoffs,
            handbacks: part.handbacks,
            discarded_drafts: part.discarded_drafts,
        };
        from = part.first_step + STEPS;
        if from >= part.steps || (turns == 0 && part.steps == 0) {
            return Ok(transcript);
        }
    }
}

/// Steps that the server shows at once.
const STEPS: u64 = 500;
