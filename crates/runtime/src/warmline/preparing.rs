//! What helps an operator before they act: a draft of the assistant's, and the note of a handback.
//! Nothing here changes a conversation.

use std::sync::{Arc, Mutex, PoisonError};

use warmline_core::signal::Findings;
use warmline_core::{
    ConversationId, Draft, Event, HandbackNote, OperatorId, Refused, Speaker, State, TurnNumber,
    note, transition,
};
use warmline_detect::Case;
use warmline_llm::{Ask, Permission, Wanted};

use crate::bounds;
use crate::conversation::answering::draft;
use crate::error::Error;
use crate::warmline::{View, Warmline};

/// What the assistant would say in the operator's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The draft. Nobody but the operator sees it.
    pub draft: Draft,
    /// What the detectors found in it.
    pub findings: Findings,
    /// The conversation that it was made for.
    pub view: View,
}

impl Warmline {
    /// Has the assistant draft an answer for the operator who has the conversation. Nothing is
    /// recorded or said, and the assistant may not act on the way.
    ///
    /// # Errors
    /// [`Error::NoAssistant`] when there is none, [`Error::Refused`] when the conversation is not
    /// the operator's, [`Error::Assistant`] when the draft failed.
    pub async fn suggest(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
    ) -> Result<Suggestion, Error> {
        let view = self.view(id).await?;
        self.must_own(&view, operator)?;
        let setup = self.inner.shared.current_for(id, &view.config);
        let assistant = setup.assistant.clone().ok_or(Error::NoAssistant)?;
        let state = &view.state;
        let settled = before_latest(state);
        let parts = Arc::new(Mutex::new(Vec::new()));
        let ask = Ask {
            conversation: id.clone(),
            turns: state.window.iter().cloned().collect(),
            settled,
            attempts: state.attempts.iter().cloned().collect(),
            context: state.context.clone(),
            note: state.note.clone(),
            permission: words_alone(parts.clone()),
        };
        let rest = draft(&setup, Some(assistant), ask).await;
        let rest = rest.map_err(Error::Assistant)?;
        let parts = std::mem::take(&mut *parts.lock().unwrap_or_else(PoisonError::into_inner));
        let draft = parts.into_iter().chain([rest]).reduce(Draft::continued);
        let draft = Arc::new(bounds::draft(draft.unwrap_or_default()));
        let case = Case {
            turns: state.examined().cloned().collect(),
            through: state.last_customer_turn,
            settled,
            context: state.context.clone(),
            note: state.note.clone(),
            attempts: state.attempts.iter().cloned().collect(),
            draft: Some(draft.clone()),
        };
        let findings = setup.examiners.examine(Arc::new(case)).await;
        Ok(Suggestion {
            draft: Arc::unwrap_or_clone(draft),
            findings,
            view,
        })
    }

    /// The note that a handback could begin with, and why a handback would be refused now.
    ///
    /// # Errors
    /// [`Error::Refused`] when the conversation is not the operator's.
    pub async fn prepare_handback(
        &self,
        id: &ConversationId,
        operator: &OperatorId,
    ) -> Result<(HandbackNote, Option<Error>), Error> {
        let view = self.view(id).await?;
        self.must_own(&view, operator)?;
        let shared = &self.inner.shared;
        let refused = match shared.current_for(id, &view.config).can_answer() {
            false => Some(Error::NoAssistant),
            true => {
                let usable = HandbackNote {
                    remaining: vec!["what is left".to_owned()],
                    ..HandbackNote::default()
                };
                let event = Event::HandedBack {
                    operator: operator.clone(),
                    note: usable,
                };
                let workflow = shared.workflow(&view.config)?;
                let tried = transition(&workflow, &view.state, shared.clock.now(), &event);
                tried.err().map(Error::Refused)
            }
        };
        Ok((note::prefilled(&view.state), refused))
    }

    fn must_own(&self, view: &View, operator: &OperatorId) -> Result<(), Error> {
        let state = view.state.name.clone();
        match &view.state.operator {
            Some(owner) if owner == operator => Ok(()),
            Some(owner) => Err(Error::Refused(Refused::OwnedBy {
                owner: owner.clone(),
                state,
            })),
            None => Err(Error::Refused(Refused::NoRule {
                state,
                event: "operator_replied",
            })),
        }
    }
}

/// The last turn before the customer's latest words: a suggestion answers what comes after it.
fn before_latest(state: &State) -> TurnNumber {
    let latest = state.window.iter().rev().skip_while(|t| !t.is_customer());
    let mut before = latest
        .skip_while(|turn| !matches!(turn.speaker, Speaker::Assistant | Speaker::Operator { .. }));
    before.next().map_or(TurnNumber(0), |turn| turn.number)
}

/// Lets the assistant say parts of its draft, which are gathered, and do nothing.
fn words_alone(parts: Arc<Mutex<Vec<Draft>>>) -> Permission {
    Permission::by(move |wanted| {
        let taken = match wanted {
            Wanted::Say(part) => {
                let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
                parts.push(part);
                Ok(())
            }
            Wanted::Act(_) => Err(warmline_llm::Error::Unavailable(
                "a suggestion changes nothing".to_owned(),
            )),
        };
        async move { taken }
    })
}
