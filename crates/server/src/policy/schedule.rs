//! Proposing from time to time, and promoting what is fit where the configuration says so.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use warmline::journal::{Collection, RecordChange};
use warmline::{Timestamp, keep};

use super::config::Promote;
use super::promotion;
use super::proposal::Standing;
use crate::app::App;
use crate::auth::trail::{self, Row};
use crate::problem::Problem;

/// Who the schedule is, in records and in the trail.
pub(crate) const BY: &str = "schedule";
/// How often it looks whether it is time.
const LOOKS: Duration = Duration::from_secs(60);

const POLICING: Collection = Collection::new("policing");
const KEY: &str = "schedule";

/// What the schedule remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// When it last proposed something, or began.
    pub(crate) last: Timestamp,
    /// Whether it promotes nothing because somebody rolled something back.
    pub(crate) paused: bool,
}

/// Looks whether it is time, until `app` closes.
pub(crate) async fn run(app: App) {
    let policing = &app.policing().parts;
    if policing.calibration.every.is_none() || policing.calibrator.is_none() {
        return;
    }
    let mut closing = app.closing();
    loop {
        if let Err(problem) = look(&app).await {
            tracing::warn!(problem.detail, "thresholds could not be calibrated");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOKS) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
    }
}

/// Proposes if it is time, and promotes if that is wanted and what is proposed is fit.
pub(crate) async fn look(app: &App) -> Result<(), Problem> {
    let calibration = &app.policing().parts.calibration;
    let Some(every) = calibration.every else {
        return Ok(());
    };
    if !is_due(app, every).await? {
        return Ok(());
    }
    let proposal = promotion::propose(app, BY).await?;
    trail::note(app, &row(app, "propose_thresholds", &proposal.id)).await?;
    let automatic = calibration.promote == Promote::Automatic && proposal.judgement.fit;
    let promoted = match automatic {
        true => promotion::promote_by_itself(app, &proposal.id).await?,
        false => None,
    };
    if promoted.is_none() && proposal.standing == Standing::Proposed {
        tracing::info!(id = proposal.id, "proposed thresholds wait for review");
    }
    Ok(())
}

/// Whether it is time. That it was is marked before anything else: a failure waits for the next
/// time.
async fn is_due(app: &App, every: Duration) -> Result<bool, Problem> {
    // Somebody who rolls back meanwhile pauses what is marked here.
    let _alone = app.policing().alone.lock().await;
    let now = app.now();
    let known = read(app).await?;
    if known.is_some_and(|known| now.since(known.last) < every) {
        return Ok(false);
    }
    let after = Schedule {
        last: now,
        paused: known.is_some_and(|known| known.paused),
    };
    app.records().keep(POLICING, KEY, None, &after).await?;
    Ok(known.is_some())
}

/// What the schedule remembers; nothing before it began.
pub(crate) async fn read(app: &App) -> Result<Option<Schedule>, Problem> {
    app.reading(|app| Ok(app.records().get(POLICING, KEY)?))
        .await
}

/// The change after which it promotes nothing, or promotes again. Whoever calls it holds
/// [`alone`](super::Standing::alone).
pub(super) async fn paused(app: &App, paused: bool) -> Result<Option<RecordChange>, Problem> {
    let known = read(app).await?;
    let now = app.now();
    let last = known.map_or(now, |known| known.last);
    let changes = known.is_none_or(|known| known.paused != paused);
    let after = Schedule { last, paused };
    Ok(changes.then(|| keep(POLICING, KEY, None, &after)))
}

/// What the trail tells of what it does to a proposal.
pub(super) fn row(app: &App, action: &str, proposal: &str) -> Row {
    Row {
        at: app.now(),
        person: None,
        by: BY.to_owned(),
        action: action.to_owned(),
        conversation: None,
        subject: Some(proposal.to_owned()),
        from: None,
        status: 200,
    }
}
