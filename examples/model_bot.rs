//! A retrieval bot on a language model: it answers from the shop's documents, with citations, and
//! what is not founded in them goes to a human.
//!
//! ```text
//! WARMLINE_LLM_BASE_URL=http://127.0.0.1:8080/v1 WARMLINE_LLM_MODEL=my-model \
//!     cargo run --release -p warmline-examples --example model_bot
//! ```
//!
//! The key, where the endpoint wants one, is in `WARMLINE_LLM_API_KEY`.

use anyhow::Context;
use warmline::{Config, ConversationId, Inbound, Warmline};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let set = |name: &str| std::env::var(name).with_context(|| format!("set {name}"));
    let (base_url, model) = (set("WARMLINE_LLM_BASE_URL")?, set("WARMLINE_LLM_MODEL")?);
    let key = match set("WARMLINE_LLM_API_KEY") {
        Ok(_) => "WARMLINE_LLM_API_KEY",
        Err(_) => "",
    };
    let mut config = Config::load("config/returns.toml".as_ref())?;
    config.models = config.models.with_default(&base_url, Some(&model), key);
    let warmline = Warmline::builder().config(config).start().await?;

    for (number, words) in [
        "How long do I have to return a pair of boots?",
        "And who pays for the parcel?",
        "Can you tell me who won the election?",
    ]
    .iter()
    .enumerate()
    {
        println!("customer:  {words}");
        let conversation = ConversationId::new(format!("model-bot-{number}"))?;
        let answer = warmline
            .customer_says(&conversation, Inbound::text(*words))
            .await?;
        for turn in answer.reply.iter().chain(&answer.notices) {
            println!("shop:      {}", turn.text);
            for (number, citation) in (1..).zip(&turn.citations) {
                println!("           [{number}] {}", citation.title);
            }
        }
        if let Some(trigger) = answer.trigger {
            println!("           → a human, because of {}", trigger.kind);
            for judged in trigger.signals {
                let signal = judged.signal;
                println!("             {} {:.2}", signal.kind, signal.score);
            }
        }
    }
    warmline.shutdown().await;
    Ok(())
}
