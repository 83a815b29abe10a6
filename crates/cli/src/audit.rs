//! `warmline audit`: what a bot's past conversations show.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;
use warmline_lab::audit::{Audit, Columns, Format, Found, Labels, Logs, Reading, Rules};

use crate::Verdict;
use crate::chosen::{self, ConfigOption};

/// Logs, and how they are read.
#[derive(Debug, Args)]
pub(crate) struct LogFiles {
    /// Files with conversations, also gzipped; `-` for standard input
    #[arg(value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// How logs are read, which are the argument `logs`.
#[derive(Debug, Args)]
pub(crate) struct ReadingOptions {
    /// The format: openai, tau-bench, tau2-bench, chatwoot, zendesk, intercom or csv [default:
    /// recognised by content]
    #[arg(long, requires = "logs")]
    format: Option<Format>,
    /// Columns of a table, such as conversation=ticket,role=who,text=message,at=time,
    /// customer=user,outcome=status
    #[arg(long, value_name = "FIELD=HEADER,..", requires = "logs")]
    columns: Option<Columns>,
    /// The name or number of an author in a help desk's export who is a bot; may be repeated
    #[arg(long, value_name = "AUTHOR", requires = "logs")]
    bot: Vec<String>,
}

impl LogFiles {
    pub(crate) fn open(&self) -> anyhow::Result<Logs> {
        self.reading.open(&self.logs)
    }
}

impl ReadingOptions {
    pub(crate) fn open(&self, logs: &[PathBuf]) -> anyhow::Result<Logs> {
        let reading = Reading {
            format: self.format,
            columns: self.columns.clone().unwrap_or_default(),
            bots: self.bot.iter().cloned().collect::<BTreeSet<String>>(),
        };
        Ok(Logs::open(logs.to_vec(), reading)?)
    }
}

/// Find in past conversations what a bot missed, and which pattern would have caught it
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  warmline audit conversations.jsonl --html report.html\n\n\
    docs/audit.md describes the formats, and how conversations are labelled in the page.\n\
    Exit code 1 if a pattern would have fired in any conversation."
)]
pub(crate) struct AuditCommand {
    #[command(flatten)]
    logs: LogFiles,
    #[command(flatten)]
    config: ConfigOption,
    /// Labels that were saved in the page: they count as the truth
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Look at so many conversations at most
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Compare spelling instead of meaning: needs no model and is many times faster, but is wrong
    /// about sentiment more often than not
    #[arg(long)]
    without_model: bool,
    /// Write the account as a page that needs nothing beside itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print a line of JSON for each conversation, and a last one with the summary
    #[arg(long)]
    json: bool,
}

impl AuditCommand {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let config = chosen::config(self.config.config.as_deref())?;
        anyhow::ensure!(
            !self.logs.logs.is_empty(),
            "name a log, or `-` for standard input: warmline audit conversations.jsonl"
        );
        let labels = self.labels.as_deref().map(Labels::read).transpose()?;
        let logs = self.logs.open()?;
        let encoder = chosen::encoder(!self.without_model)?;
        let rules = Rules::new(config.workflow, &config.detect, &config.scope, encoder).await?;
        let audit = Audit {
            rules: Arc::new(rules),
            labels: labels.unwrap_or_default(),
            limit: self.limit,
        };
        let bar = progress_bar(&logs)?;
        let began = Instant::now();
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut turns = 0;
        let summary = audit
            .run(logs, |found, logs| -> anyhow::Result<()> {
                bar.set_position(logs.progress().0);
                match found {
                    Found::Skipped(skipped) => bar.suspend(|| {
                        let _ = writeln!(std::io::stderr(), "skipped {skipped}");
                    }),
                    Found::Conversation(audited) => {
                        turns += audited.recorded.turns().count();
                        let rate = turns as f64 / began.elapsed().as_secs_f64();
                        bar.set_message(format!("{turns} turns, {rate:.0}/s"));
                        if self.json {
                            writeln!(out, "{}", audited.json())?;
                        }
                    }
                }
                Ok(())
            })
            .await?;
        bar.finish_and_clear();
        if let Some(file) = &self.html {
            let page =
                File::create(file).and_then(|mut to| to.write_all(summary.html().as_bytes()));
            page.with_context(|| format!("cannot write {}", file.display()))?;
        }
        match self.json {
            true => writeln!(out, "{}", json!({ "summary": summary }))?,
            false => write!(out, "{summary}")?,
        }
        out.flush()?;
        Ok(Verdict::of(summary.roadmap.iter().any(|row| row.fired > 0)))
    }
}

/// A bar on standard error, where that is a terminal.
pub(crate) fn progress_bar(logs: &Logs) -> anyhow::Result<ProgressBar> {
    let (bar, template) = match logs.progress().1 {
        Some(total) => (
            ProgressBar::new(total).with_prefix(HumanBytes(total).to_string()),
            "{bar:30} {percent} % of {prefix}, {msg} {eta}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {binary_bytes}, {msg}",
        ),
    };
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}
