//! Answers as somebody sees them who may not see all of them.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;
use warmline::core::privacy::{Kinds, mask_json};

use crate::problem::Problem;

/// What names something, and would name something else if it were masked; and moments.
const KEPT: [&str; 21] = [
    "conversation",
    "next",
    "id",
    "csrf",
    "at",
    "since",
    "due",
    "asked_at",
    "operator",
    "last_operator",
    "name",
    "by",
    "person",
    "owner",
    "state",
    "queue",
    "config",
    "kind",
    "rule",
    "event",
    "outcome",
];
/// Where the words of cards stand.
const CARDS: [&str; 2] = ["card", "intent"];

/// What is masked for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mask {
    /// In everything.
    pub(crate) everything: Kinds,
    /// In cards.
    pub(crate) cards: Kinds,
}

impl Mask {
    fn json(self, value: &mut Value) {
        mask_json(value, self.everything, &|name| KEPT.contains(&name));
        self.cards_in(value);
    }

    fn cards_in(self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.cards_in(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match CARDS.contains(&name.as_str()) {
                        true => mask_json(field, self.cards, &|name| KEPT.contains(&name)),
                        false => self.cards_in(field),
                    }
                }
            }
            _ => {}
        }
    }

    fn is_empty(self) -> bool {
        self.everything.is_empty() && self.cards.is_empty()
    }

    /// An answer under the mask that `now` gives. A stream outlasts configurations: each event is
    /// under the mask of its moment.
    pub(crate) async fn response(
        now: impl Fn() -> Self + Send + 'static,
        response: Response,
    ) -> Result<Response, Problem> {
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        let kind = kind.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
        if kind.starts_with(b"text/event-stream") {
            return Ok(Self::stream(now, response));
        }
        let mask = now();
        if mask.is_empty() || !kind.ends_with(b"json") {
            return Ok(response);
        }
        let (mut head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX)
            .await
            .map_err(|error| Problem::internal(&error))?;
        let mut value: Value =
            serde_json::from_slice(&bytes).map_err(|error| Problem::internal(&error))?;
        mask.json(&mut value);
        head.headers.remove(header::CONTENT_LENGTH);
        Ok(Response::from_parts(head, Body::from(value.to_string())))
    }

    /// Event by event: an event may come in several pieces.
    fn stream(now: impl Fn() -> Self + Send + 'static, response: Response) -> Response {
        let (head, body) = response.into_parts();
        let mut rest = Vec::new();
        let masked = body.into_data_stream().map(move |piece| {
            rest.extend_from_slice(&piece?);
            let end = rest.windows(2).rposition(|two| two == b"\n\n");
            let whole: Vec<u8> = end.map_or_else(Vec::new, |end| rest.drain(..end + 2).collect());
            let mask = now();
            let seen = match mask.is_empty() {
                true => whole,
                false => mask.events(&whole),
            };
            Ok::<Bytes, axum::Error>(seen.into())
        });
        Response::from_parts(head, Body::from_stream(masked))
    }

    fn events(self, whole: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(whole.len());
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            let data = line.strip_prefix(b"data: ".as_slice());
            let value = data.and_then(|data| serde_json::from_slice::<Value>(data).ok());
            match value {
                Some(mut value) => {
                    self.json(&mut value);
                    out.extend_from_slice(format!("data: {value}\n").as_bytes());
                }
                None => out.extend_from_slice(line),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn handles_stay_and_words_do_not() {
        let mask = Mask {
            everything: Kinds::all(),
            cards: Kinds::default(),
        };
        let mut value = json!({
            "conversation": "wa-+491711234567",
            "turns": [{ "text": "call +49 171 1234567", "operator": "dana@shop.example" }],
            "customer": { "customer": "ana@mail.example" },
        });
        mask.json(&mut value);
        assert_eq!(value["conversation"], "wa-+491711234567");
        assert_eq!(value["turns"][0]["text"], "call [phone number]");
        assert_eq!(value["turns"][0]["operator"], "dana@shop.example");
        assert_eq!(value["customer"]["customer"], "[e-mail]");
    }

    #[test]
    fn cards_have_a_mask_of_their_own() {
        let mask = Mask {
            everything: Kinds::default(),
            cards: Kinds::all(),
        };
        let mut value = json!({ "card": { "a": ["a@b.example"] }, "turns": ["a@b.example"] });
        mask.json(&mut value);
        assert_eq!(
            value,
            json!({ "card": { "a": ["[e-mail]"] }, "turns": ["a@b.example"] })
        );
    }

    #[test]
    fn events_are_masked_one_by_one() {
        let mask = Mask {
            everything: Kinds::all(),
            cards: Kinds::default(),
        };
        let events = b": open\n\nid: 4111111111111111\ndata: {\"text\":\"a@b.example\"}\n\n";
        let masked = String::from_utf8(mask.events(events)).unwrap();
        assert_eq!(
            masked,
            ": open\n\nid: 4111111111111111\ndata: {\"text\":\"[e-mail]\"}\n\n"
        );
    }
}
