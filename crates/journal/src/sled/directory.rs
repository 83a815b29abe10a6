//! The directory of a journal: what may be wrong with it before the store is even opened.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;

/// Held for as long as the journal is open: one process at a time.
const LOCK: &str = "lock";

/// A directory that this process alone has open.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Whether the directory was made just now.
    pub(super) fresh: bool,
    // Unlocked when it is closed, also by the death of the process.
    _lock: File,
}

impl Directory {
    /// Makes the directory where there is none, and locks it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let fresh = !path.exists();
        if !fresh && !path.is_dir() {
            return Err(Error::NotADirectory {
                path: path.to_owned(),
            });
        }
        let failed = |error| failure(path, error);
        fs::create_dir_all(path).map_err(failed)?;
        let options = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .clone();
        let lock = options.open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let directory = Self {
            path: path.to_owned(),
            fresh,
            _lock: lock,
        };
        directory.sweep().map_err(failed)?;
        Ok(directory)
    }

    /// Removes what a crash in the middle of an opening left behind. sled would take a half-written
    /// snapshot of its page table for the latest one and refuse to open.
    fn sweep(&self) -> io::Result<()> {
        for file in fs::read_dir(&self.path)? {
            let path = file?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "generating")
            {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the names of the store's files as durable as their content: after every opening,
    /// which writes a file or two that sled itself does not synchronise.
    pub(super) fn sync_names(&self) -> io::Result<()> {
        for file in ["conf", "db", "blobs", "."] {
            File::open(self.path.join(file))?.sync_all()?;
        }
        match self.path.canonicalize()?.parent() {
            Some(parent) if self.fresh => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }
}

/// What a failed call of the system means for the journal in `path`.
pub(super) fn failure(path: &Path, error: io::Error) -> Error {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::ReadOnly {
            path,
            source: Arc::new(error),
        },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { path },
        _ => Error::Storage {
            reason: error.to_string(),
        },
    }
}
