//! The exports of help desks: Chatwoot, Zendesk, Intercom.

use std::collections::BTreeSet;

use serde_json::Value;

use super::words::{first_name, moment, name, plain};
use crate::audit::recorded::{Ending, Party, Recorded};

/// A conversation of Chatwoot: `messages` with a `message_type`. Of those that went out, what an
/// `agent_bot` or nobody sent is the assistant's; notes and activities are heard by no customer.
pub(super) fn chatwoot(conversation: &Value, bots: &BTreeSet<String>) -> Option<Recorded> {
    let messages = conversation.get("messages")?.as_array()?;
    messages.iter().find_map(|m| m.get("message_type"))?;
    let id = first_name(conversation, &["id", "display_id"]).unwrap_or_default();
    let mut recorded = Recorded::new(id);
    let sender = conversation.pointer("/meta/sender");
    recorded.context.customer = first_name(
        sender.unwrap_or(&Value::Null),
        &["identifier", "id", "email"],
    );
    let channel = conversation
        .pointer("/meta/channel")
        .or(conversation.get("channel"));
    recorded.context.channel = channel.and_then(name).map(|channel| {
        let channel = channel.to_lowercase();
        channel
            .strip_prefix("channel::")
            .unwrap_or(&channel)
            .to_owned()
    });
    for message in messages {
        if message.get("private").and_then(Value::as_bool) == Some(true) {
            continue;
        }
        let by = match message.get("message_type") {
            Some(Value::Number(n)) if n.as_u64() == Some(0) => Party::Customer,
            Some(Value::String(kind)) if kind == "incoming" => Party::Customer,
            Some(Value::Number(n)) if n.as_u64() == Some(1) => sent(message, bots),
            Some(Value::String(kind)) if kind == "outgoing" => sent(message, bots),
            _ => {
                rated(
                    &mut recorded,
                    message.pointer(
                        "/content_attributes/submitted_values/csat_survey_response/rating",
                    ),
                );
                continue;
            }
        };
        let text = message
            .get("content")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let at = message.get("created_at").and_then(moment);
        recorded.say(by, &plain(text), at);
    }
    rated(
        &mut recorded,
        conversation.pointer("/csat_survey_response/rating"),
    );
    status(
        &mut recorded,
        conversation.get("status"),
        &["resolved"],
        &["open", "pending", "snoozed"],
    );
    Some(recorded)
}

fn sent(message: &Value, bots: &BTreeSet<String>) -> Party {
    let sender = message.get("sender").unwrap_or(&Value::Null);
    let kind = first_name(message, &["sender_type"]).or_else(|| first_name(sender, &["type"]));
    let kind = kind.unwrap_or_default().to_lowercase();
    let is_bot = kind.is_empty() || kind.contains("bot") || kind.contains("captain");
    match is_bot || named(sender, bots) {
        true => Party::Assistant,
        false => Party::Operator,
    }
}

/// A ticket of Zendesk with its `comments`. Who wrote it is the customer; an author without an
/// account (`author_id` of -1 or less) is Zendesk's own bot.
pub(super) fn zendesk(ticket: &Value, bots: &BTreeSet<String>) -> Option<Recorded> {
    let ticket = ticket.get("ticket").unwrap_or(ticket);
    let comments = ticket.get("comments")?.as_array()?;
    let requester = first_name(ticket, &["requester_id"])?;
    let mut recorded = Recorded::new(first_name(ticket, &["id"]).unwrap_or_default());
    recorded.context.channel = ticket.pointer("/via/channel").and_then(name);
    for comment in comments {
        if comment.get("public").and_then(Value::as_bool) == Some(false) {
            continue;
        }
        let author = first_name(comment, &["author_id"]).unwrap_or_default();
        let by = match &author {
            author if *author == requester => Party::Customer,
            author if author.starts_with('-') || bots.contains(author) => Party::Assistant,
            _ if named(comment.get("author").unwrap_or(&Value::Null), bots) => Party::Assistant,
            _ => Party::Operator,
        };
        let text = ["plain_body", "body", "html_body"]
            .iter()
            .find_map(|key| comment.get(key)?.as_str());
        let at = comment.get("created_at").and_then(moment);
        recorded.say(by, &plain(text.unwrap_or_default()), at);
    }
    recorded.context.customer = Some(requester);
    let score = ticket
        .pointer("/satisfaction_rating/score")
        .and_then(Value::as_str);
    recorded.ending = score.and_then(|score| {
        // `offered` and `unoffered` say nothing.
        let good = score.starts_with("good");
        (good || score.starts_with("bad")).then_some(Ending { good, by: "rating" })
    });
    status(
        &mut recorded,
        ticket.get("status"),
        &["solved", "closed"],
        &["new", "open", "pending", "hold"],
    );
    Some(recorded)
}

/// A conversation of Intercom: its `source` and its `conversation_parts`.
pub(super) fn intercom(conversation: &Value, bots: &BTreeSet<String>) -> Option<Recorded> {
    let parts = match conversation.get("conversation_parts")? {
        Value::Array(parts) => parts,
        wrapped => wrapped.get("conversation_parts")?.as_array()?,
    };
    let id = first_name(conversation, &["id", "conversation_id"]).unwrap_or_default();
    let mut recorded = Recorded::new(id);
    let contact = conversation.pointer("/contacts/contacts/0");
    let source = conversation.get("source");
    let author = source.and_then(|source| source.get("author"));
    let customer = contact.or(author).unwrap_or(&Value::Null);
    recorded.context.customer = first_name(customer, &["external_id", "id"]);
    recorded.context.channel = source.and_then(|source| name(source.get("type")?));
    let began = conversation.get("created_at");
    for part in source.into_iter().chain(parts) {
        let is_note = part.get("part_type").and_then(Value::as_str) == Some("note");
        let Some(body) = part
            .get("body")
            .and_then(Value::as_str)
            .filter(|_| !is_note)
        else {
            continue;
        };
        let author = part.get("author").unwrap_or(&Value::Null);
        let by = match author.get("type").and_then(Value::as_str) {
            Some("user" | "lead" | "contact") => Party::Customer,
            Some("bot") => Party::Assistant,
            _ if named(author, bots) => Party::Assistant,
            _ => Party::Operator,
        };
        let at = part.get("created_at").or(began).and_then(moment);
        recorded.say(by, &plain(body), at);
    }
    rated(
        &mut recorded,
        conversation.pointer("/conversation_rating/rating"),
    );
    status(
        &mut recorded,
        conversation.get("state"),
        &["closed"],
        &["open", "snoozed"],
    );
    Some(recorded)
}

