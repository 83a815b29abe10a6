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
    /// Train the head of the grounding detector, from `ragtruth_qa_test` and `begin`
    #[command(
        after_help = "Example:\n  warmline train grounding --data ./evaluation-data --out head.toml\n\n\
        The data is not part of Warmline; docs/models/grounding.md says where it comes from."
    )]
    Grounding(Files),
    /// Train the heads of the sentiment detector, from `goemotions` and `convabuse`
    #[command(
        after_help = "Example:\n  warmline train sentiment --data ./evaluation-data --out heads.toml\n\n\
        The data is not part of Warmline; docs/models/sentiment.md says where it comes from."
    )]
    Sentiment(Files),
}

/// What is read and written.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// The folder with the data
    #[arg(long, value_name = "DIR", env = "WARMLINE_EVAL_DATA")]
    data: PathBuf,
    /// Where the weights are written [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Train {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let model = crate::model::fetch()?;
        let encoder = SharedEncoder::load(&model, Default::default())?;
        let (weights, out) = match self {
            Train::Grounding(files) => (train::grounding(&files.data, &encoder).await?, files.out),
            Train::Sentiment(files) => (train::sentiment(&files.data, &encoder).await?, files.out),
        };
        match out {
            Some(file) => std::fs::write(&file, weights)
                .with_context(|| format!("cannot write {}", file.display()))?,
            None => std::io::stdout().lock().write_all(weights.as_bytes())?,
        }
        Ok(Verdict::Fine)
    }
}
