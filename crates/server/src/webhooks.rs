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

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;
use warmline::core::State;
use warmline::core::outcome::Ended;
use warmline::journal::RecordChange;
use warmline::{Bookkeeper, ConversationId, Entry, keep};

pub use config::WebhooksConfig;
pub(crate) use delivery::{Delivery, Status, deliveries, replay};
pub(crate) use dispatch::run;
pub use event::EventKind;

use config::Endpoint;
use delivery::WEBHOOK;
use event::Event;

/// The endpoints, with their secrets, ready for use. Clones are cheap, and change together.
#[derive(Debug, Clone, Default)]
pub struct Webhooks {
    current: Arc<RwLock<Arc<Told>>>,
    /// Woken when something is to be sent that no step brought.
    changed: Arc<Notify>,
}

/// Who is told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) endpoints: Vec<Endpoint>,
    /// Where the console stands, for links.
    pub(crate) console: Option<String>,
}

impl Webhooks {
    pub(crate) fn new(told: Told) -> Self {
        Self {
            current: Arc::new(RwLock::new(Arc::new(told))),
            ..Self::default()
        }
    }

    /// Who is told at the moment.
    pub(crate) fn current(&self) -> Arc<Told> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells those of `others` from here on. What waits for an endpoint goes to the one of that name.
    pub fn replace(&self, others: &Self) {
        let told = others.current();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = told;
        self.wake();
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
        let happened = event::kinds(before, entry, after).into_iter();
        let events = happened.map(|kind| Event::of_step(kind, conversation, entry, after));
        self.note(events)
    }

    fn reopened(&self, ended: &Ended) -> Vec<RecordChange> {
        // No step brings it to the notice of whoever sends.
        self.0.wake();
        self.note([Event::of_return(ended)])
    }
}

impl Book {
    fn note(&self, events: impl IntoIterator<Item = Event>) -> Vec<RecordChange> {
        let told = self.0.current();
        let mut changes = Vec::new();
        for event in events {
            let endpoints = told.endpoints.iter();
            for endpoint in endpoints.filter(|endpoint| endpoint.wants(event.kind)) {
                let delivery = Delivery::new(&event, endpoint, told.console.as_deref());
                let conversation = Some(&event.conversation);
                changes.push(keep(WEBHOOK, &delivery.key(), conversation, &delivery));
            }
        }
        changes
    }
}
