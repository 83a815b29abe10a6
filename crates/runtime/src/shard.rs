//! Shards: each activates and supervises its part of the conversations.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SpawnErr, SupervisionEvent};
use tokio::sync::oneshot;
use tokio::time::Instant;
use warmline_core::ConversationId;
use warmline_journal::Erased;

use crate::activation::{Active, Registry};
use crate::conversation::{Conversation, Reply};
use crate::error::Error;
use crate::setup::Shared;

/// Crashes within [`FORGIVEN`] of each other after which a conversation is quarantined.
const TOO_OFTEN: u32 = 4;
/// How long a conversation must live for its crashes to be forgotten, and stays quarantined.
const FORGIVEN: Duration = Duration::from_secs(300);
/// The pause after a first crash; each further one takes four times as long.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a conversation may take to finish what it has begun.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a conversation crashed lately.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crashes {
    count: u32,
    last: Instant,
}

impl Crashes {
    pub(crate) fn is_forgiven(self) -> bool {
        self.last.elapsed() > FORGIVEN
    }

    /// How long it must stay away now: longer each time, then for the whole quarantine.
    fn pause(self) -> Duration {
        match self.count {
            TOO_OFTEN.. => FORGIVEN,
            count => PAUSE * 4_u32.pow(count.saturating_sub(1)),
        }
    }
}

/// What a shard is told to do. It does one thing after the other: nothing is brought back while
/// it is being erased.
pub(crate) enum Order {
    /// Bring a conversation into memory, if it is not there.
    Activate {
        id: ConversationId,
        /// Nobody asks when it is brought back after a crash.
        reply: Option<Reply<Arc<Active>>>,
    },
    /// Put a conversation away and erase all that is recorded of it.
    Erase {
        id: ConversationId,
        reply: Reply<Erased>,
    },
    /// Put every conversation away.
    Close { done: oneshot::Sender<()> },
}

/// A supervisor of conversations. It outlives all of them.
pub(crate) struct Shard {
    pub(crate) shared: Arc<Shared>,
    pub(crate) registry: Arc<Registry>,
}

impl Actor for Shard {
    type Msg = Order;
    type State = HashMap<ActorId, ConversationId>;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<Order>,
        (): (),
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(Self::State::new())
    }

    async fn handle(
        &self,
        myself: ActorRef<Order>,
        order: Order,
        children: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Activate { id, reply } => {
                let active = self.activate(&id, &myself, children).await;
                match (reply, active) {
                    // The asker may have given up.
                    (Some(reply), active) => drop(reply.send(active)),
                    (None, Err(error)) => tracing::warn!(%error, "a conversation stays away"),
                    (None, Ok(_)) => {}
                }
            }
            Order::Erase { id, reply } => drop(reply.send(self.erase(&id).await)),
            Order::Close { done } => {
                myself.drain_children_and_wait(Some(PATIENCE)).await;
                // A shutdown that gave up waiting needs no answer.
                let _ = done.send(());
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Order>,
        event: SupervisionEvent,
        children: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(cell, ..) => {
                children.remove(&cell.get_id());
            }
            SupervisionEvent::ActorFailed(cell, error) => {
                if let Some(id) = children.remove(&cell.get_id()) {
                    self.registry.remove(&id, cell.get_id());
                    self.crashed(&myself, &id, &error.to_string());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Shard {
    async fn activate(
        &self,
        id: &ConversationId,
        myself: &ActorRef<Order>,
        children: &mut HashMap<ActorId, ConversationId>,
    ) -> Result<Arc<Active>, Error> {
        if self.registry.is_stopped() {
            return Err(Error::Stopped);
        }
        if let Some(active) = self.registry.get(id) {
            return Ok(active);
        }
        self.admit(id)?;
        let arguments = (id.clone(), self.shared.clone(), self.registry.clone());
        let spawned = Actor::spawn_linked(None, Conversation, arguments, myself.get_cell()).await;
        let actor = match spawned {
            Ok((actor, _)) => actor,
            Err(SpawnErr::StartupFailed(cause)) => {
                return Err(match cause.downcast::<Error>() {
                    Ok(error) => *error,
                    Err(panic) => {
                        let reason = panic.to_string();
                        self.crashed(myself, id, &reason);
                        failed(reason)
                    }
                });
            }
            Err(other) => return Err(failed(other.to_string())),
        };
        children.insert(actor.get_id(), id.clone());
        let active = Arc::new(Active::new(actor, self.shared.clock.now()));
        self.registry.insert(id.clone(), active.clone());
        Ok(active)
    }

    /// Lets a conversation in, unless it crashed a moment ago or too often.
    fn admit(&self, id: &ConversationId) -> Result<(), Error> {
        let Some(crashes) = self.registry.crashes.get(id).map(|crashes| *crashes) else {
            return Ok(());
        };
        let away = crashes.pause().checked_sub(crashes.last.elapsed());
        match away.filter(|away| !away.is_zero()) {
            None => Ok(()),
            Some(_) if crashes.count >= TOO_OFTEN => Err(Error::Quarantined {
                conversation: id.clone(),
                reason: format!("it crashed {} times in a row", crashes.count),
            }),
            Some(retry_after) => Err(Error::Overloaded { retry_after }),
        }
    }

    /// Notes a crash, and brings the conversation back after a pause: it may owe an answer.
    fn crashed(&self, myself: &ActorRef<Order>, id: &ConversationId, reason: &str) {
        metrics::counter!("warmline_conversation_crashes_total").increment(1);
        let crashes = {
            let mut known = self.registry.crashes.entry(id.clone()).or_insert(Crashes {
                count: 0,
                last: Instant::now(),
            });
            if known.is_forgiven() {
                known.count = 0;
            }
            known.count += 1;
            known.last = Instant::now();
            *known
        };
        let pause = crashes.pause();
        tracing::error!(conversation = %id, reason, crashes = crashes.count, ?pause,
            "a conversation crashed");
        let (myself, id) = (myself.clone(), id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            // A shard that has ended activates nothing.
            let _ = myself.cast(Order::Activate { id, reply: None });
        });
    }

    async fn erase(&self, id: &ConversationId) -> Result<Erased, Error> {
        if let Some(active) = self.registry.get(id) {
            self.registry.remove(id, active.actor.get_id());
            let put_away = active.actor.drain_and_wait(Some(PATIENCE)).await;
            if put_away.is_err() {
                active.actor.kill();
            }
        }
        self.registry.crashes.remove(id);
        let erased = self.shared.journal.erase(id).await?;
        self.shared.desk.forget(id);
        Ok(erased)
    }
}

fn failed(reason: String) -> Error {
    Error::Start {
        what: "a conversation",
        reason,
    }
}