/// Whether somebody is called, or numbered, as one of `bots`.
fn named(who: &Value, bots: &BTreeSet<String>) -> bool {
    ["id", "name", "email"].iter().any(|key| {
        who.get(key)
            .and_then(name)
            .is_some_and(|name| bots.contains(&name))
    })
}

/// A rating of 1 to 5, of which three and less are no good ending: the two upper boxes count, as in
/// the customer satisfaction score.
fn rated(recorded: &mut Recorded, rating: Option<&Value>) {
    if let Some(rating) = rating.and_then(Value::as_f64) {
        recorded.ending = Some(Ending {
            good: rating >= 4.0,
            by: "rating",
        });
    }
}

/// The desk's own mark. It is no outcome: that a ticket was closed does not say that it helped.
fn status(recorded: &mut Recorded, status: Option<&Value>, closed: &[&str], open: &[&str]) {
    let status = status
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_lowercase();
    recorded.resolved = match status.as_str() {
        status if closed.contains(&status) => Some(true),
        status if open.contains(&status) => Some(false),
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parties(recorded: &Recorded) -> Vec<(Party, String)> {
        let turns = recorded.turns();
        turns.map(|(_, by, text)| (by, text.to_owned())).collect()
    }

    #[test]
    fn chatwoot_tells_bots_from_operators() {
        let read = chatwoot(&json!({
            "id": 12, "status": "resolved", "meta": {"sender": {"id": 4}, "channel": "Channel::WebWidget"},
            "messages": [
                {"content": "My parcel?", "message_type": 0, "created_at": 1_715_785_200},
                {"content": "On its way.", "message_type": 1, "sender": {"type": "agent_bot"}},
                {"content": "Look at this", "message_type": 1, "private": true, "sender": {"type": "user"}},
                {"content": "Assigned to Dana", "message_type": 2},
                {"content": "Dana here.", "message_type": 1, "sender": {"type": "user", "name": "Dana"}}],
            "csat_survey_response": {"rating": 2}
        }), &BTreeSet::new()).unwrap();
        assert_eq!(
            parties(&read).iter().map(|(by, _)| *by).collect::<Vec<_>>(),
            [Party::Customer, Party::Assistant, Party::Operator]
        );
        assert_eq!(read.context.channel.as_deref(), Some("webwidget"));
        assert_eq!(
            read.ending,
            Some(Ending {
                good: false,
                by: "rating"
            })
        );
        assert_eq!(read.resolved, Some(true));
    }

    #[test]
    fn zendesk_tells_the_requester_and_named_bots() {
        let ticket = json!({
            "id": 35436, "requester_id": 20978392, "status": "solved", "via": {"channel": "web"},
            "satisfaction_rating": {"score": "good"},
            "comments": [
                {"author_id": 20978392, "plain_body": "Refund?", "public": true,
                 "created_at": "2024-05-15T15:00:00Z"},
                {"author_id": 77, "html_body": "<p>In 5 days.</p>", "public": true},
                {"author_id": 88, "body": "internal", "public": false},
                {"author_id": 88, "body": "I am Lee.", "public": true}]});
        let bots = BTreeSet::from(["77".to_owned()]);
        let read = zendesk(&ticket, &bots).unwrap();
        let expected = [
            (Party::Customer, "Refund?"),
            (Party::Assistant, "In 5 days."),
            (Party::Operator, "I am Lee."),
        ];
        assert_eq!(
            parties(&read),
            expected.map(|(by, text)| (by, text.to_owned()))
        );
        assert_eq!(read.context.customer.as_deref(), Some("20978392"));
        assert!(read.ending.unwrap().good);
    }

    #[test]
    fn intercom_reads_its_source_and_its_parts() {
        let read = intercom(&json!({
            "type": "conversation", "id": "147", "created_at": 1_715_785_200, "state": "open",
            "source": {"type": "conversation", "body": "<p>It is broken</p>",
                       "author": {"type": "user", "id": "u1"}},
            "contacts": {"contacts": [{"id": "c1", "external_id": "e1"}]},
            "conversation_rating": {"rating": null},
            "conversation_parts": {"conversation_parts": [
                {"part_type": "comment", "body": "<p>Restart it.</p>", "author": {"type": "bot"}},
                {"part_type": "note", "body": "<p>angry</p>", "author": {"type": "admin"}},
                {"part_type": "assignment", "body": null, "author": {"type": "admin"}},
                {"part_type": "comment", "body": "<p>Hi, Kim here.</p>", "author": {"type": "admin"}}]}
        }), &BTreeSet::new()).unwrap();
        assert_eq!(parties(&read).len(), 3);
        assert_eq!(read.context.customer.as_deref(), Some("e1"));
        assert_eq!((read.ending, read.resolved), (None, Some(false)));
        assert_eq!(read.happenings.len(), 3);
    }
}
