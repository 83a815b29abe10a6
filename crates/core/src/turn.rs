//! What was said, by whom, and what the assistant proposes to say.

use serde::{Deserialize, Serialize};

use crate::ids::{Epoch, OperatorId, Timestamp, TurnNumber};

mod joining;

pub use joining::{MAX_CITATIONS, renumbered, whole};

/// Longest text of one turn, in bytes. Hosts refuse longer input; the assistant's is cut.
pub const MAX_TEXT: usize = 16 * 1024;

/// Who said a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Speaker {
    /// The person who came for help.
    Customer,
    /// The AI.
    Assistant,
    /// A human who answers customers.
    Operator {
        /// Which one.
        operator: OperatorId,
    },
    /// Warmline itself, telling the customer who has the conversation now.
    Notice,
}

/// One thing said in a conversation, as the customer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Its place in the conversation, from 1.
    pub number: TurnNumber,
    /// Who said it.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// The words, at most [`MAX_TEXT`] bytes.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The ownership epoch under which it was decided or heard.
    pub epoch: Epoch,
    /// What the assistant's words rest on; empty for everybody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
}

impl Turn {
    /// Whether the customer said it.
    pub fn is_customer(&self) -> bool {
        self.speaker == Speaker::Customer
    }

    /// Whether the assistant said it.
    pub fn is_assistant(&self) -> bool {
        self.speaker == Speaker::Assistant
    }
}

/// A passage of a document that a draft rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// Stable name of the document, such as `return-policy`.
    pub document: String,
    /// The document's title, for people.
    pub title: String,
    /// The words of the passage.
    pub passage: String,
}

/// Something that the assistant did on the way to its draft, such as a tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What was called, such as `look_up_order`.
    pub name: String,
    /// With what, in a short readable form.
    #[serde(default)]
    pub input: String,
    /// What came of it; absent while unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// A reply that the assistant proposes. It is not said before it was examined.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The proposed words.
    pub text: String,
    /// The passages that the assistant says it relied on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
    /// The passages that it was given, cited or not: what grounding is measured against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<Citation>,
    /// What it did on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// The mean probability of its tokens, where the model gives them: recorded for comparison,
    /// and never taken for confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_probability: Option<f32>,
}
