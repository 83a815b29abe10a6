//! The closing account, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use super::Shared;
use super::audit::Audited;
use super::ledger::Latencies;
use super::transcript::{Fault, Finding};

/// What came of a simulation.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the names of its conversations begin with.
    pub run: String,
    /// Conversations that were begun.
    pub conversations: u64,
    /// Conversations by the state they ended in.
    pub end_states: BTreeMap<String, u64>,
    /// Conversations that are over, by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Handoffs that a customer's turn caused, by the kind of their trigger.
    pub handoffs: BTreeMap<String, u64>,
    /// All handoffs, operators stepping in among them.
    pub handoffs_in_all: u64,
    /// Handbacks.
    pub handbacks: u64,
    /// The customers' turns.
    pub turns: Turns,
    /// Time from sending a turn to the decision about it, in milliseconds; of the try that was
    /// answered.
    pub decision_ms: Latency,
    /// What operators did.
    pub operators: Operators,
    /// Requests that were sent again because the server had too much to do.
    pub overloads: u64,
    /// Requests that were sent again because a connection was lost or refused.
    pub lost_connections: u64,
    /// Drafts that came too late and were discarded.
    pub discarded_drafts: u64,
    /// What the server refused, by what it said.
    pub refusals: BTreeMap<String, u64>,
    /// Turns in all transcripts, whoever said them.
    pub transcript_turns: u64,
    /// How long the customers spoke, in seconds.
    pub seconds: f64,
    /// Findings in all.
    pub found: u64,
    /// Findings by their kind, among those that are kept.
    pub faults: BTreeMap<Fault, u64>,
    /// The first findings.
    pub findings: Vec<Finding>,
}

/// The customers' turns.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Turns {
    /// Sent.
    pub sent: u64,
    /// Acknowledged.
    pub acknowledged: u64,
    /// Neither acknowledged nor refused when time was up.
    pub in_doubt: u64,
    /// Sent once more after they were acknowledged.
    pub repeated: u64,
    /// Of these, taken for another turn.
    pub repeated_as_another: u64,
}

/// What operators did.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Operators {
    /// Conversations claimed.
    pub claims: u64,
    /// Claims that somebody else was faster with.
    pub claims_lost: u64,
    /// Replies.
    pub replies: u64,
    /// Conversations handed back.
    pub handbacks: u64,
    /// Conversations put back into the queue.
    pub releases: u64,
}

