//! What does the proxy add to an answer, and how many requests does it take per second?
//!
//! Goals: half of the requests take at most 2 ms longer than their decision, and at least 500
//! requests per second pass on two cores with the encoder's vectors at hand. Baselines: the same
//! decision through the runtime alone, and the scripted bot asked without a proxy. Each client has
//! a conversation of its own and sends the whole of it each time.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use warmline::core::source::Source;
use warmline::{Config, ConversationId, Disk, Inbound, Warmline};
use warmline_benches::{encoder, folder, served, threads};

const CLIENTS: usize = 16;
const WORDS: &str = "Where is my parcel?";
const ANSWER: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"It is on its way."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}}"#;
/// Detectors look and hand nothing off: the same words come again and again.
const CONFIG: &str = r#"
[thresholds]
out_of_domain = "off"
sentiment = "off"
repeat_loop = "off"
grounding = "off"
citation_density = "off"
"#;

fn proxy(criterion: &mut Criterion) {
    let runtime = threads();
    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    let (bot, address, warmline) = runtime.block_on(start(place.path()));
    let mut group = criterion.benchmark_group("proxy");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(10));

    let mut number = 0;
    let mut fresh = move || {
        number += 1;
        format!("c-{number}")
    };
    group.bench_function("one request, through the proxy", |bencher| {
        let mut connection = runtime.block_on(Connection::open(address));
        bencher.iter(|| runtime.block_on(connection.ask(&fresh(), &body(1))));
    });
    group.bench_function("baseline: one decision of the runtime alone", |bencher| {
        let mut number = 0;
        bencher.iter(|| {
            number += 1;
            let id = ConversationId::new(format!("r-{number}")).expect("it is an id");
            let said = warmline.customer_says_to(&id, Inbound::text(WORDS), Some(Arc::new(Says)));
            runtime.block_on(said).expect("it is decided")
        });
    });
    group.bench_function("baseline: one request, to the bot alone", |bencher| {
        let mut connection = runtime.block_on(Connection::open(bot));
        bencher.iter(|| runtime.block_on(connection.ask("c", &body(1))));
    });
    group.throughput(Throughput::Elements((CLIENTS * 4) as u64));
    group.bench_function("16 clients, 4 turns each", |bencher| {
        let mut round = 0;
        bencher.iter(|| {
            round += 1;
            let clients = (0..CLIENTS).map(|client| async move {
                let mut connection = Connection::open(address).await;
                for turn in 1..=4 {
                    let name = format!("m-{round}-{client}");
                    connection.ask(&name, &body(turn)).await;
                }
            });
            runtime.block_on(join_all(clients))
        });
    });
    group.finish();
    runtime.block_on(warmline.shutdown());
}

/// The bot's answer, without a bot.
struct Says;

impl warmline::Assistant for Says {
    async fn draft(&self, _: warmline::Ask) -> Result<warmline::Draft, warmline::AssistantError> {
        Ok(warmline::Draft {
            text: "It is on its way.".to_owned(),
            ..warmline::Draft::default()
        })
    }
}

/// The scripted bot, the proxy before it, and the runtime in that.
async fn start(place: &Path) -> (SocketAddr, SocketAddr, Warmline) {
    let bot = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let bot_address = bot.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = bot.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    let source = Source::new("bench.toml", CONFIG);
    let mut config = Config::parse(&source, Path::new(""), &Disk).expect("it is right");
    let base_url = format!("http://{bot_address}/v1");
    config.models = config.models.with_default(&base_url, None, "");
    let (address, warmline) = served(place, config, encoder()).await;
    (bot_address, address, warmline)
}

/// A conversation in which the customer speaks for the `turns`th time.
fn body(turns: usize) -> String {
    let mut messages: Vec<Value> = Vec::new();
    for turn in 1..=turns {
        if turn > 1 {
            messages.push(json!({"role": "assistant", "content": "It is on its way."}));
        }
        messages.push(json!({"role": "user", "content": WORDS}));
    }
    json!({"model": "m", "messages": messages}).to_string()
}

/// The bot's side of a connection.
async fn answer(mut stream: TcpStream) {
    let mut bytes = Vec::new();
    while message(&mut stream, &mut bytes).await.is_some() {
        let length = ANSWER.len();
        let text = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{ANSWER}"
        );
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A client's connection, which stays open.
struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        let bytes = Vec::new();
        Self { stream, bytes }
    }

    async fn ask(&mut self, conversation: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n\
             content-type: application/json\r\nx-warmline-conversation: {conversation}\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let sent = self.stream.write_all(text.as_bytes()).await;
        sent.expect("the server listens");
        let answer = message(&mut self.stream, &mut self.bytes).await;
        let answer = answer.expect("the server answers");
        assert!(answer.contains("It is on its way."), "{answer}");
    }
}

/// The next HTTP message of a connection, whole.
async fn message(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0);
            let whole = end + 4 + length;
            if bytes.len() >= whole {
                let message = bytes.drain(..whole).collect();
                return String::from_utf8(message).ok();
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

criterion_group!(benches, proxy);
criterion_main!(benches);
