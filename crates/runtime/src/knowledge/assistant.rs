//! An assistant that answers by quoting documents. It invents nothing, and needs no model server.

use std::sync::Arc;

use warmline_core::{Citation, Draft, Speaker};
use warmline_detect::{Encoder, Vector};
use warmline_llm::{Ask, Assistant, BoxFuture, Error, Retriever};

use super::retrieval::{Found, Index, words};
use super::{Document, Section};

/// The score below which no passage is taken for an answer. Questions of the presets that their
/// documents answer score 0.45 and more, unrelated ones stay below 0.3.
const FLOOR: f32 = 0.33;
/// Passages that a draft is given, and sentences that it quotes.
const PASSAGES: usize = 3;
const SENTENCES: usize = 3;
/// Passages that a language model is given, which tells itself which of them answer.
const RETRIEVED: usize = 6;
/// The name under which the conversation itself is cited.
const CONVERSATION: &str = "conversation";

/// An assistant that answers by quoting the documents of a knowledge base, with citations.
///
/// It also knows what operators said in the conversation, and noted as done at a handback.
pub struct KnowledgeAssistant {
    index: Index,
    encoder: Arc<dyn Encoder>,
}

impl KnowledgeAssistant {
    /// Reads `documents`. Takes as long as it takes to encode their sentences.
    pub async fn new(
        documents: Vec<Document>,
        encoder: Arc<dyn Encoder>,
    ) -> Result<Self, warmline_detect::Error> {
        let index = Index::build(documents, &encoder).await?;
        Ok(Self { index, encoder })
    }

    async fn encode(&self, text: &str) -> Result<Vector, Error> {
        let mut vectors = self
            .encoder
            .encode(vec![text.to_owned()])
            .await
            .map_err(Error::failed)?;
        vectors
            .pop()
            .ok_or_else(|| Error::failed("the encoder gave no vector"))
    }

    /// What the humans of this conversation said, as passages.
    async fn memory(&self, ask: &Ask) -> Result<Index, Error> {
        let mut sentences: Vec<String> = Vec::new();
        for turn in &ask.turns {
            if matches!(turn.speaker, Speaker::Operator { .. }) {
                sentences.extend(super::sentences(&turn.text));
            }
        }
        if let Some(note) = &ask.note {
            sentences.extend(note.done.iter().cloned());
        }
        let sections = sentences
            .into_iter()
            .map(|sentence| Section {
                heading: "What my colleague said".to_owned(),
                sentences: vec![sentence],
            })
            .collect();
        let (name, title) = (CONVERSATION.to_owned(), "This conversation".to_owned());
        let document = Document {
            name,
            title,
            sections,
        };
        Index::build(vec![document], &self.encoder)
            .await
            .map_err(Error::failed)
    }
}

impl Assistant for KnowledgeAssistant {
    async fn draft(&self, ask: Ask) -> Result<Draft, Error> {
        let question = ask.question();
        if let Some(text) = small_talk(&question) {
            return Ok(Draft {
                text: text.to_owned(),
                ..Draft::default()
            });
        }
        let question = with_topic(&ask, question);
        let vector = self.encode(&question).await?;
        let memory = self.memory(&ask).await?;
        let mut found = self.index.find(&question, &vector, PASSAGES);
        found.extend(memory.find(&question, &vector, 1));
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let passages = found.iter().map(citation).collect();
        let Some(best) = found.first().filter(|found| found.score >= FLOOR) else {
            let text = "I could not find an answer to that in our documents.".to_owned();
            return Ok(Draft {
                text,
                passages,
                ..Draft::default()
            });
        };
        let quoted = best.passage.best(&vector, SENTENCES).join(" ");
        let text = match best.passage.document.as_str() {
            CONVERSATION => format!("As my colleague told you: {quoted}"),
            _ => quoted,
        };
        Ok(Draft {
            text,
            citations: vec![citation(best)],
            passages,
            ..Draft::default()
        })
    }
}

impl Retriever for KnowledgeAssistant {
    fn passages<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Vec<Citation>, Error>> {
        Box::pin(async move {
            let question = with_topic(ask, ask.question());
            let vector = self.encode(&question).await?;
            let found = self.index.find(&question, &vector, RETRIEVED);
            Ok(found.iter().map(citation).collect())
        })
    }
}

fn citation(found: &Found<'_>) -> Citation {
    Citation {
        document: found.passage.document.clone(),
        title: found.passage.title.clone(),
        passage: found.passage.text(),
    }
}

/// A question too short to stand alone is read with the customer's turn before it.
fn with_topic(ask: &Ask, question: String) -> String {
    if words(&question).len() > 2 {
        return question;
    }
    let before = ask
        .turns
        .iter()
        .rev()
        .find(|t| t.is_customer() && t.number <= ask.settled);
    match before {
        Some(turn) => format!("{}\n{question}", turn.text),
        None => question,
    }
}

/// The reply to a greeting, thanks or a goodbye that stands alone.
fn small_talk(question: &str) -> Option<&'static str> {
    let plain: String = question
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let any = |known: &[&str]| words.iter().any(|word| known.contains(word));
    if words.is_empty() || words.len() > 4 {
        return None;
    }
    if any(&["thanks", "thank", "thx", "cheers"]) {
        return Some("You are welcome. Is there anything else?");
    }
    if any(&["bye", "goodbye"]) {
        return Some("Goodbye, and thank you for writing.");
    }
    if any(&["hi", "hello", "hey", "morning", "afternoon", "evening"]) {
        return Some("Hello! What can I do for you?");
    }
    None
}
