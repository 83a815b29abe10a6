use warmline_core::signal::Signal;
use warmline_core::source::Source;
use warmline_core::{Decided, OperatorId, Workflow};
use warmline_detect::{DetectConfig, HashedEncoder, Scope};

use super::*;

fn workflow(text: &str) -> Arc<Workflow> {
    Arc::new(Workflow::parse(&Source::new("w.toml", text)).unwrap())
}

/// A journal that `workflow` decided: turns with the sentiment that was found in them, each
/// answered; what comes after a handoff is said to a human.
fn journal(workflow: &Workflow, turns: &[(&str, f32)]) -> Vec<Entry> {
    let mut state = State::new(workflow.initial.clone());
    let mut entries: Vec<Entry> = Vec::new();
    let mut live = |state: &mut State, event: Event| {
        let at = Timestamp(1_000 * (entries.len() as u64 + 1));
        let (after, effects) = transition(workflow, state, at, &event).unwrap();
        entries.push(Entry {
            seq: entries.len() as u64,
            at,
            config: workflow.version.clone(),
            event,
            decided: Decided::of(state, &after, &effects),
        });
        *state = after;
    };
    for (text, score) in turns {
        let event = Event::CustomerSpoke {
            text: (*text).to_owned(),
            message: None,
            context: Default::default(),
        };
        live(&mut state, event);
        if state.operator.is_some() {
            continue;
        }
        let (through, epoch) = (state.last_customer_turn, state.epoch);
        let findings = Findings {
            signals: vec![Signal {
                kind: SignalKind::Sentiment,
                score: *score,
                evidence: Vec::new(),
            }],
            ..Findings::default()
        };
        live(
            &mut state,
            Event::TurnExamined {
                through,
                epoch,
                findings,
            },
        );
        if state.handoffs > 0 {
            let operator = OperatorId::new("dana").unwrap();
            live(
                &mut state,
                Event::OperatorClaimed {
                    operator,
                    leased: false,
                    waited: None,
                },
            );
            continue;
        }
        let draft = Draft {
            text: "One moment.".to_owned(),
            ..Draft::default()
        };
        let findings = Findings::default();
        live(
            &mut state,
            Event::DraftExamined {
                through,
                epoch,
                draft,
                findings,
            },
        );
    }
    entries
}

const TURNS: [(&str, f32); 3] = [("Hello", 0.1), ("Hm.", 0.6), ("This is awful.", 0.9)];

async fn change(then: &str, now: &str) -> Option<Change> {
    let entries = journal(&workflow(then), &TURNS);
    let rules = Arc::new(Rules::without_detectors(workflow(now)));
    let redecided = redecide("c", &entries, &rules, |_| true).await.unwrap();
    redecided.change()
}

#[tokio::test]
async fn thresholds_move_the_handoff() {
    let at = |threshold: &str| format!("[thresholds]\nsentiment = {threshold}\n");
    assert_eq!(change(&at("0.5"), &at("0.5")).await, None);
    assert_eq!(change(&at("0.8"), &at("0.5")).await, Some(Change::Earlier));
    assert_eq!(change(&at("0.95"), &at("0.5")).await, Some(Change::Newly));
    assert_eq!(
        change(&at("0.5"), &at("\"off\"")).await,
        Some(Change::NoMore)
    );
}

#[tokio::test]
async fn a_gate_that_is_met_later_hands_off_later() {
    let gate = "[thresholds]\nsentiment = \"off\"\n[[gates]]\nname = \"g\"\nwhen = 'turns >= 3'\n";
    let then = "[thresholds]\nsentiment = 0.5\n";
    assert_eq!(change(then, gate).await, Some(Change::Later));
}

#[tokio::test]
async fn other_detectors_look_again() {
    let policy = "[[gates]]\nname = \"g\"\nwhen = 'intent == \"human_request\"'\n";
    let entries = journal(&workflow(policy), &[("I want to talk to a human.", 0.0)]);
    let (detect, scope) = (DetectConfig::default(), Scope::default());
    let encoder = Arc::new(HashedEncoder);
    let rules = Rules::new(workflow(policy), &detect, &scope, encoder).await;
    let rules = Arc::new(rules.unwrap());
    let known = redecide("c", &entries, &rules, |_| true).await.unwrap();
    assert_eq!(known.change(), None);
    let again = redecide("c", &entries, &rules, |_| false).await.unwrap();
    assert_eq!(again.change(), Some(Change::Newly));
    assert!(again.after.unwrap().words.contains("human"));
}
