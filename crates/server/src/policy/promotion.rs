//! Proposing thresholds, promoting and rolling back what was proposed. One at a time.

use warmline::core::policy::Policy;
use warmline::journal::RecordChange;
use warmline::{Config, Error};

use super::calibrator::{Found, Wanted};
use super::judgement::{Judgement, judge};
use super::proposal::{self, Change, Proposal, Standing};
use super::{config::CalibrationConfig, drift, schedule};
use crate::app::App;
use crate::auth::trail;
use crate::problem::Problem;

/// Calibrates on what the journal knows, and remembers what came of it. Nothing changes for any
/// conversation.
pub(crate) async fn propose(app: &App, by: &str) -> Result<Proposal, Problem> {
    let _alone = app.policing().alone.lock().await;
    let policing = &app.policing().parts;
    let Some(calibrator) = policing.calibrator.clone() else {
        let detail = "this server was started without what finds thresholds";
        return Err(Problem::conflict(detail));
    };
    let now = app.now();
    let calibration = policing.calibration.clone();
    let window = u64::try_from(calibration.window.as_millis()).unwrap_or(u64::MAX);
    let wanted = Wanted {
        miss: calibration.miss,
        confidence: calibration.confidence,
        seed: now.0 / 1000,
        since: warmline::Timestamp(now.0.saturating_sub(window)),
        until: now,
    };
    let by = by.to_owned();
    let proposal = app
        .reading(move |app| {
            let warmline = app.warmline();
            let (file, workflow) = (warmline.file(), warmline.workflow());
            let empty = Proposal {
                id: proposal::id(now),
                at: now,
                by,
                base: workflow.version.clone(),
                wanted,
                data: None,
                changes: Vec::new(),
                patch: String::new(),
                ground: file.ground(),
                held_out: None,
                promise: None,
                warnings: Vec::new(),
                judgement: Judgement::against("nothing was found"),
                standing: Standing::Nothing,
                history: Vec::new(),
                before: None,
            };
            Ok(match calibrator.calibrate(warmline, &wanted) {
                Ok(found) => filled(empty, found, &file, &workflow.policy, &calibration),
                Err(reason) => Proposal {
                    judgement: Judgement::against(reason),
                    ..empty
                },
            })
        })
        .await?;
    let mut changes = vec![proposal.kept()];
    changes.extend(
        app.reading(|app| {
            let layer = app.records().layer()?.map(|layer| layer.id);
            let known = proposal::all(&app.records())?;
            Ok(proposal::pruned(&known, layer.as_deref()))
        })
        .await?,
    );
    app.records().change(changes).await?;
    let (id, fit) = (&proposal.id, proposal.judgement.fit);
    let reasons = proposal.judgement.reasons.join("; ");
    tracing::info!(id, fit, reasons, "thresholds were calibrated");
    metrics::counter!("warmline_proposals_total", "fit" => if fit { "yes" } else { "no" })
        .increment(1);
    Ok(proposal)
}

/// `empty` with what was found, held against `policy`, which is in force.
fn filled(
    empty: Proposal,
    found: Found,
    file: &Config,
    policy: &Policy,
    calibration: &CalibrationConfig,
) -> Proposal {
    let about = Proposal {
        data: Some(found.data),
        warnings: found.warnings,
        ..empty
    };
    if found.thresholds.is_empty() {
        return Proposal {
            judgement: Judgement::against("nothing can be promised, so nothing is proposed"),
            ..about
        };
    }
    let fitted = found.thresholds.into_iter();
    let mut changes: Vec<Change> = fitted.map(|fitted| Change::of(fitted, policy)).collect();
    changes.extend(proposal::kept(&changes, policy));
    let patch = proposal::patch(&changes);
    let layered = match file.layered(&patch) {
        Ok(layered) => layered,
        Err(problems) => {
            return Proposal {
                judgement: Judgement::against(problems.to_string()),
                ..about
            };
        }
    };
    let now = (found.held_out)(policy);
    let then = (found.held_out)(&layered.workflow.policy);
    Proposal {
        judgement: judge(&changes, now, then, calibration),
        changes,
        patch,
        held_out: Some((now, then)),
        promise: found.promise,
        standing: Standing::Proposed,
        ..about
    }
}

/// Puts a proposal in force, whatever was said of it: from the next turns on, and after restarts.
/// From then on the schedule may promote again.
pub(crate) async fn promote(app: &App, id: &str, by: &str) -> Result<Proposal, Problem> {
    let _alone = app.policing().alone.lock().await;
    let proposal = found(app, id).await?;
    let resumed = schedule::paused(app, false).await?;
    put_in_force(app, proposal, by, resumed.into_iter().collect()).await
}

