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
    Grounding(Grounding),
}

/// Train the head of the grounding detector
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  warmline train grounding --data ./evaluation-data --out head.toml\n\n\
    The data is not part of Warmline; docs/models/grounding.md says where it comes from."
)]
pub(crate) struct Grounding {
    /// The folder with the data: `ragtruth_qa_test` and `begin`
    #[arg(long, value_name = "DIR", env = "WARMLINE_EVAL_DATA")]
    data: PathBuf,
    /// Where the head is written [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Train {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let files = crate::model::fetch()?;
        let encoder = SharedEncoder::load(&files, Default::default())?;
        let Train::Grounding(grounding) = self;
        let head = train::grounding(&grounding.data, &encoder).await?;
        match &grounding.out {
            Some(file) => std::fs::write(file, head)
                .with_context(|| format!("cannot write {}", file.display()))?,
            None => std::io::stdout().lock().write_all(head.as_bytes())?,
        }
        Ok(Verdict::Fine)
    }
}
