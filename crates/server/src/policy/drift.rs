//! The scores of detectors lately, against those that the thresholds rest on.
//!
//! Scores are counted in tenths, by day (UTC), from the feed of steps; whoever looked and raised
//! nothing is counted as well. Every minute the counts of the day are kept, so that a crash loses
//! one minute of them. The reference is pinned when thresholds are promoted, to the four weeks
//! before; without a promotion, to the first week with enough turns. Scores of detectors that are
//! set otherwise are another matter: they are kept apart, and have a reference of their own.

pub(crate) mod scores;
pub(crate) mod stability;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use warmline::core::outcome::ended::day;
use warmline::journal::{Collection, RecordChange};
use warmline::{Entry, Happening, Records, Timestamp};

use crate::app::App;
use crate::problem::Problem;
use scores::Scores;
use stability::{Level, Shift};

/// Where counts are kept: `day/DETECTORS/DATE` and `reference/DETECTORS`.
const SCORES: Collection = Collection::new("scores");
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
}

impl Drift {
    fn hear(&self, entry: &Entry) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let today = pending.entry(day(entry.at)).or_default();
        today.hear(entry);
    }
}

/// Counts until `app` closes.
pub(crate) async fn run(app: App, mut feed: Receiver<Happening>) {
    let mut closing = app.closing();
    let mut looks = tokio::time::interval(KEPT);
    let mut count = 0;
    loop {
        let over = tokio::select! {
            heard = feed.recv() => {
                match heard {
                    Ok(happening) => app.policing().drift.hear(&happening.entry),
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
            _ => flush(&app).await,
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
    flush(app).await?;
    pin_first(app).await?;
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
        // What this process measures is for the tenant at the root.
        if app.base() == "/" {
            let labels = [
                ("signal", signal.clone()),
                ("stage", stage.into()),
                ("window", window.into()),
            ];
            metrics::gauge!("warmline_score_drift", &labels).set(shift.beyond_chance());
        }
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

/// Keeps what was counted since the last time.
async fn flush(app: &App) -> Result<(), Problem> {
    let pending = {
        let drift = &app.policing().drift;
        std::mem::take(&mut *drift.pending.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let pending: Vec<(String, Scores)> = pending
        .into_iter()
        .filter(|(_, scores)| scores.turns + scores.drafts > 0)
        .collect();
    if pending.is_empty() {
        return Ok(());
    }
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
    Ok(app.records().change(changes).await?)
}

/// Has the scores of the last weeks be what others are compared with: thresholds were promoted that
/// rest on them. Too few leave the reference as it was.
pub(super) async fn rests_on_the_present(app: &App) -> Result<(), Problem> {
    flush(app).await?;
    pin(app, REFERENCE, LEAST).await
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
    match enough {
        true => pin(app, REFERENCE, FIRST.1).await,
        false => Ok(()),
    }
}

async fn pin(app: &App, most: u64, least: u64) -> Result<(), Problem> {
    let made = app
        .reading(move |app| {
            let (records, detectors, now) = (app.records(), detectors(app), app.now());
            let days = days(&records, &detectors, &day_before(now, most))?;
            let Some(((first, _), (last, _))) = days.first().zip(days.last()) else {
                return Ok(None);
            };
            let scores = sum(&days);
            let reference = Reference {
                at: now,
                days: (first.clone(), last.clone()),
                scores,
            };
            let key = format!("reference/{detectors}");
            Ok((reference.scores.turns >= least).then_some((key, reference)))
        })
        .await?;
    if let Some((key, reference)) = made {
        app.records().keep(SCORES, &key, None, &reference).await?;
    }
    Ok(())
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
