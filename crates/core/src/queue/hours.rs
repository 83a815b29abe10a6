//! When a queue is open: hours by weekday, holidays, a time zone.
//!
//! Time zones and their rules are part of the binary (the IANA database, by `jiff`), so the same
//! moment is decided the same way everywhere.

use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan, Zoned};

use crate::ids::Timestamp;

/// Days that are looked ahead for the next opening: a year of holidays is no queue.
const HORIZON: usize = 366;

/// Why hours cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHours {
    /// No such time zone.
    #[error("`{0}` is no time zone of the IANA database, such as `Europe/Berlin`")]
    Zone(String),
    /// Not a span of a day.
    #[error("`{0}` is no span of a day: write `09:00-17:00`, with the end after the beginning")]
    Span(String),
    /// Spans of a day that meet.
    #[error("`{0}` begins before the span before it has ended")]
    Order(String),
    /// Not a date.
    #[error("`{0}` is no date: write `2026-12-25`")]
    Date(String),
    /// Never open.
    #[error("it never opens: give at least one weekday some hours")]
    Never,
}

/// A span of a day, from the first moment up to, but without, the last.
type Span = (Time, Time);

/// Opening hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    zone: TimeZone,
    /// By weekday, from Monday on.
    week: [Vec<Span>; 7],
    holidays: Vec<Date>,
}

impl Hours {
    /// Opening hours in the time zone `zone`: for each weekday from Monday on its spans, such as
    /// `09:00-17:00` (`24:00` ends a day), and the dates on which it stays closed.
    pub fn new(
        zone: &str,
        week: [Vec<String>; 7],
        holidays: &[String],
    ) -> Result<Self, InvalidHours> {
        let zone = TimeZone::get(zone).map_err(|_| InvalidHours::Zone(zone.to_owned()))?;
        let mut days: [Vec<Span>; 7] = Default::default();
        for (day, spans) in days.iter_mut().zip(week) {
            for text in spans {
                let span = span(&text).ok_or_else(|| InvalidHours::Span(text.clone()))?;
                if day.last().is_some_and(|before| span.0 < before.1) {
                    return Err(InvalidHours::Order(text));
                }
                day.push(span);
            }
        }
        if days.iter().all(Vec::is_empty) {
            return Err(InvalidHours::Never);
        }
        let date = |text: &String| text.parse().map_err(|_| InvalidHours::Date(text.clone()));
        Ok(Self {
            zone,
            week: days,
            holidays: holidays.iter().map(date).collect::<Result<_, _>>()?,
        })
    }

