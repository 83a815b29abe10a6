//! What customers, operators and bots ask of a conversation.

use std::sync::Arc;
use std::time::Duration;

use warmline_core::event::Requester;
use warmline_core::turn::MAX_TEXT;
use warmline_core::{
    ConversationId, CustomerContext, Event, HandbackNote, MessageId, OperatorId, Outcome, Turn,
};
use warmline_llm::AssistantObject;

use crate::conversation::{Question, Reply};
use crate::error::Error;
use crate::shard::Order;
use crate::warmline::{Answer, Inbound, View, Warmline, teaching};

/// Longest value of a field of [`CustomerContext`], and longest name of a queue, in bytes.
const MAX_FACT: usize = 128;
/// When a caller should come back if too many turns are under way.
const SOON: Duration = Duration::from_secs(1);

impl Warmline {
    /// Hears a customer and waits for the decision: the assistant's reply, or a handoff.
    ///
    /// The turn is on disk before anything is done with it; dropping the future takes nothing
    /// back. Sent again with the same message id, it is not heard again, and gets the same answer.
    ///
    /// # Errors
    /// [`Error::Invalid`] for words that are empty or too long, [`Error::Overloaded`] when too much
    /// is under way, [`Error::Quarantined`], [`Error::Journal`].
    pub async fn customer_says(
        &self,
        id: &ConversationId,
        inbound: Inbound,
    ) -> Result<Answer, Error> {
        self.customer_says_to(id, inbound, None).await
    }

    /// Hears a customer whose turn comes with the bot that is to answer it, in place of the
    /// configured one: see [`customer_says`](Self::customer_says). A bot lasts until the next turn
    /// and no longer than the process.
    pub async fn customer_says_to(
        &self,
        id: &ConversationId,
        inbound: Inbound,
        assistant: Option<Arc<dyn AssistantObject>>,
    ) -> Result<Answer, Error> {
        check_text(&inbound.text)?;
        check_context(&inbound.context)?;
        let limit = self.inner.shared.current().runtime.turns_under_way;
        let pass = self.inner.under_way.admit(limit);
        let pass = pass.ok_or(Error::Overloaded { retry_after: SOON })?;
        let question = |reply| Question::Customer {
            inbound,
            assistant,
            pass,
            reply,
        };
        self.ask(id, question).await
    }

    /// Asks for a human.
    pub async fn request_handoff(
        &self,
        id: &ConversationId,
        requester: Requester,
        reason: &str,
    ) -> Result<View, Error> {
        check_length("a reason", reason, MAX_TEXT)?;
        let reason = reason.to_owned();
        self.command(id, Event::HandoffRequested { requester, reason })
            .await
    }

    /// Gives the conversation to an operator. Claiming what one has already is no error. An
    /// operator who shows that they are there (see [`Desk`](crate::Desk)) keeps it only as long as
    /// they do.
    pub async fn claim(&self, id: &ConversationId, operator: &OperatorId) -> Result<View, Error> {
        let leased = self.desk().is_present(operator);
        let operator = operator.clone();
        let event = Event::OperatorClaimed {
            operator,
            leased,
            waited: None,
        };
        self.command(id, event).await
    }

    /// Puts the conversation back into a queue, a named one where the workflow has a rule for it;
    /// `to` is the operator who is to have it next.
    pub async fn release(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        queue: Option<&str>,
        to: Option<&OperatorId>,
    ) -> Result<View, Error> {
        check_length("a queue's name", queue.unwrap_or_default(), MAX_FACT)?;
        let event = Event::OperatorReleased {
            operator: operator.clone(),
            queue: queue.map(str::to_owned),
            to: to.cloned(),
            by: None,
        };
        self.command(id, event).await
    }

    /// Takes down how a customer who waits in a queue wants to be reached.
    ///
    /// # Errors
    /// [`Error::Refused`] when they do not wait in a queue, or for a `contact` that is empty or
    /// over 256 bytes.
    pub async fn leave_contact(&self, id: &ConversationId, contact: &str) -> Result<View, Error> {
        check_length("a contact", contact, MAX_TEXT)?;
        let contact = contact.to_owned();
        self.command(id, Event::ContactLeft { contact }).await
    }

    /// Says something to the customer, as the operator who has the conversation.
    ///
    /// Sent again with the same message id, it is not said again: the turn that was is returned.
    pub async fn reply(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        text: &str,
        message: Option<MessageId>,
    ) -> Result<(View, Turn), Error> {
        check_text(text)?;
        let event = Event::OperatorReplied {
            operator: operator.clone(),
            text: text.to_owned(),
            message,
        };
        let question = |reply| Question::Command { event, reply };
        match self.ask(id, question).await? {
            (view, Some(turn)) => Ok((view, turn)),
            (_, None) => Err(Error::Interrupted(id.clone())),
        }
    }

