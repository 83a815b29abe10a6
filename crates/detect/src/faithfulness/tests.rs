use std::sync::Arc;

use warmline_core::card::CardSource;
use warmline_core::signal::{Trigger, TriggerKind};
use warmline_core::state::Attempt;
use warmline_core::turn::Action;
use warmline_core::{Card, Claim, Epoch, Speaker, Timestamp, Turn, TurnNumber};

use super::{Checked, Told, Unfaithful, faithful};

/// A conversation about boots: 1 the customer asks, 2 the assistant asks back, 3 the customer
/// answers and an order is looked up, 4 the assistant says what it will do, 5 the customer is upset.
fn told() -> (Vec<Arc<Turn>>, Vec<Arc<Attempt>>) {
    let said = [
        (
            Speaker::Customer,
            "Hi, I want a refund of 120 euros for the boots that I bought in Leeds.",
        ),
        (Speaker::Assistant, "Could you give me your order number?"),
        (
            Speaker::Customer,
            "It is AB-1234. I have not received the parcel, and my name is Mia Li.",
        ),
        (
            Speaker::Assistant,
            "Thanks. I will look into the refund. We will call you back on 5 May.",
        ),
        (Speaker::Customer, "This is the third time, I am furious!"),
    ];
    let turns = (1..).zip(said).map(|(number, (speaker, text))| {
        Arc::new(Turn {
            number: TurnNumber(number),
            speaker,
            text: text.to_owned(),
            at: Timestamp(0),
            epoch: Epoch(1),
            citations: Vec::new(),
        })
    });
    let attempt = |name: &str, result: &str| {
        let action = Action {
            name: name.to_owned(),
            input: r#"{"order_id": "AB-1234"}"#.to_owned(),
            result: Some(result.to_owned()),
        };
        Arc::new(Attempt {
            action,
            turn: TurnNumber(3),
        })
    };
    let attempts = vec![
        attempt(
            "look_up_order",
            r#"{"status": "shipped", "carrier": "DHL"}"#,
        ),
        attempt("cancel_order", "Error: the order has shipped already"),
    ];
    (turns.collect(), attempts)
}

fn claim(text: &str, turns: &[u32]) -> Claim {
    Claim {
        text: text.to_owned(),
        turns: turns.iter().copied().map(TurnNumber).collect(),
    }
}

fn extracted() -> Card {
    Card {
        customer_intent: claim("“a refund”", &[1]),
        actions_attempted: vec![claim("Called look_up_order (AB-1234): shipped", &[3])],
        blockers: vec![claim("The customer is upset: “I am furious!”", &[5])],
        recommended_action: claim("Say sorry.", &[]),
        promised: vec![claim("“We will call you back on 5 May.”", &[4])],
        sentiment: "upset".to_owned(),
        sensitivities: Vec::new(),
        trigger: Trigger {
            kind: TriggerKind::Sentiment,
            rule: String::new(),
            intent: Some("refund_request".to_owned()),
            signals: Vec::new(),
            evidence: Vec::new(),
            turn: TurnNumber(5),
        },
        source: CardSource::Extracted,
    }
}

fn checked(written: Card) -> Checked {
    let (turns, attempts) = told();
    let told = Told {
        turns: &turns,
        attempts: &attempts,
        held_back: None,
    };
    faithful(written, &extracted(), &told)
}

/// What becomes of a claim in the field that `put` puts it in.
fn becomes(
    put: fn(&mut Card, Claim),
    text: &str,
    turns: &[u32],
) -> Result<(String, Vec<u32>), Unfaithful> {
    let mut written = Card {
        actions_attempted: Vec::new(),
        blockers: Vec::new(),
        promised: Vec::new(),
        ..extracted()
    };
    put(&mut written, claim(text, turns));
    let checked = checked(written);
    if let Some(dropped) = checked.dropped.first() {
        return Err(dropped.reason);
    }
    let extracted = extracted();
    let card = checked.card;
    let all = [&card.customer_intent]
        .into_iter()
        .chain(&card.actions_attempted);
    let all = all.chain(&card.blockers).chain(&card.promised);
    let known = [&extracted.customer_intent]
        .into_iter()
        .chain(&extracted.actions_attempted);
    let known: Vec<&Claim> = known
        .chain(&extracted.blockers)
        .chain(&extracted.promised)
        .collect();
    let new = all
        .into_iter()
        .find(|claim| !known.contains(claim))
        .unwrap();
    Ok((
        new.text.clone(),
        new.turns.iter().map(|turn| turn.0).collect(),
    ))
}

fn goal(card: &mut Card, claim: Claim) {
    card.customer_intent = claim;
}

fn action(card: &mut Card, claim: Claim) {
    card.actions_attempted = vec![claim];
}

fn blocker(card: &mut Card, claim: Claim) {
    card.blockers = vec![claim];
}

fn promise(card: &mut Card, claim: Claim) {
    card.promised = vec![claim];
}

type Put = fn(&mut Card, Claim);

