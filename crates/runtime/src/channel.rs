//! Push channels: where what is said must be delivered, rather than fetched.

use std::future::Future;
use std::pin::Pin;

use warmline_journal::{DeliveryKey, Outbound};

/// Why a delivery failed. It is tried again, with the same key, until it succeeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChannelError(pub String);

/// Delivers turns to customers of one channel, such as a help desk or a messenger.
///
/// Conversations whose context names this channel leave through the outbox: each turn is delivered
/// at least once, in order within its conversation, and always under the same [`DeliveryKey`].
/// Hand that key on as the idempotency key, and the customer sees it once.
pub trait Channel: Send + Sync + 'static {
    /// The name that conversations carry in their context.
    fn name(&self) -> &str;

    /// Delivers one turn.
    fn deliver(
        &self,
        key: DeliveryKey,
        outbound: Outbound,
    ) -> impl Future<Output = Result<(), ChannelError>> + Send;
}

/// A [`Channel`] behind a pointer. Implemented for every channel.
pub(crate) trait ChannelObject: Send + Sync + 'static {
    fn name(&self) -> &str;

    fn deliver_boxed(
        &self,
        key: DeliveryKey,
        outbound: Outbound,
    ) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + '_>>;
}

impl<C: Channel> ChannelObject for C {
    fn name(&self) -> &str {
        Channel::name(self)
    }

    fn deliver_boxed(
        &self,
        key: DeliveryKey,
        outbound: Outbound,
    ) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + '_>> {
        Box::pin(self.deliver(key, outbound))
    }
}
