//! Places in configuration files, and problems that point there.
//!
//! Every crate reads its own sections out of one shared file. What is wrong with one is a
//! [`Problem`]: file, line, column, key, and what would be right. A crate makes it from a byte span
//! with [`Source::problem`] or from serde's complaint with [`Source::refused`].

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

mod wording;

pub use wording::suggestion;

/// A configuration file: its text, and the name that problems call it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path as the user gave it, or another name for text from elsewhere.
    pub name: String,
    /// Its text, in TOML.
    pub text: String,
}

/// Something wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The key it is about, such as `rules[3].when`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right; empty where the message says it.
    pub hint: String,
}

/// All that is wrong, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Source {
    /// Takes `text` under the name that problems will call it by.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// A problem at the bytes `span`, about `key`.
    pub fn problem(
        &self,
        span: Range<usize>,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Problem {
        let (line, column) = position(&self.text, span.start);
        Problem {
            file: self.name.clone(),
            line,
            column,
            key: key.into(),
            message: message.into(),
            hint: String::new(),
        }
    }

    /// The problem that TOML or serde found; the key is the one at that place.
    pub fn refused(&self, error: &toml::de::Error) -> Problem {
        let span = error.span().unwrap_or(0..0);
        let key = self.key_at(&span).unwrap_or_default();
        let (message, hint) = wording::reworded(error.message());
        self.problem(span, key, message).hint(hint)
    }

    /// The sections of the file, or every place where it is not TOML.
    pub fn sections(&self) -> Result<DeTable<'_>, Problems> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        Err(Problems::sorted(
            errors.iter().map(|error| self.refused(error)).collect(),
        ))
    }

    /// The section `name` as a `T`, or `None` if the file has none.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problems> {
        match self.sections()?.remove(name) {
            None => Ok(None),
            Some(section) => T::deserialize(ValueDeserializer::from(section))
                .map(Some)
                .map_err(|error| Problems(vec![self.refused(&error)])),
        }
    }

    /// The key whose name, value or table header lies at `span`, such as `rules[3].when`.
    fn key_at(&self, span: &Range<usize>) -> Option<String> {
        let (table, _) = DeTable::parse_recoverable(&self.text);
        deepest(table.get_ref(), span, "").map(|(key, _)| key)
    }
}

/// The innermost key under `table` that lies at `span`, and how many bytes it takes.
fn deepest(table: &DeTable<'_>, span: &Range<usize>, path: &str) -> Option<(String, usize)> {
    let join = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    table
        .iter()
        .flat_map(|(key, value)| {
            let path = join(key.get_ref());
            let inner = within(value.get_ref(), value.span(), span, &path);
            let named = covers(&key.span(), span).then(|| (path, key.span().len()));
            [inner, named]
        })
        .flatten()
        .min_by_key(|(_, length)| *length)
}

fn within(
    value: &DeValue<'_>,
    place: Range<usize>,
    span: &Range<usize>,
    path: &str,
) -> Option<(String, usize)> {
    let inner = match value {
        DeValue::Table(table) => deepest(table, span, path),
        DeValue::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| {
                within(item.get_ref(), item.span(), span, &format!("{path}[{i}]"))
            })
            .min_by_key(|(_, length)| *length),
        _ => None,
    };
    inner.or_else(|| covers(&place, span).then(|| (path.to_owned(), place.len())))
}

fn covers(place: &Range<usize>, span: &Range<usize>) -> bool {
    place.start <= span.start && span.end <= place.end && !place.is_empty()
}

/// A problem for each top-level key of `source` that is none of `known`.
///
/// Each crate refuses unknown keys inside its own sections; only the program that uses them all
/// knows which sections there are.
pub fn unknown_sections(source: &Source, known: &[&str]) -> Vec<Problem> {
    let (table, _) = DeTable::parse_recoverable(&source.text);
    let mut problems: Vec<Problem> = table
        .get_ref()
        .keys()
        .filter(|key| !known.contains(&key.get_ref().as_ref()))
        .map(|key| {
            let name = key.get_ref();
            source
                .problem(
                    key.span(),
                    name.as_ref(),
                    format!("unknown section `{name}`"),
                )
                .hint(suggestion(name, known, "sections"))
        })
        .collect();
    problems.sort();
    problems
}

/// Line and column, both from 1, of the byte `offset`.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

impl Problem {
    /// The same problem with what would be right.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl Problems {
    /// The problems in the order of the file, each one once.
    pub fn sorted(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self(problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Detector {
        budget: u32,
        #[serde(default)]
        words: Vec<String>,
    }

    fn refused(text: &str) -> String {
        let source = Source::new("w.toml", text);
        source
            .section::<std::collections::BTreeMap<String, Detector>>("detectors")
            .map_or_else(
                |problems| problems.to_string(),
                |section| format!("{section:?}"),
            )
    }

    #[test]
    fn a_section_is_read_beside_others() {
        insta::assert_snapshot!(refused("[other]\nx = 1\n[detectors.a]\nbudget = 3"), @r#"Some({"a": Detector { budget: 3, words: [] }})"#);
        insta::assert_snapshot!(refused("[other]\nx = 1"), @"None");
    }

    #[test]
    fn what_serde_refuses_is_located() {
        insta::assert_snapshot!(refused("[detectors.a]\nbudgt = 3"), @"w.toml:2:1: detectors.a.budgt: unknown key `budgt`; did you mean `budget`? known keys: `budget`, `words`");
        insta::assert_snapshot!(refused("[detectors.a]\nbudget = -3"), @"w.toml:2:10: detectors.a.budget: this must be a whole number from 0, not integer `-3`");
        insta::assert_snapshot!(refused("[detectors.a]\nwords = []"), @"w.toml:1:1: detectors.a: `budget` is missing");
        insta::assert_snapshot!(refused("[detectors]\na.budget = 1\na.words = ['x',\n  'y', 3]"), @"w.toml:4:8: detectors.a.words[2]: this must be a text in quotes, not integer `3`");
        insta::assert_snapshot!(refused("detectors = { a = { budget = 1, words = 'x' } }"), @r#"w.toml:1:41: detectors.a.words: this must be a list, not string "x""#);
        insta::assert_snapshot!(refused("detectors = 3"), @"w.toml:1:13: detectors: this must be a table, not integer `3`");
        insta::assert_snapshot!(refused("[detectors.a]\nbudget = 1\nbudget = 2"), @"w.toml:3:1: duplicate key");
    }

    #[test]
    fn columns_count_letters_and_survive_any_span() {
        let source = Source::new("w", "a = 1\n\u{e9}\u{1f600}b");
        let place = |at: usize| {
            let problem = source.problem(at..at, "", "");
            (problem.line, problem.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(5), (1, 6));
        assert_eq!(place(6), (2, 1));
        assert_eq!(place(12), (2, 3));
        assert_eq!(place(9), (2, 2));
        assert_eq!(place(999), (2, 4));
    }
}
