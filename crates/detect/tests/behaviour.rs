//! How the detectors behave with the real sentence model, on turns that no example contains.
//!
//! The model is fetched where it is missing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(feature = "candle")]

use std::sync::Arc;
use std::time::Duration;

use warmline_core::note::HandbackNote;
use warmline_core::signal::{Findings, SignalKind};
use warmline_core::source::Source;
use warmline_core::turn::{Citation, Draft, Speaker, Turn};
use warmline_core::{Epoch, Timestamp, TurnNumber};
use warmline_detect::{
    Case, DetectConfig, Detector, Encoder, Learner, Scope, SharedEncoder, detectors, model,
};

/// All detectors, patient enough for a busy machine.
async fn all() -> Vec<Arc<dyn Detector>> {
    let scope = Scope::parse(&Source::new("scope.toml", include_str!("scope.toml"))).unwrap();
    all_of(&scope).await
}

async fn all_of(scope: &Scope) -> Vec<Arc<dyn Detector>> {
    let files = model::fetch(&mut |_| {}).unwrap();
    let encoder: Arc<dyn Encoder> =
        Arc::new(SharedEncoder::load(&files, Default::default()).unwrap());
    let mut config = DetectConfig::default();
    config.gates.budget = Duration::from_secs(30);
    config.sentiment.budget = Duration::from_secs(30);
    let learner = Arc::new(Learner::new(scope, encoder).await.unwrap());
    detectors(&config, scope, &learner).await.unwrap()
}

/// A conversation of the customer (`>`) and the assistant (`<`); what follows the last answer is open.
fn case(turns: &[&str]) -> Case {
    let turns: Vec<Arc<Turn>> = (1..)
        .zip(turns)
        .map(|(number, line)| {
            let (speaker, text) = line.split_at(1);
            Arc::new(Turn {
                number: TurnNumber(number),
                speaker: if speaker == ">" {
                    Speaker::Customer
                } else {
                    Speaker::Assistant
                },
                text: text.trim().to_owned(),
                at: Timestamp(0),
                epoch: Epoch(0),
                citations: Vec::new(),
            })
        })
        .collect();
    let answered = turns.iter().rev().find(|turn| !turn.is_customer());
    Case {
        through: turns.last().map_or(TurnNumber(0), |turn| turn.number),
        settled: answered.map_or(TurnNumber(0), |turn| turn.number),
        turns,
        ..Case::default()
    }
}

async fn examined(detectors: &[Arc<dyn Detector>], case: &Case) -> Findings {
    let mut findings = Findings::default();
    for detector in detectors {
        let stage = detector.stage();
        if if case.draft.is_some() {
            stage.at_draft()
        } else {
            stage.at_turn()
        } {
            findings.merge(detector.examine(case).await.unwrap());
        }
    }
    findings
}

fn score(findings: &Findings, kind: SignalKind) -> f32 {
    let signal = findings.signals.iter().find(|signal| signal.kind == kind);
    signal.map_or(0.0, |signal| signal.score)
}

