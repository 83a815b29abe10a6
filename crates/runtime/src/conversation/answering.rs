//! Performing effects: detectors, assistant and summarizer work beside the actor.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use ractor::ActorRef;
use warmline_core::{Draft, Effect, Epoch, Event, TurnNumber};
use warmline_detect::Case;
use warmline_llm::Ask;

use crate::bounds;
use crate::conversation::work::Work;
use crate::conversation::{Message, Running};
use crate::setup::Setup;

/// A customer who writes without a pause is answered after so many times the configured one.
const PAUSES: u32 = 5;

impl Running {
    /// Does what was decided, now that it is recorded.
    pub(super) fn perform(&mut self, myself: &ActorRef<Message>, effect: Effect) {
        match effect {
            Effect::Examine { through, epoch } => self.examine(myself, through, epoch),
            Effect::AskAssistant { through, epoch } => self.ask(myself, through, epoch),
            Effect::CancelAnswer => self.stop_answering(),
            Effect::WriteCard { epoch } => self.write_card(myself, epoch),
            Effect::DiscardDraft { .. } => {
                metrics::counter!("warmline_discarded_drafts_total").increment(1);
            }
            Effect::NotifyOperators { .. } => {
                metrics::counter!("warmline_notifications_total").increment(1);
            }
            // These are part of the recorded step itself.
            Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::Say(_) => {}
        }
    }

    /// Stops what was asked of detectors and assistant.
    pub(super) fn stop_answering(&mut self) {
        self.answer = None;
    }

    fn examine(&mut self, myself: &ActorRef<Message>, through: TurnNumber, epoch: Epoch) {
        let (setup, case, myself) = (self.shared.current(), self.case(through), myself.clone());
        let pause = self.pause(setup.runtime.burst);
        self.answer = Some(Work::begin(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let findings = setup.examiners.examine(Arc::new(case)).await;
            let event = Event::TurnExamined {
                through,
                epoch,
                findings,
            };
            tell(&myself, event);
        }));
    }

    /// How long to wait for more turns of the same burst.
    fn pause(&self, burst: Duration) -> Duration {
        let state = &self.seat.state;
        let first = state.turns_since(state.settled).find(|t| t.is_customer());
        let passed = first.map_or(Duration::ZERO, |first| state.heard.since(first.at));
        burst.min((burst * PAUSES).saturating_sub(passed))
    }

    fn ask(&mut self, myself: &ActorRef<Message>, through: TurnNumber, epoch: Epoch) {
        let (setup, myself) = (self.shared.current(), myself.clone());
        let (case, request) = (self.case(through), self.request());
        self.answer = Some(Work::begin(async move {
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
        }));
    }

    fn write_card(&mut self, myself: &ActorRef<Message>, epoch: Epoch) {
        let setup = self.shared.current();
        let (Some(summarizer), Some(extracted)) =
            (setup.summarizer.clone(), self.seat.state.card.as_deref())
        else {
            return;
        };
        let (extracted, last) = (extracted.clone(), self.seat.state.last_turn);
        let (myself, request) = (myself.clone(), self.request());
        self.card = Some(Work::begin(async move {
            let writing = summarizer.write_boxed(request, extracted.clone());
            let written = within(setup.runtime.summarizer_budget, writing).await;
            match written.and_then(|card| bounds::card(card, extracted, last)) {
                Ok(card) => tell(&myself, Event::CardWritten { epoch, card }),
                Err(reason) => {
                    metrics::counter!("warmline_summarizer_failures_total").increment(1);
                    tracing::warn!(%reason, "the extracted card stays");
                }
            }
        }));
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
            attempts: state.attempts.iter().cloned().collect(),
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
    draft.map(bounds::draft)
}

/// Waits for `work` within `budget`; slow, failing and panicking come to the same: a reason.
async fn within<T>(
    budget: Duration,
    work: impl Future<Output = Result<T, warmline_llm::Error>>,
) -> Result<T, String> {
    match tokio::time::timeout(budget, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(bounds::reason(error.to_string())),
        Ok(Err(_)) => Err("crashed".to_owned()),
        Err(_) => Err(format!("took longer than {} s", budget.as_secs_f32())),
    }
}

/// Tells the conversation what an effect came to. One that has ended since asks again when it is
/// brought back.
fn tell(myself: &ActorRef<Message>, event: Event) {
    if myself.cast(Message::Happened(Box::new(event))).is_err() {
        tracing::debug!("an outcome found its conversation gone");
    }
}