/// How long something takes, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latency {
    /// Half take at most that long.
    pub p50: f64,
    /// 90 of 100 do.
    pub p90: f64,
    /// 99 of 100 do.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Latency {
    fn of(times: &Latencies) -> Self {
        let at = |share| times.0.value_at_quantile(share) as f64 / 1000.0;
        Self {
            p50: at(0.50),
            p90: at(0.90),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

impl Report {
    pub(super) fn new(shared: &Shared, audited: Audited, spoken: Duration) -> Self {
        let pages = shared.ledger.pages();
        let (progress, tally) = (pages.progress, &pages.tally);
        let mut faults = BTreeMap::new();
        for finding in &audited.findings {
            *faults.entry(finding.fault).or_default() += 1;
        }
        Self {
            run: shared.options.run.clone(),
            conversations: progress.begun,
            end_states: audited.ends,
            outcomes: audited.outcomes,
            handoffs: tally.handoffs.clone(),
            handoffs_in_all: audited.handoffs,
            handbacks: audited.handbacks,
            turns: Turns {
                sent: tally.sent,
                acknowledged: progress.turns,
                in_doubt: tally.unanswered,
                repeated: tally.repeated,
                repeated_as_another: tally.repeated_as_another,
            },
            decision_ms: Latency::of(&pages.latency),
            operators: Operators {
                claims: progress.claims,
                claims_lost: tally.claims_lost,
                replies: tally.replies,
                handbacks: tally.handbacks,
                releases: tally.releases,
            },
            overloads: shared.client.overloads.load(Ordering::Relaxed),
            lost_connections: shared.client.lost.load(Ordering::Relaxed),
            discarded_drafts: audited.discarded_drafts,
            refusals: tally.refusals.clone(),
            transcript_turns: audited.turns,
            seconds: spoken.as_secs_f64(),
            found: audited.found,
            faults,
            findings: audited.findings,
        }
    }

    /// Whether everything is as it should be: nothing lost, nothing doubled, one voice, and nothing
    /// refused that should have been taken.
    pub fn is_sound(&self) -> bool {
        self.found == 0 && self.turns.repeated_as_another == 0 && self.refusals.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turns = &self.turns;
        let rate = turns.acknowledged as f64 / self.seconds.max(0.001);
        writeln!(
            f,
            "{} conversations, {} turns of customers in {:.1} s ({rate:.0} per second)\n",
            self.conversations, turns.acknowledged, self.seconds
        )?;
        table(f, "conversations by end state", &self.end_states)?;
        table(f, "ended with", &self.outcomes)?;
        table(f, "handoffs by trigger", &self.handoffs)?;
        let Latency { p50, p90, p99, max } = self.decision_ms;
        writeln!(f, "decision latency")?;
        writeln!(
            f,
            "  p50 {p50:.1} ms, p90 {p90:.1} ms, p99 {p99:.1} ms, max {max:.1} ms\n"
        )?;
        let operators = &self.operators;
        let rows = [
            ("turns sent", turns.sent),
            ("turns acknowledged", turns.acknowledged),
            ("turns in doubt when time was up", turns.in_doubt),
            ("acknowledged turns sent again", turns.repeated),
            ("requests sent again after an overload", self.overloads),
            (
                "requests sent again after a lost connection",
                self.lost_connections,
            ),
            ("conversations claimed by operators", operators.claims),
            ("claims that another operator won", operators.claims_lost),
            ("replies of operators", operators.replies),
            ("handed back to the assistant", operators.handbacks),
            ("put back into the queue", operators.releases),
            ("drafts discarded as too late", self.discarded_drafts),
        ];
        writeln!(f, "what happened")?;
        for (what, count) in rows {
            writeln!(f, "  {count:>8}  {what}")?;
        }
        writeln!(f)?;
        self.verdict(f)
    }
}

impl Report {
    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "held against {} turns of the transcripts",
            self.transcript_turns
        )?;
        let faults = [
            (Fault::Lost, "acknowledged turns lost or changed"),
            (Fault::Doubled, "conversations with doubled turns"),
            (
                Fault::TwoVoices,
                "conversations answered by two parties at once",
            ),
            (Fault::AnsweredTwice, "conversations with a second answer"),
            (Fault::Unanswered, "conversations still owed an answer"),
            (Fault::Gap, "transcripts with gaps"),
        ];
        for (fault, what) in faults {
            let count = self.faults.get(&fault).copied().unwrap_or(0);
            writeln!(f, "  {count:>8}  {what}")?;
        }
        let again = self.turns.repeated_as_another;
        writeln!(f, "  {again:>8}  repeated turns taken for new ones")?;
        for (refusal, count) in &self.refusals {
            writeln!(f, "  {count:>8}  refused: {refusal}")?;
        }
        for finding in &self.findings {
            writeln!(f, "  {}: {}", finding.conversation, finding.detail)?;
        }
        let more = self.found.saturating_sub(self.findings.len() as u64);
        if more > 0 {
            writeln!(f, "  and {more} more")?;
        }
        match self.is_sound() {
            true => writeln!(f, "\nnothing lost, nothing answered by two parties"),
            false => writeln!(f, "\nnot sound: see above"),
        }
    }
}

fn table(f: &mut fmt::Formatter<'_>, title: &str, rows: &BTreeMap<String, u64>) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}")?;
    for (name, count) in rows {
        writeln!(f, "  {count:>8}  {name}")?;
    }
    writeln!(f)
}
