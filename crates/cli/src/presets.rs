//! The configurations that the binary carries, so that `demo` needs no files.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use include_dir::{Dir, include_dir};
use warmline::core::source::Problems;
use warmline::{Config, Files};

static CONFIG: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../config");

/// A configuration for one use, with a knowledge base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// An online shop: returns and refunds
    Returns,
    /// A company's own IT help desk
    ItHelpdesk,
    /// New business customers of a software product
    B2bOnboarding,
    /// Questions before a purchase
    Presales,
}

impl Preset {
    /// Its name, as in `config/NAME.toml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Returns => "returns",
            Self::ItHelpdesk => "it-helpdesk",
            Self::B2bOnboarding => "b2b-onboarding",
            Self::Presales => "presales",
        }
    }

    /// Reads it out of the binary.
    pub(crate) fn load(self) -> Result<Config, Problems> {
        Config::load_from(&PathBuf::from(format!("{}.toml", self.name())), &Carried)
    }
}

/// The files in the binary, by their path under `config/`.
struct Carried;

impl Files for Carried {
    fn read(&self, path: &Path) -> io::Result<String> {
        CONFIG
            .get_file(path)
            .and_then(|file| file.contents_utf8())
            .map(str::to_owned)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        CONFIG
            .get_dir(path)
            .map(|folder| folder.files().map(|file| file.path().to_owned()).collect())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_carried_and_loads() {
        for preset in Preset::value_variants() {
            let config = preset
                .load()
                .unwrap_or_else(|problems| panic!("{problems}"));
            assert!(config.knowledge.len() >= 12, "{preset:?}");
        }
    }
}
