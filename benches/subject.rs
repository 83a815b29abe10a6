//! What the benches measure: a runtime with a journal on disk, an assistant that answers at once,
//! and no detector; and a server with the encoder, around a runtime that a bench configures.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mimalloc::MiMalloc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use warmline::core::source::Source;
use warmline::detect::encoder::Limits;
use warmline::detect::{SharedEncoder, model};
use warmline::journal::{Journal, SledJournal};
use warmline::{
    Ask, Assistant, AssistantError, Config, ConversationId, Disk, Draft, Inbound, Warmline,
};
use warmline_server::{Access, Metrics, Policing, ServerConfig, Settings, VisitorKey, Webhooks};

/// As in the program: what is measured allocates a lot and little at a time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What customers say and assistants answer here: 72 bytes, a sentence as in a chat.
pub const WORDS: &str = "I ordered a pair of boots two weeks ago and they still have not arrived.";

/// The default machine with one gate, and every detector off.
const CONFIG: &str = r#"
[[gates]]
name = "large_amount"
when = 'amount > 200 && intent != "greeting"'

[detectors]
gates.enabled = false
domain.enabled = false
language.enabled = false
sentiment.enabled = false
loop.enabled = false
pivot.enabled = false
grounding.enabled = false

[runtime]
idle = "1h"
waiting = 100000
turns_under_way = 1000000
"#;

/// Answers every question with the same sentence.
pub struct Prompt;

impl Assistant for Prompt {
    async fn draft(&self, _ask: Ask) -> Result<Draft, AssistantError> {
        Ok(Draft {
            text: WORDS.to_owned(),
            ..Draft::default()
        })
    }
}

/// The configuration of every runtime here.
pub fn config() -> Config {
    let source = Source::new("bench.toml", CONFIG);
    Config::parse(&source, Path::new(""), &Disk).expect("the benches' configuration is valid")
}

/// A folder in `place`: the disk of the build, which a folder for temporary files may not be on.
pub fn folder(place: &str) -> TempDir {
    TempDir::new_in(place).expect("there is room for a folder")
}

/// The journal in `path`.
pub fn journal(path: &Path) -> Arc<dyn Journal> {
    Arc::new(SledJournal::open(path).expect("the journal can be opened"))
}

/// A runtime on two threads of its own.
pub fn threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads can be started")
}

/// Starts a system that records in `journal`.
pub async fn start(journal: Arc<dyn Journal>) -> Warmline {
    let builder = Warmline::builder().config(config()).journal(journal);
    let started = builder.assistant(Prompt).start().await;
    started.expect("the system starts")
}

/// A server on a port of its own that trusts this machine, and the runtime in it, which records in
/// `place`.
pub async fn served(
    place: &Path,
    config: Config,
    encoder: Arc<SharedEncoder>,
) -> (SocketAddr, Warmline) {
    let settings = Settings {
        config: ServerConfig::parse(&config.source).expect("the configuration is valid"),
        access: Access::Loopback(None),
        visitors: VisitorKey::new([7; 32]),
        metrics: Metrics::none().expect("there is no other recorder"),
        webhooks: Webhooks::default(),
        setup: None,
        policing: Policing::default(),
    };
    let builder = Warmline::builder().config(config).encoder(encoder);
    let started = builder.journal(journal(place)).start().await;
    let warmline = started.expect("the system starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = std::future::pending::<()>();
    tokio::spawn(warmline_server::serve(
        listener,
        warmline.clone(),
        settings,
        stop,
    ));
    (address, warmline)
}

/// The sentence model.
pub fn encoder() -> Arc<SharedEncoder> {
    let files = model::locate().expect("the model: `warmline model fetch`");
    Arc::new(SharedEncoder::load(&files, Limits::default()).expect("the model"))
}

/// The conversation with this number.
pub fn conversation(number: usize) -> ConversationId {
    ConversationId::new(format!("conversation-{number:07}")).expect("the name is valid")
}

/// One turn of a customer and its answer, both on disk at the end.
pub async fn exchange(warmline: &Warmline, id: &ConversationId) {
    let answer = warmline.customer_says(id, Inbound::text(WORDS)).await;
    let answer = answer.expect("the turn is taken");
    assert!(answer.reply.is_some(), "the assistant answers");
}

/// Resident memory of this process, in bytes.
pub fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("the system is Linux");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    4096 * pages.unwrap_or(0_u64)
}

/// Processor time of this process so far, to a hundredth of a second.
pub fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the system is Linux");
    // The name, which may hold anything, ends with the last parenthesis.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

/// Bytes of the files in a folder.
pub fn on_disk(path: &Path) -> u64 {
    let files = std::fs::read_dir(path).expect("the folder can be read");
    let sizes = files.filter_map(|file| file.ok()?.metadata().ok());
    sizes.map(|metadata| metadata.len()).sum()
}
