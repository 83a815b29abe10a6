//! How long until a lesson counts: the refit of a scope whose other examples are known, and how it
//! grows with the scope?
//!
//! Goal: under a second for 150 intents with 100 examples each. Baseline: a scope of 15 intents,
//! learned from nothing. Vectors are hashed from the spelling, meaning and wording alike, so that the
//! encoder has no part in it.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;
use warmline::detect::encoder::BoxFuture;
use warmline::detect::{Encoder, Error, HashedEncoder, Learner, Scope, ScopeIntent, Vector};
use warmline_benches as _;

/// Examples of an intent.
const EXAMPLES: usize = 100;

/// What an example of any intent is made of, beside the two words of its own intent.
const FILLERS: [&str; 10] = [
    "please", "my", "where", "today", "the", "still", "again", "how", "can", "order",
];

/// Gives the sentence model's two vectors, without the model.
struct Spelling;

impl Encoder for Spelling {
    fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
        let vectors = texts.iter().map(|text| {
            let values = HashedEncoder.vector(text).as_slice().to_vec();
            Vector::worded(values.clone(), values)
        });
        Box::pin(std::future::ready(Ok(vectors.collect())))
    }
}

/// `intents` intents, whose examples have two words in common and differ in two others.
fn scope(intents: usize) -> Scope {
    let example = |intent: usize, i: usize| {
        let (first, second) = (FILLERS[i % 10], FILLERS[i / 10 % 10]);
        format!("{first} topic{intent} {second} matter{} {i}", intent * 7)
    };
    let intents = (0..intents).map(|intent| ScopeIntent {
        name: format!("intent_{intent}"),
        examples: (0..EXAMPLES).map(|i| example(intent, i)).collect(),
        patterns: Vec::new(),
    });
    Scope {
        intents: intents.collect(),
        out_of_scope: Vec::new(),
    }
}

fn learning(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let mut group = criterion.benchmark_group("learning");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    for intents in [10, 50, 150] {
        let before = scope(intents);
        let mut after = before.clone();
        after.intents[0].examples.push("a lesson".to_owned());
        let learner = runtime.block_on(Learner::new(&before, Arc::new(Spelling)));
        let learner = learner.expect("the scope can be learned");
        let mut taught = false;
        group.bench_function(BenchmarkId::new("after_a_lesson", intents), |bencher| {
            bencher.iter(|| {
                taught = !taught;
                let scope = if taught { &after } else { &before };
                runtime
                    .block_on(learner.learn(black_box(scope)))
                    .expect("the scope can be learned");
            });
        });
    }
    let small = scope(15);
    group.bench_function(BenchmarkId::new("from_nothing", 15), |bencher| {
        bencher.iter(|| {
            runtime
                .block_on(Learner::new(black_box(&small), Arc::new(Spelling)))
                .expect("the scope can be learned")
        });
    });
    group.finish();
}

criterion_group!(benches, learning);
criterion_main!(benches);
