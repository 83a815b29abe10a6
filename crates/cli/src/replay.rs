//! `warmline replay`: every decision of the journal made again, with the rules of its time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use warmline::core::replay;
use warmline::core::source::Source;
use warmline::journal::Journal;
use warmline::{ConfigVersion, ConversationId, Workflow};

use crate::Verdict;
use crate::another::Another;
use crate::audit::ReadingOptions;
use crate::inspect::chain;
use crate::store::{Store, each_conversation};

/// How many entries are read at once.
const CHUNK: usize = 256;

/// Decide every journal again, by its own rules or by another configuration
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  warmline replay --data ./data\n  \
    warmline replay --data ./data --config candidate.toml\n  \
    warmline replay --config candidate.toml --log past.jsonl --against warmline.toml\n\n\
    Without --config it proves that every decision comes to the same states; with it, it shows \
    which\nconversations would be handed off earlier, later, newly or no more.\n\
    Exit code 1 if a decision comes out otherwise or cannot be read.")]
pub(crate) struct Replay {
    #[command(flatten)]
    store: Store,
    /// Only these conversations [default: all]
    #[arg(value_name = "ID", conflicts_with = "logs")]
    conversations: Vec<ConversationId>,
    /// Decide by this configuration, or preset, and show what would change
    #[arg(long, value_name = "FILE|PRESET")]
    config: Option<PathBuf>,
    /// Decide logs, in a format of `warmline audit`, and not the journal
    #[arg(id = "logs", long = "log", value_name = "LOG", num_args = 1.., requires = "config")]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// The configuration that the logs are compared with [default: the default policy]
    #[arg(long, value_name = "FILE|PRESET", requires = "logs")]
    against: Option<PathBuf>,
    /// Have the detectors look again also where they are set as they were
    #[arg(long, requires = "config")]
    examine: bool,
    /// Compare spelling instead of meaning where detectors look again
    #[arg(long, requires = "config")]
    without_model: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Report {
    conversations: usize,
    entries: u64,
    differences: Vec<Difference>,
}

/// A decision that comes out otherwise, or a part of the journal that cannot be read.
#[derive(Debug, Serialize)]
struct Difference {
    conversation: String,
    seq: Option<u64>,
    reason: String,
}

impl Replay {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        if !self.logs.is_empty() {
            self.store.unnamed("the logs")?;
        }
        if let Some(config) = &self.config {
            let another = Another {
                config,
                logs: &self.logs,
                reading: &self.reading,
                against: self.against.as_deref(),
                examine: self.examine,
                without_model: self.without_model,
                json: self.json,
            };
            return another.run(&self.store, &self.conversations).await;
        }
        let journal = self.store.open()?;
        let progress = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
            "{spinner} {human_pos} conversations decided again, {per_sec}",
        )?);
        let mut report = Report::default();
        let rules = Rules {
            journal: &journal,
            known: RefCell::default(),
        };
        let mut one = |conversation: &ConversationId| {
            again(&rules, conversation, &mut report);
            progress.inc(1);
        };
        if self.conversations.is_empty() {
            let hidden = each_conversation(&journal, |conversation| {
                one(conversation);
                Ok(())
            })?;
            report.differences.extend((0..hidden).map(|_| Difference {
                conversation: String::new(),
                seq: None,
                reason: "the row of a conversation cannot be read".to_owned(),
            }));
        } else {
            self.conversations.iter().for_each(&mut one);
        }
        progress.finish_and_clear();
        report.write(self.json)?;
        Ok(Verdict::of(!report.differences.is_empty()))
    }
}

impl Report {
    fn write(&self, json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", serde_json::to_string_pretty(self)?)?;
            return Ok(());
        }
        for difference in &self.differences {
            let seq = difference
                .seq
                .map_or(String::new(), |seq| format!(" entry {seq}"));
            writeln!(
                out,
                "{}{seq}: {}",
                difference.conversation, difference.reason
            )?;
        }
        let Self {
            conversations,
            entries,
            differences,
        } = self;
        match differences.len() {
            0 => writeln!(
                out,
                "{conversations} conversations, {entries} decisions: each came out the same"
            )?,
            found => writeln!(
                out,
                "{conversations} conversations, {entries} decisions came out the same, \
                 {found} differences"
            )?,
        }
        Ok(())
    }
}

/// The rules that the journal keeps, read once.
struct Rules<'a> {
    journal: &'a dyn Journal,
    known: RefCell<HashMap<ConfigVersion, Option<Arc<Workflow>>>>,
}

impl Rules<'_> {
    fn of(&self, version: &ConfigVersion) -> Option<Arc<Workflow>> {
        let mut known = self.known.borrow_mut();
        known
            .entry(version.clone())
            .or_insert_with(|| {
                let text = self.journal.configuration(version).ok().flatten()?;
                let mut workflow = Workflow::recorded(&Source::new(version.as_str(), text)).ok()?;
                workflow.version = version.clone();
                Some(Arc::new(workflow))
            })
            .clone()
    }
}

/// Decides one conversation again, and compares with its snapshot on the way.
fn again(rules: &Rules<'_>, conversation: &ConversationId, report: &mut Report) {
    report.conversations += 1;
    let mut differ = |seq: Option<u64>, reason: String| {
        let conversation = conversation.to_string();
        report.differences.push(Difference {
            conversation,
            seq,
            reason,
        });
    };
    let snapshot = match rules.journal.load(conversation) {
        Ok(Some(loaded)) => loaded.snapshot,
        Ok(None) => return differ(None, "there is no such conversation".to_owned()),
        Err(error) => return differ(None, chain(&error)),
    };
    let mut replay = replay::Replay::new(|version: &ConfigVersion| rules.of(version));
    let mut next = 0;
    loop {
        let entries = match rules.journal.entries(conversation, next, CHUNK) {
            Ok(entries) => entries,
            Err(error) => return differ(Some(next), chain(&error)),
        };
        if entries.is_empty() {
            return;
        }
        for entry in &entries {
            if let Err(divergence) = replay.step(entry) {
                return differ(Some(divergence.seq), divergence.to_string());
            }
            report.entries += 1;
            next = entry.seq + 1;
            let kept = snapshot.as_ref().filter(|snapshot| snapshot.next == next);
            if kept.is_some_and(|kept| replay.state() != Some(&kept.state)) {
                return differ(Some(entry.seq), "the snapshot has another state".to_owned());
            }
        }
    }
}
