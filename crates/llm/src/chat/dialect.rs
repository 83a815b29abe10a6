//! The two interfaces of OpenAI-compatible endpoints, read with care: endpoints differ, and some
//! break off.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::completion::{Completion, ToolCall, Usage, mean_probability};

/// Most tools called in one answer.
const CALLS: u64 = 64;

/// An interface of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `POST /chat/completions`.
    Chat,
    /// `POST /responses`.
    Responses,
}

impl Dialect {
    /// Where requests go, under the base address.
    pub fn path(self) -> &'static str {
        match self {
            Dialect::Chat => "/chat/completions",
            Dialect::Responses => "/responses",
        }
    }

    /// Reads a complete answer.
    ///
    /// # Errors
    /// What there is instead of words or calls.
    pub(super) fn read(self, raw: Value) -> Result<Completion, String> {
        let read = match self {
            Dialect::Chat => of_chat(&raw)?,
            Dialect::Responses => of_response(&raw)?,
        };
        Completion { raw, ..read }.checked()
    }
}

fn of_chat(raw: &Value) -> Result<Completion, String> {
    let choice = raw
        .pointer("/choices/0")
        .ok_or("the answer has no choice")?;
    let message = choice.get("message").unwrap_or(&Value::Null);
    let calls = message.get("tool_calls").and_then(Value::as_array);
    let calls = calls.into_iter().flatten().map(|call| ToolCall {
        id: text(call.get("id")),
        name: text(call.pointer("/function/name")),
        arguments: text(call.pointer("/function/arguments")),
    });
    let tokens = choice
        .pointer("/logprobs/content")
        .and_then(Value::as_array);
    Ok(Completion {
        text: text(message.get("content")),
        tool_calls: calls.take(CALLS as usize).collect(),
        finish: text(choice.get("finish_reason")),
        usage: usage(raw, "prompt_tokens", "completion_tokens"),
        token_probability: mean_probability(logarithms(tokens.into_iter().flatten())),
        raw: Value::Null,
    })
}

fn of_response(raw: &Value) -> Result<Completion, String> {
    if raw.get("status").and_then(Value::as_str) == Some("failed") {
        return Err(match text(raw.pointer("/error/message")).as_str() {
            "" => "the response failed".to_owned(),
            reason => format!("the response failed: {reason}"),
        });
    }
    let output = raw.get("output").and_then(Value::as_array);
    let output = output.ok_or("the answer has no output")?;
    let of_type = |kind: &'static str| {
        output
            .iter()
            .filter(move |item| item.get("type").and_then(Value::as_str) == Some(kind))
    };
    let calls = of_type("function_call").map(|call| ToolCall {
        id: text(call.get("call_id")),
        name: text(call.get("name")),
        arguments: text(call.get("arguments")),
    });
    let words: Vec<String> = of_type("message").map(|m| text(m.get("content"))).collect();
    Ok(Completion {
        text: words.join("\n"),
        tool_calls: calls.take(CALLS as usize).collect(),
        finish: text(raw.get("status")),
        usage: usage(raw, "input_tokens", "output_tokens"),
        token_probability: None,
        raw: Value::Null,
    })
}

/// Words, which come as one text, as parts, or as nothing.
fn text(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect()
        }
        _ => String::new(),
    }
}

fn usage(raw: &Value, read: &str, written: &str) -> Usage {
    let tokens = |name: &str| raw.get("usage").and_then(|usage| usage.get(name)?.as_u64());
    Usage {
        read: tokens(read).unwrap_or_default(),
        written: tokens(written).unwrap_or_default(),
    }
}

fn logarithms<'a>(tokens: impl Iterator<Item = &'a Value>) -> impl Iterator<Item = f64> {
    tokens.filter_map(|token| token.get("logprob")?.as_f64())
}

/// An answer that comes in pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    dialect: Dialect,
    head: Value,
    text: String,
    calls: BTreeMap<u64, ToolCall>,
    finish: String,
    usage: Option<Value>,
    logarithms: Vec<f64>,
    /// The whole answer, where the endpoint sends that last.
    whole: Option<Value>,
}

