//! The scope of the assistant, learned from examples: the parsed `examples.toml`.

use std::collections::{BTreeMap, HashMap};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;
use warmline_core::source::{Problem, Problems, Source};
use warmline_core::{Belongs, Lesson};

use crate::text::ascii_borders;

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
    pub fn parse(source: &Source) -> Result<Scope, Problems> {
        let file: File =
            toml::from_str(&source.text).map_err(|error| Problems(vec![source.refused(&error)]))?;
        let mut check = Check {
            source,
            problems: Vec::new(),
            names: HashMap::new(),
            seen: HashMap::new(),
        };
        let intents = file.intents.iter().enumerate();
        let intents = intents.map(|(i, table)| check.intent(i, table)).collect();
        let out_of_scope = check.examples("out_of_scope.examples", &file.out_of_scope.examples);
        if check.problems.is_empty() {
            Ok(Scope {
                intents,
                out_of_scope,
            })
        } else {
            Err(Problems::sorted(check.problems))
        }
    }
}

impl Scope {
    /// The scope with what operators taught: each text stands where the last lesson about it puts
    /// it, and nowhere else. Lessons about intents that the scope does not have change nothing.
    pub fn taught<'a>(&self, lessons: impl IntoIterator<Item = &'a Lesson>) -> Scope {
        let mut last: BTreeMap<String, &Lesson> = BTreeMap::new();
        for lesson in lessons {
            let is_known = match &lesson.belongs {
                Belongs::Intent(name) => self.intents.iter().any(|intent| intent.name == *name),
                Belongs::OutOfScope | Belongs::Nowhere => true,
            };
            if is_known {
                last.insert(same_text(&lesson.text), lesson);
            }
        }
        let mut taught = self.clone();
        let is_left = |text: &String| !last.contains_key(&same_text(text));
        taught.out_of_scope.retain(is_left);
        for intent in &mut taught.intents {
            intent.examples.retain(is_left);
        }
        for lesson in last.into_values() {
            let side = match &lesson.belongs {
                Belongs::Intent(name) => {
                    let mut intents = taught.intents.iter_mut();
                    intents
                        .find(|intent| intent.name == *name)
                        .map(|intent| &mut intent.examples)
                }
                Belongs::OutOfScope => Some(&mut taught.out_of_scope),
                Belongs::Nowhere => None,
            };
            side.into_iter()
                .for_each(|side| side.push(lesson.text.clone()));
        }
        taught
    }
}

/// A text in lower case and single blanks: texts that agree in it are the same example.
fn same_text(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

struct Check<'a> {
    source: &'a Source,
    problems: Vec<Problem>,
    /// Every intent's name, with the key it stands under.
    names: HashMap<String, String>,
    /// Every example in lower case and single blanks, with the key it stands under.
    seen: HashMap<String, String>,
}

impl Check<'_> {
    fn intent(&mut self, index: usize, table: &IntentTable) -> ScopeIntent {
        let key = format!("intents[{index}]");
        let name = table.name.get_ref();
        if !is_name(name) {
            self.report(
                format!("{key}.name"),
                &table.name,
                format!("`{name}` is no intent name"),
                "use lower-case letters, digits and `_`, such as `refund_request`",
            );
        } else if let Some(first) = self.names.get(name) {
            let message = format!("`{name}` is already the name of {first}");
            let key = format!("{key}.name");
            self.report(key, &table.name, message, "put both into one");
        } else {
            self.names.insert(name.clone(), key.clone());
        }
        if table.examples.is_empty() && table.patterns.is_empty() {
            let message = format!("`{name}` can never be recognised");
            let hint = "give it `examples` or `patterns`";
            self.report(key.clone(), &table.name, message, hint);
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
            let folded = same_text(example.get_ref());
            if folded.is_empty() {
                let hint = "write what a customer says";
                self.report(key, example, "this example is empty".to_owned(), hint);
            } else if let Some(first) = self.seen.get(&folded) {
                let message = format!("this example already stands in {first}");
                self.report(key, example, message, "keep one of them");
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
                Err((message, hint)) => self.report(key, pattern, message, hint),
                Ok(regex) if regex.is_match("") => {
                    let message = "this pattern matches every turn, even an empty one".to_owned();
                    self.report(key, pattern, message, "demand at least one word");
                }
                Ok(regex)
                    if compiled
                        .iter()
                        .any(|known| known.as_str() == regex.as_str()) =>
                {
                    let message = "this pattern already stands in the same intent".to_owned();
                    self.report(key, pattern, message, "keep one of them");
                }
                Ok(regex) => compiled.push(regex),
            }
        }
        compiled
    }

    fn report(&mut self, key: String, at: &Spanned<String>, message: String, hint: &str) {
        let problem = self.source.problem(at.span(), key, message);
        self.problems.push(problem.hint(hint));
    }
}