/// The same by the schedule, with its row in the trail, unless somebody decided otherwise since it
/// was proposed: then nothing comes of it, and people promote.
pub(crate) async fn promote_by_itself(app: &App, id: &str) -> Result<Option<Proposal>, Problem> {
    let _alone = app.policing().alone.lock().await;
    let proposal = found(app, id).await?;
    let paused = schedule::read(app).await?.is_some_and(|known| known.paused);
    let against = if paused {
        "somebody rolled something back"
    } else if proposal.standing != Standing::Proposed {
        "somebody has decided about it"
    } else if proposal.base != app.warmline().workflow().version {
        "something else is in force by now"
    } else {
        let told = trail::noted(&schedule::row(app, "promote_thresholds", id))?;
        let promoted = put_in_force(app, proposal, schedule::BY, told).await?;
        return Ok(Some(promoted));
    };
    tracing::info!(id, against, "what is fit is not promoted by itself");
    Ok(None)
}

/// Puts `proposal` in force and makes `changes` with it, all or nothing. Whoever calls it holds
/// [`alone`](super::Standing::alone).
async fn put_in_force(
    app: &App,
    proposal: Proposal,
    by: &str,
    mut changes: Vec<RecordChange>,
) -> Result<Proposal, Problem> {
    if proposal.patch.is_empty() {
        let detail = "nothing was proposed there that could be promoted";
        return Err(Problem::conflict(detail));
    }
    let layer = app.reading(|app| Ok(app.records().layer()?)).await?;
    let in_force = layer.as_ref().filter(|layer| layer.void.is_none());
    if in_force.is_some_and(|layer| layer.id == proposal.id) {
        return Err(Problem::conflict("it is in force already"));
    }
    let now = app.now();
    if let Some(layer) = layer.as_ref().filter(|layer| layer.id != proposal.id)
        && let Some(before) = reading(app, &layer.id).await?
    {
        changes.push(before.moved(now, by, Standing::Replaced).kept());
    }
    let promoted = Proposal {
        before: in_force.map(|layer| layer.id.clone()),
        ..proposal.moved(now, by, Standing::Promoted)
    };
    changes.push(promoted.kept());
    changes.push(drift::owed(now));
    let layer = promoted.layer(now, by);
    app.warmline()
        .promote(layer, changes)
        .await
        .map_err(refused)?;
    metrics::counter!("warmline_promotions_total").increment(1);
    // It is in force by now, whatever comes of this; what fails here is tried again.
    if let Err(problem) = drift::keep_up(app).await {
        tracing::warn!(
            problem.detail,
            "what scores are compared with is pinned later"
        );
    }
    Ok(promoted)
}

/// Decides against a proposal that is not in force.
pub(crate) async fn discard(app: &App, id: &str, by: &str) -> Result<Proposal, Problem> {
    let _alone = app.policing().alone.lock().await;
    let proposal = found(app, id).await?;
    if proposal.standing != Standing::Proposed {
        let detail = "only what waits for a decision can be discarded; what is in force is rolled \
                      back";
        return Err(Problem::conflict(detail));
    }
    let discarded = proposal.moved(app.now(), by, Standing::Discarded);
    app.records().change(vec![discarded.kept()]).await?;
    Ok(discarded)
}

/// Takes back what was promoted last: what it took the place of is in force again, or the file
/// alone where that was taken back itself or is not known any more. From then on nothing is promoted
/// by itself until somebody promotes something.
pub(crate) async fn roll_back(app: &App, by: &str) -> Result<Proposal, Problem> {
    let _alone = app.policing().alone.lock().await;
    let Some(layer) = app.reading(|app| Ok(app.records().layer()?)).await? else {
        let detail = "nothing is promoted: the configuration file alone is in force";
        return Err(Problem::conflict(detail));
    };
    let now = app.now();
    let proposal = found(app, &layer.id).await?;
    let before = match &proposal.before {
        Some(before) if layer.void.is_none() => reading(app, before).await?,
        _ => None,
    };
    let taken_back = proposal.moved(now, by, Standing::RolledBack);
    let mut changes: Vec<RecordChange> = vec![taken_back.kept()];
    changes.extend(schedule::paused(app, true).await?);
    let ground = app.warmline().file().ground();
    // What was taken back itself stays so: going back never goes round in a circle.
    let stood =
        |before: &Proposal| before.standing == Standing::Replaced && before.ground == ground;
    let done = match before.filter(stood) {
        Some(before) => {
            let before = before.moved(now, by, Standing::Promoted);
            changes.push(before.kept());
            app.warmline().promote(before.layer(now, by), changes).await
        }
        None => app.warmline().demote(changes).await,
    };
    done.map_err(refused)?;
    metrics::counter!("warmline_rollbacks_total").increment(1);
    Ok(taken_back)
}

async fn reading(app: &App, id: &str) -> Result<Option<Proposal>, Problem> {
    let id = id.to_owned();
    app.reading(move |app| proposal::find(&app.records(), &id))
        .await
}

async fn found(app: &App, id: &str) -> Result<Proposal, Problem> {
    let proposal = reading(app, id).await?;
    proposal.ok_or_else(|| {
        Problem::not_found("there is no such proposal; see `GET /v1/policy/proposals`")
    })
}

/// What the runtime says of a layer that it does not take.
fn refused(error: Error) -> Problem {
    match error {
        Error::Invalid(reason) => Problem::conflict(format!("{reason}; calibrate again")),
        Error::Config(problems) => Problem::unusable(problems.to_string()),
        error => error.into(),
    }
}
