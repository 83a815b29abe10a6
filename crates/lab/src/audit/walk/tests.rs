use warmline_core::source::Source;
use warmline_detect::HashedEncoder;

use super::*;

fn recorded(turns: &[(&str, &str)]) -> Recorded {
    let mut recorded = Recorded::new("1");
    for (who, text) in turns {
        match *who {
            "customer" => recorded.say(Party::Customer, text, None),
            "assistant" => recorded.say(Party::Assistant, text, None),
            "operator" => recorded.say(Party::Operator, text, None),
            name => recorded.call(Action {
                name: name.to_owned(),
                input: (*text).to_owned(),
                result: Some("done".to_owned()),
            }),
        }
    }
    recorded
}

async fn walked(policy: &str, turns: &[(&str, &str)]) -> Walked {
    let workflow = Workflow::parse(&Source::new("w.toml", policy)).unwrap();
    let (detect, scope) = (DetectConfig::default(), Scope::default());
    let encoder = Arc::new(HashedEncoder);
    let rules = Rules::new(Arc::new(workflow), &detect, &scope, encoder).await;
    rules.unwrap().walk(&recorded(turns)).await.unwrap()
}

const HUMAN: &str = "[[gates]]\nname = \"asked\"\nwhen = 'intent == \"human_request\"'\n\
                     trigger = \"customer_request\"\n";

#[tokio::test]
async fn a_gate_fires_at_its_turn_with_the_words_that_show_it() {
    let walked = walked(
        HUMAN,
        &[
            ("assistant", "Hello, how can I help?"),
            ("customer", "Where is my parcel?"),
            ("assistant", "It is on its way."),
            ("customer", "I want to talk to a human."),
            ("assistant", "I can help you with that."),
        ],
    )
    .await;
    let fired = &walked.fired[0];
    assert_eq!((fired.pattern, fired.turn, fired.score), (5, 4, 1.0));
    assert_eq!(fired.rule, "asked");
    assert_eq!(fired.evidence[0].turn, 4);
    assert!(fired.evidence[0].quote.contains("human"), "{fired:?}");
}

#[tokio::test]
async fn an_answer_is_held_back_as_a_draft_and_the_walk_goes_on() {
    let walked = walked(
        HUMAN,
        &[
            ("customer", "My order came broken."),
            ("assistant", "I will refund you the full 200 dollars today."),
            ("customer", "Thanks. Now let me speak to a human please."),
        ],
    )
    .await;
    // The commitment and the gate are one pattern: the first of them counts.
    assert_eq!(walked.fired.len(), 1);
    assert_eq!(walked.fired[0].kind, TriggerKind::Commitment);
    assert_eq!(walked.fired[0].turn, 2);
    assert!(walked.peaks.contains_key(&SignalKind::Commitment));
}

#[tokio::test]
async fn nothing_fires_after_a_human_took_over() {
    let turns = [
        ("customer", "Where is my parcel?"),
        ("transfer_to_human", "{}"),
        ("assistant", "You are being transferred."),
        ("customer", "I want to talk to a human."),
    ];
    assert_eq!(walked(HUMAN, &turns).await.fired, []);
    let turns = [
        ("customer", "Where is my parcel?"),
        ("operator", "Hi, Dana here."),
        ("customer", "I want to talk to a human."),
    ];
    assert_eq!(walked(HUMAN, &turns).await.fired, []);
}

#[tokio::test]
async fn what_is_called_just_before_a_transfer_is_examined() {
    let gate = "[[gates]]\nname = \"money\"\nwhen = 'amount > 150.0'\n";
    let turns = [
        ("customer", "My order came broken."),
        ("refund", "{\"amount\": \"200 dollars\"}"),
        ("transfer_to_human", "{}"),
        ("refund", "{\"amount\": \"300 dollars\"}"),
        ("assistant", "You are being transferred."),
    ];
    let before = walked(gate, &turns).await;
    assert_eq!((before.fired.len(), before.examined), (1, 2));
    assert_eq!(
        (before.fired[0].rule.as_str(), before.fired[0].turn),
        ("money", 1)
    );
    // The transfer itself is none of the assistant's doings that are judged.
    let after = walked(gate, &[&turns[..1], &turns[2..]].concat()).await;
    assert_eq!((after.fired.as_slice(), after.examined), ([].as_slice(), 1));
    // An operator's word is as much a border as a call.
    let answered = [turns[0], turns[1], ("operator", "Hi, Dana here."), turns[3]];
    assert_eq!(walked(gate, &answered).await.examined, 2);
}

#[tokio::test]
async fn answers_in_parts_are_parts_of_one_draft() {
    let walked = walked(
        "[thresholds]\nsentiment = \"off\"\n",
        &[
            ("customer", "Change my flight."),
            ("assistant", "One moment."),
            ("look_up", "{}"),
            ("assistant", "It is changed."),
            ("customer", "Thank you!"),
        ],
    )
    .await;
    assert_eq!(walked.fired, []);
    // Two turns, two parts, one call.
    assert_eq!(walked.examined, 5);
}

#[tokio::test]
async fn rules_that_need_no_findings_end_the_walk() {
    let gate = "[[gates]]\nname = \"long\"\nwhen = 'turns >= 2'\n";
    let turns = [
        ("customer", "a"),
        ("assistant", "b"),
        ("customer", "c"),
        ("assistant", "d"),
    ];
    let walked = walked(gate, &turns).await;
    assert_eq!(walked.fired.len(), 1);
    assert_eq!(
        (walked.fired[0].turn, walked.fired[0].rule.as_str()),
        (3, "long")
    );
    assert!(!walked.fired[0].evidence.is_empty());
}
