//! How fast a journal records, and how it opens when it is large.
//!
//! ```text
//! cargo run --release -p warmline-journal --example journal_load -- steps DIR 1024 10
//! cargo run --release -p warmline-journal --example journal_load -- turns DIR 1024 10
//! cargo run --release -p warmline-journal --example journal_load -- fill DIR 1000000
//! cargo run --release -p warmline-journal --example journal_load -- open DIR
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use warmline_core::state::State;
use warmline_core::{
    ConfigVersion, ConversationId, CustomerContext, Decided, Draft, Entry, Epoch, Event, MessageId,
    Speaker, StateName, TimerName, Timestamp, Turn, TurnNumber,
};
use warmline_journal::{Journal, Listing, SledJournal, Step, TimerChange};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const WORDS: &str = "I ordered a pair of boots two weeks ago and they still have not arrived";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["steps", path, writers, seconds] => record(path, writers, seconds, false),
        ["turns", path, writers, seconds] => record(path, writers, seconds, true),
        ["fill", path, conversations] => fill(path, conversations.parse()?),
        ["open", path] => open(path),
        _ => Err("say `steps|turns DIR WRITERS SECONDS`, `fill DIR COUNT` or `open DIR`".into()),
    }
}

/// Conversations at once, each one step after the other, for so many seconds.
fn record(path: &str, writers: &str, seconds: &str, turns: bool) -> Result<(), Failure> {
    let (writers, seconds): (u64, u64) = (writers.parse()?, seconds.parse()?);
    let journal = Arc::new(SledJournal::open(path)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    let run = std::process::id();
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let mut waits = runtime.block_on(async {
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let journal = Arc::clone(&journal);
                tokio::spawn(async move {
                    let name = format!("run-{run}-conversation-{writer}");
                    let conversation = ConversationId::new(name)?;
                    let mut waits = Vec::new();
                    let mut seq = 0;
                    while Instant::now() < until {
                        let step = if turns && waits.len() % 2 == 1 {
                            answer(&conversation, seq)?
                        } else {
                            question(&conversation, seq, turns)?
                        };
                        seq += step.entries.len() as u64;
                        let sent = Instant::now();
                        journal.append(step).await?;
                        waits.push(sent.elapsed());
                    }
                    Ok::<_, Failure>(waits)
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await??);
        }
        Ok::<_, Failure>(waits)
    })?;
    let rate = waits.len() as f64 / began.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!(
        "{rate:.0} durable steps/s with {writers} writers; wait p50 {:.1?}, p99 {:.1?}, max {:.1?}; \
         {} MB resident, {} MB on disk",
        at(0.5),
        at(0.99),
        at(1.0),
        resident()? >> 20,
        on_disk(Path::new(path))? >> 20,
    );
    Ok(())
}

/// Conversations of two turns each, at rest, with a timer running.
fn fill(path: &str, count: u64) -> Result<(), Failure> {
    let journal = SledJournal::open(path)?;
    let began = Instant::now();
    for slice in (0..count).collect::<Vec<_>>().chunks(1024) {
        let mut appended = Vec::with_capacity(2 * slice.len());
        for n in slice {
            let conversation = ConversationId::new(format!("conversation-{n:09}"))?;
            let mut step = question(&conversation, 0, true)?;
            step.listing = Some(Listing {
                state: StateName::new(if n % 5 == 0 { "closed" } else { "ai_owned" })?,
                since: Timestamp(*n),
                ended: n % 5 == 0,
            });
            appended.push(journal.append(step));
            let mut step = answer(&conversation, 1)?;
            let due = Timestamp(1_000_000 + n);
            step.timers = vec![TimerChange::Set {
                timer: TimerName::new("idle")?,
                due,
            }];
            appended.push(journal.append(step));
        }
        for appended in futures::executor::block_on(futures::future::join_all(appended)) {
            appended?;
        }
        if slice[0] % 65_536 == 0 {
            print!("\r{} of {count}", slice[0]);
            std::io::stdout().flush()?;
        }
    }
    let bytes = on_disk(Path::new(path))?;
    println!(
        "\r{count} conversations in {:.1?}; {} MB resident, {} MB on disk",
        began.elapsed(),
        resident()? >> 20,
        bytes >> 20
    );
    Ok(())
}

fn open(path: &str) -> Result<(), Failure> {
    let before = resident()?;
    let began = Instant::now();
    let journal = SledJournal::open(path)?;
    let opened = began.elapsed();
    let after = resident()?;
    println!(
        "opened in {opened:.2?}; {} MB resident, {} before",
        after >> 20,
        before >> 20
    );
    let began = Instant::now();
    let due = journal.due(Timestamp(1_000_100), None, 100)?;
    let busy = journal.busy(None, 100)?;
    println!(
        "{} due, {} busy, found in {:.2?}",
        due.rows.len(),
        busy.rows.len(),
        began.elapsed()
    );
    let mut loads = Vec::new();
    for n in (0..1000).map(|n| n * 997) {
        let conversation = ConversationId::new(format!("conversation-{n:09}"))?;
        let began = Instant::now();
        if journal.load(&conversation)?.is_some() {
            loads.push(began.elapsed());
        }
    }
    loads.sort_unstable();
    if let Some(median) = loads.get(loads.len() / 2) {
        println!(
            "{} cold loads, p50 {median:.1?}, max {:.1?}",
            loads.len(),
            loads[loads.len() - 1]
        );
    }
    println!("{} MB resident", resident()? >> 20);
    Ok(())
}

/// A customer's turn: one entry; with its consequences, a message and an answer owed.
fn question(conversation: &ConversationId, seq: u64, whole: bool) -> Result<Step, Failure> {
    let message = MessageId::new(format!("{conversation}-{seq}"))?;
    let event = Event::CustomerSpoke {
        text: WORDS.into(),
        message: Some(message.clone()),
        context: CustomerContext::default(),
    };
    let entry = entry(seq, event, Some(said(seq, Speaker::Customer)))?;
    let mut step = Step::new(conversation.clone(), vec![entry]);
    if whole {
        step.message = Some(message);
        step.busy = Some(true);
    }
    Ok(step)
}

/// What was found in it, and the reply: two entries; nothing is owed any more.
fn answer(conversation: &ConversationId, seq: u64) -> Result<Step, Failure> {
    let through = TurnNumber(seq as u32);
    let findings = Default::default();
    let examined = Event::TurnExamined {
        through,
        epoch: Epoch(1),
        findings,
    };
    let draft = Draft {
        text: WORDS.into(),
        ..Draft::default()
    };
    let drafted = Event::DraftExamined {
        through,
        epoch: Epoch(1),
        draft,
        findings: Default::default(),
    };
    let entries = vec![
        entry(seq, examined, None)?,
        entry(seq + 1, drafted, Some(said(seq + 1, Speaker::Assistant)))?,
    ];
    let mut step = Step::new(conversation.clone(), entries);
    step.busy = Some(false);
    if (seq + 2) % 64 < 2 {
        let mut state = State::new(StateName::new("ai_owned")?);
        state.window = (1..24)
            .map(|n| Arc::new(said(n, Speaker::Customer)))
            .collect();
        step.snapshot = Some(state);
    }
    Ok(step)
}

fn said(number: u64, speaker: Speaker) -> Turn {
    Turn {
        number: TurnNumber(number as u32),
        speaker,
        text: WORDS.into(),
        at: Timestamp(1_750_000_000_000 + number),
        epoch: Epoch(1),
        citations: Vec::new(),
    }
}

fn entry(seq: u64, event: Event, turn: Option<Turn>) -> Result<Entry, Failure> {
    Ok(Entry {
        seq,
        at: Timestamp(1_750_000_000_000 + seq),
        config: ConfigVersion::new("3f9a6c1e")?,
        event,
        decided: Decided {
            state: StateName::new("ai_owned")?,
            epoch: Epoch(1),
            turns: turn.into_iter().collect(),
            trigger: None,
            effects: vec!["examine(1)".into()],
            timers: BTreeMap::new(),
        },
    })
}

fn resident() -> Result<u64, Failure> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split(' ').nth(1).ok_or("no resident size")?;
    Ok(pages.parse::<u64>()? * 4096)
}

fn on_disk(path: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for file in fs::read_dir(path)? {
        let metadata = file?.metadata()?;
        bytes += if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
    }
    Ok(bytes)
}
