//! What the published files are, and whether a file is one of them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Progress, Stage};
use crate::Error;

/// One file of the published model.
pub(super) struct Published {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
}

pub(super) const WEIGHTS: Published = Published {
    name: "model.safetensors",
    bytes: 90_868_376,
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
};

pub(super) const TOKENIZER: Published = Published {
    name: "tokenizer.json",
    bytes: 466_247,
    sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

pub(super) const FILES: [Published; 2] = [WEIGHTS, TOKENIZER];

/// Reads both files in `folder` and compares their checksums with the published ones.
pub(super) fn verify(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
    let total = FILES.iter().map(|file| file.bytes).sum();
    let mut done = 0;
    for file in FILES {
        let path = folder.join(file.name);
        let sum = sha256(&path, &mut |bytes| {
            done += bytes;
            progress(Progress {
                stage: Stage::Verify,
                done,
                total: Some(total),
            });
        });
        match sum {
            Ok(sum) if sum == file.sha256 => (),
            Ok(found) => {
                return Err(Error::WrongChecksum {
                    path,
                    found,
                    expected: file.sha256,
                });
            }
            Err(source) => return Err(Error::ModelFile { path, source }),
        }
    }
    Ok(())
}

/// The lines that `sha256sum --check` reads, for both published files.
///
/// Kept beside files whose sums were computed once, it stands for that computation.
pub(super) fn sums() -> String {
    FILES
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect()
}

fn sha256(path: &Path, read: &mut dyn FnMut(u64)) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => {
                hasher.update(&buffer[..n]);
                read(n as u64);
            }
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
