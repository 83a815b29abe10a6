//! What a request says, whichever interface it came through.

use serde::Deserialize;
use serde_json::Value;
use warmline::Citation;
use warmline::core::turn::Action;
use warmline::llm::{Dialect, Release};

use super::passages;
use crate::problem::Problem;

/// The field of a request that is for Warmline, and goes no further.
const EXTENSION: &str = "warmline";

/// A request of a client library.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) dialect: Dialect,
    /// The body as it goes on to the bot.
    pub(super) body: Value,
    /// Whether the client wants the answer in pieces.
    pub(super) stream: bool,
    /// What is for Warmline.
    pub(super) extension: Extension,
    /// What the customer said: all messages between two answers in one text, oldest first.
    pub(super) said: Vec<String>,
    /// What the customer was answered, as far as the client sends it.
    pub(super) answers: Vec<String>,
    /// Whether the customer's last words are answered already, or tools have been called for them.
    pub(super) answered_since: bool,
    /// What the client has of the answer to the customer's last words: the texts beside calls.
    pub(super) begun: String,
    /// The calls of tools since the customer's last words, with their results.
    pub(super) actions: Vec<Action>,
    /// What the bot was given to answer from.
    pub(super) passages: Vec<Citation>,
}

/// The extension field of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Extension {
    /// What the bot was given to answer from.
    passages: Vec<Passage>,
    /// The customer's own id.
    pub(super) customer: Option<String>,
    /// Where they write.
    pub(super) channel: Option<String>,
    /// The segment they belong to.
    pub(super) segment: Option<String>,
    /// Their language, an ISO 639-1 code.
    pub(super) language: Option<String>,
    /// When a streamed answer is released, where the configuration is not to decide.
    pub(super) release: Option<Release>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Passage {
    #[serde(default)]
    document: String,
    #[serde(default)]
    title: String,
    passage: String,
}

/// A message, in either interface.
enum Item {
    /// Rules, and perhaps passages.
    Rules(String),
    Customer(String),
    Answer(String),
    Call(Called),
    Result(String, String),
    Passages(Vec<Citation>),
}

struct Called {
    id: String,
    name: String,
    arguments: String,
}

impl Asked {
    /// Reads the `body` of a request.
    ///
    /// # Errors
    /// When it is none, or the customer says nothing in it.
    pub(super) fn read(dialect: Dialect, mut body: Value) -> Result<Self, Problem> {
        let object = body
            .as_object_mut()
            .ok_or_else(|| Problem::unusable("the body must be a JSON object"))?;
        let extension = match object.remove(EXTENSION) {
            None => Extension::default(),
            Some(extension) => serde_json::from_value(extension)
                .map_err(|error| Problem::unusable(format!("`{EXTENSION}`: {error}")))?,
        };
        if object.get("n").and_then(Value::as_u64).unwrap_or(1) != 1 {
            let detail = "`n` must be 1: one answer is examined, and one is given";
            return Err(Problem::unusable(detail));
        }
        let mut asked = Self {
            dialect,
            stream: object.get("stream").and_then(Value::as_bool) == Some(true),
            said: Vec::new(),
            answers: Vec::new(),
            answered_since: false,
            begun: String::new(),
            actions: Vec::new(),
            passages: given(&extension),
            extension,
            body: Value::Null,
        };
        asked.take(items(dialect, &body)?);
        asked.body = body;
        match asked.said.is_empty() {
            true => Err(Problem::unusable("there is no message of the customer")),
            false => Ok(asked),
        }
    }

    fn take(&mut self, items: Vec<Item>) {
        let mut calls: Vec<(String, Action)> = Vec::new();
        for item in items {
            match item {
                Item::Rules(text) => self.passages.extend(passages::in_rules(&text)),
                Item::Customer(text) if text.trim().is_empty() => {}
                Item::Customer(text) => {
                    calls.clear();
                    match self.said.last_mut().filter(|_| !self.answered_since) {
                        Some(last) => *last = format!("{last}\n{text}"),
                        None => self.said.push(text),
                    }
                    self.answered_since = false;
                    self.begun.clear();
                }
                Item::Answer(text) => {
                    self.begun.push_str(&text);
                    self.answers.push(text);
                    self.answered_since = true;
                }
                Item::Call(Called {
                    id,
                    name,
                    arguments,
                }) => {
                    let input = arguments;
                    let result = None;
                    calls.push((
                        id,
                        Action {
                            name,
                            input,
                            result,
                        },
                    ));
                    self.answered_since = true;
                }
                Item::Result(id, text) => {
                    let call = calls.iter_mut().find(|(known, _)| *known == id);
                    let name = call.as_ref().map_or("tool", |(_, call)| call.name.as_str());
                    self.passages.extend(passages::in_result(name, &text));
                    if let Some((_, call)) = call {
                        call.result = Some(text);
                    }
                }
                Item::Passages(found) => self.passages.extend(found),
            }
        }
        self.actions = calls.into_iter().map(|(_, call)| call).collect();
    }
}

