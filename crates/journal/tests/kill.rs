//! A process that records at load dies at any moment, and nothing acknowledged is lost.
//!
//! `WARMLINE_KILL_ROUNDS=500 cargo test -p warmline-journal --test kill` does it more often.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod steps;
mod survival;

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use survival::{Acknowledged, acknowledge, verify, write};

/// Where the child finds the journal.
const DIRECTORY: &str = "WARMLINE_KILL_DIRECTORY";

#[test]
#[ignore = "the process that is killed"]
fn child() {
    let directory = std::env::var(DIRECTORY).expect("only `nothing_acknowledged_is_lost` runs it");
    write(Path::new(&directory));
}

#[test]
fn nothing_acknowledged_is_lost() {
    let rounds = std::env::var("WARMLINE_KILL_ROUNDS").map_or(10, |rounds| rounds.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::new();
    let mut found = 0;
    for round in 0..rounds {
        // Every fourth dies at once, in the middle of its opening.
        let patience = match round % 4 {
            3 => 0,
            _ => RandomState::new().hash_one(round) % 1500,
        };
        run(directory.path(), patience, &mut acknowledged);
        let steps = verify(directory.path(), &acknowledged);
        let sure: u64 = acknowledged.values().map(|last| last + 1).sum();
        assert!(
            steps <= sure + survival::WRITERS,
            "each conversation has one step under way"
        );
        assert!(steps >= found, "what was found once is there for good");
        found = steps;
        println!("round {round}: killed after {patience} steps, {steps} found");
    }
}

/// Runs the child until it has acknowledged so many steps, kills it, and hears what it still said.
fn run(directory: &Path, steps: u64, acknowledged: &mut Acknowledged) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut heard = 0;
    while heard < steps {
        let line = lines
            .next()
            .expect("the child goes on until it is killed")
            .unwrap();
        heard += u64::from(acknowledge(acknowledged, &line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        acknowledge(acknowledged, &line);
    }
}
