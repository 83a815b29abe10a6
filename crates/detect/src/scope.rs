//! The scope of the assistant, learned from examples: the parsed `examples.toml`.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

/// Most bytes that one compiled pattern may take; far beyond what a readable pattern needs.
const PATTERN_BYTES: usize = 1 << 20;

/// What customers say to this assistant, by intent, and what they say that is not for it.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The intents, in the order of the file.
    pub intents: Vec<ScopeIntent>,
    /// Turns known to lie outside.
    pub out_of_scope: Vec<String>,
}

/// One intent: a name for what a customer wants, and how it is recognised.
#[derive(Debug, Clone)]
pub struct ScopeIntent {
    /// Its name, such as `refund_request`.
    pub name: String,
    /// Turns with this intent.
    pub examples: Vec<String>,
    /// Any match is this intent. They are matched case-insensitively against the turn with its
    /// disguises removed: look-alike letters, invisible characters, spaced-out words.
    pub patterns: Vec<Regex>,
}

/// Something wrong in `examples.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeProblem {
    /// The key it stands under, such as `intents[2].patterns[0]`; empty where TOML itself is
    /// broken.
    pub key: String,
    /// The bytes of the file it covers, where known.
    pub span: Option<Range<usize>>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for ScopeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.key, self.message)
        }
    }
}