fn given(extension: &Extension) -> Vec<Citation> {
    let passages = extension.passages.iter().map(|given| Citation {
        document: given.document.clone(),
        title: match given.title.as_str() {
            "" => given.document.clone(),
            title => title.to_owned(),
        },
        passage: given.passage.clone(),
    });
    passages.collect()
}

fn items(dialect: Dialect, body: &Value) -> Result<Vec<Item>, Problem> {
    match dialect {
        Dialect::Chat => {
            let messages = body.get("messages").and_then(Value::as_array);
            let messages = messages
                .ok_or_else(|| Problem::unusable("`messages` must be a list of messages"))?;
            Ok(messages.iter().flat_map(message).collect())
        }
        Dialect::Responses => {
            let rules = body.get("instructions").and_then(Value::as_str);
            let mut items: Vec<Item> = rules
                .map(|r| Item::Rules(r.to_owned()))
                .into_iter()
                .collect();
            match body.get("input") {
                Some(Value::String(text)) => items.push(Item::Customer(text.clone())),
                Some(Value::Array(inputs)) => items.extend(inputs.iter().flat_map(input)),
                _ => {
                    return Err(Problem::unusable(
                        "`input` must be a text or a list of items",
                    ));
                }
            }
            Ok(items)
        }
    }
}

fn message(message: &Value) -> Vec<Item> {
    let content = text(message.get("content"));
    match message.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => vec![Item::Rules(content)],
        Some("user") => vec![Item::Customer(content)],
        Some("tool") => vec![Item::Result(string(message.get("tool_call_id")), content)],
        Some("assistant") => {
            let calls = message.get("tool_calls").and_then(Value::as_array);
            let calls = calls.into_iter().flatten().map(|call| {
                Item::Call(Called {
                    id: string(call.get("id")),
                    name: string(call.pointer("/function/name")),
                    arguments: string(call.pointer("/function/arguments")),
                })
            });
            let answer = Some(Item::Answer(content.clone())).filter(|_| !content.is_empty());
            answer.into_iter().chain(calls).collect()
        }
        _ => Vec::new(),
    }
}

fn input(item: &Value) -> Vec<Item> {
    match item.get("type").and_then(Value::as_str) {
        None | Some("message") => message(item),
        Some("function_call") => vec![Item::Call(Called {
            id: string(item.get("call_id")),
            name: string(item.get("name")),
            arguments: string(item.get("arguments")),
        })],
        Some("function_call_output") => {
            let output = text(item.get("output"));
            vec![Item::Result(string(item.get("call_id")), output)]
        }
        Some("file_search_call") => vec![Item::Passages(passages::in_search(item))],
        Some(_) => Vec::new(),
    }
}

fn string(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The words of a content, which is one text or several parts.
fn text(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(messages: Value) -> Asked {
        Asked::read(Dialect::Chat, json!({"model": "m", "messages": messages})).unwrap()
    }

    #[test]
    fn messages_between_two_answers_are_one_turn() {
        let asked = asked(json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": "My parcel"},
            {"role": "user", "content": [{"type": "text", "text": "is late"}]},
        ]));
        assert_eq!(asked.said, ["Hi", "My parcel\nis late"]);
        assert!(!asked.answered_since);
    }

    #[test]
    fn calls_are_joined_with_their_results() {
        let asked = asked(json!([
            {"role": "user", "content": "Where is order 7?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"id\":7}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "It left on Monday."},
        ]));
        assert!(asked.answered_since);
        assert_eq!(
            asked.actions[0].result.as_deref(),
            Some("It left on Monday.")
        );
        assert_eq!(asked.passages[0].title, "look");
    }

    #[test]
    fn the_extension_goes_no_further_and_unknown_fields_do() {
        let body = json!({"messages": [{"role": "user", "content": "Hi"}], "seed": 7,
            "warmline": {"customer": "c-1", "passages": [{"document": "d", "passage": "p"}]}});
        let asked = Asked::read(Dialect::Chat, body).unwrap();
        assert!(asked.body.get("warmline").is_none());
        assert_eq!(asked.body["seed"], 7);
        assert_eq!(asked.passages[0].title, "d");
        let wrong = json!({"messages": [], "warmline": {"custmer": "c-1"}});
        let problem = Asked::read(Dialect::Chat, wrong).unwrap_err();
        assert!(problem.detail.contains("custmer"), "{problem:?}");
    }

    #[test]
    fn the_other_interface_says_the_same() {
        let body = json!({"input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Where is it?"}]},
            {"type": "function_call", "call_id": "f", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "f", "output": "On its way"}]});
        let asked = Asked::read(Dialect::Responses, body).unwrap();
        assert_eq!(asked.said, ["Where is it?"]);
        assert_eq!(asked.actions[0].result.as_deref(), Some("On its way"));
        let plain = Asked::read(Dialect::Responses, json!({"input": "Hi"})).unwrap();
        assert_eq!(plain.said, ["Hi"]);
    }
}
