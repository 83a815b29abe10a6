//! `warmline serve`: the server for production, for one tenant or several.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use warmline::detect::model::{self, ModelFiles};
use warmline::{Config, Warmline};
use warmline_server::tenants::{self, TenantConfig};
use warmline_server::{Access, ServerConfig, Webhooks};

use crate::Verdict;
use crate::host::{self, Host, Running, Tenant};
use crate::policing::Upkeep;

/// Run the server
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    WARMLINE_TOKEN=$(openssl rand -hex 32) warmline serve --config warmline.toml --data ./data\n\n\
    SIGHUP loads the configuration again; SIGTERM finishes what is under way and stops.")]
pub(crate) struct Serve {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "WARMLINE_CONFIG")]
    config: PathBuf,
    /// Address and port to listen on [default: 127.0.0.1:7717, or as configured]
    #[arg(long, value_name = "ADDR", env = "WARMLINE_LISTEN")]
    listen: Option<SocketAddr>,
    /// Where conversations are kept [default: the user's data directory]
    #[arg(long, value_name = "DIR", env = "WARMLINE_DATA")]
    data: Option<PathBuf>,
    /// Do without the sentence model: detectors compare spelling, not meaning
    #[arg(long)]
    without_model: bool,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let config = host::with_environment(Config::load(&self.config)?);
        let server = ServerConfig::parse(&config.source)?;
        let beside = self.config.parent().unwrap_or(Path::new(""));
        let data = match self.data {
            Some(data) => data,
            None => host::usual_data("serve")?,
        };
        let mut files = vec![self.config.clone()];
        let mut others = Vec::new();
        for (name, tenant) in tenants::parse(&config.source)? {
            let usual = data.join("tenants").join(name.as_str());
            let file = beside.join(&tenant.config);
            let tenant = load_tenant(&file, &tenant, beside, usual)
                .with_context(|| format!("tenants.{name}"))?;
            files.push(file);
            others.push((name, tenant));
        }
        let host = Host {
            listen: self.listen.unwrap_or(server.listen),
            default: Tenant {
                data,
                access: host::token(&server, beside)?.map_or(Access::Made, Access::Token),
                webhooks: host::webhooks(&config, beside)?,
                upkeep: Upkeep::read(&config, beside)?,
                server,
                config,
            },
            others,
            model: match self.without_model {
                true => None,
                false => Some(installed()?),
            },
        };
        host.run(move |address, running| {
            tracing::info!(%address, tenants = running.len(), "listening");
            invite(address, running)?;
            let loaded = files
                .into_iter()
                .zip(running)
                .map(|(path, running)| Loaded {
                    path,
                    warmline: running.warmline.clone(),
                    webhooks: running.webhooks.clone(),
                });
            reload_on_hangup(loaded.collect())
        })
        .await?;
        Ok(Verdict::Fine)
    }
}

/// A tenant beside the default one. Its machine token is in a file of its own, if it has one.
fn load_tenant(
    file: &Path,
    tenant: &TenantConfig,
    beside: &Path,
    usual: PathBuf,
) -> anyhow::Result<Tenant> {
    let config = host::with_environment(Config::load(file)?);
    if !tenants::parse(&config.source)?.is_empty() {
        bail!("{}: a tenant has no tenants of its own", file.display());
    }
    let server = ServerConfig::parse(&config.source)?;
    let own = file.parent().unwrap_or(Path::new(""));
    let token = host::token_in_file(&server, own)?;
    Ok(Tenant {
        data: match &tenant.data {
            Some(data) => beside.join(data),
            None => usual,
        },
        access: token.map_or(Access::Made, Access::Token),
        webhooks: host::webhooks(&config, own)?,
        upkeep: Upkeep::read(&config, own)?,
        server,
        config,
    })
}

/// Prints how the first administrator of each tenant without people comes in.
fn invite(address: SocketAddr, running: &[Running]) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for Running { base, setup, .. } in running {
        let Some(key) = setup else { continue };
        let text = key.text();
        writeln!(
            out,
            "Nobody can sign in yet. Make the first administrator, within an hour:\n  \
             http://{address}{base}console/setup#{text}"
        )?;
    }
    out.flush().context("cannot write to standard output")
}

fn installed() -> anyhow::Result<ModelFiles> {
    model::locate().context(
        "the sentence model is not installed: run `warmline model fetch`, or start \
         --without-model and the detectors compare spelling, not meaning",
    )
}

/// A configuration, and what changes with it.
struct Loaded {
    path: PathBuf,
    warmline: Warmline,
    webhooks: Webhooks,
}

/// Loads the configurations again at each SIGHUP; a wrong one leaves the old one in force.
fn reload_on_hangup(configurations: Vec<Loaded>) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                for loaded in &configurations {
                    let path = loaded.path.display();
                    match loaded.again().await {
                        Ok(version) => {
                            tracing::info!(%path, %version, "the configuration was loaded again");
                        }
                        Err(error) => {
                            tracing::error!(%path, "the configuration stays as it was: {error:#}");
                        }
                    }
                }
                let privacies = configurations.iter().map(|it| it.warmline.privacy());
                host::mask_logs(privacies);
            }
        });
    }
    #[cfg(not(unix))]
    drop(configurations);
    Ok(())
}

#[cfg(unix)]
impl Loaded {
    async fn again(&self) -> anyhow::Result<warmline::ConfigVersion> {
        let config = host::with_environment(Config::load(&self.path)?);
        ServerConfig::parse(&config.source)?;
        let beside = self.path.parent().unwrap_or(Path::new(""));
        let webhooks = host::webhooks(&config, beside)?;
        Upkeep::read(&config, beside)?;
        let version = self.warmline.reload(config).await?;
        self.webhooks.replace(&webhooks);
        Ok(version)
    }
}
