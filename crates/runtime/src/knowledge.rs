//! Documents, and the assistant that quotes them.

mod assistant;
mod retrieval;

use std::io;
use std::path::Path;

pub use assistant::KnowledgeAssistant;

use crate::config::Files;

/// A Markdown document of the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its stable name: the file's name without the ending.
    pub name: String,
    /// Its title: the first heading, else the name.
    pub title: String,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// A part of a document under a heading of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading; the document's title for what comes before the first.
    pub heading: String,
    /// The sentences, in order.
    pub sentences: Vec<String>,
}

impl Document {
    /// Takes a document from Markdown: `# Title`, then text, then sections under `## Heading`.
    pub fn parse(name: &str, markdown: &str) -> Self {
        let mut title = None;
        let mut sections: Vec<(String, String)> = vec![(String::new(), String::new())];
        for line in markdown.lines().map(str::trim) {
            if let Some(heading) = line.strip_prefix("# ") {
                title.get_or_insert_with(|| heading.trim().to_owned());
            } else if line.starts_with('#') {
                let heading = line.trim_start_matches('#').trim();
                sections.push((heading.to_owned(), String::new()));
            } else if let Some((_, text)) = sections.last_mut() {
                // A list item is a sentence of its own, a wrapped line goes on.
                let item = line.trim_start_matches(['-', '*', '+']);
                if (item.len() < line.len() || line.is_empty()) && !text.is_empty() {
                    text.push('\n');
                } else if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(item.trim());
            }
        }
        let title = title.unwrap_or_else(|| name.to_owned());
        let sections = sections
            .into_iter()
            .map(|(heading, text)| Section {
                heading: if heading.is_empty() {
                    title.clone()
                } else {
                    heading
                },
                sentences: sentences(&text),
            })
            .filter(|section| !section.sentences.is_empty())
            .collect();
        Self {
            name: name.to_owned(),
            title,
            sections,
        }
    }

    /// Reads every `.md` file right under `folder`, in the order of their names.
    pub(crate) fn read_all(folder: &Path, files: &dyn Files) -> io::Result<Vec<Self>> {
        let mut paths = files.list(folder)?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
        paths.sort();
        paths
            .iter()
            .map(|path| {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                Ok(Self::parse(&name, &files.read(path)?))
            })
            .collect()
    }
}

/// Splits text into sentences: at line breaks, and after `.`, `!` or `?` before a capital.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        for (at, mark) in line
            .char_indices()
            .filter(|(_, c)| matches!(c, '.' | '!' | '?'))
        {
            let end = at + mark.len_utf8();
            let rest = &line[end..];
            let next = rest.trim_start();
            let capital = next.chars().next().is_some_and(|c| !c.is_lowercase());
            let abbreviation = line[start..at]
                .rsplit(' ')
                .next()
                .is_some_and(|word| word.chars().count() < 2);
            if rest.len() > next.len() && capital && !abbreviation {
                found.push(line[start..end].trim().to_owned());
                start = end;
            }
        }
        found.push(line[start..].trim().to_owned());
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_a_title_sections_and_sentences() {
        let document = Document::parse(
            "returns",
            "# Returns\n\nSend it back within 30 days. Keep the e.g. box.\n\n## How\n\n\
             - Print the label.\n- Drop it off\n",
        );
        assert_eq!(document.title, "Returns");
        let sections: Vec<(&str, Vec<&str>)> = document
            .sections
            .iter()
            .map(|s| {
                (
                    s.heading.as_str(),
                    s.sentences.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        assert_eq!(
            sections,
            [
                (
                    "Returns",
                    vec!["Send it back within 30 days.", "Keep the e.g. box."]
                ),
                ("How", vec!["Print the label.", "Drop it off"]),
            ]
        );
    }

    #[test]
    fn a_document_without_headings_is_named_after_its_file() {
        assert_eq!(Document::parse("faq", "Only text.").title, "faq");
        assert!(Document::parse("faq", "").sections.is_empty());
    }
}
