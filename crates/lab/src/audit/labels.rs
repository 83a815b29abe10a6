//! What people say of conversations: whether they needed a human.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use crate::Error;

/// Of each labelled conversation whether it needed a human.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(HashMap<String, bool>);

/// The file that the report's page gives to download.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    id: String,
    needed_human: bool,
}

impl Labels {
    /// Reads `{"labels": [{"id": "1", "needed_human": true}]}`. Of several of one conversation the
    /// last counts.
    ///
    /// # Errors
    ///
    /// [`Error::File`], or [`Error::Data`] where it holds something else.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|source| Error::File {
            file: name.clone(),
            source,
        })?;
        Self::parse(&text).map_err(|why| Error::Data {
            file: name,
            why: format!(
                "{why}; expected {{\"labels\": [{{\"id\": \"1\", \"needed_human\": true}}]}}, as \
                 the report's page saves it"
            ),
        })
    }

    /// Reads the text of such a file.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_str(text)?;
        let labels = file.labels.into_iter();
        Ok(Self(
            labels.map(|label| (label.id, label.needed_human)).collect(),
        ))
    }

    /// Whether the conversation `id` needed a human, where somebody says so.
    pub fn needed(&self, id: &str) -> Option<bool> {
        self.0.get(id).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_label_of_a_conversation_counts() {
        let text = r#"{"labels": [{"id": "a", "needed_human": true}, {"id": "b", "needed_human": false},
                       {"id": "a", "needed_human": false}]}"#;
        let labels = Labels::parse(text).unwrap();
        assert_eq!(
            (labels.needed("a"), labels.needed("c")),
            (Some(false), None)
        );
        assert_eq!(labels.len(), 2);
        assert!(Labels::parse("{\"labels\": [{\"id\": 1}]}").is_err());
    }
}
