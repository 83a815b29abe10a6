//! Logs of conversations, read one after the other in bounded memory.
//!
//! A log is a file, or standard input. It is cut into records (`pieces.rs`), of which each is read
//! by itself, and whatever cannot be read is named by its line and passed over. A thread reads a few
//! conversations ahead.

mod chat;
mod desks;
mod gather;
mod pieces;
mod table;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::recorded::Recorded;
use crate::Error;
use gather::Gathering;
use pieces::Pieces;
pub use table::Columns;

/// How many conversations are read ahead.
const AHEAD: usize = 64;
/// How much of a log is looked at to recognise it.
const GLANCE: usize = 256 * 1024;
/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Chats with `messages`, or a message on each line.
    OpenAi,
    /// Runs of τ-bench.
    Tau,
    /// Simulations of τ²-bench.
    Tau2,
    /// Conversations of Chatwoot.
    Chatwoot,
    /// Tickets of Zendesk.
    Zendesk,
    /// Conversations of Intercom.
    Intercom,
    /// Comma-separated values.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 7] = [
        Format::OpenAi,
        Format::Tau,
        Format::Tau2,
        Format::Chatwoot,
        Format::Zendesk,
        Format::Intercom,
        Format::Csv,
    ];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::OpenAi => "openai",
            Format::Tau => "tau-bench",
            Format::Tau2 => "tau2-bench",
            Format::Chatwoot => "chatwoot",
            Format::Zendesk => "zendesk",
            Format::Intercom => "intercom",
            Format::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == name);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Format::as_str).join(", ");
            format!("there is no format `{name}`; there are {names}")
        })
    }
}

/// How logs are to be read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The format; recognised by content where it is not given.
    pub format: Option<Format>,
    /// The columns of tables.
    pub columns: Columns,
    /// Names and numbers of authors in exports of help desks who are bots.
    pub bots: BTreeSet<String>,
}

/// What a log gives.
#[derive(Debug)]
pub enum Entry {
    /// A conversation.
    Conversation(Box<Recorded>),
    /// A record that could not be read.
    Skipped(Skipped),
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

/// The conversations of some logs, in their order.
#[derive(Debug)]
pub struct Logs {
    read: Receiver<Result<Entry, Error>>,
    done: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Logs {
    /// Starts to read `files`; `-` is standard input.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for the first that is not there.
    pub fn open(files: Vec<PathBuf>, reading: Reading) -> Result<Self, Error> {
        let mut total = Some(0);
        for file in files.iter().filter(|file| !is_stdin(file)) {
            let size = std::fs::metadata(file).map_err(|source| unreadable(file, source))?;
            total = total.map(|total: u64| total + size.len());
        }
        if files.iter().any(|file| is_stdin(file)) {
            total = None;
        }
        let (found, read) = sync_channel(AHEAD);
        let done = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&done);
        std::thread::spawn(move || {
            let mut given = 0;
            for file in files {
                match read_log(&file, &reading, given, &found, &counted) {
                    Ok(more) => given += more,
                    Err(Stop::Enough) => return,
                    Err(Stop::Failed(error)) => {
                        // If nobody reads any more, nobody misses the error.
                        let _ = found.send(Err(*error));
                        return;
                    }
                }
            }
        });
        Ok(Self { read, done, total })
    }

    /// How many bytes of the files were read, and of how many; `None` where nobody knows.
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.done.load(Ordering::Relaxed), self.total)
    }
}

impl Iterator for Logs {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read.recv().ok()
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn unreadable(file: &Path, source: std::io::Error) -> Error {
    Error::File {
        file: file.display().to_string(),
        source,
    }
}

/// Why reading ends before the logs do.
enum Stop {
    /// Nobody wants more.
    Enough,
    /// A log is not what it should be.
    Failed(Box<Error>),
}

/// Where what is read goes.
struct Outlet<'a> {
    found: &'a SyncSender<Result<Entry, Error>>,
    file: String,
    /// How many conversations the files before this one had.
    before: u64,
    given: u64,
    skipped: u64,
}

impl Outlet<'_> {
    fn give(&mut self, mut recorded: Recorded) -> Result<(), Stop> {
        self.given += 1;
        if recorded.id.is_empty() {
            // Counted over all files: a label names one conversation.
            recorded.id = (self.before + self.given).to_string();
        }
        self.send(Entry::Conversation(Box::new(recorded)))
    }

    fn skip(&mut self, line: u64, why: &str) -> Result<(), Stop> {
        self.skipped += 1;
        let (file, why) = (self.file.clone(), why.to_owned());
        self.send(Entry::Skipped(Skipped { file, line, why }))
    }

    fn send(&self, entry: Entry) -> Result<(), Stop> {
        self.found.send(Ok(entry)).map_err(|_| Stop::Enough)
    }

    fn misread(&self, why: &str) -> Stop {
        Stop::Failed(Box::new(Error::Format {
            file: self.file.clone(),
            why: why.to_owned(),
        }))
    }
}

