//! The frame of the console's pages: what stands in the head, who is here, the way to the other
//! pages and the way in. Each page says what it holds.

use super::{ASSETS, Asset};

/// What all pages share, with `{marks}` for what they do not.
const FRAME: &str = include_str!("console/frame.html");
/// The styles that all pages load, under `assets/`.
const STYLES: [&str; 3] = [
    "shared/theme.css",
    "shared/tables.css",
    "console/console.css",
];

/// A page of the console.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Its name, in the browser's title.
    pub(super) title: &'static str,
    /// Its styles beside those that all load, under `assets/console/`.
    pub(super) styles: &'static [&'static str],
    /// Its script, under `assets/`.
    pub(super) script: &'static str,
    /// Its own tools in the header.
    pub(super) tools: &'static str,
}

impl Page {
    /// The page at `path`, around what it `holds`, which is markup.
    pub(crate) fn around(self, path: &str, holds: &str) -> String {
        let root = "../".repeat(path.matches('/').count().saturating_sub(1));
        // What it holds may be made of what strangers said: it comes last, so no mark in it counts.
        FRAME
            .replace("{title}", self.title)
            .replace("{files}", &self.files())
            .replace("{tools}", self.tools)
            .replace("{root}", &root)
            .replace("{holds}", holds)
    }

    /// The links to its files. Whatever its script imports is named, so that a browser asks for all
    /// of them at once.
    fn files(self) -> String {
        let own = self.styles.iter().map(|name| format!("console/{name}"));
        let styles = STYLES.into_iter().map(str::to_owned).chain(own);
        let styles = styles
            .map(|style| format!("  <link rel=\"stylesheet\" href=\"{{root}}assets/{style}\">\n"));
        let script = format!(
            "  <script type=\"module\" src=\"{{root}}assets/{}\"></script>\n",
            self.script
        );
        let modules = modules(self.script).into_iter().map(|module| {
            format!("  <link rel=\"modulepreload\" href=\"{{root}}assets/{module}\">\n")
        });
        styles.chain([script]).chain(modules).collect()
    }
}

/// Every module that `script` rests on, each once, without itself.
fn modules(script: &str) -> Vec<String> {
    let mut found = vec![script.to_owned()];
    let mut read = 0;
    while let Some(path) = found.get(read) {
        for module in imports(path) {
            if !found.contains(&module) {
                found.push(module);
            }
        }
        read += 1;
    }
    found.split_off(1)
}

/// What the file at `path` imports itself.
fn imports(path: &str) -> Vec<String> {
    let text = ASSETS.iter().find(|asset| asset.0 == path);
    let text = text.map_or("", |Asset(_, _, text)| text);
    let folder = path.split('/').next().unwrap_or_default();
    let named = text.split("from \"").skip(1);
    named
        .filter_map(|rest| rest.split('"').next())
        .map(|named| match named.strip_prefix("./") {
            Some(beside) => format!("{folder}/{beside}"),
            None => named.trim_start_matches("../").to_owned(),
        })
        .collect()
}

/// `text` as it may stand between tags and in attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Names come from channels: none of them turns the page around.
            c if c.is_control() || ('\u{200e}'..='\u{200f}').contains(&c) => escaped.push(' '),
            c if ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c) =>
            {
                escaped.push(' ');
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{CONSOLE, DRAWN, SCRIPT};

    #[test]
    fn every_module_that_is_imported_is_served() {
        for Asset(path, ..) in ASSETS.into_iter().filter(|asset| asset.1 == SCRIPT) {
            for file in imports(path) {
                assert!(ASSETS.iter().any(|asset| asset.0 == file), "{path}: {file}");
            }
        }
    }

    #[test]
    fn a_page_leaves_no_mark_open_and_finds_its_files_from_where_it_stands() {
        for (path, page, holds) in CONSOLE {
            let text = page.around(path, holds);
            assert!(
                !text.contains("{root}") && !text.contains("{holds}"),
                "{path}"
            );
            assert!(text.contains("shared/calls.js"), "{path}");
        }
        let deep = DRAWN.around("/console/a/b", "");
        assert!(deep.contains("href=\"../../assets/shared/theme.css\""));
        assert!(
            DRAWN
                .around("/console", "")
                .contains("href=\"assets/shared/theme.css\"")
        );
    }

    #[test]
    fn what_strangers_said_opens_no_mark() {
        assert!(
            DRAWN
                .around("/console/a", "{root}{title}")
                .contains("{root}{title}")
        );
    }
}
