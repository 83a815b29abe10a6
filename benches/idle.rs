//! How much memory does an idle conversation take as long as it is in memory?
//!
//! Goal: at most 10 kB. Baseline: the state alone, as JSON. The conversations are brought back in a
//! process of its own, which has read each of them before: what the journal caches is there then.

use std::path::Path;
use std::process::Command;

use futures::future::join_all;
use warmline::{Error, OperatorId, Warmline};
use warmline_benches::{conversation, exchange, folder, journal, resident, start, threads};

const CONVERSATIONS: usize = 50_000;
const AT_ONCE: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, path] = &arguments[..]
        && command == "activate"
    {
        return threads().block_on(activate(Path::new(path)));
    }
    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    threads().block_on(async {
        let warmline = start(journal(place.path())).await;
        for first in (0..CONVERSATIONS).step_by(AT_ONCE) {
            let these = first..first + AT_ONCE;
            let talks = these.map(|number| {
                let warmline = warmline.clone();
                tokio::spawn(async move { exchange(&warmline, &conversation(number)).await })
            });
            join_all(talks).await;
        }
        warmline.shutdown().await;
    });
    let this = std::env::current_exe().expect("the program knows where it is");
    let child = Command::new(this)
        .arg("activate")
        .arg(place.path())
        .status();
    assert!(child.expect("it can be started").success());
}

async fn activate(path: &Path) {
    let warmline = start(journal(path)).await;
    let mut state = Vec::new();
    for number in 0..CONVERSATIONS {
        let view = warmline.view(&conversation(number)).await;
        state = serde_json::to_vec(&view.expect("it is there").state).expect("a state is JSON");
    }
    assert_eq!(warmline.active(), 0);
    let before = resident();
    for number in 0..CONVERSATIONS {
        bring_back(&warmline, number).await;
    }
    let after = resident();
    println!(
        "{} active conversations: {:.1} kB each; baseline: a state as JSON takes {:.1} kB",
        warmline.active(),
        (after - before) as f64 / CONVERSATIONS as f64 / 1000.0,
        state.len() as f64 / 1000.0,
    );
    warmline.shutdown().await;
}

/// The actor comes to life to refuse what a stranger asks.
async fn bring_back(warmline: &Warmline, number: usize) {
    let stranger = OperatorId::new("nobody").expect("the name is valid");
    let refused = warmline
        .release(&conversation(number), &stranger, None, None)
        .await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
}
