//! A figure, and what it stands beside.

use serde::Serialize;

use super::curve::Curve;
use super::interval::Estimate;

/// What a suite found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The figures, in the order in which they are printed.
    pub figures: Vec<Figure>,
    /// What is drawn on the page.
    pub curves: Vec<Curve>,
    /// What a reader must know of how it was measured, a sentence each.
    pub notes: Vec<String>,
}

/// One measured figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Its name, such as `auroc`; unique in its suite.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// The lower end of the bootstrap's 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many examples it rests on.
    pub n: usize,
    /// What a simple method reaches on the same data.
    pub floor: Option<f64>,
    /// What is published, with where or how; empty for nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub published: String,
    /// What Warmline is to reach.
    pub goal: Option<f64>,
    /// Which way is better.
    pub better: Better,
}

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Such as an area under a curve.
    Higher,
    /// Such as a share of false alarms.
    Lower,
}

impl Better {
    /// Whether `value` is as good as `bound`, or better.
    pub fn reaches(self, value: f64, bound: f64) -> bool {
        match self {
            Better::Higher => value >= bound,
            Better::Lower => value <= bound,
        }
    }
}

impl Figure {
    /// A figure of which more is better.
    pub fn higher(name: impl Into<String>, estimate: Estimate) -> Figure {
        Figure::new(name.into(), estimate, Better::Higher)
    }

    /// A figure of which less is better.
    pub fn lower(name: impl Into<String>, estimate: Estimate) -> Figure {
        Figure::new(name.into(), estimate, Better::Lower)
    }

    fn new(name: String, estimate: Estimate, better: Better) -> Figure {
        let Estimate {
            value,
            low,
            high,
            n,
        } = estimate;
        Figure {
            name,
            value,
            low,
            high,
            n,
            floor: None,
            published: String::new(),
            goal: None,
            better,
        }
    }

    /// Beside what a simple method reaches.
    #[must_use]
    pub fn floor(mut self, floor: f64) -> Figure {
        self.floor = Some(floor);
        self
    }

    /// Beside what is published.
    #[must_use]
    pub fn published(mut self, published: &str) -> Figure {
        published.clone_into(&mut self.published);
        self
    }

    /// Beside what is to be reached.
    #[must_use]
    pub fn goal(mut self, goal: f64) -> Figure {
        self.goal = Some(goal);
        self
    }

    /// Whether the goal is reached; none where there is no goal.
    pub fn is_reached(&self) -> Option<bool> {
        self.goal.map(|goal| self.better.reaches(self.value, goal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_on_its_better_side() {
        let figure = Figure::lower("fpr95", Estimate::exact(0.05, 10));
        assert_eq!(figure.is_reached(), None);
        assert_eq!(figure.clone().goal(0.06).is_reached(), Some(true));
        assert_eq!(figure.goal(0.04).is_reached(), Some(false));
        let figure = Figure::higher("auroc", Estimate::exact(0.98, 10));
        assert_eq!(figure.goal(0.985).is_reached(), Some(false));
    }
}
