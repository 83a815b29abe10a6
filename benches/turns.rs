//! How many turns per second are heard, answered and on disk, over 1,024 conversations?
//!
//! Goal: at least 10,000. Baselines: the journal without the runtime, and one file that is
//! appended to and synced for each turn, as a naive store would.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::future::join_all;
use warmline::core::entry::Decided;
use warmline::journal::Step;
use warmline::{ConfigVersion, CustomerContext, Entry, Epoch, Event, StateName, Timestamp};
use warmline_benches::{WORDS, conversation, exchange, folder, journal, start, threads};

const CONVERSATIONS: usize = 1024;

fn turns(criterion: &mut Criterion) {
    let runtime = threads();
    let mut group = criterion.benchmark_group("turns");
    group.sample_size(20);
    group.measurement_time(Duration::from_secs(15));
    group.throughput(Throughput::Elements(CONVERSATIONS as u64));

    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    let warmline = runtime.block_on(start(journal(place.path())));
    group.bench_function("heard, answered and on disk", |bencher| {
        bencher.iter_custom(|rounds| {
            let began = Instant::now();
            runtime.block_on(async {
                let talks = (0..CONVERSATIONS).map(|number| {
                    let warmline = warmline.clone();
                    tokio::spawn(async move {
                        for _ in 0..rounds {
                            exchange(&warmline, &conversation(number)).await;
                        }
                    })
                });
                join_all(talks).await
            });
            began.elapsed()
        });
    });
    runtime.block_on(warmline.shutdown());
    drop(warmline);

    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    let store = journal(place.path());
    let mut seq = 0;
    group.bench_function("baseline: one step each in the journal alone", |bencher| {
        bencher.iter(|| {
            let steps = (0..CONVERSATIONS).map(|number| store.append(step(number, seq)));
            for appended in runtime.block_on(join_all(steps)) {
                appended.expect("the step is recorded");
            }
            seq += 1;
        });
    });
    drop(store);

    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    let mut file = File::create(place.path().join("log")).expect("there is room");
    group.throughput(Throughput::Elements(1));
    group.bench_function("baseline: a file synced for each turn", |bencher| {
        bencher.iter(|| {
            file.write_all(WORDS.as_bytes()).expect("there is room");
            file.sync_data().expect("the disk takes it");
        });
    });
    group.finish();
}

fn step(number: usize, seq: u64) -> Step {
    let state = StateName::new("ai_owned").expect("the name is valid");
    let entry = Entry {
        seq,
        at: Timestamp(1_750_000_000_000 + seq),
        config: ConfigVersion::new("bench").expect("the name is valid"),
        event: Event::CustomerSpoke {
            text: WORDS.to_owned(),
            message: None,
            context: CustomerContext::default(),
        },
        decided: Decided {
            state,
            epoch: Epoch(1),
            turns: Vec::new(),
            trigger: None,
            effects: Vec::new(),
            timers: BTreeMap::new(),
        },
    };
    Step::new(conversation(number), vec![entry])
}

criterion_group!(benches, turns);
criterion_main!(benches);
