//! A conversation as machines and operators see it, and what came of a command.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::outcome::Feedback;
use warmline::core::state::Awaiting;
use warmline::{Answer, CustomerContext, Entry, Event, Turn, View, Workflow};

use super::{
    CallBackView, CardView, CitationView, DraftView, ExaminationView, FeedbackView, NoteView,
    Owner, TriggerView, TurnView, moment,
};

/// What the channel tells of the customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ContextView {
    /// The customer's own id.
    pub customer: Option<String>,
    /// Where they write.
    pub channel: Option<String>,
    /// The segment they belong to.
    pub segment: Option<String>,
    /// Their language, as an ISO 639-1 code.
    pub language: Option<String>,
}

impl From<&CustomerContext> for ContextView {
    fn from(context: &CustomerContext) -> Self {
        Self {
            customer: context.customer.clone(),
            channel: context.channel.clone(),
            segment: context.segment.clone(),
            language: context.language.clone(),
        }
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversationView {
    /// Its id.
    pub conversation: String,
    /// The state of the workflow.
    pub state: String,
    /// Who may speak to the customer.
    pub owner: Owner,
    /// Counts the changes of owner.
    pub epoch: u64,
    /// The operator who has it.
    pub operator: Option<String>,
    /// The operator who had it last.
    pub last_operator: Option<String>,
    /// What the channel tells of the customer.
    pub customer: ContextView,
    /// When the present state was entered, by RFC 3339.
    pub since: String,
    /// Whether the customer is owed an answer that is being made.
    pub answering: bool,
    /// What was said in the steps from `first_step` on, oldest first.
    pub turns: Vec<TurnView>,
    /// What operators wrote for each other in those steps, and who took it from whom, oldest first.
    pub whispers: Vec<WhisperView>,
    /// What the detectors found in those steps, oldest first.
    pub signals: Vec<ExaminationView>,
    /// The first step that `turns` and `signals` cover; ask for earlier ones with `?from=`.
    pub first_step: u64,
    /// How many steps are recorded.
    pub steps: u64,
    /// The queue that it waits in.
    pub queue: Option<String>,
    /// When the queue's target is missed, by RFC 3339.
    pub due: Option<String>,
    /// The operator who is asked first.
    pub reserved_for: Option<String>,
    /// How the customer wants to be called back.
    pub callback: Option<CallBackView>,
    /// Why it was last handed off; cleared by a handback.
    pub trigger: Option<TriggerView>,
    /// What the operator reads; cleared by a handback.
    pub card: Option<CardView>,
    /// The draft that was held back at the last handoff.
    pub held_back: Option<DraftView>,
    /// What the assistant was told at the last handback.
    pub note: Option<NoteView>,
    /// How often it went to a human.
    pub handoffs: u32,
    /// What operators said of these handoffs, the earliest first; the last word on each.
    pub feedback: Vec<FeedbackView>,
    /// How often it came back from one.
    pub handbacks: u32,
    /// Drafts that came too late to be said.
    pub discarded_drafts: u32,
    /// How it ended.
    pub outcome: Option<String>,
    /// The customer's rating, 1 to 5.
    pub csat: Option<u8>,
    /// The configuration that decides for it.
    pub config: String,
}

impl ConversationView {
    pub(crate) fn of(
        view: &View,
        entries: &[Entry],
        from: u64,
        feedback: Vec<Feedback>,
        workflow: &Workflow,
    ) -> Self {
        let state = &view.state;
        let queued = state.queued.as_ref();
        let name = |id: &Option<warmline::OperatorId>| id.as_ref().map(ToString::to_string);
        let examined = |entry: &Entry| {
            let (through, findings, draft) = match &entry.event {
                Event::TurnExamined {
                    through, findings, ..
                } => (through, findings, false),
                Event::ActionsExamined {
                    through, findings, ..
                }
                | Event::PartExamined {
                    through, findings, ..
                }
                | Event::DraftExamined {
                    through, findings, ..
                } => (through, findings, true),
                _ => return None,
            };
            let context = &state.context;
            let at = entry.at;
            Some(ExaminationView::of(
                findings, *through, draft, at, workflow, context,
            ))
        };
        Self {
            conversation: view.conversation.to_string(),
            state: state.name.to_string(),
            owner: view.owner.into(),
            epoch: state.epoch.0,
            operator: name(&state.operator),
            last_operator: name(&state.last_operator),
            customer: (&state.context).into(),
            since: moment(state.since),
            answering: state.awaiting != Awaiting::Nothing,
            turns: entries
                .iter()
                .flat_map(|entry| &entry.decided.turns)
                .map(Into::into)
                .collect(),
            whispers: whispers(entries, state.last_turn.0),
            signals: entries.iter().filter_map(examined).collect(),
            first_step: from,
            steps: view.seq,
            queue: queued.map(|queued| queued.queue.clone()),
            due: queued.and_then(|queued| queued.due).map(moment),
            reserved_for: queued.and_then(|queued| name(&queued.reserved_for)),
            callback: state.contact.as_ref().map(Into::into),
            trigger: state.trigger.as_deref().map(Into::into),
            card: state.card.as_deref().map(Into::into),
            held_back: state.held_back.as_deref().map(Into::into),
            note: state.note.as_deref().map(Into::into),
            handoffs: state.handoffs,
            feedback: feedback.into_iter().map(Into::into).collect(),
            handbacks: state.handbacks,
            discarded_drafts: state.discarded_drafts,
            outcome: state.outcome.map(|outcome| outcome.to_string()),
            csat: state.csat,
            config: view.config.to_string(),
        }
    }
}

/// What an operator wrote for operators alone.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WhisperView {
    /// The turn that it came after.
    pub after: u32,
    /// Who wrote it.
    pub operator: String,
    /// The words.
    pub text: String,
    /// When, by RFC 3339.
    pub at: String,
}

/// The whispers among `entries`, after which the last turn is `last`. Who took the conversation from
/// whom stands among them.
fn whispers(entries: &[Entry], last: u32) -> Vec<WhisperView> {
    let turns = |entry: &Entry| entry.decided.turns.last().map(|turn| turn.number.0);
    let first = entries.iter().find_map(|entry| entry.decided.turns.first());
    let mut after = first.map_or(last, |turn| turn.number.0 - 1);
    let mut found = Vec::new();
    for entry in entries {
        let whispered = match &entry.event {
            Event::Whispered { operator, text } => Some((operator, text.clone())),
            Event::OperatorReleased {
                operator,
                by: Some(by),
                ..
            } => Some((by, format!("took the conversation from {operator}"))),
            _ => None,
        };
        found.extend(whispered.map(|(operator, text)| WhisperView {
            after,
            operator: operator.to_string(),
            text,
            at: moment(entry.at),
        }));
        after = turns(entry).unwrap_or(after);
    }
    found
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StateView {
    /// The conversation.
    pub conversation: String,
    /// Its state now.
    pub state: String,
    /// Who may speak now.
    pub owner: Owner,
    /// The ownership epoch now.
    pub epoch: u64,
    /// The operator who has it.
    pub operator: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
}

impl From<&View> for StateView {
    fn from(view: &View) -> Self {
        Self {
            conversation: view.conversation.to_string(),
            state: view.state.name.to_string(),
            owner: view.owner.into(),
            epoch: view.state.epoch.0,
            operator: view.state.operator.as_ref().map(ToString::to_string),
            outcome: view.state.outcome.map(|outcome| outcome.to_string()),
        }
    }
}

/// What an operator said, as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SaidView {
    /// What became of the conversation.
    #[serde(flatten)]
    pub now: StateView,
    /// What was said.
    pub said: TurnView,
}

/// The assistant's reply.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReplyView {
    /// Its place in the conversation.
    pub turn: u32,
    /// The words.
    pub text: String,
    /// What they rest on.
    pub citations: Vec<CitationView>,
}

