//! Structured logs on standard error, and traces for a collector. What customers say is never among
//! either; should a dependency log it, personal data is masked.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use clap::{Args, ValueEnum};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{Directive, LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};
use warmline::TRACES;
use warmline::core::privacy::{Kinds, mask};

/// Where a collector of traces listens, as OpenTelemetry names it.
const ENDPOINT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// What sends traces, while the process runs.
static TRACING: OnceLock<SdkTracerProvider> = OnceLock::new();

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

/// Starts to write logs; only warnings where `quiet`, unless `RUST_LOG` says otherwise. Traces go
/// to the collector that the environment names, by OTLP over HTTP.
pub(crate) fn start(options: &LogOptions, quiet: bool) -> anyhow::Result<()> {
    let usual = match quiet {
        true => LevelFilter::WARN,
        false => LevelFilter::INFO,
    };
    // The first logs what endpoints say, and customers' words are in that; the second are traces.
    let silent = ["async_openai=off", "warmline_trace=off"];
    let filter = EnvFilter::builder()
        .with_default_directive(usual.into())
        .from_env_lossy();
    let filter = silent.into_iter().try_fold(filter, |filter, directive| {
        anyhow::Ok(filter.add_directive(directive.parse::<Directive>()?))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(|| Masked);
    let lines = match options.log_format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().boxed(),
    };
    let wanted = ENDPOINT
        .iter()
        .any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    let traces = match wanted {
        true => {
            let provider = provider()?;
            let tracer = provider.tracer("warmline");
            let _ = TRACING.set(provider);
            let only = Targets::new().with_target(TRACES, LevelFilter::INFO);
            Some(
                tracing_opentelemetry::layer()
                    .with_tracer(tracer)
                    .with_location(false)
                    .with_threads(false)
                    .with_target(false)
                    .with_filter(only),
            )
        }
        false => None,
    };
    tracing_subscriber::registry()
        .with(traces)
        .with(lines.with_filter(filter))
        .init();
    Ok(())
}

/// Sends what is left of the traces. Call it outside of any asynchronous runtime.
pub(crate) fn stop() {
    if let Some(Err(error)) = TRACING.get().map(SdkTracerProvider::shutdown) {
        tracing::warn!(%error, "the last traces were not sent");
    }
}

fn provider() -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .build()?;
    let resource = Resource::builder().with_service_name("warmline").build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
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
