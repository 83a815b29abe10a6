//! Answers, as the client's library expects them.

use std::convert::Infallible;

use axum::Json;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use warmline::llm::Dialect;
use warmline::{Answer, Owner, Trigger, Turn, View};

use super::asked::Asked;
use super::named::{HEADER, Named};
use super::relay::Came;
use crate::auth::{hex, random};
use crate::view::TriggerView;

/// The headers that tell what was decided.
const STATE: &str = "x-warmline-state";
const TRIGGER: &str = "x-warmline-trigger";
const WARNING: &str = "x-warmline-warning";

/// An answer, whatever the interface.
pub(super) struct Written {
    /// What the customer is told beyond what was sent already; `None` where the bot's answer passes as
    /// it is.
    text: Option<String>,
    /// The bot's answer as it came, where there is one.
    raw: Option<Value>,
    state: String,
    trigger: Option<Trigger>,
    extension: Value,
}

impl Written {
    /// The bot calls tools: its answer passes, but for the words that were `sent` already.
    pub(super) fn calls(came: Came, after: &View, sent: &str) -> Self {
        let extension = json!({
            "conversation": after.conversation,
            "state": after.state.name,
            "owner": owner(after.owner),
            "epoch": after.state.epoch,
            "turn": after.state.last_customer_turn,
            "trigger": null,
        });
        Self {
            text: Some(came.rest).filter(|_| !sent.is_empty()),
            raw: Some(came.raw),
            state: after.state.name.to_string(),
            trigger: None,
            extension,
        }
    }

    /// The turn was decided upon: the bot's answer between what `others` said before and after it, or
    /// at least an `acknowledgement`. The client has `begun` the answer in earlier exchanges, as far as
    /// it tells, and was `sent` the beginning of it in this one.
    pub(super) fn decided(
        answer: &Answer,
        others: Vec<Turn>,
        last: Option<Came>,
        acknowledgement: &str,
        begun: &str,
        sent: &str,
    ) -> Self {
        let parts: Vec<&str> = answer.parts.iter().map(|turn| turn.text.as_str()).collect();
        // The bot's answer passes as it came, if all of it was examined and said.
        let last = last.filter(|last| !last.text.trim().is_empty() && end(&parts, &last.text));
        let words = match &last {
            Some(last) if sent.is_empty() => last.text.clone(),
            Some(last) => last.rest.clone(),
            None => behind(&parts, &format!("{begun}{sent}")).join(" "),
        };
        let first = answer.parts.first().map(|turn| turn.number);
        let is_before = |turn: &Turn| first.is_none_or(|first| turn.number < first);
        let (before, after): (Vec<Turn>, Vec<Turn>) = others.into_iter().partition(is_before);
        let goes_on = last.is_some() && before.is_empty();
        let (before, after) = (
            before.iter().map(|t| &t.text),
            after.iter().map(|t| &t.text),
        );
        let texts = before.chain([&words]).chain(after).map(String::as_str);
        let mut texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        let assistant_said_all = answer.reply.is_some() && answer.owner == Owner::Assistant;
        if texts.is_empty() && !assistant_said_all {
            texts.push(acknowledgement);
        }
        let mut text = texts.join("\n\n");
        if !sent.is_empty() && !goes_on && !text.is_empty() {
            text.insert_str(0, "\n\n");
        }
        let trigger = answer.trigger.as_ref().map(TriggerView::from);
        let extension = json!({
            "conversation": answer.conversation,
            "state": answer.state,
            "owner": owner(answer.owner),
            "epoch": answer.epoch,
            "turn": answer.turn,
            "trigger": trigger,
        });
        Self {
            text: Some(text),
            raw: last.map(|last| last.raw),
            state: answer.state.to_string(),
            trigger: answer.trigger.clone(),
            extension,
        }
    }

    /// The response to `asked`.
    pub(super) fn response(self, asked: &Asked, named: &Named) -> Response {
        let (state, trigger) = (self.state.clone(), self.trigger.clone());
        let whole = match asked.dialect {
            Dialect::Chat => self.completion(asked),
            Dialect::Responses => self.item(asked),
        };
        let mut response = match (asked.stream, asked.dialect) {
            (false, _) => Json(whole).into_response(),
            (true, Dialect::Chat) => in_chunks(&whole, wants_usage(asked)),
            (true, Dialect::Responses) => in_events(whole),
        };
        head(&mut response, named, Some(state), trigger);
        response
    }

    /// The chunks that are left of a completion of which the first has gone out, under its `id`.
    pub(super) fn rest(self, asked: &Asked, id: &str) -> Vec<String> {
        let mut whole = self.completion(asked);
        whole["id"] = json!(id);
        chunks(&whole, wants_usage(asked))
    }

