//! Names in a configuration that nothing answers to: such a rule would never act.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use warmline_core::source::{Problem, Problems, suggestion};
use warmline_core::workflow::guard::Guard;

use crate::config::Config;

/// What stands in `[failures]` for every detector that is not named.
const DEFAULT: &str = "default";

#[derive(Deserialize)]
struct Guarded {
    when: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Recommended {
    intent: Option<Spanned<String>>,
}

impl Config {
    /// Checks that every detector and intent that the configuration names is one that there is.
    /// Every start does so; who only reads a configuration may ask.
    ///
    /// An embedder's `own` detectors may find intents of their own: with them, as without
    /// examples, every intent will do.
    ///
    /// # Errors
    /// Every unknown name, with its place and those that are known.
    pub fn check_names(&self, own: &[&str]) -> Result<(), Problems> {
        let mut problems = detectors(self, own);
        if own.is_empty() && !self.scope.intents.is_empty() {
            problems.extend(intents(self));
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Problems::sorted(problems)),
        }
    }
}

fn detectors(config: &Config, own: &[&str]) -> Vec<Problem> {
    let mut known = vec![DEFAULT, crate::models::VERIFIER];
    known.extend(warmline_detect::NAMES);
    known.extend(own);
    let named: BTreeMap<Spanned<String>, String> = section(config, "failures");
    let unknown = named.into_keys().filter(|name| {
        let name: &str = name.get_ref();
        !known.contains(&name)
    });
    let problem = |name: Spanned<String>| {
        let word = name.get_ref();
        config
            .source
            .problem(
                name.span(),
                format!("failures.{word}"),
                format!("unknown detector `{word}`"),
            )
            .hint(suggestion(word, &known, "detectors"))
    };
    unknown.map(problem).collect()
}

fn intents(config: &Config) -> Vec<Problem> {
    let mut known = vec![warmline_detect::HUMAN_REQUEST];
    known.extend(
        config
            .scope
            .intents
            .iter()
            .map(|intent| intent.name.as_str()),
    );
    let problem = |span, key: &str, name: &str| {
        config
            .source
            .problem(span, key, format!("unknown intent `{name}`"))
            .hint(suggestion(name, &known, "intents"))
    };
    let guards = guards(config);
    let mut problems = Vec::new();
    for place in ["gates", "rules"] {
        let texts: Vec<Guarded> = section(config, place);
        for when in texts.into_iter().filter_map(|guarded| guarded.when) {
            let guard = guards.get(when.get_ref().as_str());
            let compared = guard.map(|guard| guard.texts("intent")).unwrap_or_default();
            for name in compared.into_iter().filter(|name| !name.is_empty()) {
                if !known.contains(&name) {
                    problems.push(problem(when.span(), &format!("{place}.when"), name));
                }
            }
        }
    }
    let plays: Vec<Recommended> = section(config, "playbook");
    for intent in plays.into_iter().filter_map(|play| play.intent) {
        if !known.contains(&intent.get_ref().as_str()) {
            problems.push(problem(intent.span(), "playbook.intent", intent.get_ref()));
        }
    }
    problems
}

/// The compiled conditions by their text.
fn guards(config: &Config) -> HashMap<&str, &Guard> {
    let gates = config.workflow.policy.gates.iter().map(|gate| &gate.when);
    let rules = config
        .workflow
        .rules
        .iter()
        .filter_map(|rule| rule.when.as_ref());
    let guards = gates.chain(rules);
    guards.map(|guard| (guard.source(), guard)).collect()
}

/// A section of a file that was parsed before; without it, nothing.
fn section<T: DeserializeOwned + Default>(config: &Config, name: &str) -> T {
    config
        .source
        .section(name)
        .ok()
        .flatten()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use warmline_core::source::Source;

    use super::*;
    use crate::config::Files;

    struct Examples;

    impl Files for Examples {
        fn read(&self, _path: &Path) -> std::io::Result<String> {
            let text = "[[intents]]\nname = \"refund\"\nexamples = [\"I want my money back\"]";
            Ok(text.to_owned())
        }

        fn list(&self, _folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
            Ok(Vec::new())
        }
    }

    fn checked(text: &str, own: &[&str]) -> String {
        let source = Source::new("w.toml", text);
        let config = Config::parse(&source, Path::new(""), &Examples).unwrap();
        match config.check_names(own) {
            Ok(()) => String::new(),
            Err(problems) => problems.to_string(),
        }
    }

    #[test]
    fn a_detector_that_there_is_not_is_named_with_those_that_there_are() {
        let text = "[failures]\nsentimant = \"continue\"";
        let problem = checked(text, &[]);
        assert!(problem.contains("w.toml:2:1"), "{problem}");
        assert!(problem.contains("did you mean `sentiment`?"), "{problem}");
        assert_eq!(checked("[failures]\nmoody = \"continue\"", &["moody"]), "");
        assert_eq!(checked("[failures]\ndefault = \"continue\"", &[]), "");
    }

    #[test]
    fn an_intent_without_examples_is_found_wherever_it_stands() {
        let text = "[scope]\nexamples = \"e.toml\"\n[[gates]]\nname = \"g\"\n\
                    when = 'intent in [\"refund\", \"refnd\"] || intent == \"human_request\"'\n\
                    [[playbook]]\nintent = \"return\"\nstep = \"Look.\"";
        let problems = checked(text, &[]);
        assert!(
            problems.contains("w.toml:5:8: gates.when: unknown intent `refnd`"),
            "{problems}"
        );
        assert!(
            problems.contains("w.toml:7:10: playbook.intent"),
            "{problems}"
        );
        assert_eq!(problems.matches("unknown intent").count(), 2, "{problems}");
    }

    #[test]
    fn without_examples_every_intent_will_do() {
        let text = "[[gates]]\nname = \"g\"\nwhen = 'intent == \"refund\"'";
        assert_eq!(checked(text, &[]), "");
    }
}
