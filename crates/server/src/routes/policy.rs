//! For administrators: thresholds that are proposed, promoted and rolled back.

mod outcomes;
mod watched;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::{Caller, Subject};
use crate::openapi::{ChangeRefusals, Refusals};
use crate::policy::calibrator::{Data, Figures};
use crate::policy::promotion;
use crate::policy::proposal::{self, Proposal, Standing};
use crate::policy::{Promote, schedule};
use crate::problem::Problem;
use crate::view::moment;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(standing))
        .routes(routes!(list, propose))
        .routes(routes!(show))
        .routes(routes!(promote))
        .routes(routes!(discard))
        .routes(routes!(roll_back))
        .merge(watched::routes())
}

/// The policy in force.
#[derive(Debug, Serialize, ToSchema)]
struct PolicyView {
    /// The version of the configuration in force.
    version: String,
    /// What was promoted over the file, and not rolled back.
    promoted: Option<LayerView>,
    /// How often thresholds are proposed, in seconds; null where only people ask.
    every_seconds: Option<u64>,
    /// When that is next.
    next: Option<String>,
    /// Whether what is fit is promoted without being asked.
    automatic: bool,
    /// Whether that has stopped because somebody rolled something back.
    paused: bool,
}

/// Thresholds that stand over those of the file.
#[derive(Debug, Serialize, ToSchema)]
struct LayerView {
    /// The proposal.
    id: String,
    /// When it was promoted.
    at: String,
    /// By whom; `schedule` where nobody was asked.
    by: String,
    /// The thresholds, as TOML.
    patch: String,
    /// Since when it does not count because the file says something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    void: Option<String>,
}

/// Tells which policy is in force, and what is promoted over the file.
#[utoipa::path(
    get, path = "/v1/policy", tag = "policy",
    operation_id = "policy",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "The policy in force", body = PolicyView), Refusals),
)]
async fn standing(State(app): State<App>) -> Result<Json<PolicyView>, Problem> {
    let layer = app.reading(|app| Ok(app.records().layer()?)).await?;
    let known = schedule::read(&app).await?;
    let parts = &app.policing().parts;
    let every = parts
        .calibration
        .every
        .filter(|_| parts.calibrator.is_some());
    Ok(Json(PolicyView {
        version: app.warmline().workflow().version.to_string(),
        promoted: layer.map(|layer| LayerView {
            id: layer.id,
            at: moment(layer.at),
            by: layer.by,
            patch: layer.text,
            void: layer.void.map(moment),
        }),
        every_seconds: every.map(|every| every.as_secs()),
        next: every
            .zip(known)
            .map(|(every, known)| moment(known.last.after(every))),
        automatic: parts.calibration.promote == Promote::Automatic,
        paused: known.is_some_and(|known| known.paused),
    }))
}

/// Thresholds that were proposed.
#[derive(Debug, Serialize, ToSchema)]
struct ProposalView {
    /// Names it.
    id: String,
    /// When.
    at: String,
    /// Who asked for it; `schedule` where nobody did.
    by: String,
    /// How it stands.
    standing: Standing,
    /// The configuration that was in force then.
    base: String,
    /// The conversations: ended from this moment on ..
    since: String,
    /// .. and up to this one.
    until: String,
    /// What chance began with when they were split.
    seed: u64,
    /// What it rests on; null where nothing could be found.
    data: Option<Data>,
    /// What it promises, in words; null where nothing.
    promise: Option<String>,
    /// What is wrong with the data.
    warnings: Vec<String>,
    /// The thresholds.
    changes: Vec<ChangeView>,
    /// The same as TOML.
    patch: String,
    /// What is in force and what is proposed, on conversations that nothing was fitted to.
    held_out: Option<HeldOutView>,
    /// Whether it may be promoted without being asked.
    fit: bool,
    /// Why, or why not.
    reasons: Vec<String>,
    /// What became of it, the earliest first.
    history: Vec<StepView>,
}

/// A threshold beside the one in force.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeView {
    /// The signal.
    signal: String,
    /// Only for this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// Only for this segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// In force when it was proposed; null where it was off.
    now: Option<f32>,
    /// Proposed; null where it would be off.
    then: Option<f32>,
}

/// Two policies on conversations that nothing was fitted to.
#[derive(Debug, Serialize, ToSchema)]
struct HeldOutView {
    /// What was in force.
    now: Figures,
    /// What is proposed.
    then: Figures,
}

/// Something that became of a proposal.
#[derive(Debug, Serialize, ToSchema)]
struct StepView {
    /// When.
    at: String,
    /// Who did it.
    by: String,
    /// What it became.
    to: Standing,
}

