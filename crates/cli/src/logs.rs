//! Structured logs on standard error. What customers say is never among them.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};

/// How logs are written.
#[derive(Debug, Args)]
pub(crate) struct LogOptions {
    /// How logs on standard error are written; `RUST_LOG` says which
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, env = "WARMLINE_LOG_FORMAT")]
    log_format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Starts to write logs; only warnings where `quiet`, unless `RUST_LOG` says otherwise.
pub(crate) fn start(options: &LogOptions, quiet: bool) {
    let usual = match quiet {
        true => LevelFilter::WARN,
        false => LevelFilter::INFO,
    };
    // It logs what endpoints say, and customers' words are in that.
    let silent = "async_openai=off".parse::<Directive>();
    let filter = EnvFilter::builder()
        .with_default_directive(usual.into())
        .from_env_lossy()
        .add_directive(silent.unwrap_or_else(|_| usual.into()));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match options.log_format {
        Format::Text => logs.init(),
        Format::Json => logs.json().init(),
    }
}
