//! The way back: an operator settles the hard part and hands the rest to the assistant, with a
//! note. When the customer leaves what is left, the conversation returns to the same operator.

use warmline::{
    Card, Claim, Config, ConversationId, HandbackNote, Inbound, OperatorId, Summarizer, Warmline,
};

/// Shortens what the extracted card says the customer wants. A real one would ask a model.
struct Brief;

impl Summarizer for Brief {
    async fn write(
        &self,
        _: warmline::Ask,
        extracted: Card,
    ) -> Result<Card, warmline::AssistantError> {
        let Claim { text, turns } = extracted.customer_intent.clone();
        let text = text
            .split_whitespace()
            .take(12)
            .collect::<Vec<_>>()
            .join(" ");
        Ok(Card {
            customer_intent: Claim { text, turns },
            ..extracted
        })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load("config/b2b-onboarding.toml".as_ref())?;
    let warmline = Warmline::builder()
        .config(config)
        .summarizer(Brief)
        .start()
        .await?;
    let conversation = ConversationId::new("onboarding-example")?;
    say(
        &warmline,
        &conversation,
        "We would like to change the notice period in our contract",
    )
    .await?;

    let ines = OperatorId::new("ines")?;
    warmline.claim(&conversation, &ines).await?;
    let words = "I have sent you the amendment. The rest of the set-up goes on as planned.";
    warmline.reply(&conversation, &ines, words, None).await?;
    let note = HandbackNote {
        done: vec!["Sent the amendment to the contract".to_owned()],
        remaining: vec!["Explain how employee data is imported".to_owned()],
        limits: vec!["Say nothing about contract terms".to_owned()],
        return_when: vec!["The customer asks about the contract or the price".to_owned()],
    };
    warmline.hand_back(&conversation, &ines, note).await?;

    say(
        &warmline,
        &conversation,
        "How do we import our employee data?",
    )
    .await?;
    say(
        &warmline,
        &conversation,
        "And can we change the price in the contract as well?",
    )
    .await?;
    let view = warmline.view(&conversation).await?;
    println!("now in `{}`", view.state.name);
    if let Some(operator) = &view.state.last_operator {
        println!("{operator} is asked first");
    }
    warmline.shutdown().await;
    Ok(())
}

async fn say(warmline: &Warmline, id: &ConversationId, words: &str) -> anyhow::Result<()> {
    println!("customer:  {words}");
    let answer = warmline.customer_says(id, Inbound::text(words)).await?;
    for turn in answer.reply.iter().chain(&answer.notices) {
        println!("told:      {}", turn.text);
    }
    if let Some(trigger) = answer.trigger {
        println!("           (handed over: {})", trigger.kind);
    }
    Ok(())
}
