//! The cache folder: filled once, atomically, whoever else is filling it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::{ModelFiles, Progress, checksum};
use crate::Error;

/// A source of the model: puts both files into the folder it is given.
pub(super) struct Download {
    /// How messages call it.
    pub(super) name: &'static str,
    /// What it found wrong is shown to the user beside its name, and the next source is tried.
    pub(super) run: Run,
}

type Run = fn(&Path, &mut dyn FnMut(Progress)) -> Result<(), Reason>;

/// Why a source did not have the model.
pub(super) type Reason = Box<dyn std::error::Error + Send + Sync>;

/// Written last, so that it proves that the files beside it were whole.
const MARKER: &str = "SHA256SUMS";

/// The model in `folder`, if it was installed there: the marker and the sizes must be right.
///
/// Recomputing the sums at every start would cost more than loading the model does.
pub(super) fn installed(folder: &Path) -> Option<ModelFiles> {
    let marked = fs::read_to_string(folder.join(MARKER)).ok()? == checksum::sums();
    let whole = checksum::FILES.iter().all(|file| {
        fs::metadata(folder.join(file.name)).is_ok_and(|found| found.len() == file.bytes)
    });
    (marked && whole).then(|| ModelFiles {
        folder: folder.to_owned(),
    })
}

/// Returns the model in `folder`, after filling it from the first of `downloads` that can.
pub(super) fn fetch_into(
    folder: &Path,
    downloads: &[Download],
    progress: &mut dyn FnMut(Progress),
) -> Result<ModelFiles, Error> {
    if let Some(files) = installed(folder) {
        return Ok(files);
    }
    let at_folder = |source| Error::CacheFolder {
        path: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(at_folder)?;
    // Held until the end, so that several processes started together download once. Correctness
    // does not hang on it: each file is complete and checked when it takes its name.
    let lock = File::create(folder.join("lock")).map_err(at_folder)?;
    lock.lock().map_err(at_folder)?;
    if let Some(files) = installed(folder) {
        return Ok(files);
    }
    // Files that were copied there by hand only lack the marker.
    if checksum::verify(folder, progress).is_ok() {
        mark(folder).map_err(at_folder)?;
    }
    let mut said = Vec::new();
    for download in downloads {
        if let Some(files) = installed(folder) {
            return Ok(files);
        }
        // Beside its destination, so that a rename cannot cross file systems.
        let staging = tempfile::Builder::new()
            .prefix(".fetching-")
            .tempdir_in(folder)
            .map_err(at_folder)?;
        let fetched = (download.run)(staging.path(), progress)
            .and_then(|()| Ok(checksum::verify(staging.path(), progress)?));
        match fetched {
            Ok(()) => move_in(staging.path(), folder).map_err(at_folder)?,
            Err(reason) => said.push(format!("{}: {}", download.name, with_causes(&*reason))),
        }
    }
    installed(folder).ok_or(Error::ModelUnavailable {
        tried: said.join("; "),
    })
}

fn move_in(staging: &Path, folder: &Path) -> io::Result<()> {
    for file in checksum::FILES {
        fs::rename(staging.join(file.name), folder.join(file.name))?;
    }
    mark(folder)
}

fn mark(folder: &Path) -> io::Result<()> {
    let written = folder.join(".SHA256SUMS");
    fs::write(&written, checksum::sums())?;
    fs::rename(written, folder.join(MARKER))
}

/// The message of `error` and of what caused it: for a network it is the cause that says something.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Many errors repeat their cause in their own message.
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNREACHABLE: Download = Download {
        name: "a closed network",
        run: |_, _| Err("nobody answers".into()),
    };

    const FORGED: Download = Download {
        name: "a forger",
        run: |folder, _| {
            for file in checksum::FILES {
                fs::write(folder.join(file.name), "forged")?;
            }
            Ok(())
        },
    };

    /// Stands for a real download: copies what this machine has.
    const HONEST: Download = Download {
        name: "an honest source",
        run: |folder, progress| {
            let files = super::super::fetch(progress)?;
            fs::copy(files.weights(), folder.join("model.safetensors"))?;
            fs::copy(files.tokenizer(), folder.join("tokenizer.json"))?;
            Ok(())
        },
    };

    #[test]
    fn falls_over_to_the_next_source_and_leaves_nothing_else_behind() {
        let folder = tempfile::tempdir().unwrap();
        let files = fetch_into(folder.path(), &[UNREACHABLE, FORGED, HONEST], &mut |_| ()).unwrap();
        assert_eq!(installed(folder.path()), Some(files));
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["SHA256SUMS", "lock", "model.safetensors", "tokenizer.json"]
        );
        fetch_into(folder.path(), &[], &mut |_| panic!("nothing is left to do")).unwrap();
    }

    #[test]
    fn says_what_every_source_said_when_none_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = fetch_into(folder.path(), &[UNREACHABLE, FORGED], &mut |_| ()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("a closed network: nobody answers; a forger: "),
            "{text}"
        );
        assert!(text.contains(checksum::WEIGHTS.sha256), "{text}");
        assert!(text.ends_with("WARMLINE_MODEL_DIR"), "{text}");
    }

    #[test]
    fn a_file_of_the_wrong_size_is_not_the_installed_one() {
        let folder = tempfile::tempdir().unwrap();
        for file in checksum::FILES {
            let sized = File::create(folder.path().join(file.name)).unwrap();
            sized.set_len(file.bytes).unwrap();
        }
        mark(folder.path()).unwrap();
        assert!(installed(folder.path()).is_some());
        fs::write(folder.path().join(checksum::TOKENIZER.name), "{}").unwrap();
        assert_eq!(installed(folder.path()), None);
    }

    #[test]
    fn concurrent_fetches_download_once() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static DOWNLOADS: AtomicUsize = AtomicUsize::new(0);
        let counted = || Download {
            name: "a counted source",
            run: |folder, progress| {
                DOWNLOADS.fetch_add(1, Ordering::Relaxed);
                (HONEST.run)(folder, progress)
            },
        };
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| fetch_into(folder.path(), &[counted()], &mut |_| ()).unwrap());
            }
        });
        assert_eq!(DOWNLOADS.load(Ordering::Relaxed), 1);
    }
}
