//! Performing effects: detectors, assistant and summarizer work beside the actor.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use ractor::ActorRef;
use tokio::sync::oneshot;
use tracing::Instrument;
use warmline_core::privacy::Kinds;
use warmline_core::signal::Findings;
use warmline_core::state::Attempt;
use warmline_core::{Card, Draft, Effect, Epoch, Event, Turn, TurnNumber};
use warmline_detect::{Case, Told, faithful};
use warmline_llm::{Ask, AssistantObject, Permission, Wanted};

use crate::bounds;
use crate::conversation::work::Work;
use crate::conversation::{Message, Proposal, Running};
use crate::models;
use crate::setup::Setup;
use crate::telemetry;

/// A customer who writes without a pause is answered after so many times the configured one.
const PAUSES: u32 = 5;

impl Running {
    /// Does what was decided, now that it is recorded.
    pub(super) fn perform(&mut self, myself: &ActorRef<Message>, effect: Effect) {
        match effect {
            Effect::Examine { through, epoch } => self.examine(myself, through, epoch),
            Effect::AskAssistant { through, epoch } => self.ask(myself, through, epoch),
            Effect::Act { through, .. } => self.permit(through),
            Effect::CancelAnswer => self.stop_answering(),
            Effect::WriteCard { epoch } => self.write_card(myself, epoch),
            Effect::DiscardDraft { .. } => {
                metrics::counter!("warmline_discarded_drafts_total").increment(1);
            }
            Effect::NotifyOperators { .. } => {
                metrics::counter!("warmline_notifications_total").increment(1);
            }
            // These are part of the recorded step itself.
            Effect::RaiseAlarm { queue, alarm } => {
                let labels = [("queue", queue), ("alarm", alarm.as_str().to_owned())];
                metrics::counter!("warmline_queue_alarms_total", &labels).increment(1);
            }
            Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::Say(_) => {}
        }
    }

    /// Stops what was asked of detectors and assistant.
    pub(super) fn stop_answering(&mut self) {
        self.answer = None;
        self.asked = self.asked.wrapping_add(1);
    }

    /// Lets the assistant act. One that asks no more has been stopped since.
    fn permit(&mut self, through: TurnNumber) {
        if let Some(permit) = self.permit.take() {
            let _ = permit.send(Case::of(&self.seat.state, through));
        }
    }

    fn examine(&mut self, myself: &ActorRef<Message>, through: TurnNumber, epoch: Epoch) {
        let (setup, case, myself) = (
            self.seat.setup(),
            Case::of(&self.seat.state, through),
            myself.clone(),
        );
        let pause = self.pause(setup.runtime.burst);
        let masked = setup.workflow.privacy.logs;
        self.turn = telemetry::turn(&self.seat.id, through, masked);
        let work = async move {
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
        };
        self.answer = Some(Work::begin(work.instrument(self.turn.clone())));
    }

    /// How long to wait for more turns of the same burst.
    fn pause(&self, burst: Duration) -> Duration {
        let state = &self.seat.state;
        let first = state.turns_since(state.settled).find(|t| t.is_customer());
        let passed = first.map_or(Duration::ZERO, |first| state.heard.since(first.at));
        burst.min((burst * PAUSES).saturating_sub(passed))
    }

