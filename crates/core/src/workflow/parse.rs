//! From TOML to a checked [`Workflow`]. All problems are reported, not only the first.

use std::ops::Range;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::ids::{ConfigVersion, InvalidId, StateName};
use crate::source::{Problem, Problems, Source};
use crate::workflow::guard::{Guard, GuardError};
use crate::workflow::{Messages, Workflow, check};

pub(super) mod machine;
pub mod policy;
mod queues;
pub mod sections;

/// The sections that [`Workflow::parse`] reads; those of other crates may stand beside them.
pub const SECTIONS: [&str; 12] = [
    "workflow",
    "states",
    "rules",
    "queues",
    "thresholds",
    "thresholds_for",
    "calibrated",
    "gates",
    "failures",
    "limits",
    "playbook",
    "privacy",
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
        Self::read(source, true)
    }

    /// Reads what was checked and recorded before, perhaps by an earlier program: what checks have
    /// come since is for configurations that are new.
    pub fn recorded(source: &Source) -> Result<Self, Problems> {
        Self::read(source, false)
    }

    fn read(source: &Source, is_new: bool) -> Result<Self, Problems> {
        let mut reader = Reader::new(source);
        let mut sections = source.sections()?;
        let header: sections::Workflow = reader.section(&mut sections, "workflow");
        let policy = policy::read(&mut reader, &mut sections);
        let own = sections.contains_key("states");
        let default = Source::new("the default machine", DEFAULT_MACHINE);
        let mut machine = if own {
            machine::read(&mut reader, &mut sections)
        } else {
            if let Some(rules) = sections.get("rules") {
                let hint = "a machine is given whole: start from the default one";
                reader.problem(rules.span(), "rules", "rules without `[states]`", hint);
            }
            machine::read(&mut Reader::new(&default), &mut default.sections()?)
        };
        if let Some(initial) = header.initial {
            let wrong = is_new.then(|| check::initial(source, &machine, &initial));
            reader.problems.extend(wrong.flatten());
            if let Some(name) = reader.state_name(&initial, "workflow.initial") {
                machine.initial = name;
                machine.initial_given = true;
            }
        }
        if own && is_new {
            reader
                .problems
                .extend(check::machine(source, &machine, &policy));
        }
        let privacy = reader.section(&mut sections, "privacy");
        let queues = queues::read(&mut reader, &mut sections, &machine);
        if is_new {
            reader.problems.extend(check::policy(source, &policy));
        }
        if !reader.problems.is_empty() {
            return Err(Problems::sorted(reader.problems));
        }
        let (initial, states, rules) = machine.finished();
        Ok(Self {
            name: header.name.unwrap_or_else(|| "default".to_owned()),
            version: fingerprint(&[&source.text, if own { "" } else { DEFAULT_MACHINE }]),
            initial,
            states,
            rules,
            queues,
            policy: policy.finished(),
            privacy,
        })
    }
}

/// The first 16 hexadecimal digits of SHA-256 over `texts`, each with its length before it.
fn fingerprint(texts: &[&str]) -> ConfigVersion {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let digits: String = hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ConfigVersion::new(digits).expect("hexadecimal digits are a valid id")
}

/// A key of a table and what stands under it.
type Entry<'i> = (Spanned<String>, Spanned<DeValue<'i>>);

