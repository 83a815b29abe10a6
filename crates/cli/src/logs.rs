//! Structured logs on standard error. What customers say is never among them; should a dependency
//! say it, personal data is masked.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};
use warmline::core::privacy::{Kinds, mask};

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
        .with_writer(|| Masked);
    match options.log_format {
        Format::Text => logs.init(),
        Format::Json => logs.json().init(),
    }
}

/// The kinds of personal data that are masked; all of them until a configuration is read.
static KINDS: AtomicU8 = AtomicU8::new(u8::MAX);

/// Masks these kinds from here on.
pub(crate) fn masking(kinds: Kinds) {
    KINDS.store(kinds.bits(), Ordering::Relaxed);
}

/// Standard error, without personal data. Whoever logs writes a whole line at once.
struct Masked;

impl Write for Masked {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let kinds = Kinds::from_bits(KINDS.load(Ordering::Relaxed));
        let text = String::from_utf8_lossy(line);
        io::stderr().write_all(mask(&text, kinds).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
