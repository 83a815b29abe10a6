//! The retriever: finds what an assistant may answer from.

use warmline_core::Citation;

use crate::{Ask, BoxFuture, Error};

/// Finds the passages that an answer may rest on.
pub trait Retriever: Send + Sync + 'static {
    /// The passages for the customer's open question, best first; none where nothing fits.
    fn passages<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Vec<Citation>, Error>>;
}
