//! When does a customer read the first word, through the proxy and without it?
//!
//! The scripted bot streams four sentences, 58 words, and sleeps five milliseconds behind each, which
//! takes six: its whole answer takes a third of a second. Baseline: its first word without a proxy. `sentences` releases each
//! sentence once it has been checked, `whole` the answer once all of it has been: what they add is
//! the bot's own time for a sentence, or for the answer, and the checks. Detectors are on, with the
//! encoder.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use warmline::core::source::Source;
use warmline::detect::SharedEncoder;
use warmline::{Config, Disk, Warmline};
use warmline_benches::{encoder, folder, served, threads};

const ANSWER: &str = "Your parcel left our warehouse on the morning of last Friday with the carrier. \
                      It has reached the depot of your town and waits for its driver there now. \
                      It should be at your door before the evening of the day after tomorrow. \
                      The link in our letter shows where it is on its way at any hour.";
const WORD: Duration = Duration::from_millis(5);
/// Detectors look and hand nothing off: the same words come again and again.
const POLICY: &str = r#"
[thresholds]
out_of_domain = "off"
sentiment = "off"
repeat_loop = "off"
commitment = "off"
grounding = "off"
citation_density = "off"
"#;

fn first_token(criterion: &mut Criterion) {
    let runtime = threads();
    let encoder = encoder();
    let bot = runtime.block_on(bot());
    let mut group = criterion.benchmark_group("first_token");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(8));
    let mut number = 0;
    let mut fresh = move || {
        number += 1;
        format!("c-{number}")
    };
    group.bench_function("baseline: the bot alone", |bencher| {
        bencher.iter(|| runtime.block_on(first_word(bot, &fresh())));
    });
    for release in ["sentences", "whole"] {
        let place = folder(env!("CARGO_TARGET_TMPDIR"));
        let starting = start(place.path(), bot, release, encoder.clone());
        let (address, warmline) = runtime.block_on(starting);
        group.bench_function(release, |bencher| {
            bencher.iter(|| runtime.block_on(first_word(address, &fresh())));
        });
        runtime.block_on(warmline.shutdown());
    }
    group.finish();
}

/// Asks, and reads until the first word of the answer is there.
async fn first_word(address: SocketAddr, conversation: &str) {
    let message = json!({"role": "user", "content": "Where is my parcel?"});
    let body = json!({"model": "m", "stream": true, "messages": [message]}).to_string();
    let length = body.len();
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
         content-type: application/json\r\nx-warmline-conversation: {conversation}\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("the server listens");
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("Your") {
        let more = stream
            .read_buf(&mut read)
            .await
            .expect("the server answers");
        assert!(more > 0, "{}", String::from_utf8_lossy(&read));
    }
}

/// The scripted bot: it answers everything by the same words, one at a time.
async fn bot() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(told(stream));
        }
    });
    address
}

/// Whoever asks may be gone before the end.
async fn told(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        stream.read_buf(&mut request).await?;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let chunk = |delta: serde_json::Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let chunk = json!({
            "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [choice],
        });
        format!("data: {chunk}\n\n")
    };
    for word in ANSWER.split_inclusive(' ') {
        tokio::time::sleep(WORD).await;
        let said = chunk(json!({"content": word}), None);
        stream.write_all(said.as_bytes()).await?;
    }
    let end = chunk(json!({}), Some("stop"));
    stream
        .write_all(format!("{end}data: [DONE]\n\n").as_bytes())
        .await
}

/// The proxy before `bot`, which releases as `release` says.
async fn start(
    place: &Path,
    bot: SocketAddr,
    release: &str,
    encoder: Arc<SharedEncoder>,
) -> (SocketAddr, Warmline) {
    let text = format!("{POLICY}\n[server.proxy]\nrelease = \"{release}\"\n");
    let source = Source::new("bench.toml", text);
    let mut config = Config::parse(&source, Path::new(""), &Disk).expect("it is right");
    let base_url = format!("http://{bot}/v1");
    config.models = config.models.with_default(&base_url, None, "");
    served(place, config, encoder).await
}

criterion_group!(benches, first_token);
criterion_main!(benches);