    /// Takes the conversation from the operator who has it, if one has, for a supervisor. The
    /// release says who did.
    ///
    /// # Errors
    /// As [`release`](Self::release) and [`claim`](Self::claim). Where something comes between, it
    /// waits in the queue for the supervisor first.
    pub async fn take_over(
        &self,
        id: &ConversationId,
        supervisor: &OperatorId,
    ) -> Result<View, Error> {
        let owner = self.view(id).await?.state.operator;
        let Some(owner) = owner.filter(|owner| owner != supervisor) else {
            return self.claim(id, supervisor).await;
        };
        let taken = Event::OperatorReleased {
            operator: owner,
            queue: None,
            to: Some(supervisor.clone()),
            by: Some(supervisor.clone()),
        };
        self.command(id, taken).await?;
        self.claim(id, supervisor).await
    }

    /// Writes something for operators alone: the customer and the assistant never read it.
    ///
    /// Whoever has the conversation, an operator may whisper.
    pub async fn whisper(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        text: &str,
    ) -> Result<View, Error> {
        check_text(text)?;
        let (operator, text) = (operator.clone(), text.to_owned());
        self.command(id, Event::Whispered { operator, text }).await
    }

    /// Gives the conversation back to the assistant, with a note of what is left to do.
    ///
    /// # Errors
    /// [`Error::NoAssistant`] when there is none, [`Error::Refused`] for a note that says nothing
    /// or when the conversation was handed back as often as is allowed.
    pub async fn hand_back(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
        note: HandbackNote,
    ) -> Result<View, Error> {
        let operator = operator.clone();
        self.command(id, Event::HandedBack { operator, note }).await
    }

    /// Ends the conversation. It opens again when the customer speaks.
    pub async fn close(
        &self,
        id: &ConversationId,
        requester: Requester,
        outcome: Outcome,
    ) -> Result<View, Error> {
        self.command(id, Event::Closed { requester, outcome }).await
    }

    /// Records the customer's rating, 1 (worst) to 5 (best).
    pub async fn rate(&self, id: &ConversationId, score: u8) -> Result<View, Error> {
        self.command(id, Event::Rated { score }).await
    }

    /// Erases everything recorded of a conversation, and what operators taught with its words. A
    /// caller whose question is under way gets [`Error::Interrupted`].
    ///
    /// # Errors
    /// [`Error::NotFound`] when nothing is recorded of it.
    pub async fn erase(&self, id: &ConversationId) -> Result<(), Error> {
        if self.inner.registry.is_stopped() {
            return Err(Error::Stopped);
        }
        let (reply, erased) = tokio::sync::oneshot::channel();
        let id = id.clone();
        let order = Order::Erase {
            id: id.clone(),
            reply,
        };
        let sent = self.inner.registry.shard(&id)?.cast(order);
        sent.map_err(|_| Error::Stopped)?;
        let erased = erased.await.map_err(|_| Error::Stopped)??;
        match erased.conversations {
            0 => Err(Error::NotFound(id)),
            _ if erased.lessons > 0 => teaching::unlearn(&self.inner.shared).await,
            _ => Ok(()),
        }
    }

    async fn command(&self, id: &ConversationId, event: Event) -> Result<View, Error> {
        let question = |reply| Question::Command { event, reply };
        self.ask(id, question).await.map(|(view, _)| view)
    }

    pub(super) async fn ask<T>(
        &self,
        id: &ConversationId,
        question: impl FnOnce(Reply<T>) -> Question,
    ) -> Result<T, Error> {
        let shared = &self.inner.shared;
        let limit = shared.current().runtime.waiting;
        let now = shared.clock.now();
        self.inner.registry.ask(id, now, limit, question).await
    }
}

fn check_text(text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::Invalid("`text` must not be empty".to_owned()));
    }
    check_length("a text", text, MAX_TEXT)
}

fn check_context(context: &CustomerContext) -> Result<(), Error> {
    let CustomerContext {
        customer,
        channel,
        segment,
        language,
    } = context;
    for (name, value) in [
        ("`customer`", customer),
        ("`channel`", channel),
        ("`segment`", segment),
        ("`language`", language),
    ] {
        check_length(name, value.as_deref().unwrap_or_default(), MAX_FACT)?;
    }
    Ok(())
}

pub(super) fn check_length(what: &str, text: &str, most: usize) -> Result<(), Error> {
    let length = text.len();
    match length <= most {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "{what} has at most {most} bytes, this one has {length}"
        ))),
    }
}