    /// Whether it is open at `at`.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.spans_from(at)
            .next()
            .is_some_and(|(from, _)| from <= at)
    }

    /// When it opens next; `at` itself while it is open. `None` if not within a year.
    pub fn opens(&self, at: Timestamp) -> Option<Timestamp> {
        self.spans_from(at).next().map(|(from, _)| from.max(at))
    }

    /// When `duration` of opening time has passed since `at`. What cannot pass within a year
    /// passes as if it were always open.
    pub fn after(&self, at: Timestamp, duration: Duration) -> Timestamp {
        let mut left = duration;
        for (from, to) in self.spans_from(at) {
            let from = from.max(at);
            let open = to.since(from);
            if open >= left {
                return from.after(left);
            }
            left -= open;
        }
        at.after(duration)
    }

    /// When it opens, in words for a customer: the weekday and the time, or the date where that is
    /// further away than six days.
    pub fn opening_words(&self, at: Timestamp, language: Option<&str>) -> String {
        let (Some(now), Some(opens)) = (
            self.local(at),
            self.opens(at).and_then(|opens| self.local(opens)),
        ) else {
            return "…".to_owned();
        };
        let language = language.filter(|language| KNOWN.contains(language));
        let language = language.unwrap_or("en");
        let away = now
            .date()
            .until(opens.date())
            .map_or(0, |span| span.get_days());
        let clock = opens.strftime("%H:%M");
        let day = match away {
            0..=6 => day_name(opens.weekday(), language).to_owned(),
            _ => opens.strftime("%Y-%m-%d").to_string(),
        };
        match language {
            "de" => format!("am {day} um {clock} Uhr"),
            "fr" => format!("{day} à {clock}"),
            "es" => format!("el {day} a las {clock}"),
            _ => format!("on {day} at {clock}"),
        }
    }

    fn local(&self, at: Timestamp) -> Option<Zoned> {
        let millis = i64::try_from(at.0).ok()?;
        let moment = jiff::Timestamp::from_millisecond(millis).ok()?;
        Some(moment.to_zoned(self.zone.clone()))
    }

    /// The spans in which it is open that have not ended at `at`, the earliest first.
    fn spans_from(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let today = self.local(at).map(|now| now.date());
        let days = today.into_iter().flat_map(|today| {
            (0..HORIZON as i64).map_while(move |day| today.checked_add(day.days()).ok())
        });
        days.filter(|day| !self.holidays.contains(day))
            .flat_map(move |day| {
                let spans = &self.week[day.weekday().to_monday_zero_offset() as usize];
                spans.iter().filter_map(move |(from, to)| {
                    Some((self.moment(day, *from)?, self.moment(day, *to)?))
                })
            })
            .filter(move |(_, to)| *to > at)
    }

    /// The moment of a local time; one that a change of clocks leaves out is the one after it.
    fn moment(&self, day: Date, time: Time) -> Option<Timestamp> {
        let whole = time == MIDNIGHT_AFTER;
        let local = day.to_datetime(if whole { Time::midnight() } else { time });
        let local = match whole {
            true => local.checked_add(SignedDuration::from_hours(24)).ok()?,
            false => local,
        };
        let zoned = self.zone.to_ambiguous_zoned(local).compatible().ok()?;
        u64::try_from(zoned.timestamp().as_millisecond())
            .ok()
            .map(Timestamp)
    }
}

/// `24:00` stands as the last moment of the day.
const MIDNIGHT_AFTER: Time = Time::MAX;

fn span(text: &str) -> Option<Span> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| {
        let text = text.trim();
        let plain = text.len() == 5 && text.as_bytes()[2] == b':';
        match text {
            "24:00" => Some(MIDNIGHT_AFTER),
            _ => text.parse::<Time>().ok().filter(|_| plain),
        }
    };
    let (from, to) = (time(from)?, time(to)?);
    (from < to).then_some((from, to))
}

const KNOWN: [&str; 4] = ["en", "de", "fr", "es"];

