//! `warmline report`: what really happened, from a journal that no server has open.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::Args;
use warmline::{Records, Timestamp};
use warmline_server::report::{Question, Report as Answer};

use crate::Verdict;
use crate::store::Store;

/// Show how conversations ended: rates, times, ratings, beside another period, policy or assistant
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    warmline report --data ./data\n  \
    warmline report --from 2026-11-01 --to 2026-11-14 --html report.html\n  \
    warmline report --policy 3f2a --than-policy 91bc\n  \
    warmline report --assistant 2026-11 --than-assistant 2026-10\n\n\
    A running server answers the same at /console/reports and GET /v1/reports.")]
pub(crate) struct Report {
    #[command(flatten)]
    store: Store,
    /// The first day, in UTC [default: thirteen days before the last]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day [default: today]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// The first day to compare with [default: the period just before]
    #[arg(long, value_name = "DAY")]
    than_from: Option<String>,
    /// The last day to compare with
    #[arg(long, value_name = "DAY")]
    than_to: Option<String>,
    /// Only what this configuration decided, by the beginning of its version
    #[arg(long, value_name = "VERSION")]
    policy: Option<String>,
    /// The configuration to compare with
    #[arg(long, value_name = "VERSION")]
    than_policy: Option<String>,
    /// Only what an assistant of this version was there for (`[assistant] version`)
    #[arg(long, value_name = "VERSION")]
    assistant: Option<String>,
    /// The version of the assistant to compare with
    #[arg(long, value_name = "VERSION")]
    than_assistant: Option<String>,
    /// Print JSON
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Write a page that needs nothing beside itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Report {
    pub(crate) fn run(self) -> anyhow::Result<Verdict> {
        let journal = self.store.open()?;
        let question = Question {
            from: self.from,
            to: self.to,
            than_from: self.than_from,
            than_to: self.than_to,
            policy: self.policy,
            than_policy: self.than_policy,
            assistant: self.assistant,
            than_assistant: self.than_assistant,
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let now = Timestamp(u64::try_from(since.as_millis())?);
        let records = Records::new(Arc::new(journal));
        // No server runs that could say its window: the journal's configurations do.
        let report = Answer::new(&records, &question, None, now)?;
        let mut out = std::io::stdout().lock();
        match (self.html, self.json) {
            (Some(path), _) => {
                fs::write(&path, report.html())
                    .with_context(|| format!("cannot write {}", path.display()))?;
                writeln!(out, "wrote {}", path.display())?;
            }
            (None, true) => writeln!(out, "{}", report.json()?)?,
            (None, false) => write!(out, "{}", report.text())?,
        }
        Ok(Verdict::Fine)
    }
}
