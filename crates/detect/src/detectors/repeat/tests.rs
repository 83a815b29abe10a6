use warmline_core::TurnNumber;
use warmline_core::source::Source;
use warmline_core::state::Attempt;
use warmline_core::turn::Action;

use super::*;
use crate::case;
use crate::{HashedEncoder, Scope};

async fn repeat() -> Repeat {
    let learner = Learner::new(&Scope::default(), Arc::new(HashedEncoder)).await;
    Repeat::new(LoopConfig::default(), Arc::new(learner.unwrap()))
}

async fn customer(turns: &[(&str, &str)]) -> Signal {
    repeat().await.customer(&case::of(turns)).await.unwrap()
}

const ASKED: [(&str, &str); 2] = [
    ("customer", "Where is my refund?"),
    ("assistant", "Refunds take five days."),
];

#[tokio::test]
async fn the_third_time_scores_one_half() {
    let again = ("customer", "where is my refund");
    let twice = [&ASKED[..], &[again]].concat();
    let thrice = [&ASKED[..], &ASKED[..], &[again]].concat();
    let often = [&ASKED[..], &ASKED[..], &ASKED[..], &ASKED[..], &[again]].concat();
    assert_eq!(customer(&ASKED[..1]).await.score, 0.0);
    assert!((customer(&twice).await.score - 0.293).abs() < 1e-3);
    let signal = customer(&thrice).await;
    assert_eq!(signal.score, 0.5);
    let turns: Vec<u32> = signal.evidence.iter().map(|e| e.turn.unwrap().0).collect();
    // The loop, then what was tried.
    assert_eq!(turns, [1, 3, 5, 2, 4]);
    assert_eq!(signal.evidence[3].quote, "Refunds take five days.");
    assert_eq!(customer(&often).await.score, 0.75);
}

#[tokio::test]
async fn a_complaint_of_not_being_heard_is_a_strike() {
    let turns = [
        &ASKED[..],
        &[
            ("customer", "That's not what I asked"),
            ("assistant", "I see."),
            ("customer", "I already told you!"),
        ],
    ]
    .concat();
    let signal = customer(&turns).await;
    assert_eq!(signal.score, 0.5);
    assert!(signal.evidence[1].why.contains("That's not what I asked"));
    assert_eq!(
        customer(&[("customer", "I already told you!")]).await.score,
        0.0
    );
}

#[tokio::test]
async fn something_new_breaks_the_loop() {
    for new in [
        "where is my refund for order 5521?",
        "How do I pack a tent for the return?",
    ] {
        let turns = [&ASKED[..], &ASKED[..], &[("customer", new)]].concat();
        assert_eq!(customer(&turns).await.score, 0.0, "{new}");
    }
    // A number that the assistant named is nothing new, nor is how often it was asked.
    let told = [
        ("customer", "where is my refund"),
        ("assistant", "Order 5521 was refunded."),
        ("customer", "where is my refund 5521"),
    ];
    assert!(customer(&told).await.score > 0.0);
}

fn attempt(turn: u32, name: &str, result: &str) -> Arc<Attempt> {
    Arc::new(Attempt {
        action: Action {
            name: name.to_owned(),
            input: "5521".to_owned(),
            result: Some(result.to_owned()),
        },
        turn: TurnNumber(turn),
    })
}

async fn with_attempts(attempts: &[Arc<Attempt>]) -> Signal {
    let again = [("customer", "where is my refund")];
    let case = Case {
        attempts: attempts.to_vec(),
        ..case::of(&[&ASKED[..], &ASKED[..], &again].concat())
    };
    repeat().await.customer(&case).await.unwrap()
}

#[tokio::test]
async fn an_action_that_worked_breaks_the_loop() {
    let done = with_attempts(&[attempt(3, "pay_out", "paid")]).await;
    assert_eq!((done.score, done.evidence.len()), (0.0, 0));
    let earlier = with_attempts(&[attempt(1, "pay_out", "paid")]).await;
    assert!((earlier.score - 0.293).abs() < 1e-3);
}

#[tokio::test]
async fn looking_failing_and_doing_the_same_again_are_part_of_the_loop() {
    for attempts in [
        [
            attempt(1, "get_refund", "paid"),
            attempt(3, "get_refund", "paid"),
        ],
        [
            attempt(1, "pay_out", "error"),
            attempt(3, "pay_out", "error: bank is closed"),
        ],
    ] {
        let signal = with_attempts(&attempts).await;
        assert_eq!(signal.score, 0.5);
        let why: Vec<&str> = signal.evidence.iter().map(|e| e.why.as_str()).collect();
        let result = attempts[1].action.result.as_deref().unwrap();
        assert_eq!(why.len(), 7);
        assert!(why[5..].iter().any(|why| why.contains(result)), "{why:#?}");
    }
    let again = [
        attempt(1, "send_link", "sent"),
        attempt(3, "send_link", "sent"),
    ];
    assert!((with_attempts(&again).await.score - 0.293).abs() < 1e-3);
}

