//! The `[calibration]` and `[shadow]` sections of the configuration file.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use warmline::core::source::{Problems, Source};

/// `[calibration]`: when thresholds are proposed, and which of them are promoted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalibrationConfig {
    /// How often thresholds are proposed, at least `"1h"`; `"off"` for never. Default: `"7d"`.
    #[serde(deserialize_with = "every")]
    pub every: Option<Duration>,
    /// Who promotes a proposal: people (`"review"`), or the server where the proposal is better on
    /// conversations held out and within the limits below (`"automatic"`). Default: `"review"`.
    pub promote: Promote,
    /// The share of the conversations that needed a human that may be missed. Default: 0.1.
    #[serde(deserialize_with = "inner_share")]
    pub miss: f64,
    /// How sure that must be. Default: 0.95.
    #[serde(deserialize_with = "inner_share")]
    pub confidence: f64,
    /// Only conversations that ended so long ago, at most. Default: `"90d"`.
    #[serde(deserialize_with = "a_day")]
    pub window: Duration,
    /// Fewest conversations held out that a promotion by itself may rest on. Default: 50.
    pub least_held_out: usize,
    /// How far a threshold may move in a promotion by itself, 0 to 1. Default: 0.2.
    #[serde(deserialize_with = "share")]
    pub most_change: f64,
    /// The share of the conversations held out that may be handed off in a promotion by itself.
    /// Default: 0.5.
    #[serde(deserialize_with = "share")]
    pub most_handoffs: f64,
}

/// Who promotes proposals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promote {
    /// People do.
    Review,
    /// The server does, within limits.
    Automatic,
}

impl Default for CalibrationConfig {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        Self {
            every: Some(7 * DAY),
            promote: Promote::Review,
            miss: 0.1,
            confidence: 0.95,
            window: 90 * DAY,
            least_held_out: 50,
            most_change: 0.2,
            most_handoffs: 0.5,
        }
    }
}

impl CalibrationConfig {
    /// Reads the section out of `source`; without one, the defaults.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        Ok(source.section("calibration")?.unwrap_or_default())
    }
}

/// `[shadow]`: another configuration that decides beside the one in force, and only reports.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowConfig {
    /// The candidate, relative to this file.
    pub config: PathBuf,
    /// The share of new conversations that the candidate really decides, by a hash of the
    /// conversation's id; those that it decides already stay with it at 0.0. Default: absent, it
    /// decides none.
    #[serde(default, deserialize_with = "some_share")]
    pub share: Option<f64>,
}

impl ShadowConfig {
    /// Reads the section out of `source`, if it has one.
    pub fn parse(source: &Source) -> Result<Option<Self>, Problems> {
        source.section("shadow")
    }
}

fn every<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "off" {
        return Ok(None);
    }
    let hint = "write a time such as `\"7d\"`, at least `\"1h\"`, or `\"off\"`";
    match humantime::parse_duration(&text) {
        Ok(time) if time >= Duration::from_secs(3600) => Ok(Some(time)),
        Ok(_) => Err(de::Error::custom(format!("that is too often; {hint}"))),
        Err(error) => Err(de::Error::custom(format!("{error}; {hint}"))),
    }
}

fn a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time: Duration = humantime_serde::deserialize(deserializer)?;
    let days = time.as_secs() / (24 * 3600);
    match (1..=3_650).contains(&days) {
        true => Ok(time),
        false => Err(de::Error::custom(
            "a window is from `\"1d\"` to `\"3650d\"`",
        )),
    }
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    match (0.0..=1.0).contains(&share) {
        true => Ok(share),
        false => Err(de::Error::custom("a share is from 0 to 1")),
    }
}

fn some_share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    share(deserializer).map(Some)
}

fn inner_share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    match share > 0.0 && share < 1.0 {
        true => Ok(share),
        false => Err(de::Error::custom("it lies between 0 and 1, such as 0.1")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_reference_shows_the_defaults() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/reference.toml");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("\n[calibration]\n"));
        let source = Source::new("reference.toml", text);
        let calibration = CalibrationConfig::parse(&source).unwrap();
        assert_eq!(calibration, CalibrationConfig::default());
        assert_eq!(ShadowConfig::parse(&source).unwrap(), None);
    }

    #[test]
    fn a_share_of_none_is_told_from_no_share() {
        for (line, share) in [("", None), ("share = 0.0", Some(0.0))] {
            let text = format!("[shadow]\nconfig = 'c.toml'\n{line}");
            let section = ShadowConfig::parse(&Source::new("w.toml", text));
            assert_eq!(section.unwrap().unwrap().share, share);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let refused = |line: &str| {
            let source = Source::new("w.toml", format!("[calibration]\n{line}"));
            CalibrationConfig::parse(&source).unwrap_err().to_string()
        };
        assert!(refused("every = '5m'").contains("w.toml:2:"));
        assert!(refused("every = '5m'").contains("\"7d\""));
        assert!(refused("miss = 1.0").contains("between 0 and 1"));
        assert!(refused("most_change = 3.0").contains("from 0 to 1"));
        assert!(refused("window = '1h'").contains("1d"));
        assert!(refused("promote = 'always'").contains("review"));
        let never = Source::new("w.toml", "[calibration]\nevery = 'off'");
        assert_eq!(CalibrationConfig::parse(&never).unwrap().every, None);
    }
}
