//! Which conversation a request belongs to.

use axum::http::HeaderMap;
use serde_json::Value;
use sha2::{Digest, Sha256};
use warmline::ConversationId;

use super::asked::Asked;
use super::view;
use crate::app::App;
use crate::auth::hex;
use crate::problem::Problem;

/// The header that names the conversation.
pub(super) const HEADER: &str = "x-warmline-conversation";

/// Conversations without a name that begin with the same words, as far as they are told apart.
const ALIKE: usize = 256;

/// A conversation, and what is doubtful about its name.
pub(super) struct Named {
    pub(super) id: ConversationId,
    pub(super) warning: Option<&'static str>,
}

/// The conversation that a request names: by the header, by `metadata.conversation`, by `user`;
/// without any, the one that began with the same words.
pub(super) async fn conversation(
    app: &App,
    headers: &HeaderMap,
    asked: &Asked,
) -> Result<Named, Problem> {
    let header = match headers.get(HEADER) {
        None => None,
        Some(value) => Some(
            value
                .to_str()
                .map_err(|_| Problem::malformed(format!("`{HEADER}` must be plain text")))?,
        ),
    };
    let text = |pointer: &str| asked.body.pointer(pointer).and_then(Value::as_str);
    let name = header
        .or(text("/metadata/conversation"))
        .or(text("/user"))
        .filter(|name| !name.is_empty());
    match name {
        Some(name) => Ok(Named {
            id: id(name),
            warning: None,
        }),
        None => unnamed(app, asked).await,
    }
}

/// A name as an id. Names may be anything, such as an e-mail address: what is no id is hashed.
fn id(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap_or_else(|_| hashed("named", &[name]))
}

fn hashed(kind: &str, parts: &[&str]) -> ConversationId {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let id = format!("{kind}-{}", hex(&hash.finalize()[..16]));
    ConversationId::new(id).expect("letters and digits are an id")
}

/// The conversation without a name whose customer has said what this one has. One that only begins
/// is always a new one: two customers may well begin with the same word.
async fn unnamed(app: &App, asked: &Asked) -> Result<Named, Problem> {
    let warning = Some(
        "the conversation has no name, and was found by its first words: send \
         x-warmline-conversation",
    );
    let first = asked.said.first().map_or("", String::as_str);
    let model = asked.body.get("model").and_then(Value::as_str);
    // All but the last words are known; the last ones too where the turn is under way, or where
    // the request is a retry.
    let whole = asked.said.as_slice();
    let before = &whole[..whole.len() - usize::from(!asked.answered_since)];
    for number in 0..ALIKE {
        let number = number.to_string();
        let id = hashed("unnamed", &[model.unwrap_or_default(), first, &number]);
        let Some(view) = view(app, &id).await? else {
            return Ok(Named { id, warning });
        };
        let turns = view.state.window.iter();
        let known: Vec<&str> = turns
            .filter(|turn| turn.is_customer())
            .map(|turn| turn.text.as_str())
            .collect();
        let ended_so = |said: &[String]| {
            let mut pairs = known.iter().rev().zip(said.iter().rev());
            view.state.customer_turns as usize == said.len() && pairs.all(|(k, s)| k == s)
        };
        if !before.is_empty() && (ended_so(before) || ended_so(whole)) {
            return Ok(Named { id, warning });
        }
    }
    Err(Problem::unusable(format!(
        "{ALIKE} conversations without a name begin with these words: name them with `{HEADER}`"
    )))
}
