//! The language that the customer writes in, where their words show it.

use std::time::Duration;

use warmline_core::signal::Findings;

use crate::Error;
use crate::config::LanguageConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::BoxFuture;
use crate::language;

/// Names the language of the turns under examination.
pub(super) struct Language {
    config: LanguageConfig,
}

impl Language {
    pub(super) fn new(config: LanguageConfig) -> Language {
        Language { config }
    }
}

impl Detector for Language {
    fn name(&self) -> &'static str {
        "language"
    }

    fn stage(&self) -> Stage {
        Stage::Turn
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        // The latest turn that says enough: a customer may change over in the middle.
        let language = case
            .open_turns()
            .rev()
            .find_map(|turn| language::recognised(&turn.text));
        let findings = Findings {
            language: language.map(str::to_owned),
            ..Findings::default()
        };
        Box::pin(std::future::ready(Ok(findings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;

    #[tokio::test]
    async fn the_latest_turn_that_shows_it_counts() {
        let detector = Language::new(LanguageConfig::default());
        for (turns, expected) in [
            (vec![("customer", "where is my parcel")], Some("en")),
            (
                vec![
                    ("customer", "where is my parcel"),
                    ("customer", "Wo ist mein Paket geblieben?"),
                    ("customer", "ok?"),
                ],
                Some("de"),
            ),
            (vec![("customer", "12345")], None),
        ] {
            let found = detector.examine(&case::of(&turns)).await.unwrap();
            assert_eq!(found.language.as_deref(), expected);
        }
    }
}
