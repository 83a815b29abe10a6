use std::sync::Arc;

use proptest::prelude::*;

use super::{Card, CardSource, Claim, MAX_WORDS, is_hidden};
use crate::ids::{Epoch, OperatorId, StateName, Timestamp, TurnNumber};
use crate::policy::{OnFailure, Play, Policy};
use crate::privacy::Kinds;
use crate::signal::{Evidence, Trigger, TriggerKind};
use crate::state::{Attempt, State};
use crate::turn::{Action, Speaker, Turn};

fn policy() -> Policy {
    Policy {
        gates: Vec::new(),
        thresholds: Vec::new(),
        detector_failure: std::collections::BTreeMap::new(),
        other_failure: OnFailure::HandOff,
        max_handbacks: 2,
        playbook: vec![Play {
            trigger: Some(TriggerKind::CustomerRequest),
            rule: None,
            intent: None,
            step: "Check the order and decide.".to_owned(),
        }],
    }
}

fn trigger(kind: TriggerKind, turn: u32, quote: &str) -> Trigger {
    Trigger {
        kind,
        rule: String::new(),
        intent: None,
        signals: Vec::new(),
        evidence: vec![Evidence {
            turn: Some(TurnNumber(turn)),
            quote: quote.to_owned(),
            why: "a reason".to_owned(),
        }],
        turn: TurnNumber(turn),
    }
}

/// A conversation; `c` is the customer, `a` the assistant, `o` an operator.
fn state(said: &[(char, &str)], called: &[(u32, &str, &str, Option<&str>)]) -> State {
    let mut state = State::new(StateName::new("ai_owned").unwrap());
    for (number, (who, text)) in (1..).zip(said) {
        let speaker = match who {
            'c' => Speaker::Customer,
            'a' => Speaker::Assistant,
            _ => Speaker::Operator {
                operator: OperatorId::new("dana").unwrap(),
            },
        };
        state.window.push_back(Arc::new(Turn {
            number: TurnNumber(number),
            speaker,
            text: (*text).to_owned(),
            at: Timestamp(0),
            epoch: Epoch(1),
            citations: Vec::new(),
        }));
    }
    for (turn, name, input, result) in called {
        let action = Action {
            name: (*name).to_owned(),
            input: (*input).to_owned(),
            result: result.map(str::to_owned),
        };
        state.attempts.push_back(Arc::new(Attempt {
            action,
            turn: TurnNumber(*turn),
        }));
    }
    state
}

fn texts(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.text.as_str()).collect()
}

