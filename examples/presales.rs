//! A bot that invents a specification. The passage it was given does not carry its claim, so the
//! draft is held back and an adviser gets the lead.

use warmline::{
    Ask, Assistant, AssistantError, Citation, Config, ConversationId, Draft, Inbound, Warmline,
};

/// A fluent bot with a data sheet, and the habit of rounding up.
struct EagerBot;

impl Assistant for EagerBot {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        let sheet = Citation {
            document: "range".to_owned(),
            title: "How far an e-bike goes".to_owned(),
            passage: "The City 3 has a battery of 500 Wh and goes 60 to 90 km on a charge."
                .to_owned(),
        };
        let text = if ask.question().contains("battery") {
            "The City 3 has a battery of 500 Wh."
        } else {
            "The City 3 goes 200 km on a charge and is waterproof to 10 metres."
        };
        Ok(Draft {
            text: text.to_owned(),
            citations: vec![sheet.clone()],
            passages: vec![sheet],
            ..Draft::default()
        })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load("config/presales.toml".as_ref())?;
    let warmline = Warmline::builder()
        .config(config)
        .assistant(EagerBot)
        .start()
        .await?;
    let conversation = ConversationId::new("presales-example")?;
    for words in [
        "What battery does the City 3 e-bike have?",
        "And how far does the e-bike go on one charge?",
    ] {
        println!("visitor:   {words}");
        let answer = warmline
            .customer_says(&conversation, Inbound::text(words))
            .await?;
        for turn in answer.reply.iter().chain(&answer.notices) {
            println!("told:      {}", turn.text);
        }
        if let Some(trigger) = answer.trigger {
            println!("           (handed over: {})", trigger.kind);
            for judged in trigger.signals {
                let (kind, score) = (judged.signal.kind, judged.signal.score);
                println!(
                    "           {kind} {score:.2}, threshold {:.2}",
                    judged.threshold
                );
            }
        }
    }
    let view = warmline.view(&conversation).await?;
    if let Some(draft) = view.state.held_back {
        println!("held back: {}", draft.text);
    }
    warmline.shutdown().await;
    Ok(())
}
