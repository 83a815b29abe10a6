//! Performing effects: detectors, assistant and summarizer work beside the actor.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use ractor::ActorRef;
use warmline_core::{Draft, Effect, Epoch, Event, TurnNumber};
use warmline_detect::Case;
use warmline_llm::Ask;

use crate::conversation::{Message, Running};
use crate::setup::Setup;

impl Running {
    /// Does what was decided, now that it is recorded.
    pub(super) fn perform(&mut self, myself: &ActorRef<Message>, effect: Effect) {
        match effect {
            Effect::Examine { through, epoch } => self.examine(myself, through, epoch),
            Effect::AskAssistant { through, epoch } => self.ask(myself, through, epoch),
            Effect::CancelAnswer => self.cancel(),
            Effect::WriteCard { epoch } => self.write_card(myself, epoch),
            Effect::DiscardDraft { .. } => {
                metrics::counter!("warmline_discarded_drafts_total").increment(1);
            }
            Effect::NotifyOperators { .. } => {
                metrics::counter!("warmline_notifications_total").increment(1);
            }
            // The first three are part of the recorded step itself.
            Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::Say(_) => {}
        }
    }

    /// Stops what was asked of detectors and assistant.
    pub(super) fn cancel(&mut self) {
        if let Some(answer) = self.answer.take() {
            answer.abort();
        }
    }

    fn examine(&mut self, myself: &ActorRef<Message>, through: TurnNumber, epoch: Epoch) {
        self.cancel();
        let (setup, case, myself) = (self.shared.current(), self.case(through), myself.clone());
        let work = async move {
            if !setup.runtime.burst.is_zero() {
                tokio::time::sleep(setup.runtime.burst).await;
            }
            let findings = setup.examiners.examine(Arc::new(case)).await;
            tell(
                &myself,
                Event::TurnExamined {
                    through,
                    epoch,
                    findings,
                },
            );
        };
        self.answer = Some(tokio::spawn(work).abort_handle());
    }

    fn ask(&mut self, myself: &ActorRef<Message>, through: TurnNumber, epoch: Epoch) {
        self.cancel();
        let (setup, myself) = (self.shared.current(), myself.clone());
        let (case, request) = (self.case(through), self.request());
        let work = async move {
            let event = match draft(&setup, request).await {
                Ok(draft) => {
                    let draft = Arc::new(draft);
                    let case = Case {
                        draft: Some(draft.clone()),
                        ..case
                    };
                    let findings = setup.examiners.examine(Arc::new(case)).await;
                    let draft = Arc::unwrap_or_clone(draft);
                    Event::DraftExamined {
                        through,
                        epoch,
                        draft,
                        findings,
                    }
                }
                Err(reason) => Event::AssistantFailed {
                    through,
                    epoch,
                    reason,
                },
            };
            tell(&myself, event);
        };
        self.answer = Some(tokio::spawn(work).abort_handle());
    }

    fn write_card(&self, myself: &ActorRef<Message>, epoch: Epoch) {
        let setup = self.shared.current();
        let (Some(summarizer), Some(card)) = (
            setup.summarizer.clone(),
            self.seat.state.card.as_deref().cloned(),
        ) else {
            return;
        };
        let (myself, request) = (myself.clone(), self.request());
        tokio::spawn(async move {
            let budget = setup.runtime.summarizer_budget;
            let trigger = card.trigger.clone();
            match within(budget, summarizer.write_boxed(request, card)).await {
                // The trigger is a recorded fact, whatever the summarizer makes of it.
                Ok(card) => {
                    let card = warmline_core::Card { trigger, ..card };
                    tell(&myself, Event::CardWritten { epoch, card });
                }
                Err(reason) => {
                    metrics::counter!("warmline_summarizer_failures_total").increment(1);
                    tracing::warn!(%reason, "the extracted card stays");
                }
            }
        });
    }

    /// What detectors may look at.
    fn case(&self, through: TurnNumber) -> Case {
        let state = &self.seat.state;
        Case {
            turns: state.examined().cloned().collect(),
            through,
            settled: state.settled,
            context: state.context.clone(),
            note: state.note.clone(),
            draft: None,
        }
    }

    /// What assistant and summarizer are asked.
    fn request(&self) -> Ask {
        let state = &self.seat.state;
        Ask {
            conversation: self.seat.id.clone(),
            turns: state.window.iter().cloned().collect(),
            settled: state.settled,
            context: state.context.clone(),
            note: state.note.clone(),
        }
    }
}

async fn draft(setup: &Setup, request: Ask) -> Result<Draft, String> {
    let assistant = setup
        .assistant
        .as_ref()
        .ok_or("no assistant is configured")?;
    let began = std::time::Instant::now();
    let draft = within(
        setup.runtime.assistant_budget,
        assistant.draft_boxed(request),
    )
    .await;
    metrics::histogram!("warmline_assistant_seconds").record(began.elapsed());
    if draft.is_err() {
        metrics::counter!("warmline_assistant_failures_total").increment(1);
    }
    draft
}

/// Waits for `work` within `budget`; slow, failing and panicking come to the same: a reason.
async fn within<T>(
    budget: Duration,
    work: impl Future<Output = Result<T, warmline_llm::Error>>,
) -> Result<T, String> {
    match tokio::time::timeout(budget, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(error.to_string()),
        Ok(Err(_)) => Err("crashed".to_owned()),
        Err(_) => Err(format!("took longer than {} s", budget.as_secs_f32())),
    }
}

/// Tells the conversation what an effect came to. One that has ended since will ask again.
fn tell(myself: &ActorRef<Message>, event: Event) {
    if myself.cast(Message::Happened(event)).is_err() {
        tracing::debug!("an outcome found its conversation gone");
    }
}
