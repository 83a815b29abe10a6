//! The one service that watches the durable timers, and the one that tidies up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::watch;
use warmline_core::{Event, Refused, Timestamp};
use warmline_journal::DueTimer;

use crate::activation::Registry;
use crate::conversation::Message;
use crate::error::Error;
use crate::setup::Shared;

/// Timers read at once, and fired at the same time.
const PAGE: usize = 256;
const AT_ONCE: usize = 32;
/// The longest sleep: a clock that was set is noticed after as long.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a timer rests whose conversation could not take it.
const REST: Duration = Duration::from_secs(10);

/// Fires timers as they come due, until `stop` says so.
pub(crate) async fn watch(
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    mut stop: watch::Receiver<bool>,
) {
    let mut resting: HashMap<(String, String), Timestamp> = HashMap::new();
    loop {
        let now = shared.clock.now();
        resting.retain(|_, until| *until > now);
        if let Err(error) = fire(&shared, &registry, now, &mut resting).await {
            tracing::error!(%error, "timers cannot be read");
        }
        let next = shared.journal.next_due(now).ok().flatten();
        let mut sleep = next.map_or(LONGEST, |due| due.since(now)).min(LONGEST);
        if !resting.is_empty() {
            sleep = sleep.min(REST);
        }
        tokio::select! {
            () = tokio::time::sleep(sleep.max(Duration::from_millis(1))) => {}
            () = shared.timers_changed.notified() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Fires everything that is due, page by page.
async fn fire(
    shared: &Shared,
    registry: &Registry,
    now: Timestamp,
    resting: &mut HashMap<(String, String), Timestamp>,
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
            match result {
                Ok(()) | Err(Error::Refused(Refused::Stale { .. })) => {}
                Err(Error::Stopped) => return Ok(()),
                Err(error) => {
                    tracing::warn!(conversation = %due.conversation, timer = %due.timer, %error,
                        "a timer was not taken");
                    resting.insert(key(&due), now.after(REST));
                }
            }
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
    let event = Event::TimerFired {
        timer: due.timer.clone(),
        due: due.due,
    };
    registry
        .ask(&due.conversation, now, usize::MAX, |reply, place| {
            Message::Command {
                event,
                reply,
                place,
            }
        })
        .await?;
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

/// Puts idle conversations away and erases what was kept long enough, until `stop` says so.
pub(crate) async fn tidy(
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let runtime = shared.current().runtime.clone();
        let pause = (runtime.idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(10));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => return,
        }
        let now = shared.clock.now();
        let idle = u64::try_from(runtime.idle.as_millis()).unwrap_or(u64::MAX);
        registry.rest(Timestamp(now.0.saturating_sub(idle)));
        registry.forgive();
        metrics::gauge!("warmline_active_conversations").set(registry.len() as f64);
        if let Some(kept) = runtime.retention {
            let kept = u64::try_from(kept.as_millis()).unwrap_or(u64::MAX);
            let before = Timestamp(now.0.saturating_sub(kept));
            match shared.journal.retain(before, PAGE).await {
                Ok(erased) if erased.conversations > 0 => {
                    tracing::info!(conversations = erased.conversations, "retention");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "retention failed"),
            }
        }
    }
}
