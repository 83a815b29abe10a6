use warmline::core::Signal;
use warmline::core::entry::Decided;
use warmline::core::signal::Findings;
use warmline::{ConfigVersion, Epoch, Event, SignalKind, StateName, TurnNumber};

use super::*;

fn examined(score: Option<f32>) -> Entry {
    let signals = score.map(|score| Signal {
        kind: SignalKind::Sentiment,
        score,
        evidence: Vec::new(),
    });
    Entry {
        seq: 0,
        at: Timestamp(1),
        config: ConfigVersion::new("c").unwrap(),
        event: Event::TurnExamined {
            through: TurnNumber(1),
            epoch: Epoch(1),
            findings: Findings {
                signals: signals.into_iter().collect(),
                ..Findings::default()
            },
        },
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

fn scores(angry: usize, calm: usize) -> Scores {
    let mut scores = Scores::default();
    for _ in 0..angry {
        scores.hear(&examined(Some(0.8)));
    }
    for _ in 0..calm {
        scores.hear(&examined(None));
    }
    scores
}

#[test]
fn customers_who_get_angry_are_drift_and_a_few_are_not() {
    let reference = scores(50, 950);
    let shift = |angry, calm| {
        let shifts = scores(angry, calm).shifts(&reference, "7d");
        assert_eq!(shifts.len(), 1);
        shifts[0].clone()
    };
    assert_eq!(shift(20, 380).level(), Level::Steady);
    assert_eq!(shift(160, 240).level(), Level::Major);
    // Three of ten may well be chance.
    let few = shift(3, 7);
    assert!(few.index > 0.25, "{few:?}");
    assert_eq!(few.level(), Level::Steady);
    assert_eq!((few.looked, few.reference), (10, 1_000));
}

#[test]
fn what_raises_nothing_is_counted_as_well() {
    let calm = scores(0, 400);
    let shifts = calm.shifts(&scores(300, 700), "1d");
    assert_eq!(shifts[0].level(), Level::Major, "{shifts:?}");
    let mut both = scores(1, 2);
    both.add(&scores(3, 4));
    assert_eq!(both, scores(4, 6));
}
