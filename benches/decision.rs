//! How long does one decision take, without the detectors' findings?
//!
//! And how long the card of a handoff, with everything that is remembered full? It is in the queue
//! with the step: goal at most 50 ms from the decision, of which the flush takes the most.
//!
//! Goal: at most 20 µs. Baseline: to write the event down as JSON, which every host must do.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use warmline::core::privacy::Kinds;
use warmline::core::signal::{Amount, Evidence, Findings, Intent};
use warmline::core::state::{ACTIONS, Attempt};
use warmline::core::transition;
use warmline::core::turn::Action;
use warmline::{
    Card, Config, CustomerContext, Draft, Epoch, Event, Signal, SignalKind, State, Timestamp,
    Trigger, TriggerKind, TurnNumber,
};
use warmline_benches::WORDS;

const AT: Timestamp = Timestamp(1_750_000_000_000);

fn evidence() -> Evidence {
    Evidence {
        turn: Some(TurnNumber(1)),
        quote: WORDS[..24].to_owned(),
        why: "nearest to an example".to_owned(),
    }
}

/// Findings as of a turn about which every detector says something and none enough.
fn findings() -> Findings {
    let signals = SignalKind::ALL.into_iter().map(|kind| Signal {
        kind,
        score: 0.2,
        evidence: vec![evidence()],
    });
    Findings {
        signals: signals.collect(),
        intents: vec![Intent {
            name: "order_status".to_owned(),
            score: 0.8,
            evidence: evidence(),
        }],
        amounts: vec![Amount {
            value: 20.0,
            currency: "EUR".to_owned(),
            evidence: evidence(),
        }],
        ..Findings::default()
    }
}

fn spoke() -> Event {
    Event::CustomerSpoke {
        text: WORDS.to_owned(),
        message: None,
        context: CustomerContext::default(),
    }
}

fn examined(through: TurnNumber, epoch: Epoch) -> Event {
    Event::TurnExamined {
        through,
        epoch,
        findings: findings(),
    }
}

fn drafted(through: TurnNumber, epoch: Epoch) -> Event {
    let draft = Draft {
        text: WORDS.to_owned(),
        ..Draft::default()
    };
    Event::DraftExamined {
        through,
        epoch,
        draft,
        findings: findings(),
    }
}

fn decisions(criterion: &mut Criterion) {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/reference.toml");
    let config = Config::load(&reference).expect("the reference configuration is valid");
    let workflow = &*config.workflow;
    let step = |state: &State, event: &Event| {
        let decided = transition(workflow, state, AT, event);
        decided.expect("the event fits the state").0
    };
    // A hundred exchanges in: everything that is remembered is full.
    let mut resting = State::new(workflow.initial.clone());
    for _ in 0..100 {
        resting = step(&resting, &spoke());
        let (through, epoch) = (resting.last_customer_turn, resting.epoch);
        resting = step(&resting, &examined(through, epoch));
        resting = step(&resting, &drafted(through, epoch));
    }
    let heard = step(&resting, &spoke());
    let (through, epoch) = (heard.last_customer_turn, heard.epoch);
    let seen = step(&heard, &examined(through, epoch));

    let mut called = seen.clone();
    for _ in 0..ACTIONS {
        let action = Action {
            name: "look_up_order".to_owned(),
            input: WORDS.to_owned(),
            result: Some(format!("{{\"status\": \"sent\", \"note\": \"{WORDS}\"}}")),
        };
        let attempt = Attempt {
            action,
            turn: through,
        };
        called.attempts.push_back(Arc::new(attempt));
    }

    let mut group = criterion.benchmark_group("decision");
    for (name, state, event) in [
        ("customer_spoke", &resting, spoke()),
        ("turn_examined", &heard, examined(through, epoch)),
        ("draft_examined", &seen, drafted(through, epoch)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| transition(workflow, black_box(state), AT, black_box(&event)));
        });
    }
    // The card is part of the step that hands off, so it is in the queue when the step is recorded.
    let trigger = Trigger {
        kind: TriggerKind::Sentiment,
        rule: String::new(),
        intent: Some("order_status".to_owned()),
        signals: Vec::new(),
        evidence: vec![evidence()],
        turn: through,
    };
    group.bench_function("card of a full window", |bencher| {
        bencher.iter(|| {
            Card::extract(
                black_box(&called),
                &trigger,
                &workflow.policy,
                Kinds::default(),
            )
        });
    });
    let event = examined(through, epoch);
    group.bench_function("baseline: turn_examined as JSON", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&event)));
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
