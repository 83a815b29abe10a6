//! Records steps that can be checked afterwards, for the scripts that pull the plug.
//!
//! `write DIR` prints a line for each acknowledged step; `verify DIR` reads such lines and checks
//! that all of them are there.

#![allow(clippy::unwrap_used, reason = "a check that cannot go on panics")]

#[path = "../tests/steps/mod.rs"]
mod steps;
#[path = "../tests/survival/mod.rs"]
mod survival;

use std::path::Path;

use survival::{Acknowledged, acknowledge, verify, write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", directory] => write(Path::new(directory)),
        ["verify", directory] => {
            let mut acknowledged = Acknowledged::new();
            for line in std::io::stdin().lines() {
                acknowledge(&mut acknowledged, &line.unwrap());
            }
            println!(
                "{} steps found",
                verify(Path::new(directory), &acknowledged)
            );
        }
        _ => {
            eprintln!("say `write DIR` or `verify DIR`");
            std::process::exit(2);
        }
    }
}