/// A file being read, and what was found wrong with it so far.
struct Reader<'a> {
    source: &'a Source,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            problems: Vec::new(),
        }
    }

    fn problem(
        &mut self,
        span: Range<usize>,
        key: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = self.source.problem(span, key, message).hint(hint);
        self.problems.push(problem);
    }

    /// `value` as a `T`; `None` after a problem.
    fn read<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Option<T> {
        T::deserialize(ValueDeserializer::from(value))
            .map_err(|error| self.problems.push(self.source.refused(&error)))
            .ok()
    }

    /// The section `[name]`; its default if the file has none, or a wrong one.
    fn section<T: DeserializeOwned + Default>(
        &mut self,
        sections: &mut DeTable<'_>,
        name: &str,
    ) -> T {
        sections
            .remove(name)
            .and_then(|section| self.read(section))
            .unwrap_or_default()
    }

    /// The entries of the table `[name]` in the order of the file; `None` if it is no table.
    fn entries<'i>(&mut self, sections: &mut DeTable<'i>, name: &str) -> Option<Vec<Entry<'i>>> {
        let Some(section) = sections.remove(name) else {
            return Some(Vec::new());
        };
        let span = section.span();
        let DeValue::Table(table) = section.into_inner() else {
            self.problem(
                span,
                name,
                "this is not a table",
                format!("write `[{name}.NAME]`"),
            );
            return None;
        };
        let mut entries: Vec<_> = table
            .into_iter()
            .map(|(key, value)| {
                (
                    Spanned::new(key.span(), key.into_inner().into_owned()),
                    value,
                )
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        Some(entries)
    }

    /// The items of the list `[[name]]`; `None` if it is no list.
    fn items<'i>(
        &mut self,
        sections: &mut DeTable<'i>,
        name: &str,
    ) -> Option<Vec<Spanned<DeValue<'i>>>> {
        let Some(section) = sections.remove(name) else {
            return Some(Vec::new());
        };
        let span = section.span();
        match section.into_inner() {
            DeValue::Array(items) => Some(items.into_iter().collect()),
            _ => {
                self.problem(
                    span,
                    name,
                    "this is not a list",
                    format!("write `[[{name}]]`"),
                );
                None
            }
        }
    }

    /// Compiles the guard `text`; `None` after a problem.
    fn guard(&mut self, text: &Spanned<String>, key: &str) -> Option<Guard> {
        match Guard::compile(text.get_ref()) {
            Ok(guard) => Some(guard),
            Err(GuardError(faults)) => {
                for fault in faults {
                    let span = within(self.source, text, &fault.span);
                    self.problem(span, key, fault.message, fault.hint);
                }
                None
            }
        }
    }

    /// Checks words for people: not blank, not endless.
    fn words(&mut self, words: Spanned<String>, key: &str) -> String {
        let length = words.get_ref().len();
        if words.get_ref().trim().is_empty() {
            let hint = "write what is to be said, or leave the key out";
            self.problem(words.span(), key, "there are no words here", hint);
        } else if length > MAX_WORDS {
            let message = format!("{length} bytes are too many");
            self.problem(words.span(), key, message, format!("at most {MAX_WORDS}"));
        }
        words.into_inner()
    }

    fn messages(&mut self, tell: sections::Tell, key: &str) -> Messages {
        let mut messages = Messages::new();
        for (language, words) in tell {
            let key = format!("{key}.{language}");
            let code = language.get_ref();
            if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let hint = "languages are two small letters (ISO 639-1), such as `en` or `fr`";
                self.problem(
                    language.span(),
                    &key,
                    format!("unknown language `{code}`"),
                    hint,
                );
            }
            let words = self.words(words, &key);
            messages.insert(language.into_inner(), words);
        }
        messages
    }

    fn state_name(&mut self, name: &Spanned<String>, key: &str) -> Option<StateName> {
        self.name(StateName::new(name.get_ref()), name.span(), key)
    }

    /// A name that was checked; `None` after a problem.
    fn name<T>(&mut self, name: Result<T, InvalidId>, span: Range<usize>, key: &str) -> Option<T> {
        name.map_err(|error| self.problem(span, key, "this cannot be a name", error.to_string()))
            .ok()
    }
}

/// Where the bytes `inner` of the string `text` stand in the file. A string with escapes is not
/// what the file holds; then it is the string's own place.
pub(super) fn within(
    source: &Source,
    text: &Spanned<String>,
    inner: &Range<usize>,
) -> Range<usize> {
    let place = text.span();
    let written = source.text.get(place.clone()).unwrap_or_default();
    match written.find(text.get_ref().as_str()) {
        Some(start) => place.start + start + inner.start..place.start + start + inner.end,
        None => place,
    }
}
