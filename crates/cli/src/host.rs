//! What `demo` and `serve` share: the data directory, its secrets, and a run from start to stop.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use warmline::core::privacy::{Kinds, PrivacyConfig};
use warmline::detect::encoder::Limits;
use warmline::detect::{Encoder, HashedEncoder, SharedEncoder, model};
use warmline::journal::sled::SledJournal;
use warmline::{Config, Warmline};
use warmline_server::{
    Access, Metrics, ServerConfig, Settings, SetupKey, TenantName, Tenants, Threads, Token,
    VisitorKey, Webhooks, WebhooksConfig,
};

use crate::logs;
use crate::policing::Upkeep;

/// The journal inside a data directory.
pub(crate) const JOURNAL: &str = "journal";
/// The file with the key of chat visitors inside a data directory.
const VISITOR_KEY: &str = "visitor.key";

/// What the environment names: `WARMLINE_LLM_BASE_URL`, `WARMLINE_LLM_MODEL`, and the variable of
/// the key, `WARMLINE_LLM_API_KEY`, where it is set.
pub(crate) struct Endpoint {
    pub(crate) base_url: String,
    pub(crate) model: Option<String>,
    pub(crate) key_env: Option<String>,
}

/// The endpoint that the environment names.
pub(crate) fn endpoint_of_environment() -> Option<Endpoint> {
    const KEY: &str = "WARMLINE_LLM_API_KEY";
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Some(Endpoint {
        base_url: set("WARMLINE_LLM_BASE_URL")?,
        model: set("WARMLINE_LLM_MODEL"),
        key_env: set(KEY).map(|_| KEY.to_owned()),
    })
}

/// `config` with the endpoint from the environment for every role that has none.
pub(crate) fn with_environment(mut config: Config) -> Config {
    if let Some(endpoint) = endpoint_of_environment() {
        let key = endpoint.key_env.as_deref().unwrap_or_default();
        let model = endpoint.model.as_deref();
        config.models = config.models.with_default(&endpoint.base_url, model, key);
    }
    config
}

/// Everything that one tenant brings.
pub(crate) struct Tenant {
    /// Its data directory.
    pub(crate) data: PathBuf,
    /// Its configuration.
    pub(crate) config: Config,
    /// The `[server]` section of that.
    pub(crate) server: ServerConfig,
    /// Who is let in beside the people and tokens that it has.
    pub(crate) access: Access,
    /// Other systems that are told what happens.
    pub(crate) webhooks: Webhooks,
    /// What keeps its policy true.
    pub(crate) upkeep: Upkeep,
}

/// Everything that a run needs.
pub(crate) struct Host {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// The tenant at the root.
    pub(crate) default: Tenant,
    /// Those beside it.
    pub(crate) others: Vec<(TenantName, Tenant)>,
    /// The sentence model; `None` compares spelling instead of meaning.
    pub(crate) model: Option<model::ModelFiles>,
}

/// A tenant at work.
pub(crate) struct Running {
    /// What its paths begin with.
    pub(crate) base: String,
    /// Its runtime.
    pub(crate) warmline: Warmline,
    /// Whom it tells what happens.
    pub(crate) webhooks: Webhooks,
    /// How its first administrator comes in.
    pub(crate) setup: Option<SetupKey>,
}

