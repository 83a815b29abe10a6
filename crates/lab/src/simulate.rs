//! Customers and operators who drive a running server, and the account of it.
//!
//! The customers say what recorded dialogues have them say; the operators claim what waits, answer
//! after a short while, and hand back with a note or close, as people do. Both see the server as
//! its callers do: by HTTP, with the same message id sent again after an overload or a lost
//! connection. So the account holds for callers: whatever was acknowledged must be in the
//! conversation once, and nobody may have been answered by two parties.
//!
//! A simulation ends by itself: with its dialogues or the number of conversations asked for, or
//! when its time is up. What it keeps is a few numbers for each turn that was acknowledged.

mod audit;
mod client;
mod customer;
mod ledger;
mod operator;
mod options;
mod pace;
mod report;
mod transcript;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

use crate::Error;
use audit::Patience;
use client::Client;
use customer::Customer;
use ledger::Ledger;
use operator::Operator;
use pace::Pace;

pub use ledger::Progress;
pub use options::Options;
pub use report::{Latency, Report};
pub use transcript::{Fault, Finding};

/// A simulation under way.
#[derive(Debug)]
pub struct Simulation {
    shared: Arc<Shared>,
    customers: JoinSet<()>,
    operators: JoinSet<()>,
    scripts: JoinSet<Result<(), Error>>,
    /// Tells the operators that no customer will come any more.
    closing: watch::Sender<bool>,
}

/// What customers and operators share.
#[derive(Debug)]
struct Shared {
    options: Options,
    client: Client,
    ledger: Ledger,
    pace: Pace,
    started: Instant,
    /// When everybody goes home, whatever is left.
    deadline: Instant,
    /// Whether no new conversation is begun.
    stopped: AtomicBool,
}

impl Simulation {
    /// Sends customers with the dialogues in `files`, and operators, to the server.
    ///
    /// # Errors
    /// When the server cannot be reached or lets nobody in, and when an option makes no sense.
    pub async fn start(options: Options, files: Vec<PathBuf>) -> Result<Self, Error> {
        options.check()?;
        let client = Client::new(&options)?;
        client.greet().await?;
        let started = Instant::now();
        let shared = Arc::new(Shared {
            pace: Pace::new(options.rate),
            ledger: Ledger::default(),
            started,
            stopped: AtomicBool::new(false),
            deadline: started + options.time,
            client,
            options,
        });
        let (send, receive) = mpsc::channel(1);
        let receive = Arc::new(Mutex::new(receive));
        let mut scripts = JoinSet::new();
        let (run, most) = (shared.options.run.clone(), shared.options.conversations);
        scripts.spawn_blocking(move || customer::hand_out(&files, &run, most, &send));
        let mut customers = JoinSet::new();
        for number in 0..shared.options.concurrency {
            let customer = Customer::new(Arc::clone(&shared), number as u64);
            customers.spawn(customer.work(Arc::clone(&receive)));
        }
        let mut operators = JoinSet::new();
        let (closing, closed) = watch::channel(false);
        for number in 0..shared.options.operators {
            let operator = Operator::new(Arc::clone(&shared), number as u64);
            operators.spawn(operator.work(closed.clone()));
        }
        Ok(Self {
            shared,
            customers,
            operators,
            scripts,
            closing,
        })
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.shared.ledger.progress()
    }

    /// Lets no new conversation begin; those under way go on to their end.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    /// Waits until the customers have said everything, at most for `most`; gives whether they
    /// have.
    ///
    /// # Errors
    /// When the dialogues cannot be read.
    pub async fn wait(&mut self, most: Duration) -> Result<bool, Error> {
        let spoken = async {
            while self.customers.join_next().await.is_some() {}
            while let Some(read) = self.scripts.join_next().await {
                read.unwrap_or(Ok(()))?;
            }
            Ok(true)
        };
        tokio::time::timeout(most, spoken)
            .await
            .unwrap_or(Ok(false))
    }

    /// Holds what the server shows now against what it has acknowledged so far, in every
    /// conversation.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn audit(&self) -> Result<Vec<Finding>, Error> {
        Ok(audit::all(&self.shared, Patience::None).await?.findings)
    }

    /// Waits for the customers, lets the operators finish what waits, and gives the account.
    ///
    /// # Errors
    /// When the dialogues could not be read or hold no turns, and when the server does not answer.
    pub async fn finish(mut self) -> Result<Report, Error> {
        while !self.wait(Duration::from_secs(60)).await? {}
        let spoken = self.shared.started.elapsed();
        // The operators may have gone home before, with their time.
        let _ = self.closing.send(true);
        while self.operators.join_next().await.is_some() {}
        if self.progress().begun == 0 {
            return Err(Error::Empty);
        }
        let audited = audit::all(&self.shared, Patience::Settle).await?;
        Ok(Report::new(&self.shared, audited, spoken))
    }
}
