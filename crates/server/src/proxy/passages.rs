//! What a bot was given to answer from, where it stands among its rules and its tools' results.

use serde_json::Value;
use warmline::Citation;

/// Most passages of one message, and longest passage, in bytes.
const MOST: usize = 16;
const LENGTH: usize = 4_000;
/// Shortest text that is a passage, in bytes: a mere "ok" of a tool is none.
const LEAST: usize = 12;

/// Names of elements that hold a passage.
const ELEMENTS: [&str; 6] = ["document", "passage", "context", "source", "doc", "chunk"];
/// Words in a line that announces passages.
const HEADINGS: [&str; 7] = [
    "context",
    "sources",
    "documents",
    "passages",
    "knowledge",
    "search results",
    "excerpts",
];
/// Fields of an object that hold a passage's words, and its name.
const WORDS: [&str; 5] = ["passage", "text", "content", "body", "snippet"];
const NAMES: [&str; 6] = ["document", "title", "name", "source", "filename", "id"];

/// The passages among a bot's rules: in elements such as `<document>`, or below a line such as
/// "Context:". Rules themselves are none.
pub(super) fn in_rules(text: &str) -> Vec<Citation> {
    let found = elements(text);
    match found.is_empty() {
        false => found,
        true => below_heading(text),
    }
}

/// The passages in the result of the tool `name`: each object with words where it is a list of
/// them, else the whole.
pub(super) fn in_result(name: &str, text: &str) -> Vec<Citation> {
    let found = match serde_json::from_str::<Value>(text) {
        Ok(value) => objects(&value),
        Err(_) => Vec::new(),
    };
    match found.is_empty() {
        false => found,
        true => passage(name, text).into_iter().collect(),
    }
}

/// The passages that a search in files found.
pub(super) fn in_search(call: &Value) -> Vec<Citation> {
    call.get("results").map_or_else(Vec::new, objects)
}

fn passage(name: &str, words: &str) -> Option<Citation> {
    let words = words.trim();
    let cut = &words[..words.floor_char_boundary(LENGTH)];
    (words.len() >= LEAST).then(|| Citation {
        document: name.to_owned(),
        title: name.to_owned(),
        passage: cut.to_owned(),
    })
}

fn objects(value: &Value) -> Vec<Citation> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        Value::Object(fields) => {
            let list = fields.values().find_map(|field| {
                let list = field.as_array()?;
                list.first().is_some_and(Value::is_object).then_some(list)
            });
            list.map_or(std::slice::from_ref(value), Vec::as_slice)
        }
        _ => &[],
    };
    let of = |object: &Value, names: &[&str]| {
        let mut found = names.iter().filter_map(|name| object.get(name)?.as_str());
        found.next().map(str::to_owned)
    };
    let passages = list.iter().filter_map(|object| {
        let words = of(object, &WORDS)?;
        let name = of(object, &NAMES).unwrap_or_else(|| "result".to_owned());
        passage(&name, &words)
    });
    passages.take(MOST).collect()
}

fn elements(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        rest = &rest[open + 1..];
        let Some(end) = rest.find('>') else { break };
        let (tag, inside) = (&rest[..end], &rest[end + 1..]);
        let name = tag.split_whitespace().next().unwrap_or_default();
        if !ELEMENTS.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let Some(close) = inside.find(&format!("</{name}")) else {
            continue;
        };
        let words = &inside[..close];
        // An element around others is only their list.
        let inner = elements(words);
        match inner.is_empty() {
            false => found.extend(inner),
            true => found.extend(passage(titled(tag).unwrap_or(name), words)),
        }
        rest = &inside[close..];
        if found.len() >= MOST {
            break;
        }
    }
    found.truncate(MOST);
    found
}

/// The value of an attribute that names a document.
fn titled(tag: &str) -> Option<&str> {
    let names = ["title", "name", "source", "id"].iter();
    names
        .filter_map(|name| tag.split_once(&format!("{name}=\"")))
        .find_map(|(_, value)| value.split('"').next())
}

/// The paragraphs below a line that announces passages.
fn below_heading(text: &str) -> Vec<Citation> {
    let announces = |line: &str| {
        let line = line.trim().trim_matches(['#', '*', ' ']).to_lowercase();
        let short = line.split_whitespace().count() <= 6;
        short && line.ends_with(':') && HEADINGS.iter().any(|word| line.contains(word))
            || HEADINGS.contains(&line.as_str())
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if announces(line) {
            let paragraphs = text[at..].split("\n\n");
            let passages = paragraphs.filter_map(|words| {
                let name = words.trim().lines().next().unwrap_or_default();
                let name = &name[..name.floor_char_boundary(80)];
                passage(name, words)
            });
            return passages.take(MOST).collect();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(found: Vec<Citation>) -> Vec<(String, String)> {
        found.into_iter().map(|c| (c.title, c.passage)).collect()
    }

    #[test]
    fn passages_are_found_in_elements_and_below_a_heading() {
        let rules = "Be kind.\n<documents><document title=\"Returns\">You have 30 days.</document>\
                     <document>Sale items stay yours.</document></documents>";
        assert_eq!(
            words(in_rules(rules)),
            [
                ("Returns".to_owned(), "You have 30 days.".to_owned()),
                ("document".to_owned(), "Sale items stay yours.".to_owned())
            ]
        );
        let rules = "Answer from the context.\n\n## Context:\nReturns take 30 days.\n\nSale items are yours.";
        assert_eq!(in_rules(rules).len(), 2);
    }

    #[test]
    fn rules_without_passages_are_none() {
        assert!(in_rules("You are a friendly assistant. Never swear. 3 < 4 > 2.").is_empty());
        assert!(in_rules("<document>never closed").is_empty());
    }

    #[test]
    fn results_of_a_search_are_passages_each() {
        let result =
            r#"{"results": [{"title": "FAQ", "text": "Shipping takes two days."}, {"x": 1}]}"#;
        assert_eq!(words(in_result("search", result))[0].0, "FAQ");
        assert_eq!(in_result("search", "It takes two days.")[0].title, "search");
        assert!(in_result("pay", "ok").is_empty());
    }
}
