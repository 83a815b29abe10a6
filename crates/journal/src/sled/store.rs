//! The table on disk: sled, opened, read, and written so that it survives a power cut.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use ::sled::{Batch, Config, Db, IVec};

use super::directory::{self, Directory};
use crate::error::{Damage, Error};
use crate::keys::{self, Key};
use crate::table::{Table, Write};
use crate::value;

/// The format that this version writes. A journal of a later one is refused.
pub(super) const FORMAT: u32 = 1;

/// Bytes of log that sled takes at once, fixed for the life of a journal. A page holds up to 17
/// values and is written as one record; one above a quarter of this goes to a file of its own,
/// which sled does not synchronise. A quarter of 8 MiB leaves 120 kB for each value.
const SEGMENT: usize = 8 << 20;

/// How long an opening waits for the last user to leave: one that closes the journal is still there
/// for a moment. And how often it looks.
const LEAVING: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(10);

/// What sled says when the last user's threads, in this process, have not all ended.
const SLED_LOCKED: &str = "could not acquire lock";

/// The table, and the means to make it durable.
#[derive(Debug)]
pub(super) struct Store {
    db: Db,
    /// A second descriptor of the log: sled's own is out of reach.
    log: File,
    blobs: Mutex<Blobs>,
    directory: Directory,
}

impl Store {
    pub(super) fn open(path: &Path, cache: u64) -> Result<Self, Error> {
        let since = Instant::now();
        loop {
            match Self::open_at_once(path, cache) {
                Err(Error::InUse { .. }) if since.elapsed() < LEAVING => thread::sleep(GLANCE),
                opened => return opened,
            }
        }
    }

    fn open_at_once(path: &Path, cache: u64) -> Result<Self, Error> {
        let directory = Directory::open(path)?;
        let config = Config::new()
            .path(path)
            .cache_capacity(cache)
            .segment_size(SEGMENT)
            .flush_every_ms(None);
        // Recovery panics on some kinds of damage.
        let db = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|panic| unopenable(path, message(&*panic)))?
            .map_err(|error| match error {
                ::sled::Error::Io(error) if error.to_string().contains(SLED_LOCKED) => {
                    Error::InUse {
                        path: path.to_owned(),
                    }
                }
                ::sled::Error::Io(error) => directory::failure(path, error),
                other => unopenable(path, other.to_string()),
            })?;
        let failed = |error| directory::failure(path, error);
        let log = File::options()
            .write(true)
            .open(path.join("db"))
            .map_err(failed)?;
        directory.sync_names().map_err(failed)?;
        let blobs = Mutex::new(Blobs::new(path));
        let store = Self {
            db,
            log,
            blobs,
            directory,
        };
        store.check_format()?;
        Ok(store)
    }

    fn check_format(&self) -> Result<(), Error> {
        let key = keys::format();
        let path = || self.path().to_owned();
        match self.get(&key)? {
            Some(stored) => match value::open_text::<u32>(&key, &stored) {
                Ok(found) if found <= FORMAT => Ok(()),
                Ok(found) => Err(Error::NewerFormat {
                    path: path(),
                    found,
                    known: FORMAT,
                }),
                Err(damage) => Err(unopenable(
                    self.path(),
                    format!("its format is unreadable: {damage}"),
                )),
            },
            None if self.db.iter().next().is_none() => {
                let stored = value::seal(&key, FORMAT.to_string().as_bytes());
                self.apply(vec![(key, Some(stored))])?;
                self.sync()
            }
            None => Err(unopenable(
                self.path(),
                "it holds the data of another program".into(),
            )),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Puts all writes into the table, or none; later ones replace earlier ones.
    pub(super) fn apply(&self, writes: Vec<Write>) -> Result<(), Error> {
        let mut batch = Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.db
            .apply_batch(batch)
            .map_err(|error| self.failure(error))
    }

    /// Makes everything applied so far durable.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.db.flush().map_err(|error| self.failure(error))?;
        let mut blobs = self
            .blobs
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let synced = self.log.sync_data().and_then(|()| blobs.sync());
        synced.map_err(|error| directory::failure(self.path(), error))
    }

    fn failure(&self, error: ::sled::Error) -> Error {
        match error {
            ::sled::Error::Io(error) => directory::failure(self.path(), error),
            ::sled::Error::Corruption { .. } => Error::Unreadable {
                what: "a page of the store".into(),
                source: Damage::Page,
            },
            other => Error::Storage {
                reason: other.to_string(),
            },
        }
    }
}

impl Table for Store {
    type Bytes = IVec;

    fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        self.db.get(key).map_err(|error| self.failure(error))
    }

    fn range(
        &self,
        (from, to): (Key, Key),
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), Error>> {
        let to = to.max(from.clone());
        self.db
            .range(from..to)
            .map(|pair| pair.map_err(|error| self.failure(error)))
    }
}

/// The files beside the log, which sled writes for records of more than a quarter of a segment
/// and does not synchronise.
#[derive(Debug)]
struct Blobs {
    path: PathBuf,
    seen: Option<std::time::SystemTime>,
}

impl Blobs {
    fn new(path: &Path) -> Self {
        let path = path.join("blobs");
        let seen = path
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok();
        Self { path, seen }
    }

    /// Synchronises the files that are there, if any came or went.
    fn sync(&mut self) -> io::Result<()> {
        let modified = self.path.metadata()?.modified()?;
        if self.seen == Some(modified) {
            return Ok(());
        }
        for file in self.path.read_dir()? {
            match File::open(file?.path()) {
                Ok(blob) => blob.sync_all()?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        File::open(&self.path)?.sync_all()?;
        self.seen = Some(modified);
        Ok(())
    }
}

fn unopenable(path: &Path, reason: String) -> Error {
    Error::Unopenable {
        path: path.to_owned(),
        reason,
    }
}

/// What a panic said.
pub(super) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!(
        "the store panicked: {}",
        text.unwrap_or("without a message")
    )
}
