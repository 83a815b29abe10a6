//! Labelled conversations out of a journal.

use warmline_core::outcome::Ended;
use warmline_core::signal::{Findings, TriggerKind};
use warmline_core::{Entry, Event, Outcome};

use super::Labelled;

impl Labelled {
    /// A conversation of the journal, by its `entries` up to its first handoff. `feedback` is what
    /// an operator said of that; a conversation that nobody handed off is judged by how its
    /// stretches ended, as the journal has it in `ends`. `None` where neither tells.
    ///
    /// What would have been found after a handoff is not known: thresholds laxer than those of the
    /// time look as if they missed more than they would, which errs on the safe side.
    pub fn in_journal(
        id: &str,
        entries: &[Entry],
        ends: &[Ended],
        feedback: Option<bool>,
    ) -> Option<Self> {
        let mut labelled = Self {
            id: id.to_owned(),
            context: Default::default(),
            needed: false,
            gated: false,
            peaks: Default::default(),
        };
        let mut alone = true;
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
                _ => {}
            }
            if let Some(trigger) = &entry.decided.trigger {
                labelled.gated = trigger.signals.is_empty()
                    && matches!(
                        trigger.kind,
                        TriggerKind::HardGate | TriggerKind::CustomerRequest | TriggerKind::Rule
                    );
                alone = false;
                break;
            }
        }
        labelled.needed = feedback.or_else(|| judged(ends).filter(|_| alone))?;
        Some(labelled)
    }

    fn hear(&mut self, findings: &Findings) {
        for signal in &findings.signals {
            let peak = self.peaks.entry(signal.kind).or_default();
            *peak = peak.max(signal.score);
        }
    }
}

/// Whether a conversation that stayed with the assistant needed a human, by how its stretches ended:
/// one that ended badly, or that the customer came back from about the same thing, says so; that none
/// was needed takes a good word at the end of each.
fn judged(ends: &[Ended]) -> Option<bool> {
    let with_human = |end: &Ended| end.was_handed_off() || end.tally.operator_turns > 0;
    if ends.is_empty() || ends.iter().any(with_human) {
        return None;
    }
    let bad = |end: &Ended| {
        let outcome = end.outcome;
        matches!(
            outcome,
            Outcome::Abandoned | Outcome::Unresolved | Outcome::Reopened
        )
    };
    let good = |end: &Ended| end.outcome == Outcome::ResolvedConfirmed;
    match ends.iter().any(bad) {
        true => Some(true),
        false => ends.iter().all(good).then_some(false),
    }
}

#[cfg(test)]
mod tests {
    use warmline_core::outcome::Tally;
    use warmline_core::signal::{Signal, SignalKind, Trigger};
    use warmline_core::{
        ConfigVersion, ConversationId, Decided, Epoch, StateName, TimerName, Timestamp, TurnNumber,
    };

    use super::*;

    fn entry(event: Event) -> Entry {
        Entry {
            seq: 0,
            at: Timestamp(1),
            config: ConfigVersion::new("c").unwrap(),
            event,
            decided: Decided {
                state: StateName::new("ai_owned").unwrap(),
                epoch: Epoch(1),
                turns: Vec::new(),
                trigger: None,
                effects: Vec::new(),
                timers: Default::default(),
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

    fn handed_off(score: f32) -> Entry {
        let mut entry = examined(score);
        entry.decided.trigger = Some(Trigger {
            kind: TriggerKind::Sentiment,
            rule: String::new(),
            intent: None,
            signals: Vec::new(),
            evidence: Vec::new(),
            turn: TurnNumber(1),
        });
        entry
    }

    fn ended(outcome: Outcome) -> Ended {
        Ended {
            conversation: ConversationId::new("c").unwrap(),
            at: Timestamp(1),
            outcome,
            stated: outcome,
            reopened: None,
            channel: None,
            segment: None,
            language: None,
            config: ConfigVersion::new("c").unwrap(),
            tally: Tally::default(),
        }
    }

    fn needed(entries: &[Entry], ends: &[Ended], feedback: Option<bool>) -> Option<bool> {
        Labelled::in_journal("c", entries, ends, feedback).map(|labelled| labelled.needed)
    }

    #[test]
    fn an_end_by_silence_tells_as_much_as_a_stated_one() {
        let silence = entry(Event::TimerFired {
            timer: TimerName::new("idle").unwrap(),
            due: Timestamp(1),
        });
        let entries = [examined(0.2), examined(0.6), silence];
        let ends = [ended(Outcome::Abandoned)];
        let found = Labelled::in_journal("c", &entries, &ends, None).unwrap();
        assert!(found.needed);
        assert_eq!(found.peaks[&SignalKind::Sentiment], 0.6);
        // Without an end nothing is known, unless somebody says it.
        assert_eq!(needed(&entries, &[], None), None);
        assert_eq!(needed(&entries, &[], Some(true)), Some(true));
        assert_eq!(needed(&entries, &ends, Some(false)), Some(false));
    }

    #[test]
    fn every_stretch_must_end_well_where_no_human_was_needed() {
        let open = [examined(0.2)];
        let of = |outcomes: &[Outcome]| {
            let ends: Vec<Ended> = outcomes.iter().copied().map(ended).collect();
            needed(&open, &ends, None)
        };
        let confirmed = Outcome::ResolvedConfirmed;
        assert_eq!(of(&[confirmed, confirmed]), Some(false));
        assert_eq!(of(&[confirmed, Outcome::Unresolved]), Some(true));
        assert_eq!(of(&[confirmed, Outcome::ResolvedUnconfirmed]), None);
        assert_eq!(of(&[Outcome::Reopened]), Some(true));
    }

    #[test]
    fn where_a_human_came_only_an_operator_tells() {
        let entries = [examined(0.2), handed_off(0.9)];
        let ends = [ended(Outcome::ResolvedConfirmed), ended(Outcome::Abandoned)];
        assert_eq!(needed(&entries, &ends, None), None);
        assert_eq!(needed(&entries, &ends, Some(true)), Some(true));
        // An operator may answer without a handoff.
        let mut helped = ended(Outcome::ResolvedConfirmed);
        helped.tally.operator_turns = 1;
        assert_eq!(needed(&[examined(0.2)], &[helped], None), None);
    }
}
