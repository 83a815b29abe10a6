//! Live streams that resume where they broke off.
//!
//! A stream of one conversation reads the journal and is only woken by what happens: its ids are
//! places in that journal, so a reader that comes back, even after a restart, misses nothing and
//! sees nothing twice. The stream of everything has no such order on disk. It keeps the latest
//! [`KEPT`] steps; a reader that was away for longer, or over a restart, gets a `reset` and should
//! read the lists again.

mod hub;
mod stream;

pub(crate) use hub::{Hub, Typing};
pub(crate) use stream::{of_conversation, of_everything, response};

/// How many steps the stream of everything keeps for readers that come back.
pub const KEPT: usize = 4096;
