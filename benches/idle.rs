//! How much memory does an idle conversation take as long as it is in memory?
//!
//! Goal: at most 10 kB. Baseline: the state alone, as JSON.

use futures::future::join_all;
use warmline_benches::{conversation, exchange, folder, journal, resident, start, threads};

const CONVERSATIONS: usize = 50_000;
const AT_ONCE: usize = 1000;

fn main() {
    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    let runtime = threads();
    runtime.block_on(async {
        let warmline = start(journal(place.path())).await;
        let talk = |these: std::ops::Range<usize>| {
            join_all(these.map(|number| {
                let warmline = warmline.clone();
                tokio::spawn(async move { exchange(&warmline, &conversation(number)).await })
            }))
        };
        // What the process takes anyway, and the caches of the journal, are there first.
        talk(0..AT_ONCE).await;
        let before = resident();
        for first in (AT_ONCE..AT_ONCE + CONVERSATIONS).step_by(AT_ONCE) {
            talk(first..first + AT_ONCE).await;
        }
        let after = resident();
        let view = warmline.view(&conversation(0)).await;
        let view = view.expect("the conversation is there");
        let state = serde_json::to_vec(&view.state).expect("a state is JSON");
        println!(
            "{} active conversations: {:.1} kB each, all caches of the journal included; \
             baseline: a state as JSON takes {:.1} kB",
            warmline.active(),
            (after - before) as f64 / CONVERSATIONS as f64 / 1000.0,
            state.len() as f64 / 1000.0,
        );
        warmline.shutdown().await;
    });
}
