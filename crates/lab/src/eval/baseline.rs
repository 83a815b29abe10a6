//! Figures that were reached once and may not get worse.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::figure::Better;
use super::report::{Report, short};
use crate::Error;

/// How much worse any figure may be: processors round differently, so scores move a little.
const TOLERANCE: f64 = 0.003;

/// How many examples may change sides for that reason, whatever their share is in a small slice.
const CHANGED_SIDES: f64 = 2.0;

/// The committed baseline.
const COMMITTED: &str = include_str!("baseline.toml");

/// Figures by suite and name, of full runs and of quick ones.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// On all of the data.
    #[serde(default)]
    pub full: Figures,
    /// On the slice of a quick run.
    #[serde(default)]
    pub quick: Figures,
}

/// Figures by suite and name.
type Figures = BTreeMap<String, BTreeMap<String, f64>>;

/// A figure that got worse, or is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Worse {
    /// The suite and the figure.
    pub name: String,
    /// What is measured now; none where it is measured no more.
    pub measured: Option<f64>,
    /// What was reached once.
    pub baseline: f64,
}

impl fmt::Display for Worse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let baseline = short(self.baseline);
        match self.measured {
            Some(measured) => {
                let measured = short(measured);
                write!(f, "{} is {measured}, the baseline is {baseline}", self.name)
            }
            None => write!(
                f,
                "{} is measured no more, the baseline is {baseline}",
                self.name
            ),
        }
    }
}

impl Baseline {
    /// The baseline that the repository commits to.
    ///
    /// # Errors
    ///
    /// [`Error::Option`] if it is not well formed.
    pub fn committed() -> Result<Baseline, Error> {
        Baseline::parse(COMMITTED)
    }

    /// Reads a baseline from TOML: `[full.SUITE]` and `[quick.SUITE]`, with a number for a figure.
    ///
    /// # Errors
    ///
    /// [`Error::Option`] if it is not well formed.
    pub fn parse(text: &str) -> Result<Baseline, Error> {
        toml::from_str(text).map_err(|error| Error::Option(format!("no baseline: {error}")))
    }

    /// The baseline as TOML.
    pub fn toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::Option(format!("no baseline: {error}")))
    }

    /// The figures of `report` that are worse than here. Suites that did not run, and figures that
    /// are new, are not compared.
    pub fn worse(&self, report: &Report) -> Vec<Worse> {
        let figures = if report.quick {
            &self.quick
        } else {
            &self.full
        };
        let mut worse = Vec::new();
        for suite in &report.suites {
            for (name, baseline) in figures.get(suite.name).into_iter().flatten() {
                let figure = suite.figures.iter().find(|figure| figure.name == *name);
                let holds = figure.is_some_and(|figure| {
                    let slack = TOLERANCE.max(CHANGED_SIDES / figure.n as f64);
                    let bound = match figure.better {
                        Better::Higher => baseline - slack,
                        Better::Lower => baseline + slack,
                    };
                    figure.better.reaches(figure.value, bound)
                });
                if !holds {
                    worse.push(Worse {
                        name: format!("{} {name}", suite.name),
                        measured: figure.map(|figure| figure.value),
                        baseline: *baseline,
                    });
                }
            }
        }
        worse
    }

    /// Takes over the figures of `report`, rounded; those of suites that did not run stay.
    pub fn update(&mut self, report: &Report) {
        let figures = if report.quick {
            &mut self.quick
        } else {
            &mut self.full
        };
        for suite in &report.suites {
            let values = suite
                .figures
                .iter()
                .filter(|figure| figure.value.is_finite());
            let rounded = |value: f64| (value * 1e4).round() / 1e4;
            let values = values.map(|figure| (figure.name.clone(), rounded(figure.value)));
            figures.insert(suite.name.to_owned(), values.collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::figure::Figure;
    use crate::eval::interval::Estimate;
    use crate::eval::report::Measured;

    fn report(auroc: f64, ece: f64) -> Report {
        Report {
            version: "0",
            encoder: String::new(),
            quick: true,
            suites: vec![Measured {
                name: "clinc150",
                about: "",
                figures: vec![
                    Figure::higher("auroc", Estimate::exact(auroc, 1000)),
                    Figure::lower("ece", Estimate::exact(ece, 1000)),
                ],
                curves: Vec::new(),
                notes: Vec::new(),
                seconds: 0.0,
            }],
        }
    }

    #[test]
    fn what_is_worse_is_named_with_both_numbers() {
        let mut baseline = Baseline::default();
        baseline.update(&report(0.98, 0.01));
        assert_eq!(baseline.worse(&report(0.98, 0.01)), []);
        assert_eq!(baseline.worse(&report(0.978, 0.012)), []);
        assert_eq!(baseline.worse(&report(0.99, 0.0)), []);
        let worse = baseline.worse(&report(0.97, 0.02));
        assert_eq!(
            worse.iter().map(Worse::to_string).collect::<Vec<_>>(),
            [
                "clinc150 auroc is .970, the baseline is .980",
                "clinc150 ece is .0200, the baseline is .0100",
            ]
        );
        assert_eq!(baseline.worse(&report(f64::NAN, 0.01)).len(), 1);
    }

    #[test]
    fn two_examples_of_a_small_slice_may_change_sides() {
        let of_sixteen = |auroc| {
            let mut report = report(auroc, 0.01);
            report.suites[0].figures[0].n = 16;
            report
        };
        let mut baseline = Baseline::default();
        baseline.update(&of_sixteen(0.75));
        assert_eq!(baseline.worse(&of_sixteen(0.625)), []);
        assert_eq!(baseline.worse(&of_sixteen(0.62)).len(), 1);
    }

    #[test]
    fn a_figure_that_is_gone_is_missed() {
        let baseline =
            Baseline::parse("[quick.clinc150]\nauprc = 0.9\n[quick.stsb]\nx = 1").unwrap();
        let worse = baseline.worse(&report(0.98, 0.01));
        assert_eq!(worse.len(), 1);
        assert!(worse[0].to_string().contains("measured no more"));
        assert!(
            baseline
                .worse(&Report {
                    quick: false,
                    ..report(0.0, 1.0)
                })
                .is_empty()
        );
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        let mut baseline = Baseline::committed().unwrap();
        baseline.update(&report(0.98, 0.01));
        assert_eq!(
            Baseline::parse(&baseline.toml().unwrap()).unwrap(),
            baseline
        );
    }
}
