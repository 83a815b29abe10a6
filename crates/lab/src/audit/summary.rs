//! The account of an audit: what each pattern would have saved, and what it would have cost.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Audited, LIKELY, Party, Skipped};
use crate::eval::ranked::Ranked;

/// Examples that are kept of each pattern, of misses and of returns.
const EXAMPLES: usize = 5;
/// Conversations that are drawn by chance: so many labels tell a share within some ten points.
const SAMPLE: usize = 60;
/// Records that could not be read and are named.
const NAMED: usize = 20;
/// Conversations with an outcome that the risk is held against.
const JUDGED: usize = 20_000;

/// The seven patterns, by their numbers.
pub(super) const PATTERNS: [&str; 7] = [
    "composite confidence",
    "out of domain",
    "sentiment",
    "repeat loop",
    "hard gates",
    "warm context transfer",
    "reverse handoff",
];

/// The first so many of them call a human; the others begin where one took over.
const CALLING: usize = 5;

/// What a pattern would have come to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PatternRow {
    /// Which of the seven, 1 to 5.
    pub pattern: u8,
    /// Its name.
    pub name: &'static str,
    /// Conversations in which it fires.
    pub fired: u64,
    /// Conversations in which it is the first to fire.
    pub first: u64,
    /// Conversations in which it fires, that ended badly without any human.
    pub saved: u64,
    /// Conversations in which it fires, that ended well without any human.
    pub false_alarms: u64,
    /// The riskiest conversations in which it fires and that it would have saved.
    #[serde(skip)]
    pub examples: Vec<Example>,
}

/// What was lost in conversations after a human took over, that a pattern would have saved.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AfterHandoff {
    /// Which of the seven: 6 or 7.
    pub pattern: u8,
    /// Its name.
    pub name: &'static str,
    /// Conversations that show it.
    pub conversations: u64,
    /// Turns of customers that show it.
    pub turns: u64,
    /// The riskiest of the conversations.
    #[serde(skip)]
    pub examples: Vec<Example>,
}

/// A conversation that stands for others.
#[derive(Debug, Clone)]
pub struct Example {
    /// The conversation.
    pub audited: Audited,
}

/// How sure an account is of how conversations ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Every count rests on conversations whose outcome or label is known.
    Measured,
    /// No outcome is known: bad endings are those of a risk of one half or more.
    Estimated,
}

/// The area under the ROC curve of something that foretells bad endings.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Area {
    /// The area.
    pub value: f64,
    /// The lower end of its 95 % bootstrap interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Conversations with an outcome.
    pub n: usize,
}

/// The account of an audit.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Conversations that were read.
    pub conversations: u64,
    /// Turns in them.
    pub turns: u64,
    /// Turns, answers and calls that detectors looked at.
    pub examined: u64,
    /// Whether bad endings are known or estimated.
    pub basis: Basis,
    /// Conversations with an outcome or a label.
    pub known: u64,
    /// Those that ended badly, by outcome, label or estimate.
    pub bad: u64,
    /// Conversations that came to a human in the log.
    pub handed_over: u64,
    /// Those of them in which a human said something.
    pub with_human: u64,
    /// Those that ended badly and never did.
    pub bad_without_handoff: u64,
    /// Of these, those in which nothing fires.
    pub missed: u64,
    /// Conversations that would have been handed off and were not: the price.
    pub extra_handoffs: u64,
    /// Customers who came back about what was said to be settled.
    pub returned: u64,
    /// Of these, those whose earlier conversation would have been handed off, by pattern.
    pub returns_caught: BTreeMap<u8, u64>,
    /// How well the risk foretells bad endings, where enough outcomes are known.
    pub risk_auroc: Option<Area>,
    /// The same of the number of turns and calls alone, to compare.
    pub length_auroc: Option<Area>,
    /// Records that could not be read.
    pub skipped: u64,
    /// The first of them.
    pub skipped_lines: Vec<String>,
    /// The patterns that call a human, those that save most for their false alarms first.
    pub roadmap: Vec<PatternRow>,
    /// The patterns that begin where a human took over.
    pub after_handoff: [AfterHandoff; 2],
    /// The riskiest conversations that ended badly, without any human, and nothing fires.
    #[serde(skip)]
    pub misses: Vec<Example>,
    /// The first customers who came back.
    #[serde(skip)]
    pub returns: Vec<Example>,
    /// Conversations drawn by chance, to be labelled.
    #[serde(skip)]
    pub sample: Vec<Example>,
}

/// Counts with both ways to tell a bad ending, since only the end shows which of them is used.
#[derive(Debug, Default)]
struct Counts {
    rows: [PatternRow; CALLING],
    bad: u64,
    bad_without_handoff: u64,
    missed: u64,
    misses: Vec<Example>,
}

