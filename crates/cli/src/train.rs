//! `warmline train`: the detectors' trained heads, from public data.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use warmline::detect::SharedEncoder;
use warmline_lab::train;

use crate::Verdict;

/// Train what the detectors carry
#[derive(Debug, Subcommand)]
pub(crate) enum Train {
    Sentiment(Sentiment),
}

/// Train the heads of the sentiment detector
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  warmline train sentiment --data ./evaluation-data --out heads.toml\n\n\
    The data is not part of Warmline; docs/models/sentiment.md says where it comes from."
)]
pub(crate) struct Sentiment {
    /// The folder with the data: `goemotions` and `convabuse`
    #[arg(long, value_name = "DIR", env = "WARMLINE_EVAL_DATA")]
    data: PathBuf,
    /// Where the heads are written [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Train {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let Train::Sentiment(sentiment) = self;
        let files = crate::model::fetch()?;
        let encoder = SharedEncoder::load(&files, Default::default())?;
        let heads = train::sentiment(&sentiment.data, &encoder).await?;
        match &sentiment.out {
            Some(file) => std::fs::write(file, heads)
                .with_context(|| format!("cannot write {}", file.display()))?,
            None => std::io::stdout().lock().write_all(heads.as_bytes())?,
        }
        Ok(Verdict::Fine)
    }
}