impl Host {
    /// Runs until it is told to stop. `announce` is called with every tenant once it listens.
    pub(crate) async fn run(
        self,
        announce: impl FnOnce(SocketAddr, &[Running]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let tenants = self.others.iter().map(|(_, tenant)| tenant);
        let all = tenants.chain([&self.default]);
        mask_logs(all.map(|it| it.config.workflow.privacy));
        let metrics = Metrics::install()?;
        warmline::describe_metrics();
        let encoder: Arc<dyn Encoder> = match &self.model {
            Some(files) => Arc::new(SharedEncoder::load(files, Limits::default())?),
            None => Arc::new(HashedEncoder),
        };
        // Bound before the runtime starts: a port that is taken costs no start.
        let listener = TcpListener::bind(self.listen).await.with_context(|| {
            format!(
                "cannot listen on {}; name another with --listen",
                self.listen
            )
        })?;
        let (running, settings) = self
            .default
            .start("/".to_owned(), encoder.clone(), metrics)
            .await?;
        let mut tenants = Tenants::new(running.warmline.clone(), settings)?;
        let mut all = vec![running];
        for (name, tenant) in self.others {
            let threads = Threads::start(name.clone())?;
            let starting = tenant.start(name.base(), encoder.clone(), threads.metrics());
            let started = threads.run(starting).await.map_err(anyhow::Error::from);
            let (running, settings) = started
                .flatten()
                .with_context(|| format!("tenant {name}"))?;
            tenants = tenants.with(threads, running.warmline.clone(), settings)?;
            all.push(running);
        }
        let stop = stopped()?;
        announce(listener.local_addr()?, &all)?;
        drop(all);
        warmline_server::serve_tenants(listener, tenants, stop).await?;
        Ok(())
    }
}

/// Masks in the log, which is one for all, what any of them masks.
pub(crate) fn mask_logs(privacies: impl Iterator<Item = PrivacyConfig>) {
    let kinds = privacies.fold(0, |all, privacy| all | privacy.logs.bits());
    logs::masking(Kinds::from_bits(kinds));
}

impl Tenant {
    async fn start(
        self,
        base: String,
        encoder: Arc<dyn Encoder>,
        metrics: Metrics,
    ) -> anyhow::Result<(Running, Settings)> {
        private_folder(&self.data)?;
        let visitors = visitor_key(&self.data.join(VISITOR_KEY))?;
        let journal = Arc::new(SledJournal::open(self.data.join(JOURNAL))?);
        let canary = self.upkeep.canary();
        let policing = self.upkeep.ready(encoder.clone(), journal.clone()).await?;
        let mut builder = Warmline::builder();
        if let Some((candidate, share)) = canary {
            builder = builder.canary(candidate, share);
        }
        let warmline = builder
            .config(self.config)
            .journal(journal)
            .encoder(encoder)
            .bookkeeper(self.webhooks.bookkeeper())
            .start()
            .await?;
        let setup = match self.access {
            // Nobody has to sign in.
            Access::Loopback(_) => None,
            _ => SetupKey::if_needed(&warmline)?,
        };
        let settings = Settings {
            config: self.server,
            access: self.access,
            visitors,
            metrics,
            webhooks: self.webhooks.clone(),
            setup: setup.clone(),
            policing,
        };
        let running = Running {
            base,
            warmline,
            webhooks: self.webhooks,
            setup,
        };
        Ok((running, settings))
    }
}

/// The machine token from `WARMLINE_TOKEN`, else from the file that the configuration names.
pub(crate) fn token(server: &ServerConfig, beside: &Path) -> anyhow::Result<Option<Token>> {
    match std::env::var("WARMLINE_TOKEN") {
        Ok(token) => Ok(Some(Token::new(&token).context("WARMLINE_TOKEN")?)),
        Err(_) => token_in_file(server, beside),
    }
}

/// The machine token from the file that the configuration names.
pub(crate) fn token_in_file(server: &ServerConfig, beside: &Path) -> anyhow::Result<Option<Token>> {
    let Some(file) = &server.token_file else {
        return Ok(None);
    };
    let path = beside.join(file);
    let text = fs::read_to_string(&path)
        .with_context(|| format!("server.token_file: cannot read {}", path.display()))?;
    let token = Token::new(&text).with_context(|| path.display().to_string())?;
    Ok(Some(token))
}

/// The other systems of the `[webhooks]` section, with their secrets.
pub(crate) fn webhooks(config: &Config, beside: &Path) -> anyhow::Result<Webhooks> {
    let section = WebhooksConfig::parse(&config.source)?;
    let ready = section.ready(beside, |name| std::env::var(name).ok());
    Ok(ready.map_err(|mut problems| {
        let file = &config.source.name;
        let all = problems.0.iter_mut();
        all.for_each(|problem| problem.file.clone_from(file));
        problems
    })?)
}

/// The folder for data where the user names none.
pub(crate) fn usual_data(name: &str) -> anyhow::Result<PathBuf> {
    let root = dirs::data_dir().context("there is no folder for data; name one with --data")?;
    Ok(root.join("warmline").join(name))
}

/// Makes a folder that only its owner reads: customers' words are in it.
fn private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .with_context(|| format!("cannot make the data directory {}", path.display()))
}

/// The key that signs the tokens of chat visitors, made at the first start.
fn visitor_key(path: &Path) -> anyhow::Result<VisitorKey> {
    match fs::read(path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(key) => Ok(VisitorKey::new(key)),
            Err(_) => bail!(
                "{} is not a key of 32 bytes; remove it and a new one is made",
                path.display()
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = VisitorKey::generate()?;
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options
                .open(path)
                .and_then(|mut file| {
                    file.write_all(key.as_bytes())
                        .and_then(|()| file.sync_all())
                })
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Resolves at the first SIGINT or SIGTERM; a second one ends the process where it stands.
fn stopped() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    #[cfg(unix)]
    let mut signals = {
        use tokio::signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    tokio::spawn(async move {
        let mut stop = Some(stop);
        loop {
            #[cfg(unix)]
            tokio::select! {
                _ = signals.0.recv() => {}
                _ = signals.1.recv() => {}
            }
            #[cfg(not(unix))]
            let _ = tokio::signal::ctrl_c().await;
            match stop.take() {
                Some(stop) => drop(stop.send(())),
                None => std::process::exit(130),
            }
        }
    });
    Ok(async move {
        let _ = stopped.await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visitor_key_survives_a_restart_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(VISITOR_KEY);
        let first = visitor_key(&path).unwrap();
        let second = visitor_key(&path).unwrap();
        assert_eq!(first.as_bytes(), second.as_bytes());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_damaged_visitor_key_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(VISITOR_KEY);
        fs::write(&path, "short").unwrap();
        assert!(
            visitor_key(&path)
                .unwrap_err()
                .to_string()
                .contains("32 bytes")
        );
    }
}
