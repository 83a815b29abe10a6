//! Finding conversations: by their ids, by a customer's, or by words.

use std::collections::HashSet;

use warmline::core::privacy::{Kinds, mask};
use warmline::core::workflow::Owner;
use warmline::{ConversationId, Error, StateName};

use crate::app::App;
use crate::problem::Problem;
use crate::view::{QueuePage, QueueRow};

/// Most ids of one request.
const NAMED: usize = 100;
/// Longest words to look for, in bytes.
const WORDS: usize = 200;
/// Most conversations that are looked through for words.
const LOOKED: usize = 5_000;
/// Conversations that are read at once.
const PAGE: usize = 500;

/// The conversations under `ids`, blanks between them, as far as there are such.
pub(super) async fn named(app: &App, ids: &str) -> Result<QueuePage, Problem> {
    let ids: Vec<&str> = ids.split_whitespace().collect();
    if ids.len() > NAMED {
        let asked = ids.len();
        return Err(Problem::malformed(format!(
            "`ids` names at most {NAMED} conversations, not {asked}"
        )));
    }
    let mut conversations = Vec::with_capacity(ids.len());
    for id in ids {
        let id = ConversationId::new(id)
            .map_err(|error| Problem::malformed(format!("`ids`: {error}")))?;
        conversations.extend(row(app, &id).await?);
    }
    Ok(page(conversations))
}

/// What fits `words`: the conversation of that id, those of the customer of that id, and those
/// that wait or are with operators and have all the words in what an operator reads of them. What is
/// `masked` for whoever asks is not found either: they could guess it digit by digit.
pub(super) async fn found(
    app: &App,
    words: &str,
    limit: usize,
    masked: Kinds,
) -> Result<QueuePage, Problem> {
    if words.len() > WORDS {
        return Err(Problem::malformed(format!("`q` has at most {WORDS} bytes")));
    }
    let asked = words.trim();
    let mut conversations = Vec::new();
    let mut known = HashSet::new();
    let mut exact: Vec<ConversationId> = ConversationId::new(asked).into_iter().collect();
    let (reader, customer) = (app.warmline().clone(), asked.to_owned());
    let of_customer = move || reader.of_customer(&customer, limit);
    exact.extend(blocking(of_customer).await?);
    for id in exact {
        if let Some(row) = row(app, &id).await?
            && known.insert(row.conversation.clone())
        {
            conversations.push(row);
        }
    }
    let parts: Vec<String> = asked.split_whitespace().map(str::to_lowercase).collect();
    for id in with_humans(app).await? {
        if conversations.len() >= limit {
            break;
        }
        let Some(row) = row(app, &id).await? else {
            continue;
        };
        let text = mask(&readable(&row), masked).to_lowercase();
        if parts.iter().all(|part| text.contains(part)) && known.insert(row.conversation.clone()) {
            conversations.push(row);
        }
    }
    conversations.truncate(limit);
    Ok(page(conversations))
}

/// Conversations in the states of queues and operators, as many as are looked through.
async fn with_humans(app: &App) -> Result<Vec<ConversationId>, Problem> {
    let workflow = app.warmline().workflow();
    let states = workflow.states.values();
    let states: Vec<StateName> = states
        .filter(|spec| matches!(spec.owner, Owner::Queue | Owner::Operator))
        .map(|spec| spec.name.clone())
        .collect();
    let warmline = app.warmline().clone();
    blocking(move || {
        let mut ids = Vec::new();
        for state in &states {
            let mut after: Option<String> = None;
            while ids.len() < LOOKED {
                let page = warmline.list(Some(state), after.as_deref(), PAGE)?;
                ids.extend(page.rows.into_iter().map(|row| row.conversation));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        ids.truncate(LOOKED);
        Ok(ids)
    })
    .await
}

/// A conversation as a row; none where there is no such, or none that can be read.
async fn row(app: &App, id: &ConversationId) -> Result<Option<QueueRow>, Problem> {
    match app.warmline().view(id).await {
        Ok(view) => Ok(Some(QueueRow::of(&view, &app.warmline().workflow()))),
        Err(Error::NotFound(_) | Error::Quarantined { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What an operator reads of a conversation in a list.
fn readable(row: &QueueRow) -> String {
    let parts = [
        Some(row.conversation.as_str()),
        row.intent.as_deref(),
        row.customer.customer.as_deref(),
        row.customer.segment.as_deref(),
        row.operator.as_deref(),
        row.last.as_ref().map(|last| last.text.as_str()),
        row.trigger.as_ref().map(|trigger| trigger.rule.as_str()),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join("\n")
}

fn page(conversations: Vec<QueueRow>) -> QueuePage {
    QueuePage {
        conversations,
        next: None,
    }
}

/// Reads where a slow disk holds up nobody else.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let read = tokio::task::spawn_blocking(read).await;
    Ok(read.map_err(|error| Problem::internal(&error))??)
}
