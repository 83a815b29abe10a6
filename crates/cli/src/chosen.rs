//! The configuration that a command decides by, and the encoder that its detectors share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use warmline::Config;
use warmline::core::source::Problems;
use warmline::detect::encoder::Limits;
use warmline::detect::{Encoder, HashedEncoder, SharedEncoder};

use crate::presets::Preset;

/// Texts that may wait for the encoder, and vectors that are remembered: an audit has hundreds of
/// conversations under way.
const TEXTS: usize = 16_384;

/// A preset by its name, or a file; neither is the default configuration.
pub(crate) fn config(name: Option<&Path>) -> Result<Config, Problems> {
    let Some(path) = name else {
        return Ok(Config::default());
    };
    let preset = path
        .to_str()
        .and_then(|name| Preset::from_str(name, false).ok());
    match preset.filter(|_| !path.exists()) {
        Some(preset) => preset.load(),
        None => Config::load(path),
    }
}

/// The sentence model, fetched where it is missing; without it spelling stands for meaning.
pub(crate) fn encoder(with_model: bool) -> anyhow::Result<Arc<dyn Encoder>> {
    if !with_model {
        return Ok(Arc::new(HashedEncoder));
    }
    let limits = Limits {
        queue: TEXTS,
        remembered: TEXTS,
        ..Limits::default()
    };
    Ok(Arc::new(SharedEncoder::load(
        &crate::model::fetch()?,
        limits,
    )?))
}

/// The argument of `--config`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigOption {
    /// A configuration file, or the name of a preset [default: the default policy, which knows no
    /// scope]
    #[arg(long, value_name = "FILE|PRESET")]
    pub(crate) config: Option<PathBuf>,
}
