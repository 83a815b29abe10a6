//! `warmline calibrate`: thresholds from labelled conversations.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::Args;
use warmline::core::outcome::Ended;
use warmline::core::policy::Policy;
use warmline::{ConversationId, Records, Timestamp};
use warmline_lab::audit::{Audit, Found, Labels, Rules};
use warmline_lab::calibrate::{Calibration, Labelled, Limit, Wanted, calibrate};

use crate::Verdict;
use crate::audit::{LogFiles, progress_bar};
use crate::chosen::{self, ConfigOption};
use crate::store::{Store, each_conversation, entries};

/// How far back ends are looked for, in milliseconds: the ten years that are read at once.
const LOOK_BACK: u64 = 3_652 * 24 * 3600 * 1000;

/// Fit thresholds to labelled conversations, with a bound on what they miss
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  warmline calibrate conversations.jsonl --labels labels.json --out \
    thresholds.toml\n  warmline calibrate --data ./data --miss 0.1 --confidence 0.95\n\n\
    The truth is a label or an outcome in the log, in a journal an operator's word on a handoff or\n\
    how a conversation ended. Where a human came, only a label or an operator's word counts.\n\
    Nothing is changed: what comes out is a patch of TOML to be reviewed (docs/calibration.md).\n\
    Exit code 1 if the promise cannot be made for every conversation."
)]
pub(crate) struct Calibrate {
    #[command(flatten)]
    logs: LogFiles,
    #[command(flatten)]
    store: Store,
    #[command(flatten)]
    config: ConfigOption,
    /// Labels that were saved in the page of `warmline audit --html`
    #[arg(long, value_name = "FILE", requires = "logs")]
    labels: Option<PathBuf>,
    /// The share of the conversations that needed a human that may be missed
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    miss: f64,
    /// How sure that must be
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = share)]
    confidence: f64,
    /// What chance begins with when the conversations are split
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Compare spelling instead of meaning: for configurations that run so
    #[arg(long, requires = "logs")]
    without_model: bool,
    /// Write the patch to a file [default: print it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the report with reliability diagrams as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// A share that is neither nothing nor all.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    match share > 0.0 && share < 1.0 {
        true => Ok(share),
        false => Err(format!(
            "expected a number between 0 and 1, such as 0.1, found {text}"
        )),
    }
}

impl Calibrate {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let config = chosen::config(self.config.config.as_deref())?;
        let workflow = config.workflow.clone();
        let labelled = match self.logs.logs.is_empty() {
            true => self.in_journal()?,
            false => {
                self.store.unnamed("the logs")?;
                self.in_logs(config).await?
            }
        };
        if labelled.is_empty() {
            bail!(
                "no conversation says whether it needed a human: pass --labels, or logs with \
                 outcomes of conversations in which no human came, or a --data directory whose \
                 conversations ended, or whose operators gave feedback"
            );
        }
        let policy: &Policy = &workflow.policy;
        let wanted = Wanted {
            limit: Limit {
                miss: self.miss,
                confidence: self.confidence,
            },
            seed: self.seed,
        };
        let found = calibrate(&labelled, policy, wanted)?;
        self.write(&found)?;
        Ok(Verdict::of(!found.holds()))
    }

    async fn in_logs(&self, config: warmline::Config) -> anyhow::Result<Vec<Labelled>> {
        let labels = self.labels.as_deref().map(Labels::read).transpose()?;
        let logs = self.logs.open()?;
        let encoder = chosen::encoder(!self.without_model)?;
        let rules = Rules::new(config.workflow, &config.detect, &config.scope, encoder).await?;
        let audit = Audit {
            rules: Arc::new(rules),
            labels: labels.unwrap_or_default(),
            limit: None,
        };
        let bar = progress_bar(&logs)?;
        let mut labelled = Vec::new();
        audit
            .run(logs, |found, logs| -> anyhow::Result<()> {
                bar.set_position(logs.progress().0);
                if let Found::Conversation(audited) = found {
                    labelled.extend(Labelled::of(&audited));
                }
                Ok(())
            })
            .await?;
        bar.finish_and_clear();
        Ok(labelled)
    }

    fn in_journal(&self) -> anyhow::Result<Vec<Labelled>> {
        let journal = Arc::new(self.store.open()?);
        let records = Records::new(journal.clone());
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let (from, to) = (Timestamp(now.saturating_sub(LOOK_BACK)), Timestamp(now));
        let mut ends: HashMap<ConversationId, Vec<Ended>> = HashMap::new();
        for end in records.outcomes(from, to)? {
            ends.entry(end.conversation.clone()).or_default().push(end);
        }
        let said = records.feedback(Timestamp(0), to)?.into_iter();
        // A conversation is looked at up to its first handoff.
        let said: HashMap<ConversationId, bool> = said
            .filter(|said| said.handoff == 1)
            .map(|said| (said.conversation, said.needed))
            .collect();
        let mut labelled = Vec::new();
        each_conversation(&*journal, |conversation| {
            // What cannot be read is for `warmline inspect` to tell.
            if let Ok(entries) = entries(&*journal, conversation) {
                labelled.extend(Labelled::in_journal(
                    conversation.as_str(),
                    &entries,
                    ends.get(conversation).map_or(&[], Vec::as_slice),
                    said.get(conversation).copied(),
                ));
            }
            Ok(())
        })?;
        Ok(labelled)
    }

    fn write(&self, found: &Calibration) -> anyhow::Result<()> {
        let write = |file: &PathBuf, text: &str| {
            std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
        };
        if let Some(file) = &self.html {
            write(file, &found.html())?;
        }
        let patch = found.patch();
        let mut out = std::io::stdout().lock();
        match (&self.out, self.json) {
            (Some(file), _) => write(file, &patch)?,
            // The patch alone, so that it can be put into a file.
            (None, false) => {
                write!(std::io::stderr(), "{found}")?;
                write!(out, "{patch}")?;
                return Ok(());
            }
            (None, true) => {}
        }
        match self.json {
            true => {
                let mut report = found.json();
                report["patch"] = patch.into();
                writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
            }
            false => write!(out, "{found}")?,
        }
        Ok(())
    }
}
