//! Which events there are, and what they carry: never a word that a customer said.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use warmline::core::outcome::Ended;
use warmline::core::privacy::{Kinds, mask_json};
use warmline::core::queue::Alarm;
use warmline::core::{State, event};
use warmline::{ConversationId, Entry, Timestamp};

use crate::view::moment;

/// Something that other systems are told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub enum EventKind {
    /// The assistant gave the conversation to a human.
    #[serde(rename = "conversation.handed_off")]
    HandedOff,
    /// An operator took it.
    #[serde(rename = "conversation.claimed")]
    Claimed,
    /// An operator, or their silence, put it back into a queue.
    #[serde(rename = "conversation.released")]
    Released,
    /// An operator handed it back to the assistant.
    #[serde(rename = "conversation.handed_back")]
    HandedBack,
    /// It ended.
    #[serde(rename = "conversation.closed")]
    Closed,
    /// It had counted as settled, and the customer is back about the same thing.
    #[serde(rename = "conversation.reopened")]
    Reopened,
    /// The customer rated it.
    #[serde(rename = "conversation.rated")]
    Rated,
    /// It will have waited too long soon.
    #[serde(rename = "conversation.target_warning")]
    TargetWarning,
    /// It has waited too long.
    #[serde(rename = "conversation.target_breached")]
    TargetBreached,
}

impl EventKind {
    /// The name in configuration and events.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::HandedOff => "conversation.handed_off",
            EventKind::Claimed => "conversation.claimed",
            EventKind::Released => "conversation.released",
            EventKind::HandedBack => "conversation.handed_back",
            EventKind::Closed => "conversation.closed",
            EventKind::Reopened => "conversation.reopened",
            EventKind::Rated => "conversation.rated",
            EventKind::TargetWarning => "conversation.target_warning",
            EventKind::TargetBreached => "conversation.target_breached",
        }
    }

    /// What happened, in words for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            EventKind::HandedOff => "A customer needs a human",
            EventKind::Claimed => "An operator has the conversation",
            EventKind::Released => "The conversation waits for another operator",
            EventKind::HandedBack => "The assistant has the conversation again",
            EventKind::Closed => "The conversation has ended",
            EventKind::Reopened => "The customer is back about what counted as settled",
            EventKind::Rated => "The customer gave a rating",
            EventKind::TargetWarning => "A customer has waited for almost too long",
            EventKind::TargetBreached => "A customer has waited for too long",
        }
    }
}

/// What a step tells other systems.
pub(crate) fn kinds(before: &State, entry: &Entry, after: &State) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    if after.handoffs > before.handoffs {
        kinds.push(EventKind::HandedOff);
    }
    if after.operator.is_some() && before.operator != after.operator {
        kinds.push(EventKind::Claimed);
    }
    let alarm = |state: &State| state.queued.as_ref().and_then(|queued| queued.alarm);
    match alarm(after).filter(|raised| alarm(before) != Some(*raised)) {
        Some(Alarm::Warning) => kinds.push(EventKind::TargetWarning),
        Some(Alarm::Breach) => kinds.push(EventKind::TargetBreached),
        None => {}
    }
    let left = before.operator.is_some() && after.operator.is_none() && after.outcome.is_none();
    match &entry.event {
        event::Event::HandedBack { .. } => kinds.push(EventKind::HandedBack),
        event::Event::Rated { .. } => kinds.push(EventKind::Rated),
        _ if left => kinds.push(EventKind::Released),
        _ => {}
    }
    if before.outcome.is_none() && after.outcome.is_some() {
        kinds.push(EventKind::Closed);
    }
    kinds
}

/// Something that happened to a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The same however often it is decided, written or sent.
    pub(crate) id: String,
    pub(crate) kind: EventKind,
    pub(crate) conversation: ConversationId,
    pub(crate) at: Timestamp,
    facts: Value,
}

