//! Recorded dialogues, read one after the other from the formats they come in.
//!
//! A file is read from its beginning to its end and never as a whole; a dialogue is all that is
//! held at a time. What a file is shows in its content and not in its name:
//!
//! | content | taken as |
//! |---|---|
//! | objects with `turns`, one after the other | the customer's turns, in our own plain form |
//! | objects with `traj` or `messages`, in a list or one after the other | runs of a chat model: messages with `role` and `content` |
//! | objects with `Events` | dialogues of the STAR corpus |
//! | a tar archive, compressed with gzip | each of its files |
//! | a folder | each `.json` and `.jsonl` file in it, in the order of their names |

mod record;
mod source;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::Error;

/// Longest turn that is taken, in bytes; the rest is cut off. A server takes no longer ones.
pub const MAX_TURN: usize = 16 * 1024;

/// What a customer said in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialogue {
    /// Its name in the file, where it has one; else its place.
    pub id: String,
    /// The customer's turns, in order; none is empty.
    pub turns: Vec<String>,
}

/// The dialogues of some files, in their order.
///
/// They are read by a thread of their own that stays a few dialogues ahead.
#[derive(Debug)]
pub struct Dialogues {
    read: Receiver<Result<Dialogue, Error>>,
}

/// How many dialogues are read ahead.
const AHEAD: usize = 64;

impl Dialogues {
    /// Starts to read `files`.
    pub fn open(files: Vec<PathBuf>) -> Self {
        let (found, read) = sync_channel(AHEAD);
        std::thread::spawn(move || {
            let mut reader = Reader {
                found,
                dialogues: 0,
            };
            for file in files {
                if let Err(stop) = reader.file(&file) {
                    // If nobody reads any more, nobody misses the error.
                    if let Stop::Failed(error) = stop {
                        let _ = reader.found.send(Err(error));
                    }
                    return;
                }
            }
        });
        Self { read }
    }
}

impl Iterator for Dialogues {
    type Item = Result<Dialogue, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read.recv().ok()
    }
}

/// What reads files and passes on what it finds.
struct Reader {
    found: SyncSender<Result<Dialogue, Error>>,
    dialogues: u64,
}

/// Why reading ends before the files do.
enum Stop {
    /// Nobody wants more.
    Enough,
    /// A file is not what it should be.
    Failed(Error),
}

impl Reader {
    /// Passes `record` on, if a customer says something in it.
    fn take(&mut self, record: record::Record) -> Result<(), Stop> {
        self.dialogues += 1;
        let id = record.id().unwrap_or_else(|| self.dialogues.to_string());
        let turns: Vec<String> = record.customer().filter_map(|words| said(&words)).collect();
        if turns.is_empty() {
            return Ok(());
        }
        let dialogue = Dialogue { id, turns };
        self.found.send(Ok(dialogue)).map_err(|_| Stop::Enough)
    }
}

/// `words` without what only a simulated user says, and not longer than a turn; `None` if nothing
/// is left.
fn said(words: &str) -> Option<String> {
    // The users of tau-bench end a run with a mark that no server should see.
    let words = words.replace("###STOP###", "");
    let words = words.trim();
    let words = &words[..words.floor_char_boundary(MAX_TURN)];
    (!words.is_empty()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests;
