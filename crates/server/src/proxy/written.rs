//! Answers, as the client's library expects them.

use std::convert::Infallible;

use axum::Json;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use warmline::llm::{Completion, Dialect};
use warmline::{Answer, Owner, Trigger, Turn, View};

use super::asked::Asked;
use super::named::{HEADER, Named};
use super::relay::Called;
use crate::auth::{hex, random};
use crate::view::TriggerView;

/// The headers that tell what was decided.
const STATE: &str = "x-warmline-state";
const TRIGGER: &str = "x-warmline-trigger";
const WARNING: &str = "x-warmline-warning";

/// An answer, whatever the interface.
pub(super) struct Written {
    /// What the customer is told; `None` where the bot's answer passes as it is.
    text: Option<String>,
    /// The bot's answer as it came, where there is one.
    raw: Option<Value>,
    state: String,
    trigger: Option<Trigger>,
    extension: Value,
}

impl Written {
    /// The bot calls tools: its answer passes.
    pub(super) fn calls(called: Called, after: &View) -> Self {
        let extension = json!({
            "conversation": after.conversation,
            "state": after.state.name,
            "owner": owner(after.owner),
            "epoch": after.state.epoch,
            "turn": after.state.last_customer_turn,
            "trigger": null,
        });
        Self {
            text: None,
            raw: Some(called.raw),
            state: after.state.name.to_string(),
            trigger: None,
            extension,
        }
    }

    /// The turn was decided upon: the bot's answer, or what humans and notices `said`, or at
    /// least an `acknowledgement`. Where the bot only began to answer, its words stand there but for
    /// those that the client has `got`.
    pub(super) fn decided(
        answer: &Answer,
        mut said: Vec<Turn>,
        last: Option<Completion>,
        acknowledgement: &str,
        got: &str,
    ) -> Self {
        let reply = answer.reply.as_ref().map(|turn| turn.text.as_str());
        // The bot's answer passes as it came, if all of it was examined and said.
        let is_said = |last: &Completion| reply.is_some_and(|reply| ends_with(reply, &last.text));
        let last = last.filter(|last| !last.text.trim().is_empty() && is_said(last));
        if last.is_none() {
            said.extend(answer.reply.clone());
            said.sort_by_key(|turn| turn.number);
        }
        let words = said.iter().map(|turn| match turn.is_assistant() {
            true => behind(&turn.text, got),
            false => turn.text.as_str(),
        });
        let mut texts: Vec<&str> = words.filter(|words| !words.is_empty()).collect();
        texts.extend(last.as_ref().map(|last| last.text.as_str()));
        let assistant_said_all = reply.is_some() && answer.owner == Owner::Assistant;
        if texts.is_empty() && !assistant_said_all {
            texts.push(acknowledgement);
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
            text: Some(texts.join("\n\n")),
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

    /// The chunks that are left of a completion of which `sent` has gone out, under the `id` of the
    /// first of them.
    pub(super) fn rest(self, asked: &Asked, id: &str, sent: &str) -> Vec<String> {
        let handed_off = self.raw.is_none();
        let mut whole = self.completion(asked);
        whole["id"] = json!(id);
        let content = &mut whole["choices"][0]["message"]["content"];
        if let Some(text) = content.as_str().filter(|_| !sent.is_empty()) {
            *content = match (text.strip_prefix(sent), handed_off) {
                (Some(rest), _) => json!(rest),
                (None, true) if !text.is_empty() => json!(format!("\n\n{text}")),
                (None, _) => json!(text),
            };
        }
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

/// Whether `text` ends with `end`, whatever the blanks.
fn ends_with(text: &str, end: &str) -> bool {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    squeezed(text).ends_with(&squeezed(end))
}

/// What stands in `text` behind its `beginning`, whatever the blanks; all of it where it begins
/// otherwise.
fn behind<'t>(text: &'t str, beginning: &str) -> &'t str {
    let mut rest = text.trim();
    for letter in beginning.chars().filter(|c| !c.is_whitespace()) {
        match rest.trim_start().strip_prefix(letter) {
            Some(behind) => rest = behind,
            None => return text,
        }
    }
    rest.trim_start()
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
    fn what_the_client_has_is_told_whatever_the_blanks() {
        for (text, got, left) in [
            ("It left. It is late.", "It left. ", "It is late."),
            ("It left. It is late.", "", "It left. It is late."),
            ("It left. It is late.", "It\nleft. It is late.", ""),
            ("A。 B。 C。", "A。B。", "C。"),
            ("It left.", "Something else.", "It left."),
        ] {
            assert_eq!(behind(text, got), left, "{text} {got}");
        }
        assert!(ends_with("A。 B。 C。", "B。C。"));
        assert!(!ends_with("It left.", "It left. Gone."));
    }
}
