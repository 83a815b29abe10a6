use warmline_core::turn::{Action, Citation};

use super::*;
use crate::HashedEncoder;
use crate::case;

fn passage(text: &str) -> Citation {
    Citation {
        document: "policy".to_owned(),
        title: "Returns".to_owned(),
        passage: text.to_owned(),
    }
}

const POLICY: &str = "You can return boots within 30 days of delivery. Return shipping costs \
                      €4.95 from Ireland. Sale items cannot be returned.";

fn draft(text: &str, cited: bool) -> Draft {
    Draft {
        text: text.to_owned(),
        citations: if cited {
            vec![passage(POLICY)]
        } else {
            Vec::new()
        },
        passages: vec![passage(POLICY)],
        actions: Vec::new(),
        token_probability: None,
    }
}

async fn signals(turns: &[(&str, &str)], draft: &Draft) -> Vec<Signal> {
    let grounding = Grounding::new(GroundingConfig::default(), Arc::new(HashedEncoder));
    grounding.signals(&case::of(turns), draft).await.unwrap()
}

async fn score(text: &str) -> f32 {
    signals(&[("customer", "?")], &draft(text, true)).await[0].score
}

#[tokio::test]
async fn what_the_passages_say_is_grounded() {
    for text in [
        "Hi! You can return boots within 30 days of delivery. Anything else?",
        "Boots can be returned within thirty days of delivery.",
        "Sale items cannot be returned.",
        "You're welcome!",
        "",
    ] {
        assert!(score(text).await < 0.5, "{text}");
    }
}

#[tokio::test]
async fn what_they_do_not_say_is_not() {
    for text in [
        "We also repair tents for free in our workshop.",
        "You can return boots within 60 days of delivery.",
        "Return shipping costs €9.95 from Ireland.",
        "Sale items can be returned.",
    ] {
        assert!(score(text).await >= 0.5, "{text}");
    }
}

#[tokio::test]
async fn the_offending_words_are_the_evidence() {
    let draft = draft("Boots can be returned within 60 days of delivery.", true);
    let signals = signals(&[("customer", "?")], &draft).await;
    assert_eq!(signals[0].evidence[0].quote, "60");
    assert_eq!(signals[0].evidence[0].why, "stands in no source");
}

#[tokio::test]
async fn facts_of_the_customer_and_of_tools_need_no_passage() {
    let mut draft = draft(
        "Order 5521: boots can be returned within 30 days of delivery.",
        true,
    );
    assert!(signals(&[("customer", "?")], &draft).await[0].score >= 0.5);
    assert!(signals(&[("customer", "my order is 5521")], &draft).await[0].score < 0.5);
    draft.actions.push(Action {
        name: "look_up".to_owned(),
        input: String::new(),
        result: Some("order 5521".to_owned()),
    });
    assert!(signals(&[("customer", "?")], &draft).await[0].score < 0.5);
}

#[tokio::test]
async fn density_is_the_share_of_claims_without_a_citation() {
    let text = "You can return boots within 30 days of delivery. Sale items cannot be returned.";
    for (draft, expected) in [
        (draft(text, true), 0.0),
        (draft(text, false), 1.0),
        (draft("Hi!", false), 0.0),
    ] {
        let signals = signals(&[("customer", "?")], &draft).await;
        assert_eq!(signals[1].kind, SignalKind::CitationDensity);
        assert_eq!(signals[1].score, expected);
    }
}

#[tokio::test]
async fn a_draft_without_passages_is_judged_only_where_they_are_required() {
    let bare = Draft {
        text: "Boots can be returned.".to_owned(),
        ..Draft::default()
    };
    assert!(signals(&[("customer", "?")], &bare).await.is_empty());
    let config = GroundingConfig {
        require_passages: true,
        ..GroundingConfig::default()
    };
    let strict = Grounding::new(config, Arc::new(HashedEncoder));
    let signals = strict
        .signals(&case::of(&[("customer", "?")]), &bare)
        .await
        .unwrap();
    assert!(signals[0].score > 0.9 && signals[1].score == 1.0);
}

#[tokio::test]
async fn an_answer_that_says_it_has_none_has_no_citations() {
    let none = draft(
        "Sorry, I could not find an answer to that in our documents.",
        false,
    );
    let density = &signals(&[("customer", "?")], &none).await[1];
    assert_eq!(density.score, 1.0);
    assert_eq!(density.evidence[0].why, "says that it has no answer");
    let thanks = draft("You're welcome!", false);
    assert_eq!(
        signals(&[("customer", "thanks")], &thanks).await[1].score,
        0.0
    );
}

#[tokio::test]
async fn a_citation_of_the_wrong_passage_supports_nothing() {
    let mut draft = draft("Sale items cannot be returned [1].", true);
    draft.citations = vec![passage("Tents are repaired in our workshop in Galway.")];
    let wrong = &signals(&[("customer", "?")], &draft).await[1];
    assert_eq!(wrong.score, 1.0);
    let expected = "cites the wrong passage: another one supports this claim";
    draft.citations.push(passage(POLICY));
    let marked = &signals(&[("customer", "?")], &draft).await[1];
    assert_eq!(
        (marked.score, marked.evidence[0].why.as_str()),
        (1.0, expected)
    );
    draft.text = "Sale items cannot be returned [2].".to_owned();
    let signals = signals(&[("customer", "?")], &draft).await;
    assert!(signals[0].score < 0.5 && signals[1].score == 0.0);
}

#[tokio::test]
async fn courtesy_and_excuses_stay_below_one_half() {
    for text in [
        "Hello Anna! Thank you so much for your lovely message. I'm so sorry about that!",
        "I am afraid that I could not find anything about kayaks in these documents.",
        "Would you like me to arrange a courier to your hotel in Madrid?",
    ] {
        let score = score(text).await;
        assert!(score < 0.45, "{score} {text}");
    }
}
