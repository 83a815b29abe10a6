//! Logs of comma-separated values, a message in each row.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::str::FromStr;

use serde_json::Value;

use super::gather::Gathering;
use super::words::{moment, plain};
use super::{Outlet, Stop, chat};
use crate::audit::recorded::{Ending, Party};

/// Which column holds what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<Field, String>);

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Conversation,
    Role,
    Text,
    At,
    Customer,
    Channel,
    Segment,
    Outcome,
}

/// Every field, with the headers that stand for it where nothing is said.
const FIELDS: [(Field, &str, &[&str]); 8] = [
    (
        Field::Conversation,
        "conversation",
        &[
            "conversation",
            "conversation_id",
            "thread_id",
            "ticket_id",
            "session_id",
            "id",
        ],
    ),
    (
        Field::Role,
        "role",
        &["role", "speaker", "sender", "author", "from"],
    ),
    (Field::Text, "text", &["text", "content", "message", "body"]),
    (
        Field::At,
        "at",
        &["at", "timestamp", "created_at", "time", "date"],
    ),
    (
        Field::Customer,
        "customer",
        &["customer", "customer_id", "user_id"],
    ),
    (Field::Channel, "channel", &["channel"]),
    (Field::Segment, "segment", &["segment"]),
    (
        Field::Outcome,
        "outcome",
        &["outcome", "status", "resolution"],
    ),
];

impl FromStr for Columns {
    type Err = String;

    /// Reads `conversation=ID,role=ROLE,text=TEXT`: fields and the headers of their columns.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = BTreeMap::new();
        for pair in text.split(',') {
            let (field, header) = pair.split_once('=').ok_or_else(|| {
                format!("`{pair}` names no column: write FIELD=HEADER, such as text=message")
            })?;
            let known = FIELDS.iter().find(|(_, name, _)| *name == field.trim());
            let (field, ..) = known.ok_or_else(|| {
                let names: Vec<&str> = FIELDS.iter().map(|(_, name, _)| *name).collect();
                format!(
                    "there is no field `{field}`; there are {}",
                    names.join(", ")
                )
            })?;
            columns.insert(*field, header.trim().to_owned());
        }
        Ok(Self(columns))
    }
}

/// Where the columns are in a file.
struct Places(BTreeMap<Field, usize>);

impl Columns {
    fn places(&self, headers: &csv::ByteRecord) -> Result<Places, String> {
        let named: Vec<String> = headers
            .iter()
            .map(|header| String::from_utf8_lossy(header).trim().to_owned())
            .collect();
        let find = |wanted: &str| {
            named
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        let mut places = BTreeMap::new();
        for (field, name, usual) in FIELDS {
            let at = match self.0.get(&field) {
                Some(wanted) => Some(find(wanted).ok_or_else(|| {
                    format!(
                        "there is no column `{wanted}` for {name}; there are {}",
                        named.join(", ")
                    )
                })?),
                None => usual.iter().find_map(|wanted| find(wanted)),
            };
            at.map(|at| places.insert(field, at));
        }
        for field in [Field::Conversation, Field::Role, Field::Text] {
            if !places.contains_key(&field) {
                let (_, name, _) = FIELDS
                    .iter()
                    .find(|(f, ..)| *f == field)
                    .unwrap_or(&FIELDS[0]);
                return Err(format!(
                    "which column is the {name}? write --columns {name}=HEADER; there are {}",
                    named.join(", ")
                ));
            }
        }
        Ok(Places(places))
    }
}

/// Reads a table into `outlet`.
pub(super) fn table(
    from: impl BufRead,
    columns: &Columns,
    outlet: &mut Outlet<'_>,
) -> Result<(), Stop> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
    let headers = match reader.byte_headers() {
        Ok(headers) => headers.clone(),
        Err(error) => return Err(outlet.misread(&error.to_string())),
    };
    let places = columns
        .places(&headers)
        .map_err(|why| outlet.misread(&why))?;
    let mut gathering = Gathering::default();
    let mut row = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut row) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                if error.is_io_error() {
                    return Err(outlet.misread(&error.to_string()));
                }
                let line = error.position().map_or(0, csv::Position::line);
                outlet.skip(line, &error.to_string())?;
                continue;
            }
        }
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |field: Field| {
            let at = places.0.get(&field)?;
            let cell = String::from_utf8_lossy(row.get(*at)?).trim().to_owned();
            Some(cell).filter(|cell| !cell.is_empty())
        };
        let (Some(id), Some(role)) = (cell(Field::Conversation), cell(Field::Role)) else {
            outlet.skip(line, "the row names no conversation or no role")?;
            continue;
        };
        let Some(by) = party(&role) else {
            // What a system says is heard by no customer.
            continue;
        };
        let text = plain(&cell(Field::Text).unwrap_or_default());
        let as_value = |field| cell(field).map(Value::String);
        let at = as_value(Field::At).as_ref().and_then(moment);
        let good = as_value(Field::Outcome).as_ref().and_then(chat::outcome);
        let done = gathering.add(&id, |recorded| {
            recorded.say(by, &text, at);
            let known = &mut recorded.context;
            for (known, field) in [
                (&mut known.customer, Field::Customer),
                (&mut known.channel, Field::Channel),
                (&mut known.segment, Field::Segment),
            ] {
                *known = known.take().or_else(|| cell(field));
            }
            if let Some(good) = good {
                recorded.ending = Some(Ending {
                    good,
                    by: "outcome",
                });
            }
        });
        done.into_iter()
            .try_for_each(|recorded| outlet.give(recorded))?;
    }
    gathering
        .finish()
        .into_iter()
        .try_for_each(|recorded| outlet.give(recorded))
}

/// Who speaks, by the usual words for it.
fn party(role: &str) -> Option<Party> {
    match role.to_lowercase().as_str() {
        "customer" | "user" | "client" | "visitor" | "contact" | "end-user" | "requester"
        | "human" | "incoming" => Some(Party::Customer),
        "assistant" | "bot" | "ai" | "chatbot" | "virtual assistant" | "model" => {
            Some(Party::Assistant)
        }
        "system" | "tool" | "function" | "note" | "activity" => None,
        _ => Some(Party::Operator),
    }
}
