//! What really happened, for people: rates by day, channel, segment, trigger, detector, queue,
//! configuration and assistant, two periods, policies or assistants side by side.
//!
//! Counting is `warmline::core::outcome`'s; here it is grouped, drawn and written down. The same
//! report is a page of the console, a file, JSON, or text for a terminal.

mod page;
mod picture;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use warmline::core::outcome::ended::{day, parse_day};
use warmline::core::outcome::{Ended, Precision, Summary};
use warmline::{Error, Records, Timestamp};

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Days of a period, unless asked otherwise.
const USUAL: u32 = 14;

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    /// The first day, such as `2026-11-01`, in UTC.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Only what this configuration decided, by the beginning of its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Only what an assistant of this version was there for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant: Option<String>,
}

/// What is asked for: a period, and another period, policy or assistant beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The first day of the period. Default: thirteen days before the last.
    pub from: Option<String>,
    /// The last day. Default: today.
    pub to: Option<String>,
    /// The first day of the period to compare with. Default: the period just before.
    pub than_from: Option<String>,
    /// Its last day.
    pub than_to: Option<String>,
    /// Only what this configuration decided.
    pub policy: Option<String>,
    /// Compare with what this configuration decided, in the same days unless others are named.
    pub than_policy: Option<String>,
    /// Only what an assistant of this version was there for.
    pub assistant: Option<String>,
    /// Compare with the assistant of this version, in the same days unless others are named.
    pub than_assistant: Option<String>,
}

/// What stands side by side: the period asked for, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The period asked for.
    pub now: Summary,
    /// What it is compared with.
    pub than: Summary,
}

/// One day of the trend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    /// The day.
    pub day: String,
    /// What ended on it.
    pub summary: Summary,
    /// Handoffs by what caused them.
    pub triggers: BTreeMap<&'static str, u64>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The period asked for.
    pub now: Period,
    /// What it is compared with.
    pub than: Period,
    /// All of it.
    pub all: Pair,
    /// By day, of the period asked for; every day has one.
    pub days: Vec<Trend>,
    /// By dimension, and by name in it: those with the most ends first.
    pub groups: Vec<(&'static str, Vec<(String, Pair)>)>,
    /// How often handoffs were needed, by their cause, in the period asked for.
    pub precision: BTreeMap<String, Precision>,
}

/// Most names of one dimension that a report shows.
const MOST: usize = 24;

impl Report {
    /// Answers `question` from `records`, as things stand `now`. What ended within `window` before
    /// that may still be reopened; `None` takes the window of the configuration that decided last.
    ///
    /// # Errors
    /// [`Error::Invalid`] for days that are none, [`Error::Journal`].
    pub fn new(
        records: &Records,
        question: &Question,
        window: Option<Duration>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (period, than) = periods(question, now)?;
        let read = |period: &Period| -> Result<(Vec<Ended>, Timestamp, Timestamp), Error> {
            let (from, to) = (moment(&period.from)?, moment(&period.to)?.after(DAY));
            let to = Timestamp(to.0 - 1);
            let mut rows = records.outcomes(from, to)?;
            if let Some(policy) = &period.policy {
                rows.retain(|row| row.config.as_str().starts_with(policy.as_str()));
            }
            if period.assistant.is_some() {
                rows.retain(|row| row.assistant == period.assistant);
            }
            Ok((rows, from, to))
        };
        let (rows, from, to) = read(&period)?;
        let (earlier, ..) = read(&than)?;
        let window = match window {
            Some(window) => window,
            None => last_window(records, rows.iter().chain(&earlier))?,
        };
        let provisional = before(now, window);
        let pair = |now: Vec<&Ended>, than: Vec<&Ended>| Pair {
            now: Summary::of(now, provisional),
            than: Summary::of(than, provisional),
        };
        let groups = DIMENSIONS.iter().map(|(name, of)| {
            let mut grouped: BTreeMap<String, (Vec<&Ended>, Vec<&Ended>)> = BTreeMap::new();
            for row in &rows {
                for key in of(row) {
                    grouped.entry(key).or_default().0.push(row);
                }
            }
            for row in &earlier {
                for key in of(row) {
                    grouped.entry(key).or_default().1.push(row);
                }
            }
            let mut pairs: Vec<(String, Pair)> = grouped
                .into_iter()
                .map(|(key, (now, than))| (key, pair(now, than)))
                .collect();
            pairs.sort_by_key(|(_, pair)| std::cmp::Reverse(pair.now.ended));
            pairs.truncate(MOST);
            (*name, pairs)
        });
        let feedback = records.feedback(from, to)?;
        Ok(Self {
            all: pair(rows.iter().collect(), earlier.iter().collect()),
            days: trend(&rows, from, to, provisional),
            groups: groups.filter(|(_, pairs)| !pairs.is_empty()).collect(),
            precision: Precision::by_cause(&rows, &feedback),
            now: period,
            than,
        })
    }

