//! The assistant: whatever proposes replies to the customer.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use warmline_core::state::Attempt;
use warmline_core::turn::Action;
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
    /// What the assistant did lately, oldest first.
    pub attempts: Vec<Arc<Attempt>>,
    /// What is known of the customer.
    pub context: CustomerContext,
    /// How it asks before it does what cannot be taken back.
    pub permission: Permission,
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

/// How an assistant asks before it does what cannot be taken back: acts, such as a refund by a
/// tool, or says the beginning of a draft before the rest is there.
///
/// The detectors look at it, and the gates decide, as they do about a draft. The default permits
/// everything.
#[derive(Clone, Default)]
pub struct Permission(Option<Arc<Asked>>);

type Asked = dyn Fn(Wanted) -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

/// What an assistant asks permission for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// To act.
    Act(Vec<Action>),
    /// To say the beginning of its draft, or what follows on what it said.
    Say(Draft),
}

impl Permission {
    /// Has `decide` asked.
    pub fn by<F>(decide: impl Fn(Wanted) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self(Some(Arc::new(move |wanted| Box::pin(decide(wanted)))))
    }

    /// Waits until the assistant may do `actions`. Where it may not, the conversation goes to a
    /// human, and the assistant's future is dropped or gets the error: nothing must be done then.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it may not.
    pub async fn to_do(&self, actions: Vec<Action>) -> Result<(), Error> {
        self.ask(Wanted::Act(actions)).await
    }

    /// Waits until `part` of the draft was said, as a turn of its own. What is returned as the draft
    /// in the end is the rest, and must not be empty.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it may not be said.
    pub async fn to_say(&self, part: Draft) -> Result<(), Error> {
        self.ask(Wanted::Say(part)).await
    }

    async fn ask(&self, wanted: Wanted) -> Result<(), Error> {
        match &self.0 {
            Some(decide) => decide(wanted).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.0.is_some() { "asked" } else { "given" };
        write!(f, "Permission({kind})")
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

    /// How long it may take for a draft; `None` is as long as is configured.
    fn budget(&self) -> Option<Duration> {
        None
    }
}

/// An [`Assistant`] behind a pointer. Implemented for every assistant.
pub trait AssistantObject: Send + Sync + 'static {
    /// See [`Assistant::draft`].
    fn draft_boxed(&self, ask: Ask) -> BoxFuture<'_, Result<Draft, Error>>;

    /// See [`Assistant::budget`].
    fn longest(&self) -> Option<Duration>;
}

impl<A: Assistant> AssistantObject for A {
    fn draft_boxed(&self, ask: Ask) -> BoxFuture<'_, Result<Draft, Error>> {
        Box::pin(self.draft(ask))
    }

    fn longest(&self) -> Option<Duration> {
        self.budget()
    }
}
