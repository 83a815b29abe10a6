use std::sync::Arc;

use warmline_core::Workflow;
use warmline_core::source::Source;
use warmline_detect::{DetectConfig, HashedEncoder, Scope};

use super::*;

const SCOPE: &str = "
[[intents]]
name = \"sizes\"
examples = [\"Which size should I take?\", \"Do the boots run large?\", \"What size do I need?\"]
[[intents]]
name = \"refund\"
examples = [\"I want my money back\", \"Please refund my order\", \"Give me a refund\"]
";
const GATE: &str = "[[gates]]\nname = \"money\"\nwhen = 'intent == \"refund\"'\n";

async fn found(scope: &str, turns: &[(Party, &str)]) -> Vec<Lost> {
    let workflow = Workflow::parse(&Source::new("w.toml", GATE)).unwrap();
    let scope = Scope::parse(&Source::new("examples.toml", scope)).unwrap();
    let (detect, encoder) = (DetectConfig::default(), Arc::new(HashedEncoder));
    let rules = Rules::new(Arc::new(workflow), &detect, &scope, encoder);
    let mut recorded = Recorded::new("1");
    for (by, text) in turns {
        recorded.say(*by, text, None);
    }
    lost(&rules.await.unwrap(), &recorded).await.unwrap()
}

use Party::{Assistant, Customer, Operator};

#[tokio::test]
async fn a_customer_who_tells_a_human_again_was_not_passed_on_warm() {
    let found = found(
        "",
        &[
            (Customer, "My order 48213 came with a broken handle."),
            (Assistant, "Let me get you somebody."),
            (Operator, "Hello, what is it about?"),
            (Customer, "The handle is broken."),
            (Operator, "Which order is it?"),
            (Customer, "48213, as I said."),
        ],
    )
    .await;
    assert_eq!(found.len(), 1);
    let Lost {
        pattern,
        turn,
        turns,
        evidence,
    } = &found[0];
    assert_eq!((*pattern, *turn, *turns), (6, 6, 1));
    assert_eq!(evidence[0].quote, "48213, as I said.");
    assert_eq!(evidence[0].why, "told before, in turn 1");
}

#[tokio::test]
async fn a_human_who_answers_what_the_assistant_could_might_have_given_it_back() {
    let turns = [
        (Customer, "I want my money back"),
        (Operator, "I have refunded it."),
        (Customer, "Thanks!"),
        (Operator, "You are welcome."),
        (Customer, "Which size should I take?"),
        (Operator, "Take one size up."),
        (Customer, "Do the boots run large?"),
        (Operator, "They do."),
    ];
    let lost = found(SCOPE, &turns).await;
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!((lost[0].pattern, lost[0].turn, lost[0].turns), (7, 5, 2));
    assert!(lost[0].evidence[0].why.contains("sizes"), "{lost:?}");
    assert_eq!(found("", &turns).await, [], "nothing says what it is for");
}

#[tokio::test]
async fn what_only_a_human_may_do_is_a_humans_to_the_end() {
    let turns = [
        (Customer, "I want my money back"),
        (Operator, "Which order?"),
        (Customer, "Which size should I take?"),
        (Operator, "Take one size up."),
        (Customer, "Please refund my order"),
        (Operator, "I have refunded it."),
    ];
    assert_eq!(found(SCOPE, &turns).await, []);
}

#[tokio::test]
async fn nothing_is_lost_where_no_human_said_a_word() {
    let turns = [
        (Customer, "My order 48213 came with a broken handle."),
        (Assistant, "Which order?"),
        (Customer, "Order 48213."),
    ];
    assert_eq!(found("", &turns).await, []);
}
