//! `warmline demo`: a running system without a key, without a network, without a file.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use warmline::Config;
use warmline_server::{Access, ServerConfig};

use crate::host::{self, Host, Running, Tenant};
use crate::policing::Upkeep;
use crate::presets::Preset;
use crate::{Verdict, model};

/// Run a complete system on this machine, with an assistant that quotes a knowledge base
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  warmline demo --preset it-helpdesk --listen 127.0.0.1:8080")]
pub(crate) struct Demo {
    /// What it is about
    #[arg(long, value_enum, default_value_t = Preset::Returns, conflicts_with = "config")]
    preset: Preset,
    /// A configuration file of your own instead of a preset
    #[arg(long, value_name = "FILE", env = "WARMLINE_CONFIG")]
    config: Option<PathBuf>,
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

impl Demo {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => self.preset.load()?,
        };
        let config = host::with_environment(config);
        let server = ServerConfig::parse(&config.source)?;
        let beside = self
            .config
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        let name = match self.config {
            Some(_) => "demo".to_owned(),
            None => format!("demo-{}", self.preset.name()),
        };
        let host = Host {
            listen: self.listen.unwrap_or(server.listen),
            default: Tenant {
                data: match self.data {
                    Some(data) => data,
                    None => host::usual_data(&name)?,
                },
                access: Access::Loopback(host::token(&server, beside)?),
                webhooks: host::webhooks(&config, beside)?,
                upkeep: Upkeep::read(&config, beside)?,
                server,
                config,
            },
            others: Vec::new(),
            model: match self.without_model {
                true => None,
                false => fetched(),
            },
        };
        let data = host.default.data.clone();
        host.run(move |address, running| welcome(address, running, &data))
            .await?;
        Ok(Verdict::Fine)
    }
}

/// The sentence model, fetched where it is missing. A demonstration goes on without.
fn fetched() -> Option<warmline::detect::model::ModelFiles> {
    match tokio::task::block_in_place(model::fetch) {
        Ok(files) => Some(files),
        Err(error) => {
            tracing::warn!("{error:#}");
            tracing::warn!("going on without the sentence model: detectors compare spelling only");
            None
        }
    }
}

fn welcome(address: SocketAddr, running: &[Running], data: &Path) -> anyhow::Result<()> {
    let workflow = running.first().map(|running| running.warmline.workflow());
    let name = workflow.as_ref().map_or("", |workflow| &workflow.name);
    let data = data.display();
    let screen = format!(
        "
  Warmline is running: {name}

    Customer   http://{address}/chat
    Operator   http://{address}/console
    API        http://{address}/openapi.json

  Ask something in the chat, then get angry, or press “Talk to a person”:
  the conversation appears in the console with its card.

  Conversations are kept in {data}
  Ctrl + C stops.

"
    );
    let mut out = std::io::stdout();
    out.write_all(screen.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}
