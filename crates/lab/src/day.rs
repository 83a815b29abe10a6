//! A day of conversations on virtual time: how many wait, for how long, and what it costs.
//!
//! Customers of several kinds arrive by chance, write, wait, and leave; operators take what waits,
//! work, go away. Everything that happens to a conversation is decided by the core, from what the
//! configuration's own detectors find in what is said; everything between is drawn from a seeded
//! generator, so the same day comes again. Nothing sleeps: a day takes as long as its decisions do.
//!
//! | module | holds |
//! |---|---|
//! | `options` | how many come, who works, what it costs |
//! | `persona` | the kinds of customers, and what they say next |
//! | `staff` | the operators: who is there, who has room |
//! | `world` | what happens when: the host of the core |
//! | `findings` | what the detectors find, remembered |
//! | `account` | what came of it |
//! | `target` | what customers may expect |
//! | [`erlang`] | the formula for a simple case, to hold the day against |
//!
//! Deliberately absent: actors, a journal, HTTP. `warmline simulate` with a server has those.

mod account;
pub mod erlang;
mod findings;
mod options;
mod persona;
mod staff;
mod target;
mod world;

pub use account::{Account, Waits};
pub use options::DayOptions;
pub use persona::Persona;
pub use target::Target;

use crate::Error;
use crate::audit::Rules;
use world::World;

/// Plays a day under `rules`.
///
/// `questions` are what customers ask, by intent; where there are none they ask about parcels.
/// `seen` is told how many conversations have begun.
///
/// # Errors
/// [`Error::Option`] for options that make no sense, [`Error::Detect`] for a detector that fails.
pub async fn play(
    rules: &Rules,
    questions: &[Vec<String>],
    options: &DayOptions,
    seen: impl Fn(u64),
) -> Result<Account, Error> {
    options.check()?;
    World::new(rules, questions, options).run(seen).await
}

/// The days on which the least number of operators, up to `most`, was looked for with whom `target`
/// is met, by their number.
///
/// # Errors
/// As [`play`], and [`Error::Option`] for a target that is none.
pub async fn staffing(
    rules: &Rules,
    questions: &[Vec<String>],
    options: &DayOptions,
    target: &Target,
    most: usize,
) -> Result<Vec<Account>, Error> {
    target.check()?;
    let (mut low, mut high) = (1, most.max(1));
    let mut tried: Vec<Account> = Vec::new();
    // The wait, and who is lost, falls with every operator, so the least number is found by halving.
    while low <= high {
        let operators = low.midpoint(high);
        let options = DayOptions {
            operators,
            ..options.clone()
        };
        let account = play(rules, questions, &options, |_| ()).await?;
        let enough = target.is_met(&account);
        tried.push(account);
        match enough {
            true => high = operators - 1,
            false => low = operators + 1,
        }
    }
    tried.sort_by_key(|account| account.operators);
    Ok(tried)
}

#[cfg(test)]
mod tests;