impl From<&Turn> for ReplyView {
    fn from(turn: &Turn) -> Self {
        Self {
            turn: turn.number.0,
            text: turn.text.clone(),
            citations: turn.citations.iter().map(Into::into).collect(),
        }
    }
}

/// What was decided about a customer's turn.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AnswerView {
    /// The conversation.
    pub conversation: String,
    /// Its state after the decision.
    pub state: String,
    /// Who may speak now.
    pub owner: Owner,
    /// The ownership epoch after the decision.
    pub epoch: u64,
    /// The customer's turn.
    pub turn: u32,
    /// What the assistant said, all of it where it was said in several turns. Null when it said
    /// nothing: a human has the conversation or gets it before that, or the next turn of the same burst
    /// is answered instead. What was said before a handoff is there, beside its trigger.
    pub reply: Option<ReplyView>,
    /// Why the turn was handed off.
    pub trigger: Option<TriggerView>,
    /// What else the customer was told meanwhile.
    pub notices: Vec<TurnView>,
}

impl From<&Answer> for AnswerView {
    fn from(answer: &Answer) -> Self {
        Self {
            conversation: answer.conversation.to_string(),
            state: answer.state.to_string(),
            owner: answer.owner.into(),
            epoch: answer.epoch.0,
            turn: answer.turn.0,
            reply: answer.reply.as_ref().map(Into::into),
            trigger: answer.trigger.as_ref().map(Into::into),
            notices: answer.notices.iter().map(Into::into).collect(),
        }
    }
}
