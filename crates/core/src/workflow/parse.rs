//! From TOML to a checked [`Workflow`]. All problems are reported, not only the first.

use std::ops::Range;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::ids::ConfigVersion;
use crate::source::{Problem, Problems, Source};
use crate::workflow::guard::{Guard, GuardError};
use crate::workflow::{Messages, Workflow, check};

pub(super) mod machine;
mod policy;
pub mod sections;

/// The sections that [`Workflow::parse`] reads; those of other crates may stand beside them.
pub const SECTIONS: [&str; 9] = [
    "workflow",
    "states",
    "rules",
    "thresholds",
    "thresholds_for",
    "gates",
    "failures",
    "limits",
    "playbook",
];

/// The machine of a file without `[states]`.
pub const DEFAULT_MACHINE: &str = include_str!("default.toml");

/// Longest message or step, in bytes.
const MAX_WORDS: usize = 2000;

impl Workflow {
    /// Reads and checks the sections of a workflow.
    ///
    /// A file without `[states]` gets the [default machine](DEFAULT_MACHINE); one with them
    /// replaces it wholly, together with its rules.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let mut reader = Reader::new(source);
        let mut sections = source.sections()?;
        let header: sections::Workflow = reader.section(&mut sections, "workflow");
        let policy = policy::read(&mut reader, &mut sections);

        let default = Source::new("the default machine", DEFAULT_MACHINE);
        let own = sections.contains_key("states");
        let machine = if own {
            let machine = machine::read(&mut reader, &mut sections, header.initial.as_ref());
            reader.problems.extend(check::check(source, &machine));
            machine
        } else {
            if let Some((_, rules)) = sections.remove_entry("rules") {
                let hint = "a machine is given whole: copy the default one and change it there";
                reader.problem(rules.span(), "rules", "rules without `[states]`", hint);
            }
            let mut defaults = default.sections()?;
            let mut reader = Reader::new(&default);
            let machine = machine::read(&mut reader, &mut defaults, header.initial.as_ref());
            reader.problems.extend(check::check(&default, &machine));
            if !reader.problems.is_empty() {
                return Err(Problems::sorted(reader.problems));
            }
            machine
        };
        if !reader.problems.is_empty() {
            return Err(Problems::sorted(reader.problems));
        }
        let used = [source.text.as_str(), if own { "" } else { DEFAULT_MACHINE }];
        Ok(Self {
            name: header.name.unwrap_or_else(|| "default".to_owned()),
            version: fingerprint(&used),
            initial: machine.initial,
            states: machine.states.into_iter().filter_map(|state| state.finished()).collect(),
            rules: machine.rules.into_iter().filter_map(|rule| rule.finished()).collect(),
            policy,
        })
    }
}