impl From<Proposal> for ProposalView {
    fn from(proposal: Proposal) -> Self {
        let changes = proposal.changes.into_iter().map(|change| ChangeView {
            signal: change.signal.to_string(),
            channel: change.channel,
            segment: change.segment,
            now: change.now,
            then: change.then,
        });
        let history = proposal.history.into_iter().map(|step| StepView {
            at: moment(step.at),
            by: step.by,
            to: step.to,
        });
        Self {
            id: proposal.id,
            at: moment(proposal.at),
            by: proposal.by,
            standing: proposal.standing,
            base: proposal.base.to_string(),
            since: moment(proposal.wanted.since),
            until: moment(proposal.wanted.until),
            seed: proposal.wanted.seed,
            data: proposal.data,
            promise: proposal.promise,
            warnings: proposal.warnings,
            changes: changes.collect(),
            patch: proposal.patch,
            held_out: proposal
                .held_out
                .map(|(now, then)| HeldOutView { now, then }),
            fit: proposal.judgement.fit,
            reasons: proposal.judgement.reasons,
            history: history.collect(),
        }
    }
}

/// Every proposal.
#[derive(Debug, Serialize, ToSchema)]
struct ProposalList {
    /// The latest first.
    proposals: Vec<ProposalView>,
}

/// Lists the thresholds that were proposed, the latest first.
#[utoipa::path(
    get, path = "/v1/policy/proposals", tag = "policy",
    operation_id = "list_proposals",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "The proposals", body = ProposalList), Refusals),
)]
async fn list(State(app): State<App>) -> Result<Json<ProposalList>, Problem> {
    let all = app.reading(|app| proposal::all(&app.records())).await?;
    let proposals = all.into_iter().map(Into::into).collect();
    Ok(Json(ProposalList { proposals }))
}

/// Shows one proposal.
#[utoipa::path(
    get, path = "/v1/policy/proposals/{id}", tag = "policy",
    operation_id = "show_proposal",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("id" = String, Path, description = "`id` of the list")),
    responses((status = 200, description = "The proposal", body = ProposalView), Refusals),
)]
async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ProposalView>, Problem> {
    let found = app.reading(move |app| proposal::find(&app.records(), &id));
    let found = found.await?.ok_or_else(|| {
        Problem::not_found("there is no such proposal; see `GET /v1/policy/proposals`")
    })?;
    Ok(Json(found.into()))
}

/// Does `work` to its end, also where whoever asked does not wait for it: what is recorded of a
/// promotion and what is in force must be the same.
async fn to_the_end(
    work: impl Future<Output = Result<Proposal, Problem>> + Send + 'static,
) -> Result<Proposal, Problem> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| Problem::internal(&error))?
}

/// Who acts, for records.
fn acting(caller: &Caller) -> String {
    let operator = caller.operator.as_ref();
    operator.map_or_else(|| caller.by(), ToString::to_string)
}

/// A proposal, named in the trail.
fn told(proposal: Proposal) -> Response {
    let subject = Subject(proposal.id.clone());
    let mut response = Json(ProposalView::from(proposal)).into_response();
    response.extensions_mut().insert(subject);
    response
}

/// Calibrates on the conversations that the journal knows the end of, and proposes what comes of
/// it. Nothing changes for any conversation.
#[utoipa::path(
    post, path = "/v1/policy/proposals", tag = "policy",
    operation_id = "propose_thresholds",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "What came of it", body = ProposalView), Refusals, ChangeRefusals),
)]
async fn propose(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let by = acting(&caller);
    let work = async move { promotion::propose(&app, &by).await };
    Ok(told(to_the_end(work).await?))
}

/// Puts a proposal in force: from the next turns on, over the configuration file, which stays as it
/// is.
#[utoipa::path(
    post, path = "/v1/policy/proposals/{id}/promote", tag = "policy",
    operation_id = "promote_thresholds",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("id" = String, Path, description = "`id` of the list")),
    responses((status = 200, description = "It is in force", body = ProposalView), Refusals, ChangeRefusals),
)]
async fn promote(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let by = acting(&caller);
    let work = async move { promotion::promote(&app, &id, &by).await };
    Ok(told(to_the_end(work).await?))
}

/// Decides against a proposal.
#[utoipa::path(
    post, path = "/v1/policy/proposals/{id}/discard", tag = "policy",
    operation_id = "discard_thresholds",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("id" = String, Path, description = "`id` of the list")),
    responses((status = 200, description = "It is put away", body = ProposalView), Refusals, ChangeRefusals),
)]
async fn discard(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let by = acting(&caller);
    let work = async move { promotion::discard(&app, &id, &by).await };
    Ok(told(to_the_end(work).await?))
}

/// Takes back what was promoted last. Nothing is promoted without being asked until somebody
/// promotes something.
#[utoipa::path(
    post, path = "/v1/policy/rollback", tag = "policy",
    operation_id = "roll_back_thresholds",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "What was taken back", body = ProposalView), Refusals, ChangeRefusals),
)]
async fn roll_back(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let by = acting(&caller);
    let work = async move { promotion::roll_back(&app, &by).await };
    Ok(told(to_the_end(work).await?))
}
