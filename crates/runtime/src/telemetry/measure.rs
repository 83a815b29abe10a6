//! What one step adds to the metrics; counted once the step is on disk.

use warmline_core::event::Event;
use warmline_core::outcome::tally::Worker;
use warmline_core::{Entry, Outcome, SignalKind, State};

/// Something that a step adds to the metrics.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measure {
    Ended(Outcome),
    Rated(Worker, u8),
    Waited { queue: String, seconds: f64 },
    Handled(f64),
    FirstHuman(f64),
    HandedBack,
    Bounced,
    Repeated,
    Scored(SignalKind, f32),
}

/// What the step from `before` to `after` adds.
pub(crate) fn measures(before: &State, entry: &Entry, after: &State) -> Vec<Measure> {
    let mut measures = Vec::new();
    let since = |from: warmline_core::Timestamp| entry.at.since(from).as_secs_f64();
    if let (None, Some(outcome)) = (before.outcome, after.outcome) {
        measures.push(Measure::Ended(outcome));
    }
    if let (Some(queued), None) = (&before.queued, &after.queued) {
        measures.push(Measure::Waited {
            queue: queued.queue.clone(),
            seconds: since(queued.since),
        });
    }
    if before.operator.is_some() && before.operator != after.operator {
        measures.push(Measure::Handled(since(before.since)));
    }
    let (was, is) = (&before.tally, &after.tally);
    if was.stretch == is.stretch {
        if let (None, Some(milliseconds)) = (was.first_human_ms, is.first_human_ms) {
            measures.push(Measure::FirstHuman(milliseconds as f64 / 1000.0));
        }
        if is.bounces > was.bounces {
            measures.push(Measure::Bounced);
        }
        if is.repeats > was.repeats {
            measures.push(Measure::Repeated);
        }
    }
    if after.handbacks > before.handbacks {
        measures.push(Measure::HandedBack);
    }
    match &entry.event {
        Event::Rated { score } => {
            let worker = is.worker.unwrap_or(Worker::Assistant);
            measures.push(Measure::Rated(worker, *score));
        }
        Event::TurnExamined { findings, .. }
        | Event::PartExamined { findings, .. }
        | Event::DraftExamined { findings, .. } => {
            let scores = findings.signals.iter();
            measures.extend(scores.map(|signal| Measure::Scored(signal.kind, signal.score)));
        }
        _ => {}
    }
    measures
}

impl Measure {
    /// Counts it.
    pub(crate) fn record(self) {
        match self {
            Measure::Ended(outcome) => {
                metrics::counter!("warmline_outcomes_total", "outcome" => outcome.as_str())
                    .increment(1);
            }
            Measure::Rated(worker, score) => {
                let after = match worker {
                    Worker::Assistant => "assistant",
                    Worker::Human => "human",
                };
                metrics::histogram!("warmline_rating", "after" => after).record(f64::from(score));
            }
            Measure::Waited { queue, seconds } => {
                metrics::histogram!("warmline_waiting_seconds", "queue" => queue).record(seconds);
            }
            Measure::Handled(seconds) => {
                metrics::histogram!("warmline_handling_seconds").record(seconds);
            }
            Measure::FirstHuman(seconds) => {
                metrics::histogram!("warmline_first_human_seconds").record(seconds);
            }
            Measure::HandedBack => metrics::counter!("warmline_handbacks_total").increment(1),
            Measure::Bounced => metrics::counter!("warmline_bounces_total").increment(1),
            Measure::Repeated => metrics::counter!("warmline_repeated_turns_total").increment(1),
            Measure::Scored(kind, score) => {
                metrics::histogram!("warmline_signal_score", "signal" => kind.as_str())
                    .record(f64::from(score));
            }
        }
    }
}