/// Checks each conversation's score of `kind` against one half, and reports all that are wrong.
async fn check(kind: SignalKind, expected: &[(bool, &[&str])]) {
    let detectors = all().await;
    let mut wrong = Vec::new();
    for (fires, turns) in expected {
        let findings = examined(&detectors, &case(turns)).await;
        let score = score(&findings, kind);
        if (score >= 0.5) != *fires {
            wrong.push(format!("{score:.2} {turns:?}"));
        }
    }
    assert!(wrong.is_empty(), "wrong {kind}:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn gates_recognise_intents_in_other_words() {
    let detectors = all().await;
    let mut wrong = Vec::new();
    for (text, expected) in [
        (
            "could you reimburse me for the tent please",
            Some("refund_request"),
        ),
        ("I am going to take you to court", Some("legal_question")),
        (
            "My attorney is going to write to you",
            Some("legal_question"),
        ),
        (
            "is there a living human I could chat to",
            Some("human_request"),
        ),
        ("I do not want to speak to a human, just answer", None),
        ("my parcel still isn't here", Some("delivery_status")),
        ("tell me something about ancient rome", None),
        ("ok", None),
    ] {
        let findings = examined(&detectors, &case(&[&format!("> {text}")])).await;
        let found = findings.intents.first().map(|intent| intent.name.as_str());
        if found != expected {
            wrong.push(format!("{text}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn domain_tells_the_scope_from_the_rest() {
    check(
        SignalKind::OutOfDomain,
        &[
            (false, &["> my order should have been here on monday"]),
            (false, &["> the shoes are too tight, what can I do?"]),
            (false, &["> is it possible to ship it to another address"]),
            (false, &["> Hi! I have a question."]),
            (false, &["> thank you so much"]),
            (false, &["> I want to speak to a manager"]),
            (
                false,
                &[
                    "> How do I return boots?",
                    "< With the label.",
                    "> and how long does that take?",
                ],
            ),
            (
                false,
                &[
                    "> I want to exchange it",
                    "< For which size?",
                    "> forty four",
                ],
            ),
            (true, &["> can you explain quantum physics to me"]),
            (true, &["> what's the best pizza place in town"]),
            (true, &["> Hello! Who is the president of France?"]),
            (true, &["> write a python script that sorts a list"]),
        ],
    )
    .await;
}

/// The scope of a shop's returns desk, as it ships.
const RETURNS: &str = include_str!("../../../config/returns/examples.toml");

#[tokio::test]
async fn a_preset_knows_its_intents_and_its_bounds() {
    let scope = Scope::parse(&Source::new("examples.toml", RETURNS)).unwrap();
    let detectors = all_of(&scope).await;
    let mut wrong = Vec::new();
    for (text, intent, outside) in [
        (
            "I'd like to get my money back for these shoes",
            Some("refund_request"),
            false,
        ),
        (
            "how much time do I have for sending it back",
            Some("return_window"),
            false,
        ),
        ("help me with my tax declaration", None, true),
        ("hello there", None, false),
        ("yes please", None, false),
        ("TS-204817", None, false),
    ] {
        let findings = examined(&detectors, &case(&[&format!("> {text}")])).await;
        let found = findings.intents.first().map(|intent| intent.name.as_str());
        let score = score(&findings, SignalKind::OutOfDomain);
        if found != intent || (score >= 0.5) != outside {
            wrong.push(format!("{text}: {found:?}, {score:.2}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn sentiment_is_about_us_and_neither_terse_nor_about_the_world() {
    check(
        SignalKind::Sentiment,
        &[
            (
                true,
                &["> You have been ignoring me for weeks, this is outrageous."],
            ),
            (
                true,
                &["> I must say I find it quite astonishing that nobody has called me back."],
            ),
            (
                true,
                &["> I would have hoped that a reputable company answers its letters."],
            ),
            (true, &["> Thanks for ruining my holiday."]),
            (
                true,
                &["> your help is worth nothing, I have told you three times now"],
            ),
            (false, &["> no"]),
            (false, &["> wrong size"]),
            (false, &["> it still does not turn on"]),
            (false, &["> Where is my parcel? It was due yesterday."]),
            (false, &["> This rain is terrible, I need a better jacket!"]),
            (
                false,
                &["> My boss is an idiot, he ordered the wrong one. How do I return it?"],
            ),
            (
                false,
                &["> Could you kindly tell me when the refund will arrive?"],
            ),
            (false, &["> Awesome, thank you very much!"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_loop_is_the_same_in_other_words() {
    check(
        SignalKind::RepeatLoop,
        &[
            (
                true,
                &[
                    "> Where is my refund?",
                    "< Refunds take five days.",
                    "> When will I get my refund?",
                    "< Refunds take five days.",
                    "> I asked when I am getting the refund",
                ],
            ),
            (
                true,
                &[
                    "> How do I change my delivery address?",
                    "< You can change your e-mail address in your account.",
                    "> That's not what I asked. I want to change the delivery address.",
                    "< You can change your e-mail address in your account.",
                    "> you keep telling me about the e-mail address",
                ],
            ),
            (
                false,
                &[
                    "> Where is my refund?",
                    "< What is your order number?",
                    "> 55123",
                    "< It was sent on Monday.",
                    "> And how do I return the boots?",
                ],
            ),
            (
                false,
                &[
                    "> How do I return boots?",
                    "< With the label.",
                    "> Do I have to pay for the return?",
                    "< No.",
                    "> Can you repair a jacket?",
                ],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_pivot_leaves_what_was_handed_back() {
    let detectors = all().await;
    let lines = |list: &[&str]| list.iter().map(|line| (*line).to_owned()).collect();
    let note = Arc::new(HandbackNote {
        done: lines(&["approved the exchange of the boots from size 43 to 44"]),
        remaining: lines(&[
            "tell the customer how to send the old boots back and when the new ones arrive",
        ]),
        limits: Vec::new(),
        return_when: lines(&[
            "the customer asks for a refund instead",
            "they mention a lawyer",
        ]),
    });
    let mut wrong = Vec::new();
    for (fires, text) in [
        (false, "> how do I send the old pair back?"),
        (false, "> and when do the new boots come?"),
        (false, "> great, thank you"),
        (false, "> ok"),
        (true, "> actually I'd rather have my money back"),
        (true, "> I will talk to my lawyer about this"),
        (
            true,
            "> by the way, can you help me reset my account password",
        ),
    ] {
        let case = Case {
            note: Some(Arc::clone(&note)),
            ..case(&[text])
        };
        let score = score(&examined(&detectors, &case).await, SignalKind::ScopePivot);
        if (score >= 0.5) != fires {
            wrong.push(format!("{score:.2} {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn grounding_finds_what_the_passages_do_not_say() {
    let detectors = all().await;
    let passage = Citation {
        document: "returns".to_owned(),
        title: "Returning an order".to_owned(),
        passage:
            "You may return anything within 30 days of delivery. The boots must be unworn and \
                  in their box. Return postage of €4.95 is taken off the refund. Items from the \
                  sale can only be exchanged. A refund reaches your card in five working days."
                .to_owned(),
    };
    let mut wrong = Vec::new();
    for (fires, text) in [
        (
            false,
            "You have 30 days after delivery to send it back. The boots have to be unworn.",
        ),
        (false, "We take €4.95 for the postage off your refund."),
        (
            false,
            "Hi! The refund is on your card within five working days. Anything else?",
        ),
        (true, "You have 90 days after delivery to send it back."),
        (
            true,
            "Our shop in Galway is open on Sundays and offers free coffee.",
        ),
        (
            true,
            "You may return anything within 30 days. We will also send you a free pair of socks.",
        ),
        (true, "The refund is on your card within two working days."),
    ] {
        let draft = Draft {
            text: text.to_owned(),
            citations: vec![passage.clone()],
            passages: vec![passage.clone()],
            actions: Vec::new(),
            token_probability: None,
        };
        let case = Case {
            draft: Some(Arc::new(draft)),
            ..case(&["> How do returns work?"])
        };
        let score = score(&examined(&detectors, &case).await, SignalKind::Grounding);
        if (score >= 0.5) != fires {
            wrong.push(format!("{score:.2} {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
