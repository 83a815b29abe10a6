//! All figures of a run: as a table, and as JSON.

use std::fmt;

use serde::Serialize;

use super::curve::Curve;
use super::figure::{Better, Figure};

/// What a run of suites measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The version of Warmline.
    pub version: &'static str,
    /// What the encoder is, with its checksum.
    pub encoder: String,
    /// Whether it was a quick run, on a slice of the data.
    pub quick: bool,
    /// The suites, in the order in which they ran.
    pub suites: Vec<Measured>,
}

/// What one suite measured.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// The suite's name.
    pub name: &'static str,
    /// What it measures, in a line.
    pub about: &'static str,
    /// The figures.
    pub figures: Vec<Figure>,
    /// What is drawn on the page.
    #[serde(skip)]
    pub curves: Vec<Curve>,
    /// How it was measured, a sentence each.
    pub notes: Vec<String>,
    /// How long it took, encoding included.
    pub seconds: f64,
}

impl Report {
    /// The report as JSON.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// The columns of a table, as in `docs/benchmarks.md`.
const COLUMNS: [&str; 7] = [
    "figure",
    "measured",
    "95 % interval",
    "floor",
    "published",
    "goal",
    "n",
];

impl fmt::Display for Report {
    /// A Markdown table for each suite, which reads well in a terminal too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, suite) in self.suites.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{suite}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n", self.name)?;
        writeln!(f, "{} Measured in {:.1} s.\n", self.about, self.seconds)?;
        let mut rows = vec![COLUMNS.map(str::to_owned)];
        rows.extend(self.figures.iter().map(row));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..COLUMNS.len()).filter_map(width).collect();
        for (at, row) in rows.iter().enumerate() {
            line(f, row, &widths)?;
            if at == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                line(f, &rule, &widths)?;
            }
        }
        for note in &self.notes {
            writeln!(f, "\n{note}")?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[String], widths: &[usize]) -> fmt::Result {
    for (cell, width) in cells.iter().zip(widths) {
        write!(f, "| {cell:width$} ")?;
    }
    writeln!(f, "|")
}

/// The cells of a figure, a goal that is missed being marked.
pub(super) fn row(figure: &Figure) -> [String; 7] {
    let number = |value: Option<f64>| value.map_or(String::new(), short);
    let goal = figure.goal.map_or(String::new(), |goal| {
        let sign = match figure.better {
            Better::Higher => "≥",
            Better::Lower => "≤",
        };
        let missed = figure.is_reached() == Some(false);
        format!(
            "{sign} {}{}",
            short(goal),
            if missed { " (missed)" } else { "" }
        )
    });
    [
        figure.name.clone(),
        short(figure.value),
        format!("{} to {}", short(figure.low), short(figure.high)),
        number(figure.floor),
        figure.published.clone(),
        goal,
        figure.n.to_string(),
    ]
}

/// Three digits behind the point, four where the first would be lost: `.985`, `.0092`, `12.3`.
pub(super) fn short(value: f64) -> String {
    let text = match value.abs() {
        small if small < 0.1 => format!("{value:.4}"),
        large if large >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    };
    match text.strip_prefix("0.") {
        Some(rest) => format!(".{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::interval::Estimate;

    #[test]
    fn a_suite_is_a_table() {
        let estimate = |value| Estimate {
            value,
            low: value - 0.01,
            high: value + 0.01,
            n: 5500,
        };
        let suite = Measured {
            name: "clinc150",
            about: "Out of domain.",
            figures: vec![
                Figure::higher("auroc", estimate(0.98))
                    .floor(0.964)
                    .published("SNGP .969")
                    .goal(0.985),
                Figure::lower("ece", estimate(0.02)),
            ],
            curves: Vec::new(),
            notes: vec!["No example out of scope was known.".to_owned()],
            seconds: 12.34,
        };
        insta::assert_snapshot!(suite, @r"
        ## clinc150

        Out of domain. Measured in 12.3 s.

        | figure | measured | 95 % interval  | floor | published | goal            | n    |
        | ------ | -------- | -------------- | ----- | --------- | --------------- | ---- |
        | auroc  | .980     | .970 to .990   | .964  | SNGP .969 | ≥ .985 (missed) | 5500 |
        | ece    | .0200    | .0100 to .0300 |       |           |                 | 5500 |

        No example out of scope was known.
        ");
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.98512, ".985"),
            (0.00921, ".0092"),
            (1.0, "1.000"),
            (96.48, "96.5"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(value), expected);
        }
    }
}