    fn completion(self, asked: &Asked) -> Value {
        let mut whole = self.raw.unwrap_or_else(|| {
            json!({
                "id": format!("chatcmpl-{}", unique()),
                "object": "chat.completion",
                "created": now(),
                "model": asked.body.get("model"),
                "choices": [{"index": 0, "logprobs": null, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": null, "refusal": null}}],
                "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
            })
        });
        if let Some(text) = self.text {
            whole["choices"][0]["message"]["content"] = Value::String(text);
        }
        if let Some(choices) = whole["choices"].as_array_mut() {
            // One answer was examined.
            choices.truncate(1);
        }
        whole["warmline"] = self.extension;
        whole
    }

    fn item(self, asked: &Asked) -> Value {
        let mut whole = self.raw.unwrap_or_else(|| {
            json!({
                "id": format!("resp_{}", unique()),
                "object": "response",
                "created_at": now(),
                "status": "completed",
                "error": null,
                "incomplete_details": null,
                "instructions": asked.body.get("instructions"),
                "metadata": asked.body.get("metadata"),
                "model": asked.body.get("model"),
                "output": [],
                "parallel_tool_calls": true,
                "tool_choice": asked.body.get("tool_choice").cloned().unwrap_or(json!("auto")),
                "tools": asked.body.get("tools").cloned().unwrap_or(json!([])),
                "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens_details": {"reasoning_tokens": 0}},
            })
        });
        if let Some(text) = self.text {
            let message = json!({"id": format!("msg_{}", unique()), "type": "message",
                "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": text, "annotations": []}]});
            let output = whole["output"].as_array().cloned().unwrap_or_default();
            let others = output.into_iter().filter(|item| item["type"] != "message");
            whole["output"] = others.chain([message]).collect();
        }
        whole["warmline"] = self.extension;
        whole
    }
}

/// Whether `parts` end with `words`, whatever the blanks.
fn end(parts: &[&str], words: &str) -> bool {
    squeezed(&parts.concat()).ends_with(&squeezed(words))
}

/// The `parts` behind those that a client has `got`, whatever the blanks: what it got ends with as
/// many of them as possible, and need not begin with the first. All of them where it got none.
fn behind<'p, 't>(parts: &'p [&'t str], got: &str) -> &'p [&'t str] {
    let got = squeezed(got);
    let parts_squeezed: Vec<String> = parts.iter().map(|part| squeezed(part)).collect();
    let mut longest = (0, 0);
    for from in 0..parts.len() {
        for to in from + 1..=parts.len() {
            let run = parts_squeezed[from..to].concat();
            if run.len() > longest.0 && got.ends_with(&run) {
                longest = (run.len(), to);
            }
        }
    }
    &parts[longest.1..]
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn owner(owner: Owner) -> crate::view::Owner {
    owner.into()
}

fn wants_usage(asked: &Asked) -> bool {
    asked.body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true))
}

/// Puts the headers on a response that tell what was decided.
pub(super) fn head(
    response: &mut Response,
    named: &Named,
    state: Option<String>,
    trigger: Option<Trigger>,
) {
    let headers = [
        (HEADER, Some(named.id.to_string())),
        (STATE, state),
        (TRIGGER, trigger.map(|trigger| trigger.kind.to_string())),
        (WARNING, named.warning.map(str::to_owned)),
    ];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
}

