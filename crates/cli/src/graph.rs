//! `warmline graph`: the state machine of a configuration, drawn.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use warmline::Config;
use warmline::core::source::Source;
use warmline::core::workflow::Workflow;

use crate::Verdict;
use crate::promoted::{Promoted, said};

/// Draw the state machine of a configuration
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  warmline graph config/returns.toml --format svg --output returns.svg"
)]
pub(crate) struct Graph {
    /// The configuration file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    promoted: Promoted,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A Mermaid state diagram
    Mermaid,
    /// Graphviz
    Dot,
    /// A picture
    Svg,
}

impl Graph {
    pub(crate) fn run(self) -> anyhow::Result<Verdict> {
        let name = self.file.display().to_string();
        let text = fs::read_to_string(&self.file).with_context(|| format!("cannot read {name}"))?;
        let workflow = match Workflow::parse(&Source::new(name, text)) {
            Ok(workflow) => workflow,
            Err(problems) => {
                writeln!(std::io::stderr(), "{problems}")?;
                return Ok(Verdict::Findings);
            }
        };
        if let Some(layer) = self.promoted.layer()? {
            let config = Config::load(&self.file)?;
            writeln!(std::io::stderr(), "{}", said(&self.file, &config, &layer))?;
        }
        let drawn = match self.format {
            Format::Mermaid => workflow.to_mermaid(),
            Format::Dot => workflow.to_dot(),
            Format::Svg => workflow.to_svg(),
        };
        match &self.output {
            Some(path) => fs::write(path, drawn)
                .with_context(|| format!("cannot write {}", path.display()))?,
            None => std::io::stdout().write_all(drawn.as_bytes())?,
        }
        Ok(Verdict::Fine)
    }
}
