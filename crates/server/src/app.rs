//! What handlers share.

use std::sync::Arc;

use tokio::sync::watch;
use warmline::{ConversationId, Entry, StateName, Warmline};

use crate::Error;
use crate::auth::{Access, VisitorKey};
use crate::config::ServerConfig;
use crate::events::Hub;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::proxy::OpenTurns;
use crate::view::Owner;
use crate::webhooks::{self, Webhooks};

/// What the server needs besides the runtime.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The `[server]` section.
    pub config: ServerConfig,
    /// Who is let in as a machine.
    pub access: Access,
    /// What signs the tokens of chat visitors.
    pub visitors: VisitorKey,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// The other systems that are told what happens.
    pub webhooks: Webhooks,
}

/// What handlers share: a cheap handle.
#[derive(Clone)]
pub(crate) struct App {
    inner: Arc<Inner>,
}

struct Inner {
    warmline: Warmline,
    settings: Settings,
    hub: Arc<Hub>,
    open_turns: OpenTurns,
    closing: watch::Sender<bool>,
}

impl App {
    /// Starts to follow what happens. Call it on the runtime that will serve.
    pub(crate) fn start(warmline: Warmline, settings: Settings) -> Result<Self, Error> {
        let hub = Hub::start(warmline.subscribe())?;
        let closing = watch::Sender::new(false);
        tokio::spawn(settings.metrics.clone().tidy(closing.subscribe()));
        let sending = webhooks::run(
            warmline.clone(),
            settings.webhooks.clone(),
            closing.subscribe(),
        );
        tokio::spawn(sending);
        let inner = Inner {
            warmline,
            settings,
            hub,
            open_turns: OpenTurns::default(),
            closing,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn warmline(&self) -> &Warmline {
        &self.inner.warmline
    }

    pub(crate) fn access(&self) -> &Access {
        &self.inner.settings.access
    }

    pub(crate) fn visitors(&self) -> &VisitorKey {
        &self.inner.settings.visitors
    }

    pub(crate) fn config(&self) -> &ServerConfig {
        &self.inner.settings.config
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.config().body_limit
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.settings.metrics
    }

    /// The other systems that are told what happens.
    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.inner.settings.webhooks
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.inner.hub
    }

    /// The turns that bots behind the proxy are at work on.
    pub(crate) fn open_turns(&self) -> &OpenTurns {
        &self.inner.open_turns
    }

    /// Ends every stream.
    pub(crate) fn close(&self) {
        self.inner.closing.send_replace(true);
    }

    /// Turns true when streams are to end.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.inner.closing.subscribe()
    }

    /// Recorded steps of a conversation, read where a slow disk holds up nobody else.
    pub(crate) async fn entries(
        &self,
        id: &ConversationId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Problem> {
        let (warmline, id) = (self.warmline().clone(), id.clone());
        tokio::task::spawn_blocking(move || warmline.entries(&id, from, limit))
            .await
            .map_err(|error| Problem::internal(&error))?
            .map_err(Problem::from)
    }

    /// Who may speak in a state of the workflow in force; in one of an older workflow, nobody can
    /// tell without the conversation itself.
    pub(crate) fn owner_in(&self, state: &StateName) -> Option<Owner> {
        let workflow = self.warmline().workflow();
        workflow.state(state).map(|spec| spec.owner.into())
    }
}
