//! The report for a terminal.

use std::fmt::Write as _;

use warmline::core::Outcome;
use warmline::core::outcome::Rate;
use warmline::core::outcome::rates::{Ratings, Times};

use super::picture::{Scale, written};
use super::{Pair, Period, Report};

impl Period {
    /// The period in words.
    pub(super) fn words(&self) -> String {
        let mut words = format!("{} to {}", self.from, self.to);
        for (name, only) in [
            ("configuration", &self.policy),
            ("assistant", &self.assistant),
        ] {
            if let Some(only) = only {
                let _ = write!(words, ", {name} {only}");
            }
        }
        words
    }
}

/// A share with what it is of.
pub(super) fn share(rate: Rate) -> String {
    match rate.value() {
        Some(value) => format!("{:.1} % ({} of {})", value * 100.0, rate.of, rate.among),
        None => "–".to_owned(),
    }
}

pub(super) fn times(times: &Times) -> String {
    match (times.median, times.p90) {
        (Some(median), Some(p90)) => format!(
            "{}, 90 % within {} ({})",
            written(Scale::Seconds, median),
            written(Scale::Seconds, p90),
            times.count
        ),
        _ => "–".to_owned(),
    }
}

pub(super) fn ratings(ratings: Ratings) -> String {
    match ratings.mean() {
        Some(mean) => format!("{mean:.2} ({})", ratings.count),
        None => "–".to_owned(),
    }
}

/// The name of a rate in words.
pub(super) fn named(name: &str) -> String {
    name.replace('_', " ")
}

/// Every figure of a pair: its name, now, and what it is compared with.
pub(super) fn figures(pair: &Pair) -> Vec<(String, String, String)> {
    let (now, than) = (&pair.now, &pair.than);
    let mut figures = vec![(
        "ended".to_owned(),
        now.ended.to_string(),
        than.ended.to_string(),
    )];
    let rates = now.rates().into_iter().zip(than.rates());
    figures.extend(rates.map(|((name, now), (_, than))| (named(name), share(now), share(than))));
    for outcome in Outcome::ALL {
        let count = |summary: &warmline::core::outcome::Summary| {
            summary.outcomes.get(&outcome).copied().unwrap_or_default()
        };
        let name = format!("ended {}", named(outcome.as_str()));
        figures.push((name, count(now).to_string(), count(than).to_string()));
    }
    for (name, now, than) in [
        ("handling, median", &now.handling, &than.handling),
        ("waiting, median", &now.waiting, &than.waiting),
        (
            "first human word, median",
            &now.first_human,
            &than.first_human,
        ),
    ] {
        figures.push((name.to_owned(), times(now), times(than)));
    }
    for (name, now, than) in [
        (
            "rating after the assistant",
            now.csat_assistant,
            than.csat_assistant,
        ),
        ("rating after a human", now.csat_human, than.csat_human),
    ] {
        figures.push((name.to_owned(), ratings(now), ratings(than)));
    }
    figures
}

/// A share with its interval.
pub(super) fn certain(rate: Rate) -> String {
    match (rate.value(), rate.interval()) {
        (Some(value), Some((low, high))) => format!(
            "{:.0} % [{:.0}, {:.0}] ({} of {})",
            value * 100.0,
            low * 100.0,
            high * 100.0,
            rate.of,
            rate.among
        ),
        _ => "–".to_owned(),
    }
}

impl Report {
    /// The report as text, a line for each figure.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}\ncompared with {}\n\n",
            self.now.words(),
            self.than.words()
        );
        let width = 28;
        for (name, now, than) in figures(&self.all) {
            let _ = writeln!(text, "{name:<width$} {now:<34} {than}");
        }
        for (dimension, pairs) in &self.groups {
            let _ = writeln!(
                text,
                "\n{dimension:<width$} {:>7} {:>12} {:>12} {:>12}",
                "ended", "contained", "durable", "compared"
            );
            for (name, Pair { now, than }) in pairs {
                let percent = |rate: Rate| match rate.value() {
                    Some(value) => format!("{:.1} %", value * 100.0),
                    None => "–".to_owned(),
                };
                let name: String = name.chars().take(width).collect();
                let _ = writeln!(
                    text,
                    "{name:<width$} {:>7} {:>12} {:>12} {:>12}",
                    now.ended,
                    percent(now.containment),
                    percent(now.durable_resolution),
                    percent(than.durable_resolution),
                );
            }
        }
        if !self.precision.is_empty() {
            let _ = writeln!(
                text,
                "\n{:<width$} {:<34} shown by outcomes",
                "needed, by cause", "said by operators"
            );
            for (cause, precision) in &self.precision {
                let (said, shown) = (certain(precision.said), certain(precision.shown));
                let _ = writeln!(text, "{cause:<width$} {said:<34} {shown}");
            }
        }
        text
    }
}
