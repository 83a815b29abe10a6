//! How conversations ended that a candidate really decided, beside those of what is in force.
//!
//! Whatever ended counts as settled for good until the customer is back, so the younger an end is the
//! better it looks. The two are compared over the days of the younger alone.

use serde::Serialize;
use utoipa::ToSchema;
use warmline::ConfigVersion;
use warmline::core::outcome::ended::day;
use warmline::core::outcome::{Ended, Rate, Summary};

use crate::app::App;
use crate::problem::Problem;
use crate::report::{before, first_day};

/// How conversations ended under the candidate and under what is in force, in the same days: the last
/// fourteen, or those since the younger of the two came.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutcomesView {
    /// The first day, in UTC.
    from: String,
    /// Which of the two came on that day; null where both are older.
    younger: Option<Side>,
    /// The last day.
    to: String,
    /// Under the candidate.
    candidate: EndedView,
    /// Under what is in force.
    live: EndedView,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Side {
    /// The candidate: since the first conversation that it decided ended.
    Candidate,
    /// What is in force: since it was promoted and the first conversation under it ended.
    Live,
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

/// How conversations ended under `candidate` and under what is in force. It reads the disk.
pub(super) fn beside(app: &App, candidate: &ConfigVersion) -> Result<OutcomesView, Problem> {
    let (warmline, now) = (app.warmline(), app.now());
    let live = &warmline.workflow().version;
    let (records, begin) = (warmline.records(), first_day(now));
    // What ended anything in the fortnight before is no newcomer.
    let rows = records.outcomes(first_day(begin), now)?;
    let came = |version: &ConfigVersion| {
        let first = rows.iter().find(|row| row.config == *version);
        first.map(Ended::day)
    };
    // A promotion that the file made void put the file in force.
    let promoted = records.layer()?;
    let promoted = promoted.map(|layer| day(layer.void.unwrap_or(layer.at)));
    let younger = [
        (came(candidate), Side::Candidate),
        (came(live).max(promoted), Side::Live),
    ];
    let younger = younger
        .into_iter()
        .filter_map(|(came, side)| Some((came?, side)))
        .filter(|(came, _)| *came > day(begin))
        .max();
    let (from, younger) = match younger {
        Some((came, side)) => (came, Some(side)),
        None => (day(begin), None),
    };
    let provisional = before(now, warmline.reopening().window);
    let ended = |version: &ConfigVersion| {
        let rows = rows.iter().filter(|row| row.config == *version);
        let rows = rows.filter(|row| row.day() >= from);
        EndedView::of(version, &Summary::of(rows, provisional))
    };
    Ok(OutcomesView {
        candidate: ended(candidate),
        live: ended(live),
        to: day(now),
        younger,
        from,
    })
}