#[test]
fn a_card_says_what_was_wanted_done_promised_and_in_the_way() {
    let state = state(
        &[
            (
                'c',
                "Hi! I want to return the boots of order AB-1234. Thanks!",
            ),
            ('a', "Could you give me your order number?"),
            ('c', "I said it already"),
            ('a', "Could you please give me your order number?"),
            ('c', "AB-1234"),
            (
                'a',
                "Thank you. Unfortunately, I cannot refund **sale items**. We will call you back on Monday.",
            ),
            ('c', "Then cancel the whole order instead"),
            ('a', "Would you like me to connect you with a person?"),
            ('c', "Yes, a human please"),
        ],
        &[
            (
                5,
                "look_up_order",
                r#"{"order_id": "AB-1234"}"#,
                Some(r#"{"status": "delivered", "total": 49.9}"#),
            ),
            (
                7,
                "cancel_order",
                r#"{"order_id": "AB-1234"}"#,
                Some("Error: delivered orders stay"),
            ),
            (
                7,
                "cancel_order",
                r#"{"order_id": "AB-1234"}"#,
                Some("Error: delivered orders stay"),
            ),
        ],
    );
    let trigger = trigger(TriggerKind::CustomerRequest, 9, "a human please");
    let card = Card::extract(&state, &trigger, &policy(), Kinds::default());
    assert_eq!(
        card.customer_intent.text,
        "“I want to return the boots of order AB-1234.” then “Then cancel the whole order instead”"
    );
    assert_eq!(
        texts(&card.actions_attempted),
        [
            "Asked 2 times “Could you give me your order number?”",
            "Called look_up_order (order id AB-1234): status delivered, total 49.9",
            "Answered “Unfortunately, I cannot refund sale items.”",
            "Called cancel_order 2 times (order id AB-1234): failed",
            "Asked “Would you like me to connect you with a person?”",
        ]
    );
    assert_eq!(
        texts(&card.blockers),
        [
            "The customer asked for a human",
            "cancel_order failed: “Error: delivered orders stay”",
            "Assistant: “I cannot refund sale items.”",
        ]
    );
    assert_eq!(
        texts(&card.promised),
        ["“We will call you back on Monday.”"]
    );
    assert_eq!(card.recommended_action.text, "Check the order and decide.");
    assert!(card.words() <= MAX_WORDS);
    assert_eq!(
        card.actions_attempted[0].turns,
        [TurnNumber(2), TurnNumber(4)]
    );
}

#[test]
fn a_failure_that_was_made_good_is_no_blocker() {
    let state = state(
        &[('c', "Please book the flight")],
        &[
            (1, "book", "", Some("Error: no seats")),
            (1, "book", "", Some("booked")),
        ],
    );
    let card = Card::extract(
        &state,
        &trigger(TriggerKind::Sentiment, 1, "x"),
        &policy(),
        Kinds::default(),
    );
    assert_eq!(card.blockers.len(), 1);
}

#[test]
fn references_named_later_are_part_of_the_goal() {
    let state = state(
        &[
            ('c', "I need to change my flight"),
            ('a', "Which one?"),
            ('c', "It is H9ZU123, mia@b.example"),
        ],
        &[],
    );
    let card = Card::extract(
        &state,
        &trigger(TriggerKind::Sentiment, 3, "x"),
        &policy(),
        Kinds::default(),
    );
    assert_eq!(
        card.customer_intent.text,
        "“I need to change my flight” then “It is H9ZU123, mia@b.example”"
    );
    assert_eq!(card.customer_intent.turns, [TurnNumber(1), TurnNumber(3)]);
}

#[test]
fn promises_of_operators_last_beyond_a_handback() {
    let mut state = state(
        &[
            ('c', "Where is my money?"),
            ('o', "I have refunded 40 euros."),
            ('c', "And my voucher?"),
        ],
        &[],
    );
    state.examined_from = TurnNumber(3);
    let card = Card::extract(
        &state,
        &trigger(TriggerKind::Sentiment, 3, "x"),
        &policy(),
        Kinds::default(),
    );
    assert_eq!(texts(&card.promised), ["“I have refunded 40 euros.”"]);
    assert_eq!(card.customer_intent.text, "“And my voucher?”");
}

#[test]
fn a_card_of_an_old_journal_can_be_read() {
    let card = Card::extract(
        &state(&[('c', "Hello")], &[]),
        &trigger(TriggerKind::Rule, 1, ""),
        &policy(),
        Kinds::default(),
    );
    let mut json = serde_json::to_value(&card).unwrap();
    json.as_object_mut().unwrap().remove("promised");
    assert_eq!(serde_json::from_value::<Card>(json).unwrap(), card);
}

#[test]
fn what_is_kept_from_cards_does_not_get_in() {
    let said = [
        (
            'c',
            "Please charge 4111 1111 1111 1111 again, or write to ana@mail.example",
        ),
        ('a', "We will call you at +49 171 1234567."),
        (
            'c',
            "Why is my account DE89 3704 0044 0532 0130 00 not refunded?",
        ),
    ];
    let called = [(
        1,
        "charge",
        r#"{"name":"ana@mail.example","number":4111111111111111}"#,
        Some("error: 4111 1111 1111 1111 declined"),
    )];
    let quote = "my account DE89 3704 0044 0532 0130 00";
    let trigger = trigger(TriggerKind::Sentiment, 3, quote);
    let state = state(&said, &called);
    let written = |card: &Card| serde_json::to_string(card).unwrap();
    let open = written(&Card::extract(
        &state,
        &trigger,
        &policy(),
        Kinds::default(),
    ));
    let masked = Card::extract(&state, &trigger, &policy(), Kinds::all());
    for (secret, mask) in [
        ("4111", "[card number]"),
        ("ana@mail.example", "[e-mail]"),
        ("1234567", "[phone number]"),
        ("DE89", "[bank account]"),
    ] {
        assert!(open.contains(secret), "{secret}: {open}");
        let masked = written(&masked);
        assert!(
            !masked.contains(secret) && masked.contains(mask),
            "{masked}"
        );
    }
    let written_by_a_model = Card {
        blockers: vec![Claim {
            text: "the card 4111 1111 1111 1111 was declined".to_owned(),
            turns: Vec::new(),
        }],
        ..masked
    };
    let text = &written_by_a_model.masked(Kinds::all()).blockers[0].text;
    assert_eq!(text, "the card [card number] was declined");
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 ,.;:!?“”€-]{0,400}",
        "\\PC{0,200}",
        "[\u{4e00}-\u{4e40}，。]{0,300}",
        proptest::collection::vec(
            "[a-z]{1,9}|[0-9]{1,7}|you will receive|cannot|[.!?,]",
            0..120
        )
        .prop_map(|words| words.join(" ")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_card_exceeds_the_budget(
        said in proptest::collection::vec((prop_oneof![Just('c'), Just('a'), Just('o')], words()), 1..12),
        results in proptest::collection::vec(words(), 0..6),
        quote in words(),
        step in words(),
    ) {
        let said: Vec<(char, &str)> = said.iter().map(|(who, text)| (*who, text.as_str())).collect();
        let called: Vec<(u32, &str, &str, Option<&str>)> =
            results.iter().map(|result| (1, "tool", result.as_str(), Some(result.as_str()))).collect();
        let mut policy = policy();
        policy.playbook[0].step = step;
        let trigger = trigger(TriggerKind::CustomerRequest, said.len() as u32, &quote);
        let card = Card::extract(&state(&said, &called), &trigger, &policy, Kinds::default());
        prop_assert!(card.words() <= MAX_WORDS, "{} words: {card:#?}", card.words());
        let claims = [&card.customer_intent].into_iter().chain(&card.blockers).chain(&card.actions_attempted);
        for claim in claims {
            prop_assert!(!claim.text.contains(is_hidden), "{:?}", claim.text);
            prop_assert_eq!(claim.text.matches('“').count(), claim.text.matches('”').count());
        }
        let written = Card { source: CardSource::Model, blockers: vec![card.customer_intent.clone(); 9], ..card };
        prop_assert!(written.within_budget().words() <= MAX_WORDS);
    }
}
