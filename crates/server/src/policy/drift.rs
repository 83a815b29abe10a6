//! The scores of detectors lately, against those that the thresholds rest on.
//!
//! Scores are counted in tenths, by day (UTC), from the feed of steps; whoever looked and raised
//! nothing is counted as well. Every minute the counts of the day are kept, so that a crash loses
//! one minute of them. The reference is pinned when thresholds are promoted, to the four weeks
//! before; without a promotion, to the first week with enough turns. Scores of detectors that are
//! set otherwise are another matter: they are kept apart, and have a reference of their own; those of
//! conversations that a candidate decides are not counted.

pub(crate) mod scores;
pub(crate) mod stability;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use warmline::core::outcome::ended::day;
use warmline::journal::{Collection, RecordChange};
use warmline::{ConfigVersion, Entry, Happening, Records, Timestamp};

use crate::app::App;
use crate::problem::Problem;
use scores::Scores;
use stability::{Level, Shift};

/// Where counts are kept: `day/DETECTORS/DATE` and `reference/DETECTORS`; and the moment of a
/// promotion whose reference is still to be pinned.
const SCORES: Collection = Collection::new("scores");
const OWED: &str = "owed";
/// How often counts are kept, and how often they are compared.
const KEPT: Duration = Duration::from_secs(60);
const COMPARED: u32 = 10;
/// Milliseconds of a day.
const DAY: u64 = 24 * 3600 * 1000;
/// Days of a reference that is pinned by a promotion, and days that are kept at all.
const REFERENCE: u64 = 28;
const REMEMBERED: u64 = 90;
/// Turns that a reference takes; without a promotion also the days it takes.
const LEAST: u64 = 200;
const FIRST: (u64, u64) = (7, 1_000);

/// What scores are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// When it was pinned.
    pub(crate) at: Timestamp,
    /// Its first and last day.
    pub(crate) days: (String, String),
    pub(crate) scores: Scores,
}

/// How scores stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) reference: Option<Reference>,
    /// Looked at in the last week.
    pub(crate) turns: u64,
    pub(crate) shifts: Vec<Shift>,
}

/// What is counted and not yet kept, by day, and what was said last.
#[derive(Debug, Default)]
pub(crate) struct Drift {
    pending: Mutex<BTreeMap<String, Scores>>,
    said: Mutex<BTreeSet<String>>,
    /// Held while what is kept changes.
    alone: tokio::sync::Mutex<()>,
}

impl Drift {
    /// Counts what a step found, unless the `candidate` decided it: its detectors may be others.
    pub(crate) fn hear(&self, entry: &Entry, candidate: Option<&ConfigVersion>) {
        if candidate != Some(&entry.config) {
            self.pending().entry(day(entry.at)).or_default().hear(entry);
        }
    }

