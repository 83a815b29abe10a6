//! `warmline model`: the sentence model that the detectors use.

use std::io::Write;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use warmline::detect::model::{self, ModelFiles, Progress};

use crate::Verdict;

/// The sentence model that the detectors use
#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Fetch the model and check it; does nothing where it is there already
    #[command(after_help = "Example:\n  warmline model fetch\n\n\
        WARMLINE_MODEL_DIR names a folder that holds the model already.")]
    Fetch,
}

impl Model {
    pub(crate) fn run(self) -> anyhow::Result<Verdict> {
        let Self::Fetch = self;
        let files = fetch()?;
        writeln!(std::io::stdout(), "{}", files.weights().display())?;
        Ok(Verdict::Fine)
    }
}

/// Fetches the model where it is missing, with a progress bar on standard error.
pub(crate) fn fetch() -> anyhow::Result<ModelFiles> {
    if let Some(files) = model::locate() {
        return Ok(files);
    }
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
        "{msg}\n{bar:40} {binary_bytes}/{binary_total_bytes} {eta}",
    )?);
    let mut stage = None;
    let mut show = |progress: Progress| {
        if stage != Some(progress.stage) {
            stage = Some(progress.stage);
            bar.reset();
            bar.set_message(progress.stage.to_string());
        }
        match progress.total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
        bar.set_position(progress.done);
    };
    let files = model::fetch(&mut show);
    bar.finish_and_clear();
    Ok(files?)
}
