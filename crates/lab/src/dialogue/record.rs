//! One recorded dialogue, in whichever of the known forms.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// An object that may be a dialogue. What is not asked for is passed over unread.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    id: Option<Name>,
    #[serde(rename = "DialogueID")]
    dialogue_id: Option<Name>,
    task_id: Option<Name>,
    trial: Option<Name>,
    turns: Option<Vec<String>>,
    traj: Option<Vec<Message>>,
    messages: Option<Vec<Message>>,
    #[serde(rename = "Events")]
    events: Option<Vec<StarEvent>>,
}

/// A number or a text that names something.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Name {
    Number(i64),
    Text(String),
    Other(IgnoredAny),
}

/// A message of a chat model's run.
#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    role: String,
    #[serde(default)]
    content: Content,
}

/// What a message says: words, parts of which some are words, or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Content {
    Words(String),
    Parts(Vec<Part>),
    Other(IgnoredAny),
    #[default]
    Nothing,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

/// An event of a STAR dialogue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StarEvent {
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

impl Record {
    /// Whether it has one of the known forms.
    pub(super) fn is_dialogue(&self) -> bool {
        self.turns.is_some()
            || self.traj.is_some()
            || self.messages.is_some()
            || self.events.is_some()
    }

    /// Its name, where it has one.
    pub(super) fn id(&self) -> Option<String> {
        let own = [&self.id, &self.dialogue_id, &self.task_id]
            .into_iter()
            .find_map(|name| name.as_ref()?.text())?;
        Some(match self.trial.as_ref().and_then(Name::text) {
            Some(trial) => format!("{own}-{trial}"),
            None => own,
        })
    }

    /// What the customer said, in order.
    pub(super) fn customer(&self) -> impl Iterator<Item = String> {
        let turns = self.turns.iter().flatten().cloned();
        let messages = self.traj.iter().chain(&self.messages).flatten();
        let messages = messages
            .filter(|message| message.role == "user")
            .map(|message| message.content.words());
        let events = self.events.iter().flatten();
        let events = events
            .filter(|event| event.agent.as_deref() == Some("User"))
            .filter(|event| event.action.as_deref() == Some("utter"))
            .filter_map(|event| event.text.clone());
        turns.chain(messages).chain(events)
    }
}

impl Name {
    fn text(&self) -> Option<String> {
        match self {
            Name::Number(number) => Some(number.to_string()),
            Name::Text(text) => Some(text.clone()),
            Name::Other(_) => None,
        }
    }
}

impl Content {
    fn words(&self) -> String {
        match self {
            Content::Words(words) => words.clone(),
            Content::Parts(parts) => {
                let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
                texts.join(" ")
            }
            Content::Other(_) | Content::Nothing => String::new(),
        }
    }
}
