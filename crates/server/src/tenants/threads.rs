//! The threads of a tenant: what is done on them is done for it, and measured as its own.

use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use tokio::task::JoinSet;

use super::TenantName;
use crate::{Error, Metrics};

/// Most threads of one tenant that compute; others only wait for the disk.
const MOST: usize = 4;

/// The threads of a tenant. Clones are the same threads; they end with the last one.
#[derive(Debug, Clone)]
pub struct Threads {
    runtime: Arc<Ending>,
    name: TenantName,
    metrics: Metrics,
}

/// Ends without waiting: the last handle may go where nobody may wait.
#[derive(Debug)]
struct Ending(Option<Runtime>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Threads {
    /// Starts those of the tenant `name`.
    ///
    /// # Errors
    /// [`Error::Threads`] when the system gives none, [`Error::Metrics`].
    pub fn start(name: TenantName) -> Result<Self, Error> {
        let (metrics, recording) = Metrics::of_tenant(&name)?;
        let most = available_parallelism().map_or(1, usize::from).min(MOST);
        let runtime = Builder::new_multi_thread()
            .worker_threads(most)
            .thread_name(format!("tenant-{name}"))
            .on_thread_start(move || recording.begin())
            .enable_all()
            .build()
            .map_err(Error::Threads)?;
        Ok(Self {
            runtime: Arc::new(Ending(Some(runtime))),
            name,
            metrics,
        })
    }

    /// Whose they are.
    pub fn name(&self) -> &TenantName {
        &self.name
    }

    /// What is measured on them.
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Does `work` on them. Whoever stops waiting for it stops it.
    ///
    /// # Errors
    /// When it crashed, or the threads ended.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, io::Error> {
        let mut alone = JoinSet::new();
        alone.spawn_on(work, self.handle());
        let done = alone.join_next().await;
        let gone = || io::Error::other("nothing was begun");
        done.ok_or_else(gone)?.map_err(io::Error::other)
    }

    /// What is spawned while the guard lives is done on them.
    pub(super) fn enter(&self) -> EnterGuard<'_> {
        self.handle().enter()
    }

    fn handle(&self) -> &Handle {
        let runtime = self.runtime.0.as_ref();
        runtime.expect("it is taken by the drop alone").handle()
    }
}
