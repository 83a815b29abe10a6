//! How does a journal of a million conversations open?
//!
//! Goal: within 5 s and 500 MB of memory. Baseline: to read its files from end to end. The journal
//! is opened in a process of its own, as after a restart.
//!
//! ```text
//! cargo bench -p warmline-benches --bench store            fills a journal and opens it
//! cargo bench -p warmline-benches --bench store -- 100000  a smaller one
//! ```

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use futures::future::join_all;
use warmline::Timestamp;
use warmline_benches::{
    conversation, exchange, folder, journal, on_disk, resident, start, threads,
};

const CONVERSATIONS: usize = 1_000_000;
/// Conversations that are begun at the same time.
const AT_ONCE: usize = 4096;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, path] = &arguments[..]
        && command == "open"
    {
        return open(Path::new(path));
    }
    let count = arguments.iter().find_map(|word| word.parse().ok());
    let place = folder(env!("CARGO_TARGET_TMPDIR"));
    fill(place.path(), count.unwrap_or(CONVERSATIONS));
    read(place.path());
    let this = std::env::current_exe().expect("the program knows where it is");
    let opened = Command::new(this).arg("open").arg(place.path()).status();
    assert!(opened.expect("it can be started").success());
}

/// Begins conversations of one exchange each.
fn fill(path: &Path, count: usize) {
    let began = Instant::now();
    let runtime = threads();
    runtime.block_on(async {
        let warmline = start(journal(path)).await;
        for first in (0..count).step_by(AT_ONCE) {
            let these = first..count.min(first + AT_ONCE);
            join_all(these.map(|number| {
                let warmline = warmline.clone();
                tokio::spawn(async move { exchange(&warmline, &conversation(number)).await })
            }))
            .await;
        }
        warmline.shutdown().await;
    });
    println!(
        "{count} conversations filled in {:.1?}, {} MB on disk",
        began.elapsed(),
        on_disk(path) >> 20
    );
}

fn read(path: &Path) {
    let began = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    for file in std::fs::read_dir(path).expect("the folder can be read") {
        let file = file.expect("the folder can be read").path();
        let mut file = File::open(file).expect("the file can be read");
        while file.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
    }
    println!("baseline: read from end to end in {:.2?}", began.elapsed());
}

fn open(path: &Path) {
    let began = Instant::now();
    let journal = journal(path);
    let opened = began.elapsed();
    let owed = journal.busy(None, 100).expect("the journal can be read");
    let due = journal
        .next_due(Timestamp(0))
        .expect("the journal can be read");
    println!(
        "opened in {opened:.2?}, {} MB resident; {} owed an answer, a timer running: {}",
        resident() >> 20,
        owed.rows.len(),
        due.is_some(),
    );
}
