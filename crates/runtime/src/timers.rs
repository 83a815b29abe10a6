//! The one service that watches the durable timers, and the one that tidies up.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::Notify;
use warmline_core::{Event, Refused, Timestamp};
use warmline_journal::{DueTimer, Erased};

use crate::activation::Registry;
use crate::conversation::Question;
use crate::desk::Desk;
use crate::error::Error;
use crate::setup::Shared;
use crate::warmline::teaching::unlearn;

/// Timers read at once, and fired at the same time.
const PAGE: usize = 256;
const AT_ONCE: usize = 64;
/// The longest sleep: a clock that was set is noticed after as long.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a timer rests that its conversation did not take.
const REST: Duration = Duration::from_secs(10);

/// When the timers are looked at next, and the means to have it done earlier.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    next: AtomicU64,
    earlier: Notify,
}

impl Alarm {
    /// Says that a timer was set, after it was.
    pub(crate) fn set(&self, due: Timestamp) {
        if due.0 < self.next.load(Ordering::SeqCst) {
            self.earlier.notify_one();
        }
    }
}

/// Timers that were not taken, and until when they are left alone.
type Resting = HashMap<(String, String), Timestamp>;

/// Fires timers as they come due.
pub(crate) async fn watch(shared: Arc<Shared>, registry: Arc<Registry>) {
    let mut resting = Resting::new();
    loop {
        // Whatever is set while the timers are being looked at has them looked at again.
        shared.alarm.next.store(u64::MAX, Ordering::SeqCst);
        let now = shared.clock.now();
        resting.retain(|_, until| *until > now);
        let next = match fire(&shared, &registry, now, &mut resting).await {
            Ok(()) => shared.journal.next_due(now).map_err(Error::from),
            Err(error) => Err(error),
        };
        let mut next = next.unwrap_or_else(|error| {
            tracing::error!(%error, "timers cannot be read");
            Some(now.after(REST))
        });
        next = next.into_iter().chain(resting.values().copied()).min();
        let longest = shared.clock.now().after(LONGEST);
        let next = next.map_or(longest, |next| next.min(longest));
        shared.alarm.next.store(next.0, Ordering::SeqCst);
        let sleep = next.since(shared.clock.now()).max(Duration::from_millis(1));
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            () = shared.alarm.earlier.notified() => {}
        }
    }
}

/// Fires everything that is due, page by page.
async fn fire(
    shared: &Shared,
    registry: &Registry,
    now: Timestamp,
    resting: &mut Resting,
) -> Result<(), Error> {
    let mut cursor = None;
    loop {
        let page = shared.journal.due(now, cursor.as_ref(), PAGE)?;
        let mut due = page.rows;
        due.retain(|due| !resting.contains_key(&key(due)));
        let fired = futures::stream::iter(due)
            .map(|due| async move { (fire_one(shared, registry, now, &due).await, due) })
            .buffer_unordered(AT_ONCE);
        let mut fired = std::pin::pin!(fired);
        while let Some((result, due)) = fired.next().await {
            let error = match result {
                Ok(()) => continue,
                Err(Error::Stopped) => return Err(Error::Stopped),
                // What ails one conversation holds up no other.
                Err(error @ Error::Journal(_)) if shared.journal.health().is_err() => {
                    return Err(error);
                }
                Err(error) => error,
            };
            // One that is out of date was taken back in this very moment.
            if !matches!(error, Error::Refused(Refused::Stale { .. })) {
                tracing::warn!(conversation = %due.conversation, timer = %due.timer, %error,
                    "a timer was not taken");
            }
            resting.insert(key(&due), now.after(REST));
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

async fn fire_one(
    shared: &Shared,
    registry: &Registry,
    now: Timestamp,
    due: &DueTimer,
) -> Result<(), Error> {
    let id = &due.conversation;
    let event = Event::TimerFired {
        timer: due.timer.clone(),
        due: due.due,
    };
    let was_active = registry.get(id).is_some();
    let command = |reply| Question::Command { event, reply };
    registry.ask(id, now, usize::MAX, command).await?;
    if !was_active {
        registry.dismiss(id);
    }
    metrics::histogram!("warmline_timer_lag_seconds")
        .record(shared.clock.now().since(due.due).as_secs_f64());
    Ok(())
}

fn key(due: &DueTimer) -> (String, String) {
    (
        due.conversation.to_string(),
        format!("{}@{}", due.timer, due.due.0),
    )
}

/// Puts idle conversations away and erases what was kept long enough.
pub(crate) async fn tidy(shared: Arc<Shared>, registry: Arc<Registry>) {
    loop {
        let runtime = shared.current().runtime.clone();
        let pause = (runtime.idle / 4).clamp(Duration::from_millis(1), Duration::from_secs(10));
        tokio::time::sleep(pause).await;
        let now = shared.clock.now();
        registry.rest(before(now, runtime.idle));
        registry.forgive();
        metrics::gauge!("warmline_active_conversations").set(registry.len() as f64);
        queues(&shared, now);
        if let Some(kept) = runtime.retention {
            retain(&shared, before(now, kept)).await;
        }
    }
}

/// Shows how the queues stand.
fn queues(shared: &Shared, now: Timestamp) {
    for queue in Desk::new(shared).queues() {
        let oldest = queue
            .oldest
            .map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
        let name = queue.name;
        metrics::gauge!("warmline_queue_waiting", "queue" => name.clone())
            .set(queue.waiting as f64);
        metrics::gauge!("warmline_queue_breached", "queue" => name.clone())
            .set(queue.breached as f64);
        metrics::gauge!("warmline_queue_oldest_seconds", "queue" => name.clone()).set(oldest);
        metrics::gauge!("warmline_queue_open", "queue" => name).set(f64::from(queue.open));
    }
}

/// Erases what ended before `before`, a part at a time, and forgets what was taught with its words.
async fn retain(shared: &Shared, before: Timestamp) {
    let mut erased = Erased::default();
    let mut result = Ok(());
    loop {
        match shared.journal.retain(before, PAGE).await {
            Ok(part) => {
                erased = erased + part;
                if part.conversations < PAGE {
                    break;
                }
            }
            Err(error) => {
                result = Err(Error::from(error));
                break;
            }
        }
    }
    if erased.conversations > 0 {
        tracing::info!(conversations = erased.conversations, "retention");
    }
    if erased.lessons > 0 {
        result = result.and(unlearn(shared).await);
    }
    if let Err(error) = result {
        tracing::error!(%error, "retention failed");
    }
}

fn before(now: Timestamp, duration: Duration) -> Timestamp {
    let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Timestamp(now.0.saturating_sub(duration))
}
