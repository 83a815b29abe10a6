//! The outbox: turns for push channels, delivered at least once, in order, under one key each.
//!
//! The journal's outbox is swept whenever something was put into it, a failed delivery is due
//! again, or a place has become free. Conversations are delivered to side by side, so many for
//! each channel: a channel that hangs holds up no other.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::task::JoinSet;
use tokio::time::Instant;
use warmline_core::ConversationId;
use warmline_journal::{Error as JournalError, Outgoing};

use crate::bounds;
use crate::setup::Shared;

/// Turns read at once.
const PAGE: usize = 256;
/// Conversations of one channel that are delivered to at the same time.
const AT_ONCE: usize = 32;
/// The first and the longest pause after a delivery that failed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(300));
/// How long one delivery may take.
const BUDGET: Duration = Duration::from_secs(30);
/// A sweep rests this many times as long as it took: a long queue costs a fifth of a core.
const LEISURE: u32 = 4;

/// A conversation whose last delivery failed.
struct Failing {
    pause: Duration,
    until: Instant,
}

/// A conversation that was delivered to, by which channel, and whether all went well.
struct Delivered {
    conversation: ConversationId,
    channel: String,
    well: bool,
}

#[derive(Default)]
struct Deliveries {
    under_way: JoinSet<Delivered>,
    conversations: HashSet<ConversationId>,
    channels: HashMap<String, usize>,
    failing: HashMap<ConversationId, Failing>,
    /// Whether the last sweep passed over something that had no place.
    passed_over: bool,
}

/// Delivers what is in the outbox.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut deliveries = Deliveries::default();
    loop {
        let began = std::time::Instant::now();
        if let Err(error) = deliveries.sweep(&shared).await {
            tracing::error!(%error, "the outbox cannot be read");
        }
        tokio::time::sleep(began.elapsed() * LEISURE).await;
        deliveries.wait(&shared).await;
    }
}

impl Deliveries {
    /// Goes through the outbox once and begins every delivery that has a place.
    async fn sweep(&mut self, shared: &Arc<Shared>) -> Result<(), JournalError> {
        self.passed_over = false;
        let now = Instant::now();
        let mut cursor = None;
        loop {
            let page = shared.journal.outbox(cursor.as_ref(), PAGE)?;
            let of_one = |a: &Outgoing, b: &Outgoing| a.key.conversation == b.key.conversation;
            for turns in page.rows.chunk_by(of_one) {
                self.begin(shared, turns, now);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            tokio::task::yield_now().await;
        }
        if !self.passed_over {
            // Whatever was due again is under way now, or no longer there.
            let under_way = &self.conversations;
            self.failing
                .retain(|id, failing| failing.until > now || under_way.contains(id));
        }
        Ok(())
    }

    /// Waits until there is a reason to sweep again.
    async fn wait(&mut self, shared: &Shared) {
        loop {
            let again = self.next_try();
            tokio::select! {
                () = shared.outbox_changed.notified() => return,
                () = tokio::time::sleep_until(again) => return,
                Some(done) = self.under_way.join_next() => {
                    if let Ok(done) = done {
                        self.note(done);
                    }
                    if self.passed_over {
                        return;
                    }
                }
            }
        }
    }

    /// Begins to deliver `turns`, all of one conversation.
    fn begin(&mut self, shared: &Arc<Shared>, turns: &[Outgoing], now: Instant) {
        let Some(first) = turns.first() else { return };
        let (conversation, channel) = (&first.key.conversation, &first.outbound.channel);
        let failing = self.failing.get(conversation);
        if failing.is_some_and(|failing| failing.until > now) {
            return;
        }
        let used = self.channels.entry(channel.clone()).or_default();
        if *used >= AT_ONCE || !self.conversations.insert(conversation.clone()) {
            self.passed_over = true;
            return;
        }
        *used += 1;
        let (conversation, channel) = (conversation.clone(), channel.clone());
        let (shared, turns) = (shared.clone(), turns.to_vec());
        self.under_way.spawn(async move {
            let work = AssertUnwindSafe(deliver(&shared, turns)).catch_unwind();
            let well = work.await.unwrap_or_else(|_| {
                tracing::error!(channel, %conversation, "a channel crashed");
                false
            });
            Delivered {
                conversation,
                channel,
                well,
            }
        });
    }

    /// Frees the place of a delivery, and remembers a conversation that must be tried again.
    fn note(&mut self, done: Delivered) {
        self.conversations.remove(&done.conversation);
        if let Some(used) = self.channels.get_mut(&done.channel) {
            *used -= 1;
        }
        if done.well {
            self.failing.remove(&done.conversation);
            return;
        }
        let before = self.failing.get(&done.conversation);
        let pause = before.map_or(PAUSES.0, |failing| (failing.pause * 2).min(PAUSES.1));
        let until = Instant::now() + pause;
        self.failing
            .insert(done.conversation, Failing { pause, until });
    }

    /// When a failed delivery is due again.
    fn next_try(&self) -> Instant {
        let now = Instant::now();
        let waiting = self.failing.iter();
        let waiting = waiting.filter(|(id, _)| !self.conversations.contains(*id));
        let until = waiting.map(|(_, failing)| failing.until);
        // What was passed over is swept again when a place becomes free.
        let until = until.filter(|until| !self.passed_over || *until > now);
        until.min().unwrap_or(now + PAUSES.1)
    }
}

/// Delivers the turns of one conversation in order; stops at the first that fails.
async fn deliver(shared: &Shared, turns: Vec<Outgoing>) -> bool {
    for Outgoing { key, outbound } in turns {
        let Some(channel) = shared.channels.get(&outbound.channel) else {
            tracing::warn!(channel = outbound.channel, %key, "no such channel; the turn stays");
            return false;
        };
        let delivery = channel.deliver_boxed(key.clone(), outbound);
        let failed = match tokio::time::timeout(BUDGET, delivery).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(bounds::reason(error.to_string())),
            Err(_) => Some(format!("took longer than {} s", BUDGET.as_secs())),
        };
        if let Some(reason) = failed {
            metrics::counter!("warmline_delivery_failures_total").increment(1);
            tracing::warn!(channel = channel.name(), %key, %reason, "a delivery failed");
            return false;
        }
        if let Err(error) = shared.journal.delivered(&key).await {
            tracing::error!(%key, %error, "a delivery could not be noted; it is repeated");
            return false;
        }
        metrics::counter!("warmline_deliveries_total").increment(1);
    }
    true
}
