//! How many turns of a log does an audit decide in a second, beyond the encoder?
//!
//! Everything that `warmline audit` does is in it: reading the log, detectors, policy, risk. The
//! encoder costs nothing: it knows one vector. Goal: 10,000 turns per second on two cores. Baseline:
//! the same log read and thrown away. `WARMLINE_EVAL_DATA` names the folder with the recorded runs of
//! an airline's agent, whose turns are nine times as long and carry calls of tools.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;
use warmline::Config;
use warmline::detect::encoder::{BoxFuture, DIMS};
use warmline::detect::{Encoder, Error, Vector};
use warmline_benches::WORDS;
use warmline_lab::audit::{Audit, Labels, Logs, Reading, Rules};

/// Conversations of the log, and turns in each, every other one the customer's.
const CONVERSATIONS: usize = 512;
const TURNS: usize = 12;
/// The recorded runs, in the folder of evaluation data.
const RECORDED: &str = "tau_bench_gpt4o_airline/gpt-4o-airline.json";

/// Knows one vector.
struct Free(Vector);

impl Encoder for Free {
    fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
        Box::pin(async move { Ok(vec![self.0.clone(); texts.len()]) })
    }
}

fn log() -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file can be made");
    for conversation in 0..CONVERSATIONS {
        let message = |turn: usize| {
            let role = if turn.is_multiple_of(2) {
                "user"
            } else {
                "assistant"
            };
            serde_json::json!({
                "role": role,
                "content": format!("{WORDS} It is number {conversation}, and this is turn {turn}."),
            })
        };
        let messages: Vec<serde_json::Value> = (0..TURNS).map(message).collect();
        let chat = serde_json::json!({"id": conversation.to_string(), "messages": messages});
        writeln!(file, "{chat}").expect("the file can be written");
    }
    file
}

fn audit(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let config = Config::default();
    let mut direction = vec![0.0; DIMS];
    direction[0] = 1.0;
    let encoder = Arc::new(Free(Vector::normalised(direction)));
    let rules = Rules::new(config.workflow, &config.detect, &config.scope, encoder);
    let audit = Audit {
        rules: Arc::new(runtime.block_on(rules).expect("the detectors can be built")),
        labels: Labels::default(),
        limit: None,
    };
    let mut group = criterion.benchmark_group("audit");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    let mut measured = |name: &str, path: &Path| {
        let open =
            || Logs::open(vec![path.to_owned()], Reading::default()).expect("the log is there");
        let audited = || {
            let summary = audit.run(open(), |_, _| Ok::<(), warmline_lab::Error>(()));
            runtime.block_on(summary).expect("the log can be audited")
        };
        group.throughput(Throughput::Elements(audited().turns));
        group.bench_function(name, |bencher| bencher.iter(audited));
        group.bench_function(format!("{name}_read_only"), |bencher| {
            bencher.iter(|| open().count());
        });
    };
    measured("turns", log().path());
    if let Some(data) = std::env::var_os("WARMLINE_EVAL_DATA") {
        measured("recorded_runs", &Path::new(&data).join(RECORDED));
    }
    group.finish();
}

criterion_group!(benches, audit);
criterion_main!(benches);