/// An account that is still growing.
#[derive(Debug, Default)]
pub(super) struct Tally {
    conversations: u64,
    turns: u64,
    examined: u64,
    known: u64,
    handed_over: u64,
    with_human: u64,
    after_handoff: [AfterHandoff; 2],
    extra_handoffs: u64,
    measured: Counts,
    estimated: Counts,
    returns: Vec<Example>,
    sample: Vec<Example>,
    chance: Option<fastrand::Rng>,
    returned: u64,
    returns_caught: BTreeMap<u8, u64>,
    risks: Vec<(f32, bool)>,
    lengths: Vec<(f32, bool)>,
    skipped: u64,
    skipped_lines: Vec<String>,
}

impl Tally {
    pub(super) fn skip(&mut self, skipped: &Skipped) {
        self.skipped += 1;
        if self.skipped_lines.len() < NAMED {
            self.skipped_lines.push(skipped.to_string());
        }
    }

    pub(super) fn add(&mut self, audited: &Audited) {
        let recorded = &audited.recorded;
        let turns = recorded.turns().count();
        self.conversations += 1;
        self.turns += turns as u64;
        self.examined += audited.walked.examined as u64;
        let came = recorded.handed_over().is_some();
        self.handed_over += u64::from(came);
        let human = recorded.turns().any(|(_, by, _)| by == Party::Operator);
        self.with_human += u64::from(human);
        for lost in &audited.lost {
            let row = usize::from(lost.pattern).checked_sub(CALLING + 1);
            if let Some(row) = row.and_then(|row| self.after_handoff.get_mut(row)) {
                row.conversations += 1;
                row.turns += lost.turns as u64;
                keep(&mut row.examples, audited);
            }
        }
        self.extra_handoffs += u64::from(!came && !audited.walked.fired.is_empty());
        if let Some(bad) = audited.ended_badly() {
            self.known += 1;
            self.measured.add(audited, bad, came);
            if self.risks.len() < JUDGED {
                let calls = recorded.actions().count();
                self.risks.push((audited.risk.score, bad));
                self.lengths.push(((turns + 2 * calls) as f32, bad));
            }
        }
        self.draw(audited);
        self.estimated
            .add(audited, audited.risk.score >= LIKELY, came);
        if let Some(returned) = &audited.returned {
            self.returned += 1;
            if let Some(pattern) = returned.caught_by {
                *self.returns_caught.entry(pattern).or_default() += 1;
            }
            keep(&mut self.returns, audited);
        }
    }

    /// Keeps each conversation with the same chance (Vitter 1985, algorithm R), from a fixed seed.
    fn draw(&mut self, audited: &Audited) {
        let example = || Example {
            audited: audited.clone(),
        };
        if self.sample.len() < SAMPLE {
            self.sample.push(example());
            return;
        }
        let chance = self
            .chance
            .get_or_insert_with(|| fastrand::Rng::with_seed(1));
        let at = chance.u64(..self.conversations);
        if at < SAMPLE as u64 {
            self.sample[at as usize] = example();
        }
    }

    pub(super) fn summary(self) -> Summary {
        let (basis, counts) = match self.known {
            0 => (Basis::Estimated, self.estimated),
            _ => (Basis::Measured, self.measured),
        };
        let area = |scores: Vec<(f32, bool)>| {
            let bad = scores.iter().filter(|(_, bad)| *bad).count();
            // With a handful of either kind an area says nothing.
            (bad >= 10 && scores.len() - bad >= 10).then(|| {
                let estimate = Ranked::new(scores).auroc();
                Area {
                    value: estimate.value,
                    low: estimate.low,
                    high: estimate.high,
                    n: estimate.n,
                }
            })
        };
        let mut roadmap: Vec<PatternRow> = (1..)
            .zip(counts.rows)
            .map(|(pattern, row)| PatternRow {
                pattern,
                name: PATTERNS[usize::from(pattern) - 1],
                ..row
            })
            .collect();
        let mut after_handoff = self.after_handoff;
        for (row, pattern) in after_handoff.iter_mut().zip(CALLING..) {
            row.pattern = pattern as u8 + 1;
            row.name = PATTERNS[pattern];
        }
        roadmap.sort_by(|a, b| b.worth().total_cmp(&a.worth()).then(b.fired.cmp(&a.fired)));
        Summary {
            conversations: self.conversations,
            turns: self.turns,
            examined: self.examined,
            basis,
            known: self.known,
            bad: counts.bad,
            handed_over: self.handed_over,
            with_human: self.with_human,
            bad_without_handoff: counts.bad_without_handoff,
            missed: counts.missed,
            extra_handoffs: self.extra_handoffs,
            returned: self.returned,
            returns_caught: self.returns_caught,
            risk_auroc: area(self.risks),
            length_auroc: area(self.lengths),
            skipped: self.skipped,
            skipped_lines: self.skipped_lines,
            roadmap,
            after_handoff,
            misses: counts.misses,
            returns: self.returns,
            sample: self.sample,
        }
    }
}

