//! The running system: how it is asked, changed and stopped.

mod asking;
mod outcomes;
mod preparing;
mod promoting;
mod reading;
pub(crate) mod teaching;
mod view;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::JoinHandle;
use warmline_core::privacy::PrivacyConfig;
use warmline_core::{ConfigVersion, Timestamp, Workflow};

use crate::activation::Registry;
use crate::builder::{Builder, Parts};
use crate::config::Config;
use crate::error::Error;
use crate::layer;
use crate::setup::Shared;
use crate::shard::Order;
use crate::under_way::UnderWay;

pub use preparing::Suggestion;
pub use view::{Answer, Happening, Inbound, Page, Place, Row, View};

/// How long a shutdown waits for what is under way, and for conversations to be put away.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running system. Clones are handles to the same one.
///
/// When the last of them is dropped everything stops where it is, as in a crash: what is recorded
/// and unfinished is taken up at the next start. [`shutdown`](Self::shutdown) stops with more care.
#[derive(Clone)]
pub struct Warmline {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    parts: Parts,
    under_way: Arc<UnderWay>,
    stop: watch::Sender<bool>,
    services: Mutex<Vec<JoinHandle<()>>>,
}

impl Warmline {
    /// Begins to put a runtime together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(
        shared: Arc<Shared>,
        registry: Arc<Registry>,
        parts: Parts,
        stop: watch::Sender<bool>,
        services: Vec<JoinHandle<()>>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                shared,
                registry,
                parts,
                under_way: Arc::default(),
                stop,
                services: Mutex::new(services),
            }),
        }
    }

    /// Every step from now on, after it is on disk. Who falls behind finds what they missed in
    /// [`entries`](Self::entries).
    pub fn subscribe(&self) -> broadcast::Receiver<Happening> {
        self.inner.shared.feed.subscribe()
    }

    /// The workflow in force.
    pub fn workflow(&self) -> Arc<Workflow> {
        self.inner.shared.current().workflow.clone()
    }

    /// Whose eyes customers' personal data is kept from, by the configuration in force.
    pub fn privacy(&self) -> PrivacyConfig {
        self.inner.shared.current().workflow.privacy
    }

    /// The present moment, by the clock that events are recorded with.
    pub fn now(&self) -> Timestamp {
        self.inner.shared.clock.now()
    }

    /// How many conversations are in memory.
    pub fn active(&self) -> usize {
        self.inner.registry.len()
    }

    /// Puts another configuration in force, with what was promoted over it (see [`Layer`]).
    /// Conversations move to it at their next turn if it has their state, and otherwise finish on
    /// the old one.
    ///
    /// [`Layer`]: crate::Layer
    ///
    /// # Errors
    /// When the detectors cannot be set up, the journal cannot be extended, or a candidate that
    /// decides some conversations has other states, queues or privacy; then the old configuration
    /// stays in force.
    pub async fn reload(&self, file: Config) -> Result<ConfigVersion, Error> {
        let shared = &self.inner.shared;
        let _alone = shared.teaching.lock().await;
        shared.fits_canary(&file.workflow)?;
        let lessons = teaching::lessons(&*shared.journal)?;
        let (config, void) = layer::on_top(&shared.journal, shared.clock.now(), &file)?;
        let setup = self.inner.parts.setup(&config, &lessons).await?;
        shared.record(&config).await?;
        if let Some(void) = void {
            shared.journal.change(vec![void]).await?;
        }
        shared.install(setup.over(file));
        Ok(config.workflow.version.clone())
    }

    /// Whether the system can take turns; if not, why.
    pub fn ready(&self) -> Result<(), Error> {
        match self.inner.registry.is_stopped() {
            true => Err(Error::Stopped),
            false => Ok(self.inner.shared.journal.health()?),
        }
    }

    /// Lets what is under way finish for a while, then puts everything away. What is recorded and
    /// unfinished is taken up at the next start.
    pub async fn shutdown(&self) {
        self.inner.registry.stop();
        self.inner.stop.send_replace(true);
        let services = {
            let services = self.inner.services.lock();
            std::mem::take(&mut *services.unwrap_or_else(PoisonError::into_inner))
        };
        for service in services {
            // One that was aborted from outside has ended as well.
            let _ = service.await;
        }
        let _ = tokio::time::timeout(PATIENCE, self.inner.under_way.over()).await;
        let mut closing = Vec::new();
        for shard in self.inner.registry.shards() {
            let (done, closed) = oneshot::channel();
            if shard.cast(Order::Close { done }).is_ok() {
                closing.push(closed);
            }
        }
        let _ = tokio::time::timeout(2 * PATIENCE, futures::future::join_all(closing)).await;
        let shards = self.inner.registry.shards().iter();
        let stopped = shards.map(|shard| shard.stop_and_wait(None, Some(PATIENCE)));
        // One that does not stop in time is left alone: nothing is asked of it any more.
        futures::future::join_all(stopped).await;
        self.inner.registry.clear();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.registry.stop();
        for shard in self.registry.shards() {
            // Its conversations end with it.
            shard.kill();
        }
    }
}
