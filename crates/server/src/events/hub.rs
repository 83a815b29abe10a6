//! Takes in what happens and wakes the streams that care.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver};
use tokio::sync::watch;
use warmline::{ConversationId, Happening, OperatorId};

use super::KEPT;
use crate::Error;
use crate::auth::{hex, random};
use crate::view::StepView;

/// What a reader of everything is told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Its number, from 0, since the server started.
    pub(crate) number: u64,
    /// `step`, `erased` or `reset`.
    pub(crate) kind: &'static str,
    /// JSON.
    pub(crate) data: Arc<str>,
    conversation: Option<ConversationId>,
}

/// Takes in what happens and wakes the streams that care.
pub(crate) struct Hub {
    /// Tells this run of the server from every other.
    run: String,
    feed: Mutex<Feed>,
    /// The number of what is told next.
    head: watch::Sender<u64>,
    /// The conversations that somebody watches, woken by any change of the number.
    watched: Mutex<HashMap<ConversationId, watch::Sender<u64>>>,
    typing: broadcast::Sender<Typing>,
    /// Who was last told of as writing, and when.
    typed: Mutex<HashMap<Typing, Instant>>,
}

/// Somebody is writing at this moment. It is told to whoever listens now, and never recorded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Typing {
    /// The conversation.
    pub(crate) conversation: ConversationId,
    /// The operator who writes; `None` for the customer.
    pub(crate) operator: Option<OperatorId>,
}

/// The same person is told of as writing once in this time.
const TOLD_AGAIN: Duration = Duration::from_secs(1);
/// Writers that are remembered before the forgotten ones are cleared away.
const WRITERS: usize = 1024;

#[derive(Default)]
struct Feed {
    next: u64,
    recent: VecDeque<Told>,
}

impl Hub {
    /// Follows `happenings` until their sender is gone.
    pub(crate) fn start(happenings: Receiver<Happening>) -> Result<Arc<Self>, Error> {
        let hub = Arc::new(Self {
            run: hex(&random::<6>()?),
            feed: Mutex::default(),
            head: watch::Sender::new(0),
            watched: Mutex::default(),
            typing: broadcast::channel(256).0,
            typed: Mutex::default(),
        });
        tokio::spawn(follow(hub.clone(), happenings));
        Ok(hub)
    }

    /// The id of what was told under `number`.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.run)
    }

    /// The number under an id; `None` if it is from another run of the server.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.run)?.strip_prefix('-')?.parse().ok()
    }

    /// Changes whenever something new is told; its value is the number of what is told next.
    pub(crate) fn head(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Up to `limit` of what was told from `number` on; `None` if some of it is kept no longer.
    pub(crate) fn told_from(&self, number: u64, limit: usize) -> Option<Vec<Told>> {
        let feed = lock(&self.feed);
        let first = feed.next - feed.recent.len() as u64;
        if number < first || number > feed.next {
            return None;
        }
        let skip = usize::try_from(number - first).ok()?;
        Some(feed.recent.iter().skip(skip).take(limit).cloned().collect())
    }

    /// Wakes whoever holds the watch when something happens in `conversation`.
    pub(crate) fn watch(self: &Arc<Self>, conversation: &ConversationId) -> Watch {
        let mut watched = lock(&self.watched);
        let sender = watched
            .entry(conversation.clone())
            .or_insert_with(|| watch::Sender::new(0));
        Watch {
            hub: self.clone(),
            conversation: conversation.clone(),
            changes: sender.subscribe(),
        }
    }

    /// Tells that somebody is writing: the customer where no operator is named.
    pub(crate) fn typing(&self, conversation: ConversationId, operator: Option<OperatorId>) {
        let typing = Typing {
            conversation,
            operator,
        };
        let mut typed = lock(&self.typed);
        let recent = |at: &Instant| at.elapsed() < TOLD_AGAIN;
        if typed.get(&typing).is_some_and(recent) {
            return;
        }
        if typed.len() >= WRITERS {
            typed.retain(|_, at| recent(at));
        }
        if typed.len() < WRITERS {
            typed.insert(typing.clone(), Instant::now());
            // Where nobody listens, nobody is told.
            let _ = self.typing.send(typing);
        }
    }

    /// Who is writing, from now on.
    pub(crate) fn writers(&self) -> broadcast::Receiver<Typing> {
        self.typing.subscribe()
    }

    /// Forgets what was told of `conversation`, says that it is gone and ends its streams.
    pub(crate) fn erased(&self, conversation: &ConversationId) {
        lock(&self.watched).remove(conversation);
        for told in &mut lock(&self.feed).recent {
            if told.conversation.as_ref() == Some(conversation) {
                told.kind = "erased";
                told.data = erasure(conversation);
            }
        }
        self.tell("erased", Some(conversation), erasure(conversation));
    }

    fn tell(&self, kind: &'static str, conversation: Option<&ConversationId>, data: Arc<str>) {
        let next = {
            let mut feed = lock(&self.feed);
            let told = Told {
                number: feed.next,
                kind,
                data,
                conversation: conversation.cloned(),
            };
            if feed.recent.len() == KEPT {
                feed.recent.pop_front();
            }
            feed.recent.push_back(told);
            feed.next += 1;
            feed.next
        };
        self.head.send_replace(next);
    }

    fn happened(&self, happening: &Happening) {
        let conversation = &happening.conversation;
        let step = StepView::of(conversation, &happening.entry, happening.owner.into());
        match serde_json::to_string(&step) {
            Ok(data) => self.tell("step", Some(conversation), data.into()),
            Err(error) => tracing::error!(%error, "a step could not be shown"),
        }
        if let Some(sender) = lock(&self.watched).get(conversation) {
            sender.send_modify(|changes| *changes += 1);
        }
    }

    /// Some of what happened was dropped on the way here: readers must look for themselves.
    fn missed(&self, steps: u64) {
        tracing::warn!(steps, "streams were too slow to follow and read again");
        self.tell("reset", None, "{}".into());
        for sender in lock(&self.watched).values() {
            sender.send_modify(|changes| *changes += 1);
        }
    }
}

async fn follow(hub: Arc<Hub>, mut happenings: Receiver<Happening>) {
    loop {
        match happenings.recv().await {
            Ok(happening) => hub.happened(&happening),
            Err(RecvError::Lagged(steps)) => hub.missed(steps),
            Err(RecvError::Closed) => return,
        }
    }
}

fn erasure(conversation: &ConversationId) -> Arc<str> {
    serde_json::json!({ "conversation": conversation })
        .to_string()
        .into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A watch over one conversation.
pub(crate) struct Watch {
    hub: Arc<Hub>,
    conversation: ConversationId,
    changes: watch::Receiver<u64>,
}

impl Watch {
    /// Waits until something happens that was not waited for yet; `false` if it was erased.
    pub(crate) async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = lock(&self.hub.watched);
        let last = |sender: &watch::Sender<u64>| sender.receiver_count() <= 1;
        if watched.get(&self.conversation).is_some_and(last) {
            watched.remove(&self.conversation);
        }
    }
}