impl Counts {
    fn add(&mut self, audited: &Audited, bad: bool, came: bool) {
        let fired = &audited.walked.fired;
        self.bad += u64::from(bad);
        self.bad_without_handoff += u64::from(bad && !came);
        if bad && !came && fired.is_empty() {
            self.missed += 1;
            keep(&mut self.misses, audited);
        }
        for (number, fired) in fired.iter().enumerate() {
            let row = usize::from(fired.pattern).checked_sub(1);
            let Some(row) = row.and_then(|row| self.rows.get_mut(row)) else {
                continue;
            };
            row.fired += 1;
            row.first += u64::from(number == 0);
            row.saved += u64::from(bad && !came);
            row.false_alarms += u64::from(!bad && !came);
            if bad && !came {
                keep(&mut row.examples, audited);
            }
        }
    }
}

impl PatternRow {
    /// The share of its alarms that were right; `None` where there was none.
    pub fn precision(&self) -> Option<f64> {
        let all = self.saved + self.false_alarms;
        (all > 0).then(|| self.saved as f64 / all as f64)
    }

    /// What it saves, by how often it is right.
    fn worth(&self) -> f64 {
        self.precision().unwrap_or(0.0) * self.saved as f64
    }
}

impl AfterHandoff {
    /// What happened in these conversations.
    pub(super) fn what(&self) -> &'static str {
        match self.pattern {
            6 => "the customer had to say again what they had told the assistant",
            _ => "the human answered at the end what nothing keeps from the assistant",
        }
    }
}

/// Keeps the riskiest.
fn keep(examples: &mut Vec<Example>, audited: &Audited) {
    let risk = |example: &Example| example.audited.risk.score;
    let at = examples.partition_point(|example| risk(example) >= audited.risk.score);
    if at < EXAMPLES {
        let audited = audited.clone();
        examples.insert(at, Example { audited });
        examples.truncate(EXAMPLES);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            conversations,
            turns,
            known,
            bad,
            handed_over,
            bad_without_handoff,
            missed,
            extra_handoffs,
            ..
        } = self;
        writeln!(
            f,
            "{conversations} conversations, {turns} turns; {handed_over} came to a human."
        )?;
        match self.basis {
            Basis::Measured => writeln!(
                f,
                "Measured on the {known} whose outcome is known: {bad} ended badly, \
                 {bad_without_handoff} of them without any human."
            )?,
            Basis::Estimated => writeln!(
                f,
                "Estimated, as the log has no outcomes: {bad} probably ended badly, \
                 {bad_without_handoff} of them without any human.\n\
                 Label some in the page of --html and pass them with --labels to measure."
            )?,
        }
        writeln!(
            f,
            "\n{:<26}{:>8}{:>8}{:>8}{:>14}{:>11}",
            "pattern", "fires", "first", "saved", "false alarms", "precision"
        )?;
        for row in self.roadmap.iter().filter(|row| row.fired > 0) {
            let precision = row
                .precision()
                .map_or("-".to_owned(), |p| format!("{p:.2}"));
            let PatternRow {
                pattern,
                name,
                fired,
                first,
                saved,
                false_alarms,
                ..
            } = row;
            writeln!(
                f,
                "{:<26}{fired:>8}{first:>8}{saved:>8}{false_alarms:>14}{precision:>11}",
                format!("{pattern} {name}")
            )?;
        }
        let share = 100.0 * *extra_handoffs as f64 / (*conversations).max(1) as f64;
        writeln!(
            f,
            "\nThe price: {extra_handoffs} more handoffs ({share:.1} % of conversations). \
             Nothing fires in {missed} that ended badly without any human."
        )?;
        for miss in self.misses.iter().take(3) {
            let Audited { recorded, risk, .. } = &miss.audited;
            writeln!(f, "  such as {} (risk {:.2})", recorded.id, risk.score)?;
        }
        let lost = || self.after_handoff.iter().filter(|row| row.turns > 0);
        if lost().next().is_some() {
            let humans = self.with_human;
            writeln!(f, "After a human took over, in {humans} conversations:")?;
        }
        for row in lost() {
            let AfterHandoff {
                pattern,
                name,
                conversations,
                turns,
                ..
            } = row;
            let what = row.what();
            writeln!(
                f,
                "  {pattern} {name}: in {conversations} of them {what} ({turns} turns)"
            )?;
        }
        if self.returned > 0 {
            let caught: u64 = self.returns_caught.values().sum();
            writeln!(
                f,
                "{} customers came back about what was said to be settled; a pattern fires in the \
                 earlier conversation of {caught}.",
                self.returned
            )?;
        }
        if let (Some(risk), Some(length)) = (self.risk_auroc, self.length_auroc) {
            writeln!(
                f,
                "Risk tells bad endings from good: AUROC {:.3} ({:.3} to {:.3}, n = {}); length \
                 alone {:.3}.",
                risk.value, risk.low, risk.high, risk.n, length.value
            )?;
        }
        if self.skipped > 0 {
            writeln!(f, "{} records could not be read:", self.skipped)?;
            for line in self.skipped_lines.iter().take(5) {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}
