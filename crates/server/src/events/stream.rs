//! The streams themselves, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::watch;
use warmline::{ConversationId, Entry};

use super::hub::{Hub, Typing, Watch};
use crate::app::App;
use crate::problem::Problem;
use crate::view::{CustomerStep, Owner, Speaking, TypingView};

/// How many steps are read at once.
const CHUNK: usize = 64;
/// How long steps are gathered for a reader of everything: hundreds of consoles cost one write each
/// for what happens in this time, not one for every step.
const GATHER: Duration = Duration::from_millis(50);

/// A stream's answer, with a sign of life at once and whenever it is silent for long: some proxies
/// hold the head of an answer back until its body begins.
pub(crate) fn response<S>(app: &App, events: S) -> Response
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    let heartbeat = KeepAlive::new().interval(app.config().heartbeat);
    let open = Open::new();
    let sign = stream::once(async { Ok(Event::default().comment("open")) });
    let events = sign.chain(events).inspect(move |_| {
        // Held for as long as the stream is.
        let _: &Open = &open;
    });
    Sse::new(events).keep_alive(heartbeat).into_response()
}

/// Counts a stream for as long as it is open, and wherever it ends.
struct Open(metrics::Gauge);

impl Open {
    fn new() -> Self {
        let streams = metrics::gauge!("warmline_http_streams");
        streams.increment(1.0);
        Self(streams)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// The customer's side of one conversation, from the step after `last` on; from the beginning
/// without one. The conversation may not have begun yet.
pub(crate) fn of_conversation(
    app: &App,
    conversation: ConversationId,
    last: Option<&str>,
) -> Result<Response, Problem> {
    let next = match last {
        None => 0,
        Some(last) => last
            .parse::<u64>()
            .map_err(|_| Problem::malformed("`last-event-id` is not an id of this stream"))?
            .saturating_add(1),
    };
    let reader = Reader {
        watch: app.hub().watch(&conversation),
        writers: app.hub().writers(),
        closing: app.closing(),
        app: app.clone(),
        conversation,
        next,
        speaking: None,
        ready: VecDeque::new(),
        ended: false,
    };
    Ok(response(app, stream::unfold(reader, Reader::advance)))
}

struct Reader {
    app: App,
    conversation: ConversationId,
    watch: Watch,
    writers: Receiver<Typing>,
    closing: watch::Receiver<bool>,
    next: u64,
    speaking: Option<Speaking>,
    ready: VecDeque<Event>,
    ended: bool,
}

impl Reader {
    async fn advance(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            if self.ended {
                return None;
            }
            match self.read().await {
                Ok(true) => {}
                Ok(false) => {
                    let woken = tokio::select! {
                        woken = self.watch.changed() => woken,
                        typing = written(&mut self.writers) => {
                            self.ready.extend(told_of(&typing, &self.conversation));
                            true
                        }
                        _ = self.closing.wait_for(|closing| *closing) => false,
                    };
                    self.ended = !woken;
                }
                // The reader comes back with the last id it saw, and learns then what is wrong.
                Err(_) => self.ended = true,
            }
        }
    }

    /// Reads what was recorded since; whether there was anything to tell.
    async fn read(&mut self) -> Result<bool, Problem> {
        if self.next > 0 && self.speaking.is_none() {
            self.resume().await?;
        }
        let entries = self.entries(self.next, CHUNK).await?;
        for entry in &entries {
            self.next = entry.seq + 1;
            let owner = self.owner_after(entry).await?;
            if let Some(step) = CustomerStep::of(entry, owner, self.speaking) {
                self.speaking = Some(step.speaking);
                let event = Event::default().id(entry.seq.to_string()).event("step");
                self.ready.extend(event.json_data(&step).ok());
            }
        }
        Ok(!entries.is_empty() || !self.ready.is_empty())
    }

    /// Learns who was speaking when the reader left. If there is no such step, the conversation
    /// is another one than the reader knows, and is told from its beginning.
    async fn resume(&mut self) -> Result<(), Problem> {
        match self.entries(self.next - 1, 1).await?.first() {
            Some(entry) => self.speaking = Some(self.owner_after(entry).await?.into()),
            None => {
                self.next = 0;
                self.ready
                    .push_back(Event::default().event("reset").data("{}"));
            }
        }
        Ok(())
    }

    /// Recorded steps; none of a conversation that has not begun.
    async fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>, Problem> {
        match self.app.entries(&self.conversation, from, limit).await {
            Err(problem) if problem.status == 404 => Ok(Vec::new()),
            entries => entries,
        }
    }

    async fn owner_after(&self, entry: &Entry) -> Result<Owner, Problem> {
        match self.app.owner_in(&entry.decided.state) {
            Some(owner) => Ok(owner),
            // A state of an older workflow, which the conversation is still in.
            None => Ok(self
                .app
                .warmline()
                .view(&self.conversation)
                .await?
                .owner
                .into()),
        }
    }
}

/// What the customer of `conversation` is told of somebody who is writing: that an operator does.
fn told_of(typing: &Typing, conversation: &ConversationId) -> Option<Event> {
    let theirs = typing.conversation == *conversation && typing.operator.is_some();
    theirs.then(|| Event::default().event("typing").data("{}"))
}

/// Waits until somebody is writing. Those that a slow reader missed are over.
async fn written(writers: &mut Receiver<Typing>) -> Typing {
    loop {
        match writers.recv().await {
            Ok(typing) => return typing,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Waits until something is told, and for what follows at once; `None` when nothing will be.
async fn gathered(head: &mut watch::Receiver<u64>) -> Option<()> {
    head.changed().await.ok()?;
    tokio::time::sleep(GATHER).await;
    Some(())
}

/// Every step of every conversation, from the one after `last` on; from now on without one.
pub(crate) fn of_everything(app: &App, last: Option<&str>) -> Response {
    let hub = app.hub().clone();
    let head = hub.head();
    let next = match last {
        None => Some(*head.borrow()),
        Some(last) => hub.number(last).map(|number| number.saturating_add(1)),
    };
    let follower = Follower {
        writers: hub.writers(),
        hub,
        head,
        closing: app.closing(),
        next,
        ready: VecDeque::new(),
    };
    response(app, stream::unfold(follower, Follower::advance))
}

struct Follower {
    hub: Arc<Hub>,
    writers: Receiver<Typing>,
    head: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// What to tell next; `None` when the reader's last id says nothing to this server.
    next: Option<u64>,
    ready: VecDeque<Event>,
}

impl Follower {
    async fn advance(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            let told = self.next.and_then(|next| self.hub.told_from(next, CHUNK));
            match told {
                Some(told) if told.is_empty() => tokio::select! {
                    changed = gathered(&mut self.head) => changed?,
                    typing = written(&mut self.writers) => {
                        let event = Event::default().event("typing");
                        self.ready.extend(event.json_data(TypingView::from(&typing)).ok());
                    }
                    _ = self.closing.wait_for(|closing| *closing) => return None,
                },
                Some(told) => {
                    for told in told {
                        let id = self.hub.id(told.number);
                        let event = Event::default().id(id).event(told.kind);
                        self.ready.push_back(event.data(&*told.data));
                        self.next = Some(told.number + 1);
                    }
                }
                None => {
                    let head = *self.head.borrow();
                    let event = Event::default().event("reset").data("{}");
                    let event = match head.checked_sub(1) {
                        Some(last) => event.id(self.hub.id(last)),
                        None => event,
                    };
                    self.ready.push_back(event);
                    self.next = Some(head);
                }
            }
        }
    }
}