/// Compiles a pattern as turns are matched, or says what is wrong and what would be right.
fn compile(pattern: &str) -> Result<Regex, (String, &'static str)> {
    let compiled = |pattern: &str| {
        RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(PATTERN_BYTES)
            .build()
    };
    // First as it stands, so that what is wrong is said of what was written.
    compiled(pattern)
        .and_then(|_| compiled(&ascii_borders(pattern)))
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => (
                "this pattern is too large once compiled".to_owned(),
                "repeat less, or make two of it",
            ),
            error => {
                // The crate draws the pattern with a marker; the last line says what is wrong.
                let drawn = error.to_string();
                let reason = drawn.lines().last().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                (
                    format!("no regular expression: {reason}"),
                    "the syntax is that of the crate `regex`: `\\(` stands for a bracket itself",
                )
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

    fn parse(text: &str) -> Result<Scope, Problems> {
        Scope::parse(&Source::new("examples.toml", text))
    }

    #[test]
    fn a_scope_is_read_in_the_order_of_the_file() {
        let scope = parse(
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
        assert!(parse("").unwrap().intents.is_empty());
    }

    #[test]
    fn every_problem_is_reported_with_its_place_and_what_is_right() {
        let text = r#"[[intents]]
name = "Refund Request"
examples = ["Money  back", "money back", ""]
patterns = ['(refund', 'x*', 'a', 'a', '(?=look)', '(\w{99}){99}']
[[intents]]
name = "empty"
[[intents]]
name = "empty"
examples = ["else"]
"#;
        let problems = parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(problems, @r"
        examples.toml:2:8: intents[0].name: `Refund Request` is no intent name; use lower-case letters, digits and `_`, such as `refund_request`
        examples.toml:3:28: intents[0].examples[1]: this example already stands in intents[0].examples[0]; keep one of them
        examples.toml:3:42: intents[0].examples[2]: this example is empty; write what a customer says
        examples.toml:4:13: intents[0].patterns[0]: no regular expression: unclosed group; the syntax is that of the crate `regex`: `\(` stands for a bracket itself
        examples.toml:4:24: intents[0].patterns[1]: this pattern matches every turn, even an empty one; demand at least one word
        examples.toml:4:35: intents[0].patterns[3]: this pattern already stands in the same intent; keep one of them
        examples.toml:4:40: intents[0].patterns[4]: no regular expression: look-around, including look-ahead and look-behind, is not supported; the syntax is that of the crate `regex`: `\(` stands for a bracket itself
        examples.toml:4:52: intents[0].patterns[5]: this pattern is too large once compiled; repeat less, or make two of it
        examples.toml:6:8: intents[1]: `empty` can never be recognised; give it `examples` or `patterns`
        examples.toml:8:8: intents[2].name: `empty` is already the name of intents[1]; put both into one
        ");
    }

    #[test]
    fn unknown_keys_are_errors_with_a_place() {
        let problems = parse("[[intents]]\nname = \"a\"\nexample = [\"b\"]").unwrap_err();
        insta::assert_snapshot!(problems.to_string(), @"examples.toml:3:1: intents[0].example: unknown key `example`; did you mean `examples`? known keys: `name`, `examples`, `patterns`");
    }
}
