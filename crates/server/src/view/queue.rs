//! Conversations in a list, and the workflow that they stand in.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::core::card::quoted;
use warmline::core::queue::Alarm;
use warmline::core::workflow::StateSpec;
use warmline::{CustomerContext, Row, Speaker, View, Workflow};

use super::{CallBackView, ContextView, Owner, TriggerView, Voice, moment};

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueueRow {
    /// Its id.
    pub conversation: String,
    /// The state of the workflow.
    pub state: String,
    /// Who may speak to the customer.
    pub owner: Owner,
    /// Since when it is in that state, by RFC 3339.
    pub since: String,
    /// The ownership epoch.
    pub epoch: u64,
    /// The operator who has it.
    pub operator: Option<String>,
    /// The operator who had it last, who should be asked first.
    pub last_operator: Option<String>,
    /// What the channel tells of the customer.
    pub customer: ContextView,
    /// Why it was handed off.
    pub trigger: Option<TriggerView>,
    /// What the customer wants, from the card.
    pub intent: Option<String>,
    /// How the customer feels, from the card.
    pub sentiment: Option<String>,
    /// What to be careful about, from the card.
    pub sensitivities: Vec<String>,
    /// How many turns it has.
    pub turns: u32,
    /// What was said last, apart from notices.
    pub last: Option<LastView>,
    /// The queue that it waits in.
    pub queue: Option<String>,
    /// Its priority there: larger goes first, each point like a minute of waiting.
    pub priority: i32,
    /// When the queue's target is missed, by RFC 3339.
    pub due: Option<String>,
    /// How near that is: `warning` or `breach`.
    #[schema(value_type = Option<String>)]
    pub alarm: Option<Alarm>,
    /// What an operator must know to be given it.
    pub skills: Vec<String>,
    /// The operator who is asked first.
    pub reserved_for: Option<String>,
    /// How the customer wants to be called back.
    pub callback: Option<CallBackView>,
    /// How it ended.
    pub outcome: Option<String>,
    /// The customer's rating, 1 to 5.
    pub csat: Option<u8>,
    /// Why it cannot be worked on, where its journal is damaged or it keeps failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<String>,
}

impl QueueRow {
    /// A conversation of which nothing is known but where it is listed, and why.
    pub(crate) fn quarantined(row: &Row, owner: Owner, reason: String) -> Self {
        Self {
            conversation: row.conversation.to_string(),
            state: row.state.to_string(),
            owner,
            since: moment(row.since),
            epoch: 0,
            operator: None,
            last_operator: None,
            customer: (&CustomerContext::default()).into(),
            trigger: None,
            intent: None,
            sentiment: None,
            sensitivities: Vec::new(),
            turns: 0,
            last: None,
            queue: None,
            priority: 0,
            due: None,
            alarm: None,
            skills: Vec::new(),
            reserved_for: None,
            callback: None,
            outcome: None,
            csat: None,
            quarantined: Some(reason),
        }
    }
}

impl QueueRow {
    /// A conversation under the workflow in force.
    pub(crate) fn of(view: &View, workflow: &Workflow) -> Self {
        let state = &view.state;
        let queued = state.queued.as_ref();
        let spec = queued.and_then(|queued| workflow.queues.get(&queued.queue));
        let card = state.card.as_deref();
        Self {
            conversation: view.conversation.to_string(),
            state: state.name.to_string(),
            owner: view.owner.into(),
            since: moment(state.since),
            epoch: state.epoch.0,
            operator: state.operator.as_ref().map(ToString::to_string),
            last_operator: state.last_operator.as_ref().map(ToString::to_string),
            customer: (&state.context).into(),
            trigger: state.trigger.as_deref().map(Into::into),
            intent: card.map(|card| card.customer_intent.text.clone()),
            sentiment: card.map(|card| card.sentiment.clone()),
            sensitivities: card.map_or_else(Vec::new, |card| card.sensitivities.clone()),
            turns: state.last_turn.0,
            last: last(view),
            queue: queued.map(|queued| queued.queue.clone()),
            priority: queued.map_or(0, |queued| queued.points),
            due: queued.and_then(|queued| queued.due).map(moment),
            alarm: queued.and_then(|queued| queued.alarm),
            skills: spec.map_or_else(Vec::new, |spec| spec.skills.clone()),
            reserved_for: queued
                .and_then(|queued| queued.reserved_for.as_ref())
                .map(ToString::to_string),
            callback: state.contact.as_ref().map(Into::into),
            outcome: state.outcome.map(|outcome| outcome.to_string()),
            csat: state.csat,
            quarantined: None,
        }
    }
}

/// What was said last in a conversation, in short.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LastView {
    /// Who said it.
    pub by: Voice,
    /// The beginning of the words.
    pub text: String,
    /// When, by RFC 3339.
    pub at: String,
}

/// Longest beginning of what was said last, in characters.
const BEGINNING: usize = 160;

fn last(view: &View) -> Option<LastView> {
    let mut turns = view.state.window.iter().rev();
    let turn = turns.find(|turn| turn.speaker != Speaker::Notice)?;
    Some(LastView {
        by: (&turn.speaker).into(),
        text: quoted(&turn.text, BEGINNING),
        at: moment(turn.at),
    })
}

/// A part of a list of conversations.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueuePage {
    /// The conversations, those in their state the longest first.
    pub conversations: Vec<QueueRow>,
    /// Where the list goes on: give it as `?after=`. Null at its end.
    pub next: Option<String>,
}

/// A state of the workflow.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WorkflowState {
    /// Its name.
    pub name: String,
    /// Who may speak in it.
    pub owner: Owner,
    /// The queue that it waits in.
    pub queue: Option<String>,
}

/// The workflow in force.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WorkflowView {
    /// Its name.
    pub name: String,
    /// The fingerprint of the configuration.
    pub version: String,
    /// Where conversations begin.
    pub initial: String,
    /// Its states.
    pub states: Vec<WorkflowState>,
}

impl From<&Workflow> for WorkflowView {
    fn from(workflow: &Workflow) -> Self {
        let state = |spec: &StateSpec| WorkflowState {
            name: spec.name.to_string(),
            owner: spec.owner.into(),
            queue: spec.queue.clone(),
        };
        Self {
            name: workflow.name.clone(),
            version: workflow.version.to_string(),
            initial: workflow.initial.to_string(),
            states: workflow.states.values().map(state).collect(),
        }
    }
}