    fn ask(&mut self, myself: &ActorRef<Message>, through: TurnNumber, epoch: Epoch) {
        self.stop_answering();
        let (setup, myself, asked) = (self.seat.setup(), myself.clone(), self.asked);
        let case = Arc::new(Mutex::new(Case::of(&self.seat.state, through)));
        let request = Ask {
            permission: permission(&setup, &myself, &case, epoch, asked),
            ..self.request()
        };
        let assistant = self.brought.clone().or(setup.assistant.clone());
        // Only a verifier is worth asking before all findings are in.
        let judge = setup.models.verifies().then(|| {
            let (workflow, state) = (self.seat.workflow.clone(), self.seat.state.clone());
            move |found: &Findings| workflow.policy.judge_draft(&state, found).is_some()
        });
        let work = async move {
            let event = match draft(&setup, assistant, request.clone()).await {
                Ok(draft) => {
                    let draft = Arc::new(draft);
                    let case = proposing(&case, &draft);
                    let enough =
                        |found: &Findings| judge.as_ref().is_some_and(|judge| judge(found));
                    let findings = models::examine(&setup, case, &request, enough).await;
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
        self.answer = Some(Work::begin(work.instrument(self.turn.clone())));
    }

    fn write_card(&mut self, myself: &ActorRef<Message>, epoch: Epoch) {
        let setup = self.seat.setup();
        let (Some(summarizer), Some(extracted)) =
            (setup.summarizer.clone(), self.seat.state.card.as_deref())
        else {
            return;
        };
        let (state, extracted) = (&self.seat.state, extracted.clone());
        let turns: Vec<Arc<Turn>> = state.window.iter().cloned().collect();
        let attempts: Vec<Arc<Attempt>> = state.attempts.iter().cloned().collect();
        let held_back = state.held_back.clone();
        let masked = self.seat.workflow.privacy.cards;
        let (myself, request) = (myself.clone(), self.request());
        self.card = Some(Work::begin(async move {
            let writing = summarizer.write_boxed(request, extracted.clone());
            let written = within(setup.runtime.summarizer_budget, writing).await;
            let told = Told {
                turns: &turns,
                attempts: &attempts,
                held_back: held_back.as_deref(),
            };
            match written.and_then(|card| checked(card, extracted, &told, masked)) {
                Ok(card) => tell(&myself, Event::CardWritten { epoch, card }),
                Err(reason) => {
                    metrics::counter!("warmline_summarizer_failures_total").increment(1);
                    tracing::warn!(%reason, "the extracted card stays");
                }
            }
        }));
    }

    /// What assistant and summarizer are asked.
    fn request(&self) -> Ask {
        let state = &self.seat.state;
        Ask {
            conversation: self.seat.id.clone(),
            turns: state.window.iter().cloned().collect(),
            settled: state.settled,
            attempts: state.attempts.iter().cloned().collect(),
            context: state.context.clone(),
            note: state.note.clone(),
            permission: Permission::default(),
        }
    }
}

/// What detectors look at in an answer: it grows with each part that is said.
type Looked = Arc<Mutex<Case>>;

/// The case as it stands, with `draft` proposed.
fn proposing(case: &Looked, draft: &Arc<Draft>) -> Case {
    let case = case.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let draft = Some(draft.clone());
    Case { draft, ..case }
}

/// What the assistant asks before it acts: the detectors look, and the conversation decides.
fn permission(
    setup: &Arc<Setup>,
    myself: &ActorRef<Message>,
    case: &Looked,
    epoch: Epoch,
    asked: u64,
) -> Permission {
    let (setup, myself, case) = (setup.clone(), myself.clone(), case.clone());
    Permission::by(move |wanted| {
        let (setup, myself, case) = (setup.clone(), myself.clone(), case.clone());
        async move {
            let (says, draft) = match wanted {
                Wanted::Say(part) => (true, part),
                Wanted::Act(actions) => {
                    let nothing = Draft::default();
                    (false, Draft { actions, ..nothing })
                }
            };
            bounds::proposal(&draft).map_err(warmline_llm::Error::Unavailable)?;
            let draft = Arc::new(draft);
            let proposed = proposing(&case, &draft);
            let through = proposed.through;
            let findings = setup.examiners.examine(Arc::new(proposed)).await;
            let part = bounds::draft(Arc::unwrap_or_clone(draft));
            let event = match says {
                true => Event::PartExamined {
                    through,
                    epoch,
                    part,
                    findings,
                },
                false => Event::ActionsExamined {
                    through,
                    epoch,
                    actions: part.actions,
                    findings,
                },
            };
            let (permit, permitted) = oneshot::channel();
            let proposal = Box::new(Proposal {
                event,
                asked,
                permit,
            });
            let refused = || warmline_llm::Error::Unavailable("it may not".to_owned());
            myself
                .cast(Message::Proposed(proposal))
                .map_err(|_| refused())?;
            let now = permitted.await.map_err(|_| refused())?;
            *case.lock().unwrap_or_else(PoisonError::into_inner) = now;
            Ok(())
        }
    })
}

/// What of a written card the conversation carries, masked and cut to size; the rest is counted.
fn checked(written: Card, extracted: Card, told: &Told<'_>, masked: Kinds) -> Result<Card, String> {
    let checked = faithful(written, &extracted, told);
    for dropped in &checked.dropped {
        let (reason, field) = (dropped.reason.as_str(), dropped.field);
        metrics::counter!("warmline_card_claims_dropped_total", "reason" => reason).increment(1);
        tracing::info!(reason, field, "a claim of the card was dropped");
    }
    if checked.kept == 0 {
        return Err("nothing that it wrote is carried by the conversation".to_owned());
    }
    Ok(bounds::card(checked.card.masked(masked), extracted))
}

/// Asks `assistant` for a draft within its budget, and cuts it to size; else why there is none.
pub(crate) async fn draft(
    setup: &Setup,
    assistant: Option<Arc<dyn AssistantObject>>,
    request: Ask,
) -> Result<Draft, String> {
    let assistant = assistant.ok_or("no assistant is configured")?;
    let began = std::time::Instant::now();
    let budget = assistant
        .longest()
        .unwrap_or(setup.runtime.assistant_budget);
    let draft = within(budget, assistant.draft_boxed(request)).await;
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
/// brought back, unless a part of the answer was said: then it is lost.
pub(super) fn tell(myself: &ActorRef<Message>, event: Event) {
    if myself.cast(Message::Happened(Box::new(event))).is_err() {
        tracing::debug!("an outcome found its conversation gone");
    }
}
