//! One event on its way to one endpoint, and where it is kept.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use warmline::core::privacy::Kinds;
use warmline::journal::{Collection, RecordChange};
use warmline::{ConversationId, Error, Records, Timestamp, keep};

use super::config::{Endpoint, Format};
use super::event::{self, Event, EventKind};

/// Where deliveries are kept.
pub(crate) const WEBHOOK: Collection = Collection::new("webhook");

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// It is tried, or tried again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It is tried no more, until somebody replays it.
    Dead,
}

impl Status {
    /// What keys begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Status::Pending => "pending/",
            Status::Delivered => "delivered/",
            Status::Dead => "dead/",
        }
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// The event's id, the same at every attempt and at every endpoint.
    pub(crate) event_id: String,
    pub(crate) event: EventKind,
    pub(crate) endpoint: String,
    pub(crate) conversation: ConversationId,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// What happened, as CloudEvents 1.0 in JSON.
    pub(crate) cloud_event: Value,
    pub(crate) status: Status,
    pub(crate) attempts: u32,
    /// When it is tried next, or was tried last.
    pub(crate) next: Timestamp,
    /// The receiver's last answer, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<u16>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Delivery {
    /// `event` on its way to `endpoint`, with a link into the `console`.
    pub(crate) fn new(event: &Event, endpoint: &Endpoint, console: Option<&str>) -> Self {
        Self {
            event_id: event.id.clone(),
            event: event.kind,
            endpoint: endpoint.name.clone(),
            conversation: event.conversation.clone(),
            at: event.at,
            cloud_event: event.cloud_event(console),
            status: Status::Pending,
            attempts: 0,
            next: event.at,
            answer: None,
            error: None,
        }
    }

    /// The body as the endpoint takes it, with personal data of these kinds masked.
    pub(crate) fn body(&self, format: Format, masked: Kinds) -> Value {
        let event = event::masked(self.cloud_event.clone(), masked);
        formatted(format, self.event, event)
    }

    /// What tells it from every other: the event and the endpoint.
    pub(crate) fn id(&self) -> String {
        format!("{}.{}", self.event_id, self.endpoint)
    }

    /// Where it is kept: what waits by endpoint, the next attempt first; the rest latest first.
    pub(crate) fn key(&self) -> String {
        let (prefix, id) = (self.status.prefix(), &self.event_id);
        let latest = u64::MAX - self.at.0;
        match self.status {
            Status::Pending => format!("{prefix}{}/{:016x}/{id}", self.endpoint, self.next.0),
            _ => format!("{prefix}{latest:016x}/{id}/{}", self.endpoint),
        }
    }

    /// The changes that put it from where it is to `after`.
    pub(crate) fn moved(&self, after: &Self) -> Vec<RecordChange> {
        let (from, to) = (self.key(), after.key());
        let conversation = Some(&self.conversation);
        let mut changes = Vec::with_capacity(2);
        if from != to {
            changes.push(RecordChange::Drop {
                collection: WEBHOOK,
                key: from,
                conversation: conversation.cloned(),
            });
        }
        changes.push(keep(WEBHOOK, &to, conversation, after));
        changes
    }
}

/// The body in the form that the endpoint takes.
fn formatted(format: Format, kind: EventKind, event: Value) -> Value {
    if format == Format::CloudEvents {
        return event;
    }
    let data = &event["data"];
    let facts: Vec<(&str, String)> = [
        "queue", "trigger", "rule", "segment", "channel", "language", "operator", "outcome",
        "stated", "rating",
    ]
    .iter()
    .filter_map(|name| match &data[*name] {
        Value::Null => None,
        Value::String(text) => Some((*name, text.clone())),
        other => Some((*name, other.to_string())),
    })
    .collect();
    let id = data["conversation"].as_str().unwrap_or_default();
    let link = data["link"].as_str();
    match format {
        Format::Teams => {
            let facts: Vec<Value> = facts
                .iter()
                .map(|(title, value)| json!({"title": title, "value": value}))
                .collect();
            let actions: Vec<Value> = link
                .map(|url| json!({"type": "Action.OpenUrl", "title": "Open", "url": url}))
                .into_iter()
                .collect();
            let card = json!({
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [
                    {"type": "TextBlock", "weight": "bolder", "text": kind.words(), "wrap": true},
                    {"type": "TextBlock", "text": id, "isSubtle": true, "wrap": true},
                    {"type": "FactSet", "facts": facts},
                ],
                "actions": actions,
            });
            let attachment = json!({
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": card,
            });
            json!({"type": "message", "attachments": [attachment]})
        }
        _ => {
            // Names come from customers' channels: nothing of them is markup.
            let plain = |text: &str| {
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                text.replace('>', "&gt;")
            };
            let facts: Vec<String> = facts
                .iter()
                .map(|(name, value)| format!("{name}: {}", plain(value)))
                .collect();
            let conversation = match link {
                Some(link) => format!("<{link}|{}>", plain(id)),
                None => plain(id),
            };
            let text = format!("{} ({conversation}) {}", kind.words(), facts.join(", "));
            json!({"text": text.trim_end()})
        }
    }
}

/// Up to `limit` deliveries of one status: what waits in the order of attempts, the rest latest
/// first.
pub(crate) fn deliveries(
    records: &Records,
    status: Status,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Delivery>, Option<String>), Error> {
    let page = records.list::<Delivery>(WEBHOOK, status.prefix(), after, limit)?;
    let rows = page.rows.into_iter().map(|(_, delivery)| delivery);
    Ok((rows.collect(), page.next))
}

/// Tries a delivery again that was delivered or given up, under the id that it had.
///
/// # Errors
/// [`Error::Invalid`] where there is none with this id, [`Error::Journal`].
pub(crate) async fn replay(
    records: &Records,
    id: &str,
    now: Timestamp,
) -> Result<Option<Delivery>, Error> {
    for status in [Status::Dead, Status::Delivered] {
        let kept = records.all::<Delivery>(WEBHOOK, status.prefix())?;
        if let Some((_, known)) = kept.into_iter().find(|(_, known)| known.id() == id) {
            let again = Delivery {
                status: Status::Pending,
                attempts: 0,
                next: now,
                ..known.clone()
            };
            records.change(known.moved(&again)).await?;
            return Ok(Some(again));
        }
    }
    Ok(None)
}
