//! Does a turn cost more the longer the conversation is?
//!
//! Goal: flat from turn 10 to turn 10,000. Baseline: the turns around turn 10. Processor time is what
//! counts: how long the disk takes for a flush changes from second to second.

use std::time::Duration;

use futures::future::join_all;
use warmline_benches::{conversation, exchange, folder, journal, processor_time, start, threads};

/// Conversations that grow side by side: enough to share a flush, few enough that the journal stays
/// small and only they grow.
const CONVERSATIONS: usize = 64;
/// Turns of a customer over which the cost is averaged.
const AROUND: usize = 64;
const PLACES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    let runtime = threads();
    let warmline = runtime.block_on(start(journal(place.path())));
    let advance = |turns: usize| -> Duration {
        let before = processor_time();
        runtime.block_on(async {
            let talks = (0..CONVERSATIONS).map(|number| {
                let warmline = warmline.clone();
                tokio::spawn(async move {
                    for _ in 0..turns {
                        exchange(&warmline, &conversation(number)).await;
                    }
                })
            });
            for talk in join_all(talks).await {
                talk.expect("every exchange succeeds");
            }
        });
        (processor_time() - before) / (turns * CONVERSATIONS) as u32
    };
    let mut reached = 0;
    let mut baseline = None;
    for place in PLACES {
        advance(place - reached);
        let cost = advance(AROUND);
        reached = place + AROUND;
        let baseline = *baseline.get_or_insert(cost);
        println!(
            "turn {place:>6}: {cost:>8.1?} of processor time a turn, {:.2} times that of turn {}",
            cost.as_secs_f64() / baseline.as_secs_f64(),
            PLACES[0],
        );
    }
    runtime.block_on(warmline.shutdown());
}