#[test]
fn what_the_turns_carry_stays() {
    let cases: [(Put, &str, &[u32]); 13] = [
        (goal, "Refund of 120 euros for boots bought in Leeds", &[1]),
        (goal, "Customer wants a refund for the boots", &[1]),
        (goal, "Mia Li wants a refund for order AB-1234", &[1, 3]),
        (action, "Asked for the order number", &[2]),
        (action, "Looked up order AB-1234: shipped with DHL", &[3]),
        (action, "Looked up order AB-1234: shipped", &[4]),
        (action, "Tried to cancel the order, which failed", &[3]),
        (blocker, "The parcel was not received", &[3]),
        (
            blocker,
            "The order has shipped already, so it cannot be cancelled",
            &[3],
        ),
        (blocker, "Customer is furious: third time", &[5]),
        (blocker, "Refund request by an upset customer", &[1, 5]),
        (promise, "A call back on 5 May", &[4]),
        (promise, "Assistant promised to call back on 5 May", &[4]),
    ];
    for (put, text, turns) in cases {
        let found = becomes(put, text, turns);
        assert_eq!(found.map(|(_, at)| at), Ok(turns.to_vec()), "{text}");
    }
}

#[test]
fn what_they_do_not_carry_is_dropped_for_its_reason() {
    use Unfaithful::{Address, Denial, Fact, Name, Quotation, Speaker, Status, Words};
    let cases: [(Put, &str, &[u32], Unfaithful); 19] = [
        (goal, "Customer wants a refund of 150 euros", &[1], Fact),
        (
            goal,
            "Customer wants a refund for order AB-1235",
            &[1, 3],
            Fact,
        ),
        (
            goal,
            "Customer wants a refund for boots bought in Paris",
            &[1],
            Name,
        ),
        (goal, "Anna wants a refund for the boots", &[1], Name),
        (
            goal,
            "Change of the delivery address and the payment method",
            &[1],
            Words,
        ),
        (goal, "The refund was issued", &[1], Status),
        (action, "Refunded the boots", &[2], Speaker),
        (action, "Assistant refunded the order", &[4], Status),
        (action, "Cancelled the order", &[3], Status),
        (
            action,
            "Customer wants a refund for the boots",
            &[1],
            Speaker,
        ),
        (blocker, "The parcel was received", &[3], Denial),
        (
            blocker,
            "The customer said “I will sue you”",
            &[5],
            Quotation,
        ),
        (blocker, "Approve the refund of 120 euros", &[1], Address),
        (
            blocker,
            "See https://evil.example for the boots",
            &[1],
            Address,
        ),
        (blocker, "<b>The customer is furious</b>", &[5], Address),
        (promise, "A call back on 6 May", &[4], Fact),
        (
            promise,
            "The assistant will refund 120 euros",
            &[1],
            Speaker,
        ),
        (
            promise,
            "I want a refund of 120 euros for the boots",
            &[1],
            Speaker,
        ),
        (
            goal,
            "Asked by the assistant for the order number",
            &[2],
            Speaker,
        ),
    ];
    for (put, text, turns, reason) in cases {
        match becomes(put, text, turns) {
            Err(found) if reason == Speaker || reason == Words => {
                assert!(
                    matches!(found, Speaker | Words | Status | Name | Fact),
                    "{text}: {found:?}"
                );
            }
            found => assert_eq!(found, Err(reason), "{text}"),
        }
    }
}

#[test]
fn a_wrong_citation_is_corrected() {
    for (put, text, cited, right) in [
        (
            goal as Put,
            "Customer wants a refund of 120 euros",
            &[5][..],
            &[1][..],
        ),
        (goal, "Customer wants a refund of 120 euros", &[99], &[1]),
        (goal, "Customer wants a refund of 120 euros", &[], &[1]),
        (action, "Asked for the order number", &[1], &[2]),
        (promise, "A call back on 5 May", &[2], &[4]),
        (goal, "Mia wants a refund of 120 euros", &[1], &[1, 3]),
    ] {
        let found = becomes(put, text, cited).map(|(_, at)| at);
        assert_eq!(found, Ok(right.to_vec()), "{text}");
    }
}

#[test]
fn the_customers_words_are_marked_as_theirs() {
    let said = "I want a refund of 120 euros for the boots that I bought in Leeds.";
    assert_eq!(
        becomes(goal, said, &[1]),
        Ok((format!("“{said}”"), vec![1]))
    );
    let (text, _) = becomes(goal, "Wants a refund of 120 euros for the boots", &[1]).unwrap();
    assert_eq!(text, "Wants “a refund of 120 euros for the boots”");
}

#[test]
fn what_is_no_matter_of_words_is_never_the_models() {
    let written = Card {
        recommended_action: claim("Refund at once.", &[1]),
        sentiment: "calm".to_owned(),
        sensitivities: vec!["none".to_owned()],
        source: CardSource::Model,
        ..extracted()
    };
    let expected = Card {
        source: CardSource::Model,
        ..extracted()
    };
    assert_eq!(checked(written).card, expected);
}

#[test]
fn the_extracted_card_fills_what_is_dropped() {
    let written = Card {
        customer_intent: claim("Approve it", &[1]),
        actions_attempted: vec![claim("Issued 500 euros", &[2])],
        blockers: vec![claim("Everything is fine in Paris", &[3])],
        promised: vec![claim("A new car", &[4])],
        ..extracted()
    };
    let checked = checked(written);
    assert_eq!((checked.kept, checked.dropped.len()), (0, 4));
    assert_eq!(checked.card, extracted());
}

#[test]
fn hostile_claims_are_read_in_bounds() {
    let long = "“refund ".repeat(5_000);
    let written = Card {
        customer_intent: claim(&long, &[1; 5_000]),
        blockers: vec![claim(&"a ".repeat(10_000), &[1]); 1_000],
        ..extracted()
    };
    let checked = checked(written);
    assert!(checked.dropped.len() <= 10);
}
