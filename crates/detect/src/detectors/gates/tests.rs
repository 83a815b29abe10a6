use std::future::pending;

use warmline_core::source::Source;
use warmline_core::turn::Action;

use super::*;
use crate::HashedEncoder;
use crate::case;

const SCOPE: &str = r#"
    [[intents]]
    name = "refund_request"
    examples = ["I want a refund for my order", "give me my money back", "please refund the order"]
    patterns = ['\brefund me\b']
    [[intents]]
    name = "human_request"
    patterns = ['\btalk to a (human|person)\b']
    [[intents]]
    name = "opening_hours"
    examples = ["when does the shop open", "opening hours of the shop on sunday"]
"#;

/// Never answers.
struct Silent;

impl Encoder for Silent {
    fn encode(&self, _: Vec<String>) -> BoxFuture<'_, Result<Vec<crate::Vector>, Error>> {
        Box::pin(pending())
    }
}

async fn gates(encoder: impl Encoder) -> Gates {
    let scope = Scope::parse(&Source::new("examples.toml", SCOPE)).unwrap();
    let learner = Learner::new(&scope, Arc::new(HashedEncoder)).await.unwrap();
    let mut gates = Gates::new(GatesConfig::default(), &scope, Arc::new(learner));
    gates.encoder = Arc::new(encoder);
    gates
}

async fn found(turns: &[(&str, &str)]) -> Findings {
    gates(HashedEncoder).await.turns(&case::of(turns)).await
}

fn names(findings: &Findings) -> Vec<&str> {
    findings
        .intents
        .iter()
        .map(|intent| intent.name.as_str())
        .collect()
}

#[tokio::test]
async fn a_pattern_is_certain_and_quotes_what_it_matched() {
    let findings = found(&[("customer", "Please REFUND\u{200B} me $20 now")]).await;
    let intent = &findings.intents[0];
    assert_eq!(
        (intent.name.as_str(), intent.score),
        ("refund_request", 1.0)
    );
    assert_eq!(intent.evidence.quote, "REFUND\u{200B} me");
    assert_eq!(intent.evidence.turn, Some(warmline_core::TurnNumber(1)));
    assert_eq!(findings.amounts[0].evidence.quote, "$20");
}

#[tokio::test]
async fn disguises_do_not_get_past_a_pattern() {
    for text in [
        "rеfund mе",
        "r3fund me",
        "r e f u n d me",
        "ｒｅｆｕｎｄ me",
        "refund  me",
        "please refund \n me",
    ] {
        assert_eq!(
            names(&found(&[("customer", text)]).await),
            ["refund_request"],
            "{text}"
        );
    }
}

#[tokio::test]
async fn examples_recognise_what_no_pattern_foresaw() {
    let findings = found(&[("customer", "I want a refund for my order, thanks")]).await;
    assert_eq!(names(&findings), ["refund_request"]);
    assert!(
        findings.intents[0]
            .evidence
            .why
            .contains("I want a refund for my order")
    );
    assert!(names(&found(&[("customer", "my cat sleeps on the sofa")]).await).is_empty());
    assert!(names(&found(&[("customer", "ok thanks")]).await).is_empty());
}

#[tokio::test]
async fn the_last_of_many_sentences_is_read_on_its_own() {
    let text = "Hi. I am Bob. I bought a tent. It was in May. It is green. I like it. My kids too. \
                Please refund the order.";
    let findings = found(&[("customer", text)]).await;
    assert_eq!(names(&findings), ["refund_request"]);
    assert_eq!(
        findings.intents[0].evidence.quote,
        "Please refund the order."
    );
}

#[tokio::test]
async fn a_request_for_a_human_needs_no_configuration_and_can_be_declined() {
    for (text, expected) in [
        ("put me through to your manager", vec![HUMAN_REQUEST]),
        ("I want to talk to a human", vec![HUMAN_REQUEST]),
        ("I don't want to talk to a human", vec![]),
    ] {
        assert_eq!(
            names(&found(&[("customer", text)]).await),
            expected,
            "{text}"
        );
    }
}

#[tokio::test]
async fn every_open_turn_counts_and_no_answered_one() {
    let burst = [
        ("customer", "refund me"),
        ("assistant", "Why?"),
        ("customer", "call my operator"),
        ("customer", "transfer me"),
        ("customer", "it was 20 euros"),
    ];
    let findings = found(&burst).await;
    assert_eq!(names(&findings), [HUMAN_REQUEST]);
    assert_eq!(findings.amounts[0].value, 20.0);
}

#[tokio::test(start_paused = true)]
async fn patterns_decide_without_the_encoder_and_its_silence_is_recorded() {
    let gates = gates(Silent).await;
    let findings = gates.turns(&case::of(&[("customer", "refund me")])).await;
    assert_eq!(names(&findings), ["refund_request"]);
    assert_eq!(findings.failures[0].detector, "gates");
    assert!(
        findings.failures[0]
            .reason
            .contains("the encoder gave no answer")
    );
}

#[tokio::test]
async fn a_draft_is_read_for_commitments_and_amounts() {
    let draft = Draft {
        text: "Good news, I have refunded $120.".to_owned(),
        actions: vec![Action {
            name: "issue_refund".to_owned(),
            input: "amount: 120, currency: USD".to_owned(),
            result: None,
        }],
        ..Draft::default()
    };
    let findings = gates(HashedEncoder).await.draft(&draft);
    assert!(findings.signals[0].score > 0.9);
    assert_eq!(findings.signals[0].evidence[0].quote, "I have refunded");
    let amounts: Vec<(f64, &str)> = findings
        .amounts
        .iter()
        .map(|a| (a.value, a.currency.as_str()))
        .collect();
    assert_eq!(amounts, [(120.0, "USD"), (120.0, "USD")]);
    let policy = Draft {
        text: "Refunds take five days.".to_owned(),
        ..Draft::default()
    };
    let findings = gates(HashedEncoder).await.draft(&policy);
    assert_eq!(
        (
            findings.signals[0].score,
            findings.signals[0].evidence.len()
        ),
        (0.0, 0)
    );
}