impl Pieces {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            head: Value::Null,
            text: String::new(),
            calls: BTreeMap::new(),
            finish: String::new(),
            usage: None,
            logarithms: Vec::new(),
            whole: None,
        }
    }

    /// Takes the next piece; gives the words in it.
    ///
    /// # Errors
    /// When the piece says that the endpoint failed.
    pub(super) fn take(&mut self, piece: &Value) -> Result<String, String> {
        if let Some(error) = piece.get("error").filter(|error| !error.is_null()) {
            let reason = text(error.get("message"));
            return Err(format!("failed in mid-answer: {reason}"));
        }
        let words = match self.dialect {
            Dialect::Chat => self.take_chunk(piece),
            Dialect::Responses => self.take_event(piece),
        };
        self.text.push_str(&words);
        Ok(words)
    }

    fn take_chunk(&mut self, chunk: &Value) -> String {
        if self.head.is_null() {
            self.head = chunk.clone();
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        let Some(choice) = chunk.pointer("/choices/0") else {
            return String::new();
        };
        if let Some(finish) = choice.get("finish_reason").and_then(Value::as_str) {
            self.finish = finish.to_owned();
        }
        let tokens = choice
            .pointer("/logprobs/content")
            .and_then(Value::as_array);
        let tokens = tokens.into_iter().flatten();
        self.logarithms.extend(logarithms(tokens));
        let calls = choice
            .pointer("/delta/tool_calls")
            .and_then(Value::as_array);
        for call in calls.into_iter().flatten() {
            let index = call.get("index").and_then(Value::as_u64).unwrap_or(0);
            let known = self.calls.entry(index.min(CALLS)).or_default();
            known.id.push_str(&text(call.get("id")));
            known.name.push_str(&text(call.pointer("/function/name")));
            let arguments = text(call.pointer("/function/arguments"));
            known.arguments.push_str(&arguments);
        }
        text(choice.pointer("/delta/content"))
    }

    fn take_event(&mut self, event: &Value) -> String {
        match event.get("type").and_then(Value::as_str) {
            Some("response.output_text.delta") => text(event.get("delta")),
            Some("response.completed" | "response.incomplete" | "response.failed") => {
                self.whole = event.get("response").cloned();
                String::new()
            }
            _ => String::new(),
        }
    }

    /// The answer, when no more pieces come.
    ///
    /// # Errors
    /// When it broke off.
    pub(super) fn whole(self) -> Result<Completion, String> {
        const BROKEN: &str = "the answer broke off";
        match self.dialect {
            Dialect::Responses => self.dialect.read(self.whole.ok_or(BROKEN)?),
            Dialect::Chat if self.finish.is_empty() => Err(BROKEN.to_owned()),
            Dialect::Chat => {
                let probability = mean_probability(self.logarithms.iter().copied());
                let read = self.dialect.read(self.joined())?;
                Ok(Completion {
                    token_probability: probability,
                    ..read
                })
            }
        }
    }

    /// The pieces as one answer.
    fn joined(self) -> Value {
        let calls = self.calls.into_values().map(|call| {
            json!({"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": call.arguments}})
        });
        let calls: Vec<Value> = calls.collect();
        let content = match (self.text.is_empty(), calls.is_empty()) {
            (true, false) => Value::Null,
            _ => Value::String(self.text),
        };
        let mut message = json!({"role": "assistant", "content": content});
        if !calls.is_empty() {
            message["tool_calls"] = Value::Array(calls);
        }
        let choice = json!({"index": 0, "message": message, "finish_reason": self.finish});
        let mut whole = json!({"object": "chat.completion", "choices": [choice]});
        for name in [
            "id",
            "created",
            "model",
            "system_fingerprint",
            "service_tier",
        ] {
            if let Some(value) = self.head.get(name) {
                whole[name] = value.clone();
            }
        }
        if let Some(usage) = self.usage {
            whole["usage"] = usage;
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[Value]) -> Result<Completion, String> {
        let mut joined = Pieces::new(Dialect::Chat);
        for piece in pieces {
            joined.take(piece)?;
        }
        joined.whole()
    }

    fn delta(delta: Value, finish: Option<&str>) -> Value {
        json!({"id": "c1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    }

    #[test]
    fn a_null_first_delta_is_no_word() {
        let whole = joined(&[
            delta(json!({"role": "assistant", "content": null}), None),
            delta(json!({"content": "Good "}), None),
            delta(json!({"content": "day"}), None),
            delta(json!({}), Some("stop")),
            json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
        ]);
        let whole = whole.unwrap();
        assert_eq!(whole.text, "Good day");
        assert_eq!(
            whole.usage,
            Usage {
                read: 7,
                written: 2
            }
        );
        assert_eq!(whole.raw["choices"][0]["message"]["content"], "Good day");
        assert_eq!(whole.raw["id"], "c1");
    }

    #[test]
    fn pieces_of_calls_are_joined() {
        let call = |call: Value| delta(json!({"tool_calls": [call]}), None);
        let whole = joined(&[
            call(json!({"index": 0, "id": "a", "function": {"name": "look", "arguments": "{\"o"}})),
            call(json!({"index": 0, "function": {"arguments": "\":1}"}})),
            delta(json!({}), Some("tool_calls")),
        ]);
        let call = &whole.unwrap().tool_calls[0];
        assert_eq!(
            (call.name.as_str(), call.arguments.as_str()),
            ("look", "{\"o\":1}")
        );
    }

    #[test]
    fn an_answer_that_breaks_off_is_none() {
        let broken = joined(&[delta(json!({"content": "I will ref"}), None)]);
        assert_eq!(broken.unwrap_err(), "the answer broke off");
        let failed = joined(&[json!({"error": {"message": "out of memory"}})]);
        assert!(failed.unwrap_err().contains("out of memory"));
    }

    #[test]
    fn an_answer_without_words_or_calls_is_none() {
        let read = |raw: Value| Dialect::Chat.read(raw);
        assert!(read(json!({"choices": []})).is_err());
        assert!(read(json!({"choices": [{"message": {"content": " "}}]})).is_err());
        let parts =
            json!({"choices": [{"message": {"content": [{"type": "text", "text": "Hi"}]}}]});
        assert_eq!(read(parts).unwrap().text, "Hi");
    }

    #[test]
    fn a_response_is_read_like_a_completion() {
        let raw = json!({"status": "completed", "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]},
            {"type": "function_call", "call_id": "f1", "name": "look", "arguments": "{}"}],
            "usage": {"input_tokens": 3, "output_tokens": 1}});
        let read = Dialect::Responses.read(raw).unwrap();
        assert_eq!(
            (read.text.as_str(), read.tool_calls[0].id.as_str()),
            ("Hello", "f1")
        );
        assert_eq!(read.usage.read, 3);
        assert!(
            Dialect::Responses
                .read(json!({"status": "failed"}))
                .is_err()
        );
    }
}
