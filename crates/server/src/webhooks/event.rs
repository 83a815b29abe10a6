//! Which events there are, and what they carry: never a word that a customer said.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use warmline::core::State;
use warmline::core::event::Event;
use warmline::core::queue::Alarm;
use warmline::{ConversationId, Entry};

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
        Event::HandedBack { .. } => kinds.push(EventKind::HandedBack),
        Event::Rated { .. } => kinds.push(EventKind::Rated),
        _ if left => kinds.push(EventKind::Released),
        _ => {}
    }
    if before.outcome.is_none() && after.outcome.is_some() {
        kinds.push(EventKind::Closed);
    }
    kinds
}

/// The id of an event: the same however often it is decided, written or sent.
pub(crate) fn id(conversation: &ConversationId, entry: &Entry, kind: EventKind) -> String {
    let what = format!("{conversation}/{}/{}", entry.seq, kind.as_str());
    let hash = Sha256::digest(what.as_bytes());
    let hash: String = hash.iter().take(12).map(|b| format!("{b:02x}")).collect();
    format!("msg_{hash}")
}

/// The event as CloudEvents 1.0 in JSON.
pub(crate) fn cloud_event(
    id: &str,
    kind: EventKind,
    conversation: &ConversationId,
    entry: &Entry,
    after: &State,
    console: Option<&str>,
) -> Value {
    let trigger = after.trigger.as_deref();
    let fired = trigger.map(|trigger| {
        let signals = trigger.signals.iter();
        let names = signals.map(|judged| judged.signal.kind.as_str());
        names.collect::<Vec<_>>()
    });
    let mut data = json!({
        "conversation": conversation,
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
        "link": console.map(|console| format!("{console}#{conversation}")),
    });
    if let Some(data) = data.as_object_mut() {
        data.retain(|_, value| !value.is_null());
    }
    json!({
        "specversion": "1.0",
        "id": id,
        "source": "warmline",
        "type": kind.as_str(),
        "subject": conversation,
        "time": moment(entry.at),
        "datacontenttype": "application/json",
        "data": data,
    })
}
