//! A shop's bot that looks up orders. A refund over the limit reaches a human, with a card that
//! says what the bot has found out already.

use warmline::core::turn::Action;
use warmline::{
    Ask, Assistant, AssistantError, Config, ConversationId, Draft, Inbound, OperatorId, Warmline,
};

/// The shop's bot: it knows one order, and nothing about money.
struct ShopBot;

impl Assistant for ShopBot {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        let question = ask.question();
        let order = question
            .split_whitespace()
            .find(|word| word.starts_with("HP-"));
        let Some(order) = order else {
            let text = "Could you tell me your order number? It begins with HP.".to_owned();
            return Ok(Draft {
                text,
                ..Draft::default()
            });
        };
        let order = order.trim_matches(|c: char| !c.is_alphanumeric() && c != '-');
        let found = Action {
            name: "look_up_order".to_owned(),
            input: order.to_owned(),
            result: Some("delivered on Monday, one tent, 389 EUR".to_owned()),
        };
        let text = "I found your order. What would you like to do with it?".to_owned();
        Ok(Draft {
            text,
            actions: vec![found],
            ..Draft::default()
        })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load("config/returns.toml".as_ref())?;
    let warmline = Warmline::builder()
        .config(config)
        .assistant(ShopBot)
        .start()
        .await?;
    let conversation = ConversationId::new("returns-example")?;
    for words in [
        "Hello, I have a question about my order",
        "The number is HP-204518",
        "The tent arrived with a broken pole. I want a refund of €389",
    ] {
        println!("customer:  {words}");
        let answer = warmline
            .customer_says(&conversation, Inbound::text(words))
            .await?;
        for turn in answer.reply.iter().chain(&answer.notices) {
            println!("shop:      {}", turn.text);
        }
    }

    let view = warmline.view(&conversation).await?;
    let card = view
        .state
        .card
        .as_ref()
        .expect("a refund over the limit is handed over");
    println!("\nThe card:");
    println!("  wants      {}", card.customer_intent.text);
    for attempt in &card.actions_attempted {
        println!("  tried      {}", attempt.text);
    }
    for blocker in &card.blockers {
        println!("  blocked    {}", blocker.text);
    }
    println!("  next       {}", card.recommended_action.text);

    let aoife = OperatorId::new("aoife")?;
    let view = warmline.claim(&conversation, &aoife).await?;
    println!("\nNow in {}, with {aoife}.", view.state.name);
    warmline.shutdown().await;
    Ok(())
}
