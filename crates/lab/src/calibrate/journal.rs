//! Labelled conversations out of a journal.

use warmline_core::signal::{Findings, TriggerKind};
use warmline_core::{Entry, Event, Outcome};

use super::Labelled;

impl Labelled {
    /// A conversation of the journal, by its `entries` up to its first handoff. `feedback` is what
    /// an operator said of that; without any, a conversation that nobody handed off is judged by
    /// how it ended. `None` where neither tells.
    ///
    /// What would have been found after a handoff is not known: thresholds laxer than those of the
    /// time look as if they missed more than they would, which errs on the safe side.
    pub fn in_journal(id: &str, entries: &[Entry], feedback: Option<bool>) -> Option<Self> {
        let mut labelled = Self {
            id: id.to_owned(),
            context: Default::default(),
            needed: false,
            gated: false,
            peaks: Default::default(),
        };
        let mut needed = feedback;
        for entry in entries {
            match &entry.event {
                Event::CustomerSpoke { context, .. } => {
                    let known = &mut labelled.context;
                    known.channel = known.channel.take().or_else(|| context.channel.clone());
                    known.segment = known.segment.take().or_else(|| context.segment.clone());
                }
                Event::TurnExamined { findings, .. }
                | Event::ActionsExamined { findings, .. }
                | Event::PartExamined { findings, .. }
                | Event::DraftExamined { findings, .. } => labelled.hear(findings),
                Event::Closed { outcome, .. } => needed = needed.or_else(|| judged(*outcome)),
                _ => {}
            }
            if let Some(trigger) = &entry.decided.trigger {
                labelled.gated = trigger.signals.is_empty()
                    && matches!(
                        trigger.kind,
                        TriggerKind::HardGate | TriggerKind::CustomerRequest | TriggerKind::Rule
                    );
                break;
            }
        }
        labelled.needed = needed?;
        Some(labelled)
    }

    fn hear(&mut self, findings: &Findings) {
        for signal in &findings.signals {
            let peak = self.peaks.entry(signal.kind).or_default();
            *peak = peak.max(signal.score);
        }
    }
}

/// Whether a conversation that stayed with the assistant needed a human, by how it ended.
fn judged(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Abandoned | Outcome::Unresolved => Some(true),
        Outcome::ResolvedConfirmed => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use warmline_core::event::Requester;
    use warmline_core::signal::{Signal, SignalKind};
    use warmline_core::{ConfigVersion, Decided, Epoch, StateName, Timestamp, TurnNumber};

    use super::*;

    fn entry(event: Event) -> Entry {
        Entry {
            seq: 0,
            at: Timestamp(1),
            config: ConfigVersion::new("c").unwrap(),
            event,
            decided: Decided {
                timers: std::collections::BTreeMap::new(),
                state: StateName::new("ai_owned").unwrap(),
                epoch: Epoch(1),
                turns: Vec::new(),
                trigger: None,
                effects: Vec::new(),
            },
        }
    }

    fn examined(score: f32) -> Entry {
        entry(Event::TurnExamined {
            through: TurnNumber(1),
            epoch: Epoch(1),
            findings: Findings {
                signals: vec![Signal {
                    kind: SignalKind::Sentiment,
                    score,
                    evidence: Vec::new(),
                }],
                ..Findings::default()
            },
        })
    }

    fn closed(outcome: Outcome) -> Entry {
        let requester = Requester::Customer;
        entry(Event::Closed { requester, outcome })
    }

    #[test]
    fn feedback_outweighs_how_it_ended() {
        let entries = [examined(0.2), examined(0.6), closed(Outcome::Abandoned)];
        let of = |feedback| Labelled::in_journal("c", &entries, feedback).unwrap();
        assert!(of(None).needed && !of(Some(false)).needed);
        assert_eq!(of(None).peaks[&SignalKind::Sentiment], 0.6);
        let open = [examined(0.2)];
        assert_eq!(Labelled::in_journal("c", &open, None), None);
        assert!(Labelled::in_journal("c", &open, Some(true)).is_some());
    }
}
