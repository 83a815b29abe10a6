//! What handlers share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use warmline::core::privacy::{Kinds, Shown};
use warmline::{ConversationId, Entry, Records, StateName, Timestamp, Warmline};

use crate::Error;
use crate::auth::oidc::Oidc;
use crate::auth::{
    Access, Permission, Permissions, Person, RateLimit, SetupKey, Throttle, VisitorKey, sessions,
    trail,
};
use crate::config::ServerConfig;
use crate::events::Hub;
use crate::metrics::Metrics;
use crate::policy::{self, Policing};
use crate::problem::Problem;
use crate::proxy::OpenTurns;
use crate::view::Owner;
use crate::view::masked::Mask;
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
    /// How the first administrator comes in.
    pub setup: Option<SetupKey>,
    /// What keeps the policy true.
    pub policing: Policing,
}

/// What handlers share: a cheap handle.
#[derive(Clone)]
pub(crate) struct App {
    inner: Arc<Inner>,
}

struct Inner {
    warmline: Warmline,
    base: String,
    settings: Settings,
    hub: Arc<Hub>,
    open_turns: OpenTurns,
    policing: policy::Standing,
    /// Held while people or tokens change.
    people: tokio::sync::Mutex<()>,
    throttle: Throttle,
    rate_limit: RateLimit,
    trail: trail::Lately,
    oidc: Option<Oidc>,
    sessions_ended: watch::Sender<u64>,
    closing: watch::Sender<bool>,
}

/// How often sessions that are over, and the old part of the trail, are dropped.
const SWEPT: Duration = Duration::from_secs(3600);

impl App {
    /// Starts to follow what happens, for paths that begin with `base`. Call it on the runtime that will serve.
    pub(crate) fn start(
        warmline: Warmline,
        settings: Settings,
        base: String,
    ) -> Result<Self, Error> {
        let hub = Hub::start(warmline.subscribe())?;
        let oidc = settings.config.oidc.clone().map(Oidc::new).transpose()?;
        let closing = watch::Sender::new(false);
        tokio::spawn(settings.metrics.clone().tidy(closing.subscribe()));
        let sending = webhooks::run(
            warmline.clone(),
            settings.webhooks.clone(),
            closing.subscribe(),
        );
        tokio::spawn(sending);
        let policing = settings.policing.clone();
        let rate_limit = RateLimit::new(&settings.config.chat);
        let inner = Inner {
            warmline,
            base,
            settings,
            hub,
            open_turns: OpenTurns::default(),
            policing: policy::Standing::new(policing),
            people: tokio::sync::Mutex::default(),
            throttle: Throttle::default(),
            rate_limit,
            trail: trail::Lately::default(),
            oidc,
            sessions_ended: watch::Sender::new(0),
            closing,
        };
        let app = Self {
            inner: Arc::new(inner),
        };
        tokio::spawn(app.clone().sweep());
        policy::start(&app);
        Ok(app)
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

    /// What keeps the policy true.
    pub(crate) fn policing(&self) -> &policy::Standing {
        &self.inner.policing
    }

    /// What the host remembers beside its conversations.
    pub(crate) fn records(&self) -> Records {
        self.warmline().records()
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.warmline().now()
    }

    /// How the first administrator comes in.
    pub(crate) fn setup(&self) -> Option<&SetupKey> {
        self.inner.settings.setup.as_ref()
    }

    /// What every path begins with: `/`, or `/t/NAME/`. Cookies go no further.
    pub(crate) fn base(&self) -> &str {
        &self.inner.base
    }

    /// Hold it while people or tokens change.
    pub(crate) fn people(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.people
    }

    /// How often somebody may try to sign in.
    pub(crate) fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }

    /// How much chat visitors may ask for.
    pub(crate) fn rate_limit(&self) -> &RateLimit {
        &self.inner.rate_limit
    }

    /// Who saw and did what.
    pub(crate) fn trail(&self) -> &trail::Lately {
        &self.inner.trail
    }

    /// The provider that signs people in.
    pub(crate) fn oidc(&self) -> Option<&Oidc> {
        self.inner.oidc.as_ref()
    }

    /// Changes when a session or a token may have ended.
    pub(crate) fn sessions_ended(&self) -> &watch::Sender<u64> {
        &self.inner.sessions_ended
    }

    /// What `person` may do here.
    pub(crate) fn permissions(&self, person: &Person) -> Permissions {
        let permissions = person.permissions();
        match self.warmline().privacy().operators {
            Shown::Shown => permissions.with(Permission::PersonalData),
            Shown::Masked => permissions,
        }
    }

    /// What is masked for a caller with these permissions.
    pub(crate) fn mask_for(&self, permissions: Permissions) -> Mask {
        Mask {
            everything: match permissions.has(Permission::PersonalData) {
                true => Kinds::default(),
                false => Kinds::all(),
            },
            cards: self.warmline().privacy().cards,
        }
    }

    /// Reads where a slow disk holds up nobody else.
    pub(crate) async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        tokio::task::spawn_blocking(move || read(&app))
            .await
            .map_err(|error| Problem::internal(&error))?
    }

    /// Drops what is over, now and then, until the server stops.
    async fn sweep(self) {
        let mut pauses = tokio::time::interval(SWEPT);
        let mut closing = self.closing();
        loop {
            tokio::select! {
                _ = pauses.tick() => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
            for swept in [sessions::sweep(&self).await, trail::sweep(&self).await] {
                if let Err(problem) = swept {
                    tracing::warn!(problem.detail, "old records could not be dropped");
                }
            }
        }
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
