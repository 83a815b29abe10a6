//! The assistant: whatever proposes replies to the customer.

use std::future::Future;
use std::sync::Arc;

use warmline_core::{ConversationId, CustomerContext, Draft, HandbackNote, Turn, TurnNumber};

use crate::{BoxFuture, Error};

/// What an assistant is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The conversation.
    pub conversation: ConversationId,
    /// The latest turns, oldest first, whoever said them: operators' words are part of the memory.
    pub turns: Vec<Arc<Turn>>,
    /// The last turn that was answered: the customer's turns after it want an answer, all in one.
    pub settled: TurnNumber,
    /// What is known of the customer.
    pub context: CustomerContext,
    /// After a handback: what was done, what is left, what the limits are.
    pub note: Option<Arc<HandbackNote>>,
}

impl Ask {
    /// The customer's turns that want an answer, oldest first.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = &Turn> {
        self.turns
            .iter()
            .map(Arc::as_ref)
            .filter(|turn| turn.is_customer() && turn.number > self.settled)
    }

    /// Their words, joined by line breaks.
    pub fn question(&self) -> String {
        self.open()
            .map(|turn| turn.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Proposes replies to the customer. Implement it for your bot:
///
/// ```
/// use warmline_core::Draft;
/// use warmline_llm::{Ask, Assistant, Error};
///
/// struct Echo;
///
/// impl Assistant for Echo {
///     async fn draft(&self, ask: Ask) -> Result<Draft, Error> {
///         let text = format!("You said: {}", ask.question());
///         Ok(Draft { text, ..Draft::default() })
///     }
/// }
/// ```
///
/// The future is dropped when its answer is no longer wanted: the customer said more, an operator
/// took over, or the time budget ran out. What the assistant does on the way must bear that, and
/// being asked again.
pub trait Assistant: Send + Sync + 'static {
    /// Proposes a reply. It is examined before it is said.
    fn draft(&self, ask: Ask) -> impl Future<Output = Result<Draft, Error>> + Send;
}

/// An [`Assistant`] behind a pointer. Implemented for every assistant.
pub trait AssistantObject: Send + Sync + 'static {
    /// See [`Assistant::draft`].
    fn draft_boxed(&self, ask: Ask) -> BoxFuture<'_, Result<Draft, Error>>;
}

impl<A: Assistant> AssistantObject for A {
    fn draft_boxed(&self, ask: Ask) -> BoxFuture<'_, Result<Draft, Error>> {
        Box::pin(self.draft(ask))
    }
}