impl std::error::Error for ScopeProblem {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    intents: Vec<IntentTable>,
    #[serde(default)]
    out_of_scope: OutOfScopeTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IntentTable {
    name: Spanned<String>,
    #[serde(default)]
    examples: Vec<Spanned<String>>,
    #[serde(default)]
    patterns: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutOfScopeTable {
    examples: Vec<Spanned<String>>,
}

impl Scope {
    /// Parses and checks an `examples.toml`; all that is wrong is reported at once.
    ///
    /// ```toml
    /// [[intents]]
    /// name = "refund_request"
    /// examples = ["I want my money back"]   # turns of customers
    /// patterns = ['\brefund me\b']          # regular expressions, any match is the intent
    ///
    /// [out_of_scope]
    /// examples = ["who won the match?"]     # turns that are not for this assistant
    /// ```
    pub fn parse(text: &str) -> Result<Scope, Vec<ScopeProblem>> {
        let file: File = toml::from_str(text).map_err(|error| {
            vec![ScopeProblem {
                key: String::new(),
                span: error.span(),
                message: error.message().to_owned(),
            }]
        })?;
        let mut check = Check::default();
        let intents = file.intents.iter().enumerate();
        let intents = intents.map(|(i, table)| check.intent(i, table)).collect();
        let out_of_scope = check.examples("out_of_scope.examples", &file.out_of_scope.examples);
        if check.problems.is_empty() {
            Ok(Scope {
                intents,
                out_of_scope,
            })
        } else {
            Err(check.problems)
        }
    }
}

#[derive(Default)]
struct Check {
    problems: Vec<ScopeProblem>,
    names: HashMap<String, String>,
    /// Every example, folded to lower case and single blanks, with the key it stands under.
    seen: HashMap<String, String>,
}

impl Check {
    fn intent(&mut self, index: usize, table: &IntentTable) -> ScopeIntent {
        let key = format!("intents[{index}]");
        let name = table.name.get_ref();
        if !is_name(name) {
            let message = format!(
                "`{name}` is no intent name: use lower-case letters, digits and `_`, such as `refund_request`"
            );
            self.report(format!("{key}.name"), &table.name, message);
        } else if let Some(first) = self.names.insert(name.clone(), key.clone()) {
            let message = format!("`{name}` is already the name of {first}: put both into one");
            self.report(format!("{key}.name"), &table.name, message);
        }
        if table.examples.is_empty() && table.patterns.is_empty() {
            let message = format!("`{name}` can never be recognised: give it examples or patterns");
            self.report(key.clone(), &table.name, message);
        }
        ScopeIntent {
            name: name.clone(),
            examples: self.examples(&format!("{key}.examples"), &table.examples),
            patterns: self.patterns(&format!("{key}.patterns"), &table.patterns),
        }
    }

    fn examples(&mut self, key: &str, examples: &[Spanned<String>]) -> Vec<String> {
        for (i, example) in examples.iter().enumerate() {
            let key = format!("{key}[{i}]");
            let words = Vec::from_iter(example.get_ref().split_whitespace());
            let folded = words.join(" ").to_lowercase();
            if folded.is_empty() {
                self.report(key, example, "an example must not be empty".to_owned());
            } else if let Some(first) = self.seen.get(&folded) {
                let message = format!("this example already stands in {first}: keep one of them");
                self.report(key, example, message);
            } else {
                self.seen.insert(folded, key);
            }
        }
        examples.iter().map(|e| e.get_ref().clone()).collect()
    }

    fn patterns(&mut self, key: &str, patterns: &[Spanned<String>]) -> Vec<Regex> {
        let mut compiled: Vec<Regex> = Vec::new();
        for (i, pattern) in patterns.iter().enumerate() {
            let key = format!("{key}[{i}]");
            let text = pattern.get_ref();
            match compile(text) {
                Err(message) => self.report(key, pattern, message),
                Ok(regex) if regex.is_match("") => {
                    let message = "this pattern matches every turn, even an empty one".to_owned();
                    self.report(key, pattern, message);
                }
                Ok(_) if compiled.iter().any(|known| known.as_str() == text) => {
                    self.report(key, pattern, "this pattern stands here twice".to_owned());
                }
                Ok(regex) => compiled.push(regex),
            }
        }
        compiled
    }

    fn report(&mut self, key: String, at: &Spanned<String>, message: String) {
        self.problems.push(ScopeProblem {
            key,
            span: Some(at.span()),
            message,
        });
    }
}

/// Compiles a pattern as turns are matched: case-insensitively, bounded in size.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "this pattern is too large once compiled: repeat less, or split it".to_owned()
            }
            error => {
                // The crate draws the pattern with a marker; the last line says what is wrong.
                let drawn = error.to_string();
                let reason = drawn.lines().last().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                format!("not a regular expression: {reason} (look-around and back-references do not exist here)")
            }
        })
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_in_the_order_of_the_file() {
        let scope = Scope::parse(
            r#"
            [[intents]]
            name = "refund_request"
            examples = ["I want my money back"]
            patterns = ['\brefund me\b']
            [[intents]]
            name = "greeting"
            examples = ["hi"]
            [out_of_scope]
            examples = ["tell me a joke"]
            "#,
        )
        .unwrap();
        assert_eq!(scope.intents[0].name, "refund_request");
        assert!(scope.intents[0].patterns[0].is_match("Refund ME, now"));
        assert_eq!(scope.intents[1].examples, ["hi"]);
        assert_eq!(scope.out_of_scope, ["tell me a joke"]);
        assert!(Scope::parse("").unwrap().intents.is_empty());
    }

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let text = r#"
            [[intents]]
            name = "Refund Request"
            examples = ["Money  back", "money back", ""]
            patterns = ['(refund', 'x*', 'a', 'a', '(?=look)']
            [[intents]]
            name = "empty"
            [[intents]]
            name = "empty"
            examples = ["else"]
        "#;
        let problems = Scope::parse(text).unwrap_err();
        let found: Vec<String> = problems
            .iter()
            .map(|p| format!("{} | {p}", &text[p.span.clone().unwrap()]))
            .collect();
        let expected = [
            (
                "\"Refund Request\"",
                "intents[0].name: `Refund Request` is no intent name",
            ),
            (
                "\"money back\"",
                "intents[0].examples[1]: this example already stands in intents[0].examples[0]",
            ),
            (
                "\"\"",
                "intents[0].examples[2]: an example must not be empty",
            ),
            (
                "'(refund'",
                "intents[0].patterns[0]: not a regular expression: unclosed group",
            ),
            (
                "'x*'",
                "intents[0].patterns[1]: this pattern matches every turn",
            ),
            (
                "'a'",
                "intents[0].patterns[3]: this pattern stands here twice",
            ),
            (
                "'(?=look)'",
                "intents[0].patterns[4]: not a regular expression: look-around",
            ),
            ("\"empty\"", "intents[1]: `empty` can never be recognised"),
            (
                "\"empty\"",
                "intents[2].name: `empty` is already the name of intents[1]",
            ),
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, (quote, message)) in found.iter().zip(expected) {
            assert!(
                found.starts_with(&format!("{quote} | {message}")),
                "{found}"
            );
        }
    }

    #[test]
    fn unknown_keys_are_errors_with_a_place() {
        let text = "[[intents]]\nname = \"a\"\nexample = [\"b\"]";
        let problems = Scope::parse(text).unwrap_err();
        assert!(problems[0].message.contains("unknown field `example`"));
        assert_eq!(&text[problems[0].span.clone().unwrap()], "example");
    }
}