    fn pending(&self) -> MutexGuard<'_, BTreeMap<String, Scores>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts until `app` closes.
pub(crate) async fn run(app: App, mut feed: Receiver<Happening>) {
    let candidate = app.policing().parts.candidate.clone();
    let candidate = candidate.as_ref().map(|candidate| candidate.version());
    let mut closing = app.closing();
    let mut looks = tokio::time::interval(KEPT);
    let mut count = 0;
    loop {
        let over = tokio::select! {
            heard = feed.recv() => {
                match heard {
                    Ok(happening) => app.policing().drift.hear(&happening.entry, candidate),
                    // A sample serves as well.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
                continue;
            }
            _ = looks.tick() => false,
            _ = closing.wait_for(|closing| *closing) => true,
        };
        let looked = match count % COMPARED {
            0 => look(&app).await.map(drop),
            _ => keep_up(&app).await,
        };
        if let Err(problem) = looked {
            tracing::warn!(problem.detail, "scores could not be counted");
        }
        if over {
            return;
        }
        count += 1;
    }
}

/// Keeps what was counted, and says how scores stand: in metrics, and in the log where they have
/// moved far.
pub(crate) async fn look(app: &App) -> Result<Standing, Problem> {
    keep_up(app).await?;
    let standing = app.reading(standing).await?;
    let mut said = app
        .policing()
        .drift
        .said
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let mut far = BTreeSet::new();
    for shift in &standing.shifts {
        let (signal, stage, window) = (shift.signal.clone(), shift.stage, shift.window);
        let labels = [
            ("signal", signal.clone()),
            ("stage", stage.into()),
            ("window", window.into()),
        ];
        metrics::gauge!("warmline_score_drift", &labels).set(shift.beyond_chance());
        if shift.level() == Level::Major {
            let name = format!("{signal}/{stage}/{window}");
            if !said.contains(&name) {
                tracing::warn!(
                    signal,
                    stage,
                    window,
                    index = shift.index,
                    looked = shift.looked,
                    "scores have moved: calibrate again"
                );
            }
            far.insert(name);
        }
    }
    *said = far;
    drop(said);
    Ok(standing)
}

/// Keeps what was counted since the last time, and pins what scores are compared with where that is
/// due. One at a time, and to the end: whoever stops waiting for it stops nothing.
pub(super) async fn keep_up(app: &App) -> Result<(), Problem> {
    let app = app.clone();
    let kept = tokio::spawn(async move {
        let _alone = app.policing().drift.alone.lock().await;
        flush(&app).await?;
        pin_owed(&app).await?;
        pin_first(&app).await
    });
    kept.await.map_err(|error| Problem::internal(&error))?
}

/// Keeps what was counted. Until that is on disk it stays counted, so that a failure loses nothing.
async fn flush(app: &App) -> Result<(), Problem> {
    let drift = &app.policing().drift;
    let mut pending = drift.pending().clone();
    pending.retain(|_, scores| !scores.is_empty());
    if pending.is_empty() {
        return Ok(());
    }
    let kept = pending.clone();
    let changes = app
        .reading(move |app| {
            let (records, detectors) = (app.records(), detectors(app));
            let oldest = day_before(app.now(), REMEMBERED);
            let mut changes = Vec::new();
            for (date, scores) in pending {
                let key = format!("day/{detectors}/{date}");
                let mut day: Scores = records.get(SCORES, &key)?.unwrap_or_default();
                day.add(&scores);
                changes.push(warmline::keep(SCORES, &key, None, &day));
            }
            for (key, _) in records.all::<Scores>(SCORES, "day/")? {
                if key.rsplit('/').next().is_some_and(|date| *date < *oldest) {
                    changes.push(RecordChange::Drop {
                        collection: SCORES,
                        key,
                        conversation: None,
                    });
                }
            }
            Ok(changes)
        })
        .await?;
    app.records().change(changes).await?;
    let mut left = drift.pending();
    for (date, scores) in &kept {
        if let Some(day) = left.get_mut(date) {
            day.take_away(scores);
        }
    }
    left.retain(|_, scores| !scores.is_empty());
    Ok(())
}

/// The change by which the scores of the weeks before `at` are what others are compared with, the
/// next time that [`keep_up`] is called: thresholds were promoted then that rest on them.
pub(super) fn owed(at: Timestamp) -> RecordChange {
    warmline::keep(SCORES, OWED, None, &at)
}

/// Pins the reference of a promotion. Too few scores leave it as it was.
async fn pin_owed(app: &App) -> Result<(), Problem> {
    let promoted = app.reading(|app| Ok(app.records().get(SCORES, OWED)?));
    let Some(promoted) = promoted.await? else {
        return Ok(());
    };
    let done = RecordChange::Drop {
        collection: SCORES,
        key: OWED.to_owned(),
        conversation: None,
    };
    let pinned = reference_of(app, promoted, LEAST).await?;
    let changes = pinned.into_iter().chain([done]).collect();
    Ok(app.records().change(changes).await?)
}

/// Pins the first reference, once there is enough for one.
async fn pin_first(app: &App) -> Result<(), Problem> {
    let enough = app
        .reading(|app| {
            let (records, detectors) = (app.records(), detectors(app));
            if reference(&records, &detectors)?.is_some() {
                return Ok(false);
            }
            let week = day_before(app.now(), FIRST.0);
            let days = days(&records, &detectors, "")?;
            Ok(days.first().is_some_and(|(first, _)| *first <= week))
        })
        .await?;
    if !enough {
        return Ok(());
    }
    match reference_of(app, app.now(), FIRST.1).await? {
        Some(pinned) => Ok(app.records().change(vec![pinned]).await?),
        None => Ok(()),
    }
}

/// The change that pins the scores of the weeks before `at`; none with fewer turns than `least`.
async fn reference_of(
    app: &App,
    at: Timestamp,
    least: u64,
) -> Result<Option<RecordChange>, Problem> {
    app.reading(move |app| {
        let (records, detectors) = (app.records(), detectors(app));
        let mut days = days(&records, &detectors, &day_before(at, REFERENCE))?;
        days.retain(|(date, _)| *date <= day(at));
        let Some(((first, _), (last, _))) = days.first().zip(days.last()) else {
            return Ok(None);
        };
        let reference = Reference {
            at,
            days: (first.clone(), last.clone()),
            scores: sum(&days),
        };
        let key = format!("reference/{detectors}");
        let enough = reference.scores.turns >= least;
        Ok(enough.then(|| warmline::keep(SCORES, &key, None, &reference)))
    })
    .await
}

/// How scores stand, by what is kept. It reads the disk.
fn standing(app: &App) -> Result<Standing, Problem> {
    let (records, detectors, now) = (app.records(), detectors(app), app.now());
    let week = days(&records, &detectors, &day_before(now, 7))?;
    let turns = sum(&week).turns;
    let Some(reference) = reference(&records, &detectors)? else {
        let shifts = Vec::new();
        return Ok(Standing {
            reference: None,
            turns,
            shifts,
        });
    };
    let yesterday = day_before(now, 1);
    let lately = week.iter().filter(|(date, _)| *date >= yesterday);
    let lately: Vec<_> = lately.cloned().collect();
    let mut shifts = sum(&lately).shifts(&reference.scores, "1d");
    shifts.extend(sum(&week).shifts(&reference.scores, "7d"));
    Ok(Standing {
        reference: Some(reference),
        turns,
        shifts,
    })
}

fn sum(days: &[(String, Scores)]) -> Scores {
    let mut sum = Scores::default();
    days.iter().for_each(|(_, scores)| sum.add(scores));
    sum
}

/// The days from `first` on, with what was counted.
fn days(records: &Records, detectors: &str, first: &str) -> Result<Vec<(String, Scores)>, Problem> {
    let prefix = format!("day/{detectors}/");
    let days = records.all::<Scores>(SCORES, &prefix)?.into_iter();
    let days = days.map(|(key, scores)| (key[prefix.len()..].to_owned(), scores));
    Ok(days.filter(|(date, _)| date.as_str() >= first).collect())
}

fn reference(records: &Records, detectors: &str) -> Result<Option<Reference>, Problem> {
    Ok(records.get(SCORES, &format!("reference/{detectors}"))?)
}

fn day_before(now: Timestamp, days: u64) -> String {
    day(Timestamp(now.0.saturating_sub(days * DAY)))
}

/// What the detectors are set to, in short: scores of others are not theirs.
fn detectors(app: &App) -> String {
    let set = app.warmline().file().ground()["detectors"].to_string();
    let hash = Sha256::digest(set);
    hash.iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests;