    /// The report as JSON.
    ///
    /// # Errors
    /// Where a figure cannot be written, which none can.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

/// What rows are grouped by, and the names that a row counts for.
type Dimension = (&'static str, fn(&Ended) -> Vec<String>);

const DIMENSIONS: [Dimension; 8] = [
    ("channel", |row| or_none(&row.channel)),
    ("segment", |row| or_none(&row.segment)),
    ("language", |row| or_none(&row.language)),
    ("trigger", |row| {
        let triggers = row.tally.triggers.iter();
        triggers.map(ToString::to_string).collect()
    }),
    ("detector or gate", |row| {
        let fired = row.tally.fired.iter().map(ToString::to_string);
        fired.chain(row.tally.rules.iter().cloned()).collect()
    }),
    ("queue", |row| row.tally.queue.iter().cloned().collect()),
    ("configuration", |row| vec![row.config.to_string()]),
    ("assistant", |row| row.assistant.iter().cloned().collect()),
];

/// The window of the configuration that decided last.
fn last_window<'a>(
    records: &Records,
    rows: impl Iterator<Item = &'a Ended>,
) -> Result<Duration, Error> {
    let last = rows.max_by_key(|row| row.at);
    let terms = last.map(|row| records.terms(&row.config)).transpose()?;
    Ok(terms.flatten().unwrap_or_default().reopening.window)
}

fn or_none(name: &Option<String>) -> Vec<String> {
    vec![name.clone().unwrap_or_else(|| "(none)".to_owned())]
}

fn moment(text: &str) -> Result<Timestamp, Error> {
    parse_day(text).ok_or_else(|| {
        Error::Invalid(format!(
            "`{text}` is no day; write one such as `2026-11-23`"
        ))
    })
}

/// The period asked for and the one beside it.
fn periods(question: &Question, now: Timestamp) -> Result<(Period, Period), Error> {
    let to = match &question.to {
        Some(to) => moment(to)?,
        None => moment(&day(now))?,
    };
    let from = match &question.from {
        Some(from) => moment(from)?,
        None => first_day(to),
    };
    if from > to {
        let reason = format!("`{}` is after `{}`", day(from), day(to));
        return Err(Error::Invalid(reason));
    }
    let length = to.since(from);
    let beside = question.than_policy.is_some() || question.than_assistant.is_some();
    let than_to = match &question.than_to {
        Some(than_to) => moment(than_to)?,
        None if beside => to,
        None => before(from, DAY),
    };
    let than_from = match &question.than_from {
        Some(than_from) => moment(than_from)?,
        None => before(than_to, length),
    };
    if than_from > than_to {
        let reason = format!("`{}` is after `{}`", day(than_from), day(than_to));
        return Err(Error::Invalid(reason));
    }
    let period = |from, to, policy: Option<&String>, assistant: Option<&String>| Period {
        from: day(from),
        to: day(to),
        policy: policy.filter(|policy| !policy.is_empty()).cloned(),
        assistant: assistant.filter(|name| !name.is_empty()).cloned(),
    };
    let (policy, assistant) = (question.policy.as_ref(), question.assistant.as_ref());
    let than_policy = question.than_policy.as_ref().or(policy);
    let than_assistant = question.than_assistant.as_ref().or(assistant);
    Ok((
        period(from, to, policy, assistant),
        period(than_from, than_to, than_policy, than_assistant),
    ))
}

/// The first day of the usual period that ends on the day of `to`.
pub(crate) fn first_day(to: Timestamp) -> Timestamp {
    before(to, DAY * (USUAL - 1))
}

/// A moment so long `before` another.
pub(crate) fn before(at: Timestamp, duration: Duration) -> Timestamp {
    let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Timestamp(at.0.saturating_sub(duration))
}

fn trend(rows: &[Ended], from: Timestamp, to: Timestamp, provisional: Timestamp) -> Vec<Trend> {
    let mut days: BTreeMap<String, Vec<&Ended>> = BTreeMap::new();
    let mut at = from;
    while at <= to {
        days.insert(day(at), Vec::new());
        at = at.after(DAY);
    }
    for row in rows {
        days.entry(row.day()).or_default().push(row);
    }
    let of_day = |(day, rows): (String, Vec<&Ended>)| {
        let mut triggers = BTreeMap::new();
        for trigger in rows.iter().flat_map(|row| &row.tally.triggers) {
            *triggers.entry(trigger.as_str()).or_default() += 1;
        }
        Trend {
            day,
            summary: Summary::of(rows, provisional),
            triggers,
        }
    };
    days.into_iter().map(of_day).collect()
}