impl Event {
    /// What the step `entry` tells, which led to `after`.
    pub(crate) fn of_step(
        kind: EventKind,
        conversation: &ConversationId,
        entry: &Entry,
        after: &State,
    ) -> Self {
        let trigger = after.trigger.as_deref();
        let fired = trigger.map(|trigger| {
            let signals = trigger.signals.iter();
            let names = signals.map(|judged| judged.signal.kind.as_str());
            names.collect::<Vec<_>>()
        });
        let facts = json!({
            "state": after.name,
            "operator": after.operator,
            "queue": after.tally.queue,
            "waiting_since": after.queued.as_ref().map(|queued| moment(queued.since)),
            "due": after.queued.as_ref().and_then(|queued| queued.due).map(moment),
            "trigger": trigger.map(|trigger| trigger.kind.as_str()),
            "rule": trigger.map(|t| t.rule.as_str()).filter(|rule| !rule.is_empty()),
            "signals": fired,
            "channel": after.context.channel,
            "segment": after.context.segment,
            "language": after.context.language,
            "handoffs": after.handoffs,
            "handbacks": after.handbacks,
            "outcome": after.outcome,
            "rating": after.csat,
        });
        Self {
            id: id(&format!("{conversation}/{}", entry.seq), entry.at, kind),
            kind,
            conversation: conversation.clone(),
            at: entry.at,
            facts,
        }
    }

    /// What the restatement of an outcome tells.
    pub(crate) fn of_return(ended: &Ended) -> Self {
        let kind = EventKind::Reopened;
        let facts = json!({
            "queue": ended.tally.queue,
            "channel": ended.channel,
            "segment": ended.segment,
            "language": ended.language,
            "handoffs": ended.tally.handoffs,
            "handbacks": ended.tally.handbacks,
            "outcome": ended.outcome,
            "stated": ended.stated,
            "ended": moment(ended.at),
        });
        Self {
            id: id(&ended.own_key(), ended.at, kind),
            kind,
            conversation: ended.conversation.clone(),
            at: ended.reopened.unwrap_or(ended.at),
            facts,
        }
    }

    /// As CloudEvents 1.0 in JSON, with a link into the `console`.
    pub(crate) fn cloud_event(&self, console: Option<&str>) -> Value {
        let mut data = self.facts.clone();
        data["conversation"] = json!(self.conversation);
        data["link"] = json!(console.map(|console| link(console, &self.conversation)));
        if let Some(data) = data.as_object_mut() {
            data.retain(|_, value| !value.is_null());
        }
        json!({
            "specversion": "1.0",
            "id": self.id,
            "source": "warmline",
            "type": self.kind.as_str(),
            "subject": self.conversation,
            "time": moment(self.at),
            "datacontenttype": "application/json",
            "data": data,
        })
    }
}

/// The moment tells it from what other tenants, and a conversation that begins anew under the same id,
/// tell the same receiver.
fn id(what: &str, at: Timestamp, kind: EventKind) -> String {
    let hash = Sha256::digest(format!("{what}/{}/{}", at.0, kind.as_str()).as_bytes());
    let hash: String = hash.iter().take(12).map(|b| format!("{b:02x}")).collect();
    format!("msg_{hash}")
}

/// Where the console shows a conversation. Ids come from customers' channels: nothing of them but
/// letters and digits stands in it as it is.
fn link(console: &str, conversation: &ConversationId) -> String {
    let mut link = format!("{console}#");
    for byte in conversation.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                link.push(char::from(byte));
            }
            _ => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link
}

/// What an event names by the configuration, and moments: nothing of it is personal.
const KEPT: [&str; 15] = [
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "state",
    "operator",
    "queue",
    "waiting_since",
    "due",
    "ended",
    "trigger",
    "rule",
    "signals",
    "link",
];

/// A CloudEvent with personal data of these kinds masked. A conversation whose id is masked is not
/// linked to, since the link would tell.
pub(crate) fn masked(mut event: Value, kinds: Kinds) -> Value {
    let named = event["subject"].clone();
    mask_json(&mut event, kinds, &|name| KEPT.contains(&name));
    if event["subject"] != named
        && let Some(data) = event["data"].as_object_mut()
    {
        data.remove("link");
    }
    event
}
