//! What is watched: the drift of scores, and the candidate in the shadow.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcomes::{self, OutcomesView};
use crate::app::App;
use crate::openapi::Refusals;
use crate::policy::drift;
use crate::policy::drift::stability::Level;
use crate::policy::shadow::Handed;
use crate::policy::shadow::compared::{self, Change};
use crate::problem::Problem;
use crate::view::moment;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(drifted))
        .routes(routes!(beside))
}

/// How far scores have moved.
#[derive(Debug, Serialize, ToSchema)]
struct DriftView {
    /// What they are compared with; null until there is enough.
    reference: Option<ReferenceView>,
    /// Customers' turns that detectors looked at in the last week.
    turns: u64,
    /// Each signal, in the last day and the last week.
    shifts: Vec<ShiftView>,
}

/// What scores are compared with.
#[derive(Debug, Serialize, ToSchema)]
struct ReferenceView {
    /// When it was pinned.
    at: String,
    /// Its first day.
    from: String,
    /// Its last day.
    to: String,
    /// Customers' turns in it.
    turns: u64,
}

/// How far the scores of a signal have moved.
#[derive(Debug, Serialize, ToSchema)]
struct ShiftView {
    /// The signal.
    signal: String,
    /// What was looked at: `turn` or `draft`.
    stage: &'static str,
    /// `1d` or `7d`.
    window: &'static str,
    /// The population stability index.
    index: f64,
    /// What chance alone comes to; null where there is nothing to go by.
    chance: Option<f64>,
    /// How often it was looked for.
    looked: u64,
    /// What that means.
    level: Level,
}

/// Tells how far the scores of detectors have moved from those that the thresholds rest on.
#[utoipa::path(
    get, path = "/v1/policy/drift", tag = "policy",
    operation_id = "drift",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "How scores stand", body = DriftView), Refusals),
)]
async fn drifted(State(app): State<App>) -> Result<Json<DriftView>, Problem> {
    let standing = drift::look(&app).await?;
    let shifts = standing.shifts.into_iter().map(|shift| ShiftView {
        level: shift.level(),
        index: shift.index,
        chance: shift.chance.is_finite().then_some(shift.chance),
        looked: shift.looked,
        signal: shift.signal,
        stage: shift.stage,
        window: shift.window,
    });
    Ok(Json(DriftView {
        reference: standing.reference.map(|reference| ReferenceView {
            at: moment(reference.at),
            from: reference.days.0,
            to: reference.days.1,
            turns: reference.scores.turns,
        }),
        turns: standing.turns,
        shifts: shifts.collect(),
    }))
}

/// How a candidate compares with what is in force.
#[derive(Debug, Serialize, ToSchema)]
struct ShadowView {
    /// The candidate; null where none is configured.
    candidate: Option<CandidateView>,
    /// Conversations that both decided on.
    conversations: u64,
    /// The share of them on which both do the same; null without any.
    agreement: Option<f64>,
    /// How they compare, with examples of where they differ.
    changes: Vec<ShadowChange>,
    /// Steps that did not fit into the queue.
    dropped: u64,
    /// Conversations that the candidate could not decide.
    failed: u64,
    /// How those ended that the candidate really decided; null where it decides none.
    outcomes: Option<OutcomesView>,
}

/// A candidate.
#[derive(Debug, Serialize, ToSchema)]
struct CandidateView {
    /// Its file.
    name: String,
    /// Its version.
    version: String,
    /// The share of new conversations that it really decides; null where it only looks on. Those that
    /// it decides are left out here.
    share: Option<f64>,
}

/// Conversations that compare alike.
#[derive(Debug, Serialize, ToSchema)]
struct ShadowChange {
    /// How.
    change: Change,
    /// How many.
    conversations: u64,
    /// Some of them, the latest first.
    examples: Vec<ShadowExample>,
}

/// A conversation on which the two differ.
#[derive(Debug, Serialize, ToSchema)]
struct ShadowExample {
    /// The conversation.
    conversation: String,
    /// What is in force hands off here.
    live: Option<HandedView>,
    /// The candidate does here.
    candidate: Option<HandedView>,
}

/// A handoff.
#[derive(Debug, Serialize, ToSchema)]
struct HandedView {
    /// At which turn.
    turn: usize,
    /// The reason.
    trigger: &'static str,
    /// The words that show it.
    words: String,
}

impl From<Handed> for HandedView {
    fn from(handed: Handed) -> Self {
        Self {
            turn: handed.turn,
            trigger: handed.trigger.as_str(),
            words: handed.words,
        }
    }
}

/// Tells what the candidate in the shadow would do otherwise, and how those conversations end that
/// it really decides.
#[utoipa::path(
    get, path = "/v1/policy/shadow", tag = "policy",
    operation_id = "shadow",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "How it compares", body = ShadowView), Refusals),
)]
async fn beside(State(app): State<App>) -> Result<Json<ShadowView>, Problem> {
    let candidate = app.policing().parts.candidate.clone();
    let Some(candidate) = candidate else {
        return Ok(Json(ShadowView {
            candidate: None,
            conversations: 0,
            agreement: None,
            changes: Vec::new(),
            dropped: 0,
            failed: 0,
            outcomes: None,
        }));
    };
    let version = candidate.version().clone();
    let decides = candidate.share().is_some();
    let (report, outcomes) = app
        .reading(move |app| {
            let outcomes = decides.then(|| outcomes::beside(app, &version));
            Ok((compared::report(app, &version)?, outcomes.transpose()?))
        })
        .await?;
    let all: u64 = report.changes.iter().map(|changed| changed.count).sum();
    let same = report.changes.iter();
    let same = same.filter(|changed| changed.change == Change::Same);
    let same: u64 = same.map(|changed| changed.count).sum();
    let changes = report.changes.into_iter().map(|changed| {
        let examples = changed
            .examples
            .into_iter()
            .map(|(id, compared)| ShadowExample {
                conversation: id.to_string(),
                live: compared.live.map(Into::into),
                candidate: compared.candidate.map(Into::into),
            });
        ShadowChange {
            change: changed.change,
            conversations: changed.count,
            examples: examples.collect(),
        }
    });
    Ok(Json(ShadowView {
        candidate: Some(CandidateView {
            name: candidate.name().to_owned(),
            version: candidate.version().to_string(),
            share: candidate.share(),
        }),
        conversations: all,
        agreement: (all > 0).then(|| same as f64 / all as f64),
        changes: changes.collect(),
        dropped: report.dropped,
        failed: report.failed,
        outcomes,
    }))
}
