//! A journal that no server has open, for reading.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use warmline::journal::sled::SledJournal;
use warmline::journal::{self, Journal};
use warmline::{ConversationId, Entry};

use crate::host::{JOURNAL, usual_data};

/// How many conversations are listed at once.
const PAGE: usize = 256;

/// The environment variable that names the usual data directory.
const DATA: &str = "WARMLINE_DATA";

/// Which data directory.
#[derive(Debug, Args)]
pub(crate) struct Store {
    /// The data directory of `serve` or `demo` [default: that of `serve`, else of the demo]
    #[arg(long, value_name = "DIR", env = DATA)]
    data: Option<PathBuf>,
}

impl Store {
    /// Refuses a data directory on the command line beside `others` that are read instead. The
    /// environment's is only the usual one.
    pub(crate) fn unnamed(&self, others: &str) -> anyhow::Result<()> {
        let usual = std::env::var_os(DATA);
        match self.data.as_ref().map(|data| data.as_os_str()) {
            Some(data) if usual.as_deref() != Some(data) => {
                bail!("a journal and logs are read one at a time: leave out --data or {others}")
            }
            _ => Ok(()),
        }
    }

    /// Opens the journal. It is never created here.
    pub(crate) fn open(&self) -> anyhow::Result<SledJournal> {
        let data = match &self.data {
            Some(data) => data.clone(),
            None => [usual_data("serve")?, usual_data("demo-returns")?]
                .into_iter()
                .find(|data| data.join(JOURNAL).is_dir())
                .context("there is no journal yet; name a data directory with --data")?,
        };
        open(&data, "GET /v1/conversations")
    }
}

/// Opens the journal in `data`. `instead` is how a running server is asked for the same.
pub(crate) fn open(data: &Path, instead: &str) -> anyhow::Result<SledJournal> {
    let path = data.join(JOURNAL);
    if !path.is_dir() {
        bail!(
            "there is no journal in {}; name the directory that `serve` was given",
            data.display()
        );
    }
    match SledJournal::open(&path) {
        Err(journal::Error::InUse { .. }) => bail!(
            "{} is in use by a running server: stop the server, or ask it by HTTP (`{instead}`)",
            data.display()
        ),
        opened => Ok(opened?),
    }
}

/// Visits every conversation of `journal`; gives the number of rows that could not be read.
pub(crate) fn each_conversation(
    journal: &dyn Journal,
    mut visit: impl FnMut(&ConversationId) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let mut cursor = None;
    let mut damaged = 0;
    loop {
        let page = journal.conversations(cursor.as_ref(), PAGE)?;
        damaged += page.damaged;
        for conversation in &page.rows {
            visit(conversation)?;
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(damaged),
        }
    }
}

/// All entries of a conversation.
pub(crate) fn entries(
    journal: &dyn Journal,
    conversation: &ConversationId,
) -> anyhow::Result<Vec<Entry>> {
    let mut all = Vec::new();
    loop {
        let next = all.last().map_or(0, |last: &Entry| last.seq + 1);
        let mut page = journal.entries(conversation, next, PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.append(&mut page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_without_a_journal_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(folder.path(), "GET /").unwrap_err().to_string();
        assert!(error.contains("there is no journal in"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_journal_in_use_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let _running = SledJournal::open(folder.path().join(JOURNAL)).unwrap();
        let error = open(folder.path(), "GET /").unwrap_err().to_string();
        assert!(
            error.contains("stop the server, or ask it by HTTP"),
            "{error}"
        );
    }
}
