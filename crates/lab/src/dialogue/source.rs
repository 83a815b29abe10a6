//! Files, folders and archives: where records come from.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

use super::record::Record;
use super::{Reader, Stop};
use crate::Error;

/// What is right, for those who gave something else.
const FORMS: &str = "give JSON lines such as {\"id\": \"1\", \"turns\": [\"Hello\"]}, a list of \
                     runs with `traj` or `messages`, or STAR dialogues with `Events`";

impl Reader {
    /// Reads a file, an archive or a folder.
    pub(super) fn file(&mut self, path: &Path) -> Result<(), Stop> {
        let name = path.display().to_string();
        let unreadable = |source| failed(&name, source);
        if path.is_dir() {
            for file in inside(path).map_err(unreadable)? {
                self.file(&file)?;
            }
            return Ok(());
        }
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let gzip = file
            .fill_buf()
            .map_err(unreadable)?
            .starts_with(&[0x1f, 0x8b]);
        match gzip {
            true => self.archive(&name, file),
            false => self.records(&name, file),
        }
    }

    fn archive(&mut self, name: &str, file: impl Read) -> Result<(), Stop> {
        let mut archive = tar::Archive::new(GzDecoder::new(file));
        let unreadable = |source| failed(name, source);
        for entry in archive.entries().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path().map_err(unreadable)?.into_owned();
            if entry.header().entry_type().is_file() && is_json(&path) {
                let name = format!("{name}/{}", path.display());
                self.records(&name, BufReader::new(entry))?;
            }
        }
        Ok(())
    }

    /// Reads a list of records, or records one after the other.
    fn records(&mut self, name: &str, mut file: impl BufRead) -> Result<(), Stop> {
        let first = first_byte(&mut file).map_err(|source| failed(name, source))?;
        match first {
            None => Ok(()),
            Some(b'[') => {
                let mut json = serde_json::Deserializer::from_reader(file);
                let mut stop = None;
                let list = List {
                    reader: self,
                    stop: &mut stop,
                    name,
                };
                let read = list.deserialize(&mut json);
                match (stop, read) {
                    (Some(stop), _) => Err(stop),
                    (None, Err(error)) => Err(unusable(name, &error)),
                    (None, Ok(())) => Ok(()),
                }
            }
            Some(_) => {
                let json = serde_json::Deserializer::from_reader(file);
                for record in json.into_iter::<Record>() {
                    let record = record.map_err(|error| unusable(name, &error))?;
                    self.checked(name, record)?;
                }
                Ok(())
            }
        }
    }

    fn checked(&mut self, name: &str, record: Record) -> Result<(), Stop> {
        if !record.is_dialogue() {
            return Err(Stop::Failed(Error::Format {
                file: name.to_owned(),
                why: format!("an object has no turns; {FORMS}"),
            }));
        }
        self.take(record)
    }
}

/// A list of records that are passed on one by one.
struct List<'a> {
    reader: &'a mut Reader,
    /// Why it ended early: JSON's own errors cannot carry it.
    stop: &'a mut Option<Stop>,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of dialogues")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(record) = list.next_element()? {
            if let Err(stop) = self.reader.checked(self.name, record) {
                *self.stop = Some(stop);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The files with dialogues right in the folder `path`, by name.
fn inside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_file() && is_json(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end == "json" || end == "jsonl")
}

/// The first byte that is no white space, which stays unread.
fn first_byte(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => return Ok(Some(buffer[at])),
            None => {
                let blank = buffer.len();
                file.consume(blank);
            }
        }
    }
}

fn failed(name: &str, source: io::Error) -> Stop {
    Stop::Failed(Error::File {
        file: name.to_owned(),
        source,
    })
}

fn unusable(name: &str, error: &serde_json::Error) -> Stop {
    Stop::Failed(Error::Format {
        file: name.to_owned(),
        why: format!("{error}; {FORMS}"),
    })
}
