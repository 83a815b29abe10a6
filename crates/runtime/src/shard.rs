//! Shards: each activates and supervises its part of the conversations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::{Duration, Instant};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr, SupervisionEvent};
use tokio::sync::oneshot;
use warmline_core::ConversationId;

use crate::activation::{Active, Registry, quarantined};
use crate::conversation::Conversation;
use crate::error::Error;
use crate::setup::Shared;

/// Crashes within [`FORGIVEN`] of each other after which a conversation is quarantined.
const TOO_OFTEN: u32 = 4;
/// How long a conversation must live for its crashes to be forgotten, and stays quarantined.
const FORGIVEN: Duration = Duration::from_secs(300);

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

    /// How long it must stay away now: twice as long each time, then for the whole quarantine.
    fn pause(self) -> Duration {
        match self.count {
            count if count >= TOO_OFTEN => FORGIVEN,
            count => Duration::from_millis(100) * 4_u32.pow(count.saturating_sub(1)),
        }
    }
}

/// Brings a conversation into memory, if it is not there.
pub(crate) struct Activate {
    pub(crate) id: ConversationId,
    /// Nobody asks when it is brought back after a crash.
    pub(crate) reply: Option<oneshot::Sender<Result<Active, Error>>>,
}

/// A supervisor of conversations. It outlives all of them.
pub(crate) struct Shard {
    pub(crate) shared: Arc<Shared>,
    pub(crate) registry: Arc<Registry>,
}

impl Actor for Shard {
    type Msg = Activate;
    type State = std::collections::HashMap<ractor::ActorId, ConversationId>;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<Activate>,
        (): (),
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(Self::State::new())
    }

    async fn handle(
        &self,
        myself: ActorRef<Activate>,
        Activate { id, reply }: Activate,
        children: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let active = self.activate(&id, myself.get_cell()).await;
        if let Ok(active) = &active {
            children.insert(active.actor.get_id(), id);
        }
        match (reply, active) {
            // The asker may have given up.
            (Some(reply), active) => drop(reply.send(active)),
            (None, Err(error)) => tracing::warn!(%error, "a conversation stays away"),
            (None, Ok(_)) => {}
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Activate>,
        event: SupervisionEvent,
        children: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(cell, ..) => {
                children.remove(&cell.get_id());
            }
            SupervisionEvent::ActorFailed(cell, error) => {
                if let Some(id) = children.remove(&cell.get_id()) {
                    self.crashed(&myself, &id, &cell, &error);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Shard {
    async fn activate(&self, id: &ConversationId, myself: ActorCell) -> Result<Active, Error> {
        if let Some(active) = self.registry.get(id) {
            return Ok(active);
        }
        self.admit(id)?;
        let arguments = (id.clone(), self.shared.clone(), self.registry.clone());
        let (actor, _) = Actor::spawn_linked(None, Conversation, arguments, myself)
            .await
            .map_err(|error| match error {
                SpawnErr::StartupFailed(cause) => match cause.downcast::<Error>() {
                    Ok(error) => quarantined(*error),
                    Err(cause) => failed(cause.to_string()),
                },
                other => failed(other.to_string()),
            })?;
        let active = Active {
            actor,
            waiting: Arc::new(AtomicUsize::new(0)),
            touched: Arc::new(AtomicU64::new(self.shared.clock.now().0)),
        };
        self.registry.insert(id.clone(), active.clone());
        Ok(active)
    }

    /// Lets a conversation in, unless it crashed a moment ago or too often.
    fn admit(&self, id: &ConversationId) -> Result<(), Error> {
        let Some(crashes) = self.registry.crashes.get(id).map(|crashes| *crashes) else {
            return Ok(());
        };
        let away = crashes.pause().checked_sub(crashes.last.elapsed());
        match away {
            None => Ok(()),
            Some(_) if crashes.count >= TOO_OFTEN => Err(Error::Quarantined {
                conversation: id.clone(),
                reason: format!("it crashed {} times in a row", crashes.count),
            }),
            Some(retry_after) => Err(Error::Overloaded { retry_after }),
        }
    }

    /// Notes a crash, and brings the conversation back after a pause: it may owe an answer.
    fn crashed(
        &self,
        myself: &ActorRef<Activate>,
        id: &ConversationId,
        cell: &ActorCell,
        error: &ActorProcessingErr,
    ) {
        metrics::counter!("warmline_conversation_crashes_total").increment(1);
        tracing::error!(conversation = %id, %error, "a conversation crashed");
        self.registry.forget(id, &cell.clone().into());
        let crashes = {
            let mut known = self.registry.crashes.entry(id.clone()).or_insert(Crashes {
                count: 0,
                last: Instant::now(),
            });
            if known.last.elapsed() > FORGIVEN {
                known.count = 0;
            }
            known.count += 1;
            known.last = Instant::now();
            *known
        };
        let (myself, id) = (myself.clone(), id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(crashes.pause() + Duration::from_millis(1)).await;
            // A shard that has ended activates nothing.
            let _ = myself.cast(Activate { id, reply: None });
        });
    }
}

fn failed(reason: String) -> Error {
    Error::Start {
        what: "a conversation",
        reason,
    }
}
