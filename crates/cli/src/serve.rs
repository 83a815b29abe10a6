//! `warmline serve`: the server for production. It starts with a token or not at all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use warmline::detect::model::{self, ModelFiles};
use warmline::{Config, Warmline};
use warmline_server::{Access, ServerConfig};

use crate::Verdict;
use crate::host::{self, Host};

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
        let Some(token) = host::token(&server, beside)? else {
            bail!(
                "there is no machine token, so anybody could read what customers say: set \
                 WARMLINE_TOKEN to a secret of at least 16 characters (`openssl rand -hex 32` \
                 makes one), or name a file with `token_file` in `[server]`"
            );
        };
        let host = Host {
            listen: self.listen.unwrap_or(server.listen),
            data: match self.data {
                Some(data) => data,
                None => host::usual_data("serve")?,
            },
            access: Access::Token(token),
            webhooks: host::webhooks(&config, beside)?,
            server,
            model: match self.without_model {
                true => None,
                false => Some(installed()?),
            },
            config,
        };
        let path = self.config;
        host.run(move |address, warmline| {
            tracing::info!(%address, "listening");
            reload_on_hangup(path, warmline.clone())
        })
        .await?;
        Ok(Verdict::Fine)
    }
}

fn installed() -> anyhow::Result<ModelFiles> {
    model::locate().context(
        "the sentence model is not installed: run `warmline model fetch`, or start \
         --without-model and the detectors compare spelling, not meaning",
    )
}

/// Loads the configuration again at each SIGHUP; a wrong one leaves the old one in force.
fn reload_on_hangup(path: PathBuf, warmline: Warmline) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                match load_again(&path, &warmline).await {
                    Ok(version) => tracing::info!(%version, "the configuration was loaded again"),
                    Err(error) => tracing::error!("the configuration stays as it was: {error:#}"),
                }
            }
        });
    }
    #[cfg(not(unix))]
    drop((path, warmline));
    Ok(())
}

#[cfg(unix)]
async fn load_again(path: &Path, warmline: &Warmline) -> anyhow::Result<warmline::ConfigVersion> {
    let config = host::with_environment(Config::load(path)?);
    ServerConfig::parse(&config.source)?;
    Ok(warmline.reload(config).await?)
}
