//! `warmline replay --config`: what another policy would change.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use warmline::core::source::Source;
use warmline::detect::DetectConfig;
use warmline::journal::Journal;
use warmline::{Config, ConfigVersion, ConversationId};
use warmline_lab::audit::{Entry, Rules};
use warmline_lab::redecision::{Comparison, Handed, Redecided, redecide};

use crate::Verdict;
use crate::audit::ReadingOptions;
use crate::chosen;
use crate::store::{Store, each_conversation, entries};

/// What is compared.
pub(crate) struct Another<'a> {
    /// The candidate.
    pub(crate) config: &'a Path,
    /// Logs; the journal where there are none.
    pub(crate) logs: &'a [PathBuf],
    /// How they are read.
    pub(crate) reading: &'a ReadingOptions,
    /// What the logs were decided by, for comparison.
    pub(crate) against: Option<&'a Path>,
    /// Whether to look again where the journal says what was found.
    pub(crate) examine: bool,
    pub(crate) without_model: bool,
    pub(crate) json: bool,
}

impl Another<'_> {
    pub(crate) async fn run(
        self,
        store: &Store,
        chosen: &[ConversationId],
    ) -> anyhow::Result<Verdict> {
        let config = chosen::config(Some(self.config))?;
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
            "{spinner} {human_pos} conversations decided again, {per_sec}",
        )?);
        let comparison = match self.logs.is_empty() {
            true => self.in_journal(&config, store, chosen, &bar).await?,
            false => self.in_logs(&config, &bar).await?,
        };
        bar.finish_and_clear();
        let mut out = std::io::stdout().lock();
        match self.json {
            true => writeln!(out, "{}", serde_json::to_string_pretty(&comparison.json())?)?,
            false => write!(out, "{comparison}")?,
        }
        Ok(Verdict::of(comparison.differs()))
    }

    async fn rules(&self, config: &Config) -> anyhow::Result<Arc<Rules>> {
        let encoder = chosen::encoder(!self.without_model)?;
        let workflow = config.workflow.clone();
        let rules = Rules::new(workflow, &config.detect, &config.scope, encoder).await?;
        Ok(Arc::new(rules))
    }

    async fn in_journal(
        &self,
        config: &Config,
        store: &Store,
        chosen: &[ConversationId],
        bar: &ProgressBar,
    ) -> anyhow::Result<Comparison> {
        let journal = store.open()?;
        let rules = self.rules(config).await?;
        let known = RefCell::new(HashMap::new());
        let same = |version: &ConfigVersion| {
            let mut known = known.borrow_mut();
            let is_same = || !self.examine && same_detectors(&journal, version, config);
            *known.entry(version.clone()).or_insert_with(is_same)
        };
        let mut conversations = chosen.to_vec();
        if conversations.is_empty() {
            each_conversation(&journal, |conversation| {
                conversations.push(conversation.clone());
                Ok(())
            })?;
        }
        let mut comparison = Comparison::default();
        for conversation in &conversations {
            let entries = entries(&journal, conversation)?;
            comparison.add(redecide(conversation.as_str(), &entries, &rules, &same).await?);
            bar.inc(1);
        }
        Ok(comparison)
    }

    async fn in_logs(&self, config: &Config, bar: &ProgressBar) -> anyhow::Result<Comparison> {
        let now = self.rules(config).await?;
        let then = self.rules(&chosen::config(self.against)?).await?;
        let mut comparison = Comparison::default();
        for entry in self.reading.open(self.logs)? {
            match entry? {
                Entry::Skipped(skipped) => bar.suspend(|| {
                    let _ = writeln!(std::io::stderr(), "skipped {skipped}");
                }),
                Entry::Conversation(recorded) => {
                    let (before, after) = (then.walk(&recorded), now.walk(&recorded));
                    let (before, after) = tokio::try_join!(before, after)?;
                    comparison.add(Redecided {
                        conversation: recorded.id.clone(),
                        before: Handed::in_walk(&before),
                        after: Handed::in_walk(&after),
                    });
                    bar.inc(1);
                }
            }
        }
        Ok(comparison)
    }
}

/// Whether the detectors of `version` are set as those of `config`, and learned from a file of the
/// same name: then what they found holds. The file itself is not in the journal.
pub(crate) fn same_detectors(
    journal: &dyn Journal,
    version: &ConfigVersion,
    config: &Config,
) -> bool {
    if *version == config.workflow.version {
        return true;
    }
    let Ok(Some(text)) = journal.configuration(version) else {
        return false;
    };
    let then = Source::new(version.as_str(), text);
    let detect = then.section::<DetectConfig>("detectors").ok().flatten();
    let scope = |source: &Source| source.section::<serde_json::Value>("scope").ok().flatten();
    detect.unwrap_or_default() == config.detect && scope(&then) == scope(&config.source)
}