/// A chunk of a stream.
pub(super) fn chunk(id: &Value, model: &Value, delta: Value, finish: &Value) -> Value {
    json!({
        "id": id, "object": "chat.completion.chunk", "created": now(), "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    })
}

/// The first chunk of a stream.
pub(super) fn first_chunk(id: &Value, model: &Value) -> Value {
    let delta = json!({"role": "assistant", "content": ""});
    chunk(id, model, delta, &Value::Null)
}

/// A chat completion in chunks.
fn in_chunks(whole: &Value, usage: bool) -> Response {
    let first = first_chunk(&whole["id"], &whole["model"]).to_string();
    let data = [first].into_iter().chain(chunks(whole, usage));
    let events = data.map(|data| Ok::<_, Infallible>(Event::default().data(data)));
    Sse::new(stream::iter(events.collect::<Vec<_>>())).into_response()
}

/// The chunks of a chat completion after the first, the decision on the last that says something.
fn chunks(whole: &Value, usage: bool) -> Vec<String> {
    let chunk = |delta: Value, finish: &Value| chunk(&whole["id"], &whole["model"], delta, finish);
    let (message, none) = (&whole["choices"][0]["message"], Value::Null);
    let mut chunks: Vec<Value> = Vec::new();
    if let Some(text) = message["content"].as_str() {
        let pieces = text.split_inclusive(char::is_whitespace);
        chunks.extend(pieces.map(|piece| chunk(json!({"content": piece}), &none)));
    }
    if let Some(calls) = message["tool_calls"].as_array() {
        for (index, call) in calls.iter().enumerate() {
            let mut call = call.clone();
            call["index"] = json!(index);
            chunks.push(chunk(json!({"tool_calls": [call]}), &none));
        }
    }
    let mut last = chunk(json!({}), &whole["choices"][0]["finish_reason"]);
    last["warmline"] = whole["warmline"].clone();
    chunks.push(last);
    if usage {
        let mut chunk = chunk(json!({}), &none);
        chunk["choices"] = json!([]);
        chunk["usage"] = whole["usage"].clone();
        chunks.push(chunk);
    }
    let data = chunks.into_iter().map(|chunk| chunk.to_string());
    data.chain(["[DONE]".to_owned()]).collect()
}

/// A response in events, the decision on the last of them.
fn in_events(whole: Value) -> Response {
    let mut begun = whole.clone();
    begun["status"] = json!("in_progress");
    begun["output"] = json!([]);
    if let Some(begun) = begun.as_object_mut() {
        begun.remove("usage");
        begun.remove("warmline");
    }
    let mut events = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
    ];
    let output = whole["output"].as_array().cloned().unwrap_or_default();
    for (index, item) in output.into_iter().enumerate() {
        events.extend(item_in_events(index, &item));
    }
    events.push(json!({"type": "response.completed", "response": whole}));
    let events = events.into_iter().enumerate().map(|(number, mut event)| {
        event["sequence_number"] = json!(number);
        let name = event["type"].as_str().unwrap_or_default().to_owned();
        Ok::<_, Infallible>(Event::default().event(name).data(event.to_string()))
    });
    Sse::new(stream::iter(events.collect::<Vec<_>>())).into_response()
}

fn item_in_events(index: usize, item: &Value) -> Vec<Value> {
    let of_item = |kind: &str, more: Value| {
        let mut event = json!({"type": kind, "output_index": index, "item_id": item["id"]});
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    };
    let mut open = item.clone();
    open["status"] = json!("in_progress");
    let mut events = Vec::new();
    match item["type"].as_str() {
        Some("message") => {
            open["content"] = json!([]);
            events.push(of_item("response.output_item.added", json!({"item": open})));
            let text = item["content"][0]["text"].as_str().unwrap_or_default();
            let at = |more: Value| {
                let mut at = json!({"content_index": 0, "logprobs": []});
                if let (Some(at), Value::Object(more)) = (at.as_object_mut(), more) {
                    at.extend(more);
                }
                at
            };
            let empty = json!({"type": "output_text", "text": "", "annotations": []});
            let part = at(json!({"part": empty}));
            events.push(of_item("response.content_part.added", part));
            for piece in text.split_inclusive(char::is_whitespace) {
                let delta = at(json!({"delta": piece}));
                events.push(of_item("response.output_text.delta", delta));
            }
            let done = at(json!({"text": text}));
            events.push(of_item("response.output_text.done", done));
            let part = at(json!({"part": item["content"][0]}));
            events.push(of_item("response.content_part.done", part));
        }
        Some("function_call") => {
            open["arguments"] = json!("");
            events.push(of_item("response.output_item.added", json!({"item": open})));
            let delta = json!({"delta": item["arguments"]});
            events.push(of_item("response.function_call_arguments.delta", delta));
            let done = json!({"arguments": item["arguments"], "name": item["name"]});
            events.push(of_item("response.function_call_arguments.done", done));
        }
        _ => events.push(of_item("response.output_item.added", json!({"item": open}))),
    }
    events.push(of_item("response.output_item.done", json!({"item": item})));
    events
}

/// Letters for an id that nobody else has.
pub(super) fn unique() -> String {
    random::<12>().map_or_else(|_| now().to_string(), |bytes| hex(&bytes))
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_the_parts_that_it_has_not_got_whatever_the_blanks() {
        let parts = [
            "Let me look.",
            "It left [1].",
            "It is late.",
            "It left [1].",
        ];
        for (got, left) in [
            ("", 4),
            ("Let me look.", 3),
            ("Let me look. It\nleft [1]. ", 2),
            ("It left [1]. ", 2),
            ("It is late. It left [1]. ", 0),
            ("Dana here.\n\nLet me look.It left [1].", 2),
            ("Let me **look**. It left [1]. ", 2),
            ("Something else.", 4),
        ] {
            assert_eq!(behind(&parts, got), &parts[4 - left..], "{got}");
        }
        let repeated = ["Yes.", "It is. Yes."];
        assert!(behind(&repeated, "It is. Yes.").is_empty());
        assert_eq!(behind(&["A。", "B。", "C。"], "A。B。"), ["C。"]);
    }

    #[test]
    fn an_answer_passes_where_the_parts_end_with_it() {
        let parts = ["A。", "B。", "C [4]。"];
        assert!(end(&parts, "B。 C [4]。"));
        assert!(!end(&parts, "C [2]。"));
        assert!(!end(&parts[..2], "B。 C [4]。"));
    }
}
