//! Outgoing webhooks: what happens to conversations, told to other systems.
//!
//! An event is a record of the very step that it tells of, one for each endpoint that wants it, and
//! leaves from there: nothing is lost by a crash, and no conversation waits for a receiver. It is
//! delivered at least once, always under the same id. What a receiver does not take is tried again
//! with growing pauses, and then kept as a dead letter that can be replayed.
//!
//! | module | holds |
//! |---|---|
//! | `config` | the `[webhooks]` section |
//! | `event` | which events there are, and what they carry |
//! | `delivery` | one event on its way to one endpoint, and where it is kept |
//! | `signature` | Standard Webhooks |
//! | `dispatch` | the service that sends |

pub mod config;
mod delivery;
mod dispatch;
mod event;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::Notify;
use warmline::core::State;
use warmline::journal::RecordChange;
use warmline::{Bookkeeper, ConversationId, Entry, keep};

pub use config::WebhooksConfig;
pub(crate) use delivery::{Delivery, Status, deliveries, replay};
pub(crate) use dispatch::run;
pub use event::EventKind;

use config::Endpoint;
use delivery::WEBHOOK;

/// The endpoints, with their secrets, ready for use. Clones are cheap.
#[derive(Debug, Clone, Default)]
pub struct Webhooks {
    endpoints: Arc<Vec<Endpoint>>,
    /// Where the console stands, for links.
    console: Option<Arc<str>>,
    /// Woken when something is to be sent that no step brought.
    changed: Arc<Notify>,
}

impl Webhooks {
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Has the service look again.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// What writes down the events; give it to the runtime.
    pub fn bookkeeper(&self) -> impl Bookkeeper + use<> {
        Book(self.clone())
    }
}

/// Writes an event down for every endpoint that wants it.
struct Book(Webhooks);

impl Bookkeeper for Book {
    fn book(
        &self,
        conversation: &ConversationId,
        before: &State,
        entry: &Entry,
        after: &State,
    ) -> Vec<RecordChange> {
        let kinds = event::kinds(before, entry, after);
        let wanted = kinds.iter().flat_map(|kind| {
            let endpoints = self.0.endpoints.iter();
            endpoints
                .filter(|endpoint| endpoint.wants(*kind))
                .map(move |endpoint| (*kind, endpoint))
        });
        wanted
            .map(|(kind, endpoint)| {
                let id = event::id(conversation, entry, kind);
                let console = self.0.console.as_deref();
                let event = event::cloud_event(&id, kind, conversation, entry, after, console);
                let delivery = Delivery::new(id, kind, endpoint, conversation, entry.at, event);
                keep(WEBHOOK, &delivery.key(), Some(conversation), &delivery)
            })
            .collect()
    }
}
