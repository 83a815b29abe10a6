//! The outbox: turns for push channels, delivered at least once, in order, under one key each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use warmline_core::ConversationId;
use warmline_journal::Outgoing;

use crate::setup::Shared;

/// Turns read at once.
const PAGE: usize = 256;
/// Conversations that are delivered to at the same time.
const AT_ONCE: usize = 32;
/// The first and the longest pause after a delivery that failed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(300));
/// How long one delivery may take.
const BUDGET: Duration = Duration::from_secs(30);

/// A conversation whose last delivery failed.
struct Failing {
    pause: Duration,
    until: Instant,
}

/// Delivers what is in the outbox, until `stop` says so.
pub(crate) async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut failing: HashMap<ConversationId, Failing> = HashMap::new();
    loop {
        deliver(&shared, &mut failing).await;
        let now = Instant::now();
        let wait = failing.values().map(|failing| failing.until - now).min();
        tokio::select! {
            () = tokio::time::sleep(wait.unwrap_or(PAUSES.1)) => {}
            () = shared.outbox_changed.notified() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Delivers everything once: conversations side by side, the turns of each in order.
async fn deliver(shared: &Arc<Shared>, failing: &mut HashMap<ConversationId, Failing>) {
    let mut cursor = None;
    loop {
        let page = match shared.journal.outbox(cursor.as_ref(), PAGE) {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                return;
            }
        };
        let mut by_conversation: HashMap<ConversationId, VecDeque<Outgoing>> = HashMap::new();
        for outgoing in page.rows {
            by_conversation
                .entry(outgoing.key.conversation.clone())
                .or_default()
                .push_back(outgoing);
        }
        let now = Instant::now();
        let mut work = JoinSet::new();
        for (conversation, turns) in by_conversation {
            if failing
                .get(&conversation)
                .is_some_and(|failing| failing.until > now)
            {
                continue;
            }
            if work.len() == AT_ONCE {
                note(work.join_next().await, failing);
            }
            let shared = shared.clone();
            work.spawn(async move { (deliver_all(&shared, turns).await, conversation) });
        }
        while let Some(done) = work.join_next().await {
            note(Some(done), failing);
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return,
        }
    }
}

/// Remembers a conversation whose delivery failed, forgets one whose delivery succeeded.
fn note(
    done: Option<Result<(bool, ConversationId), tokio::task::JoinError>>,
    failing: &mut HashMap<ConversationId, Failing>,
) {
    // A channel that panics loses its place in this round only: its turns are still there.
    let Some(Ok((delivered, conversation))) = done else {
        return;
    };
    if delivered {
        failing.remove(&conversation);
        return;
    }
    let pause = failing
        .get(&conversation)
        .map_or(PAUSES.0, |f| (f.pause * 2).min(PAUSES.1));
    failing.insert(
        conversation,
        Failing {
            pause,
            until: Instant::now() + pause,
        },
    );
}

/// Delivers the turns of one conversation in order; stops at the first that fails.
async fn deliver_all(shared: &Shared, turns: VecDeque<Outgoing>) -> bool {
    for Outgoing { key, outbound } in turns {
        let Some(channel) = shared.channels.get(&outbound.channel) else {
            tracing::warn!(channel = outbound.channel, %key, "no such channel; the turn stays");
            return false;
        };
        let delivery = channel.deliver_boxed(key.clone(), outbound);
        let failed = match tokio::time::timeout(BUDGET, delivery).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
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
