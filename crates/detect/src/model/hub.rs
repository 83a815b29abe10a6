//! The model from the Hugging Face hub.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use hf_hub::api::sync::{ApiBuilder, ApiError};

use super::install::Reason;
use super::{Progress, Stage, checksum};

const REPOSITORY: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// How long the hub may be silent before the next source is asked. Its client sets no limit.
const PATIENCE: Duration = Duration::from_secs(10);

enum Report {
    Total(u64),
    Received(u64),
    Ended(Result<(), ApiError>),
}

/// Downloads both files into `folder`.
pub(super) fn download(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), Reason> {
    let (reports, received) = mpsc::channel();
    let cache = folder.join("hub");
    // The client blocks without a time-out, so it gets a thread that can be left behind.
    std::thread::spawn({
        let folder = folder.to_owned();
        move || {
            let result = run(&cache, &folder, &reports);
            // Nobody listens any more once the patience is over.
            let _ = reports.send(Report::Ended(result));
        }
    });
    let mut state = Progress {
        stage: Stage::Hub,
        done: 0,
        total: None,
    };
    progress(state);
    loop {
        match received.recv_timeout(PATIENCE) {
            Ok(Report::Total(bytes)) => state.total = Some(bytes),
            Ok(Report::Received(bytes)) => state.done += bytes,
            Ok(Report::Ended(result)) => return Ok(result?),
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("no answer within {} s", PATIENCE.as_secs()).into());
            }
            Err(RecvTimeoutError::Disconnected) => return Err("its client crashed".into()),
        }
        progress(state);
    }
}

fn run(cache: &Path, folder: &Path, reports: &Sender<Report>) -> Result<(), ApiError> {
    let hub = ApiBuilder::from_env()
        .with_cache_dir(cache.to_owned())
        .build()?
        .model(REPOSITORY.to_owned());
    for file in checksum::FILES {
        let path = hub.download_with_progress(file.name, Bytes(reports.clone()))?;
        // What it returns is a link into its own cache; the file itself is wanted.
        fs::rename(fs::canonicalize(path)?, folder.join(file.name))?;
    }
    Ok(())
}

/// Passes the client's progress on.
struct Bytes(Sender<Report>);

impl hf_hub::api::Progress for Bytes {
    fn init(&mut self, size: usize, _: &str) {
        let _ = self.0.send(Report::Total(size as u64));
    }

    fn update(&mut self, size: usize) {
        let _ = self.0.send(Report::Received(size as u64));
    }

    fn finish(&mut self) {}
}
