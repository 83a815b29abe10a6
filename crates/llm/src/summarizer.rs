//! The summarizer: writes the card at handoff time.

use std::future::Future;

use warmline_core::Card;

use crate::{Ask, BoxFuture, Error};

/// Writes a better card than the one extracted from recorded facts.
///
/// The extracted card is in the operators' queue already; what this returns replaces it. Keep its
/// trigger as it is: a card for another trigger is refused.
pub trait Summarizer: Send + Sync + 'static {
    /// Writes a card for a conversation that was handed off.
    fn write(&self, ask: Ask, extracted: Card) -> impl Future<Output = Result<Card, Error>> + Send;
}

/// A [`Summarizer`] behind a pointer. Implemented for every summarizer.
pub trait SummarizerObject: Send + Sync + 'static {
    /// See [`Summarizer::write`].
    fn write_boxed(&self, ask: Ask, extracted: Card) -> BoxFuture<'_, Result<Card, Error>>;
}

impl<S: Summarizer> SummarizerObject for S {
    fn write_boxed(&self, ask: Ask, extracted: Card) -> BoxFuture<'_, Result<Card, Error>> {
        Box::pin(self.write(ask, extracted))
    }
}
