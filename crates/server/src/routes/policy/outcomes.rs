//! How conversations ended that a candidate really decided, beside those of what is in force.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::ConfigVersion;
use warmline::core::outcome::{Rate, Summary};

use crate::app::App;
use crate::problem::Problem;
use crate::report::{Question, Report};

/// How conversations ended under the candidate and under what is in force, in the same days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutcomesView {
    /// The first day, in UTC.
    from: String,
    /// The last day.
    to: String,
    /// Under the candidate.
    candidate: EndedView,
    /// Under what is in force.
    live: EndedView,
}

/// How conversations ended under one configuration. `docs/outcomes.md` defines every rate.
#[derive(Debug, Serialize, ToSchema)]
struct EndedView {
    /// Its version.
    version: String,
    /// How many stretches of conversations ended.
    ended: u64,
    /// With a handoff.
    handed_off: RateView,
    /// Without one.
    containment: RateView,
    /// Settled, and not reopened.
    durable_resolution: RateView,
    /// Of the settled ones, those that ended so lately that they may still be reopened.
    provisional: RateView,
}

/// A share.
#[derive(Debug, Serialize, ToSchema)]
struct RateView {
    /// The numerator.
    of: u64,
    /// The denominator.
    among: u64,
    /// The 95 % interval of the share behind it (Wilson); null where there is nothing to share.
    interval: Option<(f64, f64)>,
}

impl From<Rate> for RateView {
    fn from(rate: Rate) -> Self {
        Self {
            of: rate.of,
            among: rate.among,
            interval: rate.interval(),
        }
    }
}

impl EndedView {
    fn of(version: &ConfigVersion, summary: &Summary) -> Self {
        let contained = summary.containment;
        Self {
            version: version.to_string(),
            ended: summary.ended,
            handed_off: Rate {
                of: contained.among - contained.of,
                ..contained
            }
            .into(),
            containment: contained.into(),
            durable_resolution: summary.durable_resolution.into(),
            provisional: summary.provisional.into(),
        }
    }
}

/// The report of the usual period for `candidate`, beside what is in force. It reads the disk.
pub(super) fn beside(app: &App, candidate: &ConfigVersion) -> Result<OutcomesView, Problem> {
    let warmline = app.warmline();
    let live = &warmline.workflow().version;
    let question = Question {
        policy: Some(candidate.to_string()),
        than_policy: Some(live.to_string()),
        ..Question::default()
    };
    let window = Some(warmline.reopening().window);
    let report = Report::new(&warmline.records(), &question, window, app.now())?;
    Ok(OutcomesView {
        candidate: EndedView::of(candidate, &report.all.now),
        live: EndedView::of(live, &report.all.than),
        from: report.now.from,
        to: report.now.to,
    })
}
