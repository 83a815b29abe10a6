//! How long does it take to bring a conversation of 200 turns back from disk?
//!
//! Goal: at most 300 µs. Baseline: to read as many bytes of a file and parse them as JSON.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::future::join_all;
use warmline::{Error, OperatorId};
use warmline_benches::{conversation, exchange, folder, journal, start, threads};

/// Conversations, of which each run brings back every one once.
const CONVERSATIONS: usize = 512;
const EXCHANGES: usize = 100;

fn activation(criterion: &mut Criterion) {
    let folder = folder(env!("CARGO_TARGET_TMPDIR"));
    let runtime = threads();
    runtime.block_on(async {
        let warmline = start(journal(folder.path())).await;
        join_all((0..CONVERSATIONS).map(|number| {
            let warmline = &warmline;
            async move {
                for _ in 0..EXCHANGES {
                    exchange(warmline, &conversation(number)).await;
                }
            }
        }))
        .await;
        warmline.shutdown().await;
    });
    let stranger = OperatorId::new("nobody").expect("the name is valid");

    let mut group = criterion.benchmark_group("activation");
    group.sample_size(10);
    group.bench_function("of 200 turns", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut spent = Duration::ZERO;
            let mut left = iterations as usize;
            while left > 0 {
                let count = left.min(CONVERSATIONS);
                left -= count;
                runtime.block_on(async {
                    let warmline = start(journal(folder.path())).await;
                    let began = Instant::now();
                    for number in 0..count {
                        // The actor comes to life to refuse it.
                        let refused = warmline
                            .release(&conversation(number), &stranger, None, None)
                            .await;
                        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
                    }
                    spent += began.elapsed();
                    assert_eq!(warmline.active(), count);
                    warmline.shutdown().await;
                });
            }
            spent
        });
    });

    let entries = runtime.block_on(async {
        let warmline = start(journal(folder.path())).await;
        let entries = warmline.entries(&conversation(0), 0, usize::MAX);
        warmline.shutdown().await;
        entries.expect("the conversation can be read")
    });
    let path = folder.path().join("entries.json");
    let bytes = serde_json::to_vec(&entries).expect("entries are JSON");
    std::fs::write(&path, &bytes).expect("there is room");
    group.bench_function("baseline: its entries from a JSON file", |bencher| {
        bencher.iter(|| {
            let bytes = std::fs::read(&path).expect("the file is there");
            let entries: Vec<warmline::Entry> =
                serde_json::from_slice(&bytes).expect("it is what was written");
            black_box(entries.len())
        });
    });
    group.finish();
}

criterion_group!(benches, activation);
criterion_main!(benches);
