//! What was promoted over a configuration file, said by commands that read the file alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use warmline::{Config, Layer, Records};

use crate::store;

/// Where promoted thresholds are looked for.
#[derive(Debug, Args)]
pub(crate) struct Promoted {
    /// The data directory of the server: say which thresholds were promoted over the file
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Promoted {
    /// The layer in the data directory, if one is named and has one.
    pub(crate) fn layer(&self) -> anyhow::Result<Option<Layer>> {
        let Some(data) = &self.data else {
            return Ok(None);
        };
        let journal = store::open(data, "GET /v1/policy")?;
        Ok(Records::new(Arc::new(journal)).layer()?)
    }
}

/// What `layer` comes to over the file at `path`, in words.
pub(crate) fn said(path: &Path, config: &Config, layer: &Layer) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(layer.at.0.min(253_402_300_799_999));
    let (path, by) = (path.display(), &layer.by);
    let at = humantime::format_rfc3339_seconds(at);
    let stands = layer.void.is_none() && layer.ground == config.ground();
    match stands {
        true => format!(
            "{path}: over it stands what {by} promoted at {at}:\n{}",
            layer.text.trim_end()
        ),
        false => format!(
            "{path}: what {by} promoted at {at} is void: the file says something else about \
             thresholds or detectors"
        ),
    }
}

#[cfg(test)]
mod tests {
    use warmline::core::source::Source;
    use warmline::{Disk, Timestamp};

    use super::*;

    #[test]
    fn what_stands_over_a_file_is_told_from_what_is_void() {
        let config =
            |text: &str| Config::parse(&Source::new("w.toml", text), Path::new(""), &Disk).unwrap();
        let file = config("[thresholds]\nsentiment = 0.4");
        let layer = Layer {
            id: "p1".to_owned(),
            text: "[calibrated.thresholds]\nsentiment = 0.6\n".to_owned(),
            ground: file.ground(),
            at: Timestamp(0),
            by: "dana".to_owned(),
            void: None,
        };
        let told = said(Path::new("w.toml"), &file, &layer);
        assert!(
            told.contains("dana promoted at 1970-01-01T00:00:00Z"),
            "{told}"
        );
        assert!(told.ends_with("sentiment = 0.6"), "{told}");
        let other = said(Path::new("w.toml"), &config(""), &layer);
        assert!(other.contains("is void"), "{other}");
    }
}