#[tokio::test]
async fn turns_of_one_intent_say_the_same_where_all_of_them_are() {
    let refund = [
        "where is my refund",
        "refund has not arrived",
        "still waiting for the refund money",
        "when will I be refunded",
        "my refund is late",
        "refund status please",
        "has the refund been sent",
        "no refund on my account yet",
    ];
    let size = [
        "which size do I take",
        "does this shirt run small",
        "size chart for boots",
        "is medium right for me",
        "what size are these trousers",
        "do the boots run large",
        "help with sizes",
        "which shirt size fits a tall man",
    ];
    let examples = |of: &[&str]| format!("{of:?}");
    let text = format!(
        "[[intents]]\nname = \"refund\"\nexamples = {}\n[[intents]]\nname = \"size\"\nexamples = {}",
        examples(&refund),
        examples(&size)
    );
    let scope = Scope::parse(&Source::new("examples.toml", text)).unwrap();
    let learner = Learner::new(&scope, Arc::new(HashedEncoder)).await.unwrap();
    let config = LoopConfig {
        same_intent: true,
        similarity: 0.99,
        ..LoopConfig::default()
    };
    let repeat = Repeat::new(config, Arc::new(learner));
    let said = async |turns: [&str; 3]| {
        let turns = turns
            .map(|text| [("customer", text), ("assistant", "I see.")])
            .concat();
        let case = case::of(&turns[..5]);
        repeat.customer(&case).await.unwrap()
    };
    let signal = said([refund[0], "my refund has not come", refund[4]]).await;
    assert_eq!(signal.score, 0.5);
    assert!(signal.evidence[2].why.contains("`refund`"));
    assert_eq!(said([refund[0], size[1], refund[4]]).await.score, 0.0);
}

#[tokio::test]
async fn politeness_neither_repeats_nor_breaks() {
    let thanks = [("customer", "ok thanks"), ("assistant", "You're welcome.")];
    assert_eq!(
        customer(&[&thanks[..], &thanks[..], &thanks[..1]].concat())
            .await
            .score,
        0.0
    );
    let turns = [
        &ASKED[..],
        &thanks[..],
        &ASKED[..],
        &thanks[..],
        &ASKED[..1],
    ]
    .concat();
    assert_eq!(customer(&turns).await.score, 0.5);
}

#[tokio::test]
async fn a_draft_that_repeats_earlier_answers_is_a_loop() {
    let case = case::of(&[&ASKED[..], &ASKED[..], &[("customer", "and now?")]].concat());
    let draft = |text: &str| Draft {
        text: text.to_owned(),
        ..Draft::default()
    };
    let signal = repeat()
        .await
        .assistant(&case, &draft("Refunds take five days."))
        .await
        .unwrap();
    assert_eq!(signal.score, 0.5);
    assert_eq!(signal.evidence.len(), 2);
    let other = repeat()
        .await
        .assistant(&case, &draft("Your bank has it since Monday."))
        .await
        .unwrap();
    assert_eq!((other.score, other.evidence.len()), (0.0, 0));
}

/// What is found in `draft` behind the `parts` of its answer, after two answers that end alike, all
/// of them said in parts.
async fn said_in_parts(parts: &[&str], draft: &str) -> Signal {
    let formula = ("assistant", "Let me know if you have any other questions.");
    let turns = [
        ("customer", "Do you ship to Spain?"),
        ("assistant", "We ship to Spain within a week."),
        formula,
        ("customer", "Where is my parcel?"),
        (
            "assistant",
            "Your parcel was handed to the carrier on Monday.",
        ),
        formula,
        ("customer", "and now?"),
    ];
    let parts = parts.iter().map(|part| ("assistant", *part));
    let turns: Vec<(&str, &str)> = turns.into_iter().chain(parts).collect();
    let case = Case {
        through: TurnNumber(7),
        draft: Some(Arc::new(Draft {
            text: draft.to_owned(),
            ..Draft::default()
        })),
        ..case::of(&turns)
    };
    let found = repeat().await.examine(&case).await.unwrap();
    found.signals[0].clone()
}

#[tokio::test]
async fn a_closing_formula_is_no_loop_and_an_answer_in_parts_is() {
    let formula = "Let me know if you have any other questions.";
    let new = said_in_parts(&["The carrier delivers on Saturdays, too."], formula).await;
    assert_eq!((new.score, new.evidence.len()), (0.0, 0));
    let alone = said_in_parts(&[], formula).await;
    assert_eq!((alone.score, alone.evidence.len()), (0.0, 0));

    let again = "Your parcel was handed to the carrier on Monday.";
    let said = said_in_parts(&[again], formula).await;
    let turns: Vec<u32> = said.evidence.iter().map(|e| e.turn.unwrap().0).collect();
    assert_eq!(turns, [6]);
    assert!(said.score > 0.0);
}