/// Counts the bytes of a file on their way.
struct Counted<R> {
    from: R,
    done: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Reads one file, and gives the number of its conversations; `before` it there were others.
fn read_log(
    file: &Path,
    reading: &Reading,
    before: u64,
    found: &SyncSender<Result<Entry, Error>>,
    done: &Arc<AtomicU64>,
) -> Result<u64, Stop> {
    let failed = |source| Stop::Failed(Box::new(unreadable(file, source)));
    let from: Box<dyn Read> = match is_stdin(file) {
        true => Box::new(stdin()),
        false => Box::new(File::open(file).map_err(failed)?),
    };
    let from = Counted {
        from,
        done: Arc::clone(done),
    };
    let mut from = BufReader::with_capacity(GLANCE, from);
    let gzip = from.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let from: Box<dyn Read> = match gzip {
        true => Box::new(MultiGzDecoder::new(from)),
        false => Box::new(from),
    };
    // A pipe gives what it has: the glance takes its time until it has seen enough.
    let mut glance = Vec::new();
    let mut from = from;
    from.by_ref()
        .take(GLANCE as u64)
        .read_to_end(&mut glance)
        .map_err(failed)?;
    if glance.starts_with(BYTE_ORDER_MARK) {
        glance.drain(..BYTE_ORDER_MARK.len());
    }
    let from = BufReader::with_capacity(GLANCE, std::io::Cursor::new(glance.clone()).chain(from));
    let mut outlet = Outlet {
        found,
        file: match is_stdin(file) {
            true => "standard input".to_owned(),
            false => file.display().to_string(),
        },
        before,
        given: 0,
        skipped: 0,
    };
    let is_json =
        glance.trim_ascii_start().starts_with(b"{") || glance.trim_ascii_start().starts_with(b"[");
    let is_table = match reading.format {
        Some(format) => format == Format::Csv,
        None => !is_json && !glance.split(|b| *b == b'\n').any(|l| l.starts_with(b"{\"")),
    };
    if glance.trim_ascii().is_empty() {
        return Ok(0);
    }
    match is_table {
        true => table::table(from, &reading.columns, &mut outlet)?,
        false => records(from, &glance, reading, &mut outlet)?,
    }
    if outlet.given == 0 {
        let why = match outlet.skipped {
            0 => "it has no conversation",
            _ => "no record is a conversation in a known format",
        };
        let names = Format::ALL.map(Format::as_str).join(", ");
        return Err(outlet.misread(&format!("{why}; the formats are {names} (--format)")));
    }
    Ok(outlet.given)
}

fn records(
    from: impl BufRead,
    glance: &[u8],
    reading: &Reading,
    outlet: &mut Outlet<'_>,
) -> Result<(), Stop> {
    let mut pieces = Pieces::new(from, glance);
    let mut gathering = Gathering::default();
    loop {
        let piece = match pieces.next() {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) => return Err(outlet.misread(&error.to_string())),
        };
        let text = match &piece.text {
            Ok(text) => text,
            Err(why) => {
                outlet.skip(piece.line, why)?;
                continue;
            }
        };
        match serde_json::from_slice::<Value>(text) {
            Err(error) => outlet.skip(piece.line, &format!("not JSON: {error}"))?,
            Ok(value) => record(&value, piece.line, reading, &mut gathering, outlet)?,
        }
    }
    gathering
        .finish()
        .into_iter()
        .try_for_each(|recorded| outlet.give(recorded))
}

/// Reads one record: a conversation, a list of them in a wrapper, or a message of one.
fn record(
    value: &Value,
    line: u64,
    reading: &Reading,
    gathering: &mut Gathering,
    outlet: &mut Outlet<'_>,
) -> Result<(), Stop> {
    let as_is = |format: Format| reading.format.is_none_or(|wanted| wanted == format);
    let bots = &reading.bots;
    let found = None
        .or_else(|| chat::tau(value).filter(|_| as_is(Format::Tau)))
        .or_else(|| desks::intercom(value, bots).filter(|_| as_is(Format::Intercom)))
        .or_else(|| desks::zendesk(value, bots).filter(|_| as_is(Format::Zendesk)))
        .or_else(|| desks::chatwoot(value, bots).filter(|_| as_is(Format::Chatwoot)))
        .or_else(|| chat::tau2(value).filter(|_| as_is(Format::Tau2)))
        .or_else(|| chat::chat(value).filter(|_| as_is(Format::OpenAi)));
    if let Some(recorded) = found {
        let speaks = recorded.customer().next().is_some();
        return match speaks {
            true => outlet.give(recorded),
            false => outlet.skip(line, "no customer says anything in it"),
        };
    }
    if let Some(id) = chat::lone_message(value).filter(|_| as_is(Format::OpenAi)) {
        let id = id.unwrap_or_else(|| outlet.file.clone());
        let done = gathering.add(&id, |recorded| {
            chat::about(recorded, value);
            chat::message(recorded, value);
        });
        return done
            .into_iter()
            .try_for_each(|recorded| outlet.give(recorded));
    }
    let lists = ["conversations", "tickets", "simulations", "payload"];
    if let Some(list) = lists.iter().find_map(|key| value.get(key)?.as_array()) {
        return list
            .iter()
            .try_for_each(|value| record(value, line, reading, gathering, outlet));
    }
    let format = reading.format.map_or(String::new(), |f| format!(" of {f}"));
    outlet.skip(line, &format!("not a conversation{format}"))
}

#[cfg(test)]
mod tests;