fn day_name(day: Weekday, language: &str) -> &'static str {
    let names = match language {
        "de" => [
            "Montag",
            "Dienstag",
            "Mittwoch",
            "Donnerstag",
            "Freitag",
            "Samstag",
            "Sonntag",
        ],
        "fr" => [
            "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
        ],
        "es" => [
            "lunes",
            "martes",
            "miércoles",
            "jueves",
            "viernes",
            "sábado",
            "domingo",
        ],
        _ => [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ],
    };
    names[day.to_monday_zero_offset() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp(u64::try_from(moment.as_millisecond()).unwrap())
    }

    fn week(days: &str, spans: &[&str]) -> [Vec<String>; 7] {
        let spans: Vec<String> = spans.iter().map(ToString::to_string).collect();
        std::array::from_fn(|day| match days.contains(&(day + 1).to_string()) {
            true => spans.clone(),
            false => Vec::new(),
        })
    }

    /// Berlin, Monday to Friday with a break, closed at Christmas.
    fn berlin() -> Hours {
        let holidays = ["2026-12-25".to_owned()];
        let week = week("12345", &["09:00-12:00", "13:00-17:00"]);
        Hours::new("Europe/Berlin", week, &holidays).unwrap()
    }

    #[test]
    fn it_is_open_by_the_clocks_of_its_own_zone() {
        let hours = berlin();
        // Winter: one hour ahead of UTC. Summer: two.
        assert!(!hours.is_open(at("2026-11-23T07:59:59Z")));
        assert!(hours.is_open(at("2026-11-23T08:00:00Z")));
        assert!(hours.is_open(at("2026-06-22T07:00:00Z")));
        assert!(!hours.is_open(at("2026-11-23T11:00:00Z")));
        assert!(!hours.is_open(at("2026-11-22T10:00:00Z")), "Sunday");
        assert!(!hours.is_open(at("2026-12-25T10:00:00Z")), "a holiday");
    }

    #[test]
    fn the_next_opening_passes_over_weekends_and_holidays() {
        let hours = berlin();
        let opens = |from| hours.opens(at(from)).unwrap();
        assert_eq!(opens("2026-12-24T17:00:00Z"), at("2026-12-28T08:00:00Z"));
        assert_eq!(opens("2026-11-23T09:30:00Z"), at("2026-11-23T09:30:00Z"));
        assert_eq!(opens("2026-11-23T11:30:00Z"), at("2026-11-23T12:00:00Z"));
    }

    #[test]
    fn time_passes_while_it_is_open() {
        let hours = berlin();
        let after = |from, minutes: u64| hours.after(at(from), Duration::from_secs(minutes * 60));
        assert_eq!(
            after("2026-11-23T08:00:00Z", 60),
            at("2026-11-23T09:00:00Z")
        );
        // Over the break, and over a weekend.
        assert_eq!(
            after("2026-11-23T10:30:00Z", 60),
            at("2026-11-23T12:30:00Z")
        );
        assert_eq!(
            after("2026-11-20T15:30:00Z", 60),
            at("2026-11-23T08:30:00Z")
        );
        assert_eq!(
            after("2026-11-22T00:00:00Z", 10),
            at("2026-11-23T08:10:00Z")
        );
    }

    #[test]
    fn clocks_that_change_neither_lose_nor_double_an_opening() {
        let nights = Hours::new("Europe/Berlin", week("7", &["00:00-24:00"]), &[]).unwrap();
        // The last Sunday of October has 25 hours, the last of March 23.
        let autumn = nights.after(at("2026-10-24T22:00:00Z"), Duration::from_secs(25 * 3600));
        assert_eq!(autumn, at("2026-10-25T23:00:00Z"));
        let spring = nights.after(at("2026-03-28T23:00:00Z"), Duration::from_secs(23 * 3600));
        assert_eq!(spring, at("2026-03-29T22:00:00Z"));
    }

    #[test]
    fn customers_are_told_the_day_in_their_language() {
        let hours = berlin();
        let words = |from, language| hours.opening_words(at(from), language);
        let friday = "2026-11-20T20:00:00Z";
        assert_eq!(words(friday, None), "on Monday at 09:00");
        assert_eq!(words(friday, Some("de")), "am Montag um 09:00 Uhr");
        assert_eq!(words(friday, Some("fr")), "lundi à 09:00");
        assert_eq!(words(friday, Some("es")), "el lunes a las 09:00");
        assert_eq!(words(friday, Some("ja")), "on Monday at 09:00");
        let far = Hours::new("UTC", week("1", &["09:00-10:00"]), &[]).unwrap();
        let words = far.opening_words(at("2026-11-23T12:00:00Z"), None);
        assert_eq!(words, "on 2026-11-30 at 09:00");
    }

    #[test]
    fn wrong_hours_say_what_would_be_right() {
        let error = |zone, spans: &[&str], holidays: &[&str]| {
            let holidays: Vec<String> = holidays.iter().map(ToString::to_string).collect();
            let hours = Hours::new(zone, week("1", spans), &holidays);
            hours.unwrap_err().to_string()
        };
        assert!(error("Berlin", &["09:00-17:00"], &[]).contains("`Europe/Berlin`"));
        for wrong in [
            "9-17",
            "09:00",
            "17:00-09:00",
            "09:00-25:00",
            "09:00-09:00",
            "aa:bb-cc:dd",
        ] {
            let error = error("UTC", &[wrong], &[]);
            assert!(error.contains("write `09:00-17:00`"), "{error}");
        }
        assert!(error("UTC", &["09:00-12:00", "11:00-13:00"], &[]).contains("has ended"));
        assert!(error("UTC", &["09:00-17:00"], &["25.12.2026"]).contains("`2026-12-25`"));
        assert!(error("UTC", &[], &[]).contains("never opens"));
    }
}
