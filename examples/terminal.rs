//! A conversation in your terminal: you are the customer, and the operator when you like.
//!
//! ```text
//! /claim          take the conversation        /back LEFT   hand it back with what is left
//! /reply WORDS    answer as the operator       /close       end it
//! ```
//!
//! Anything else is said as the customer. The first argument names another configuration.

use tokio::io::{AsyncBufReadExt, BufReader};
use warmline::{
    Config, ConversationId, Error, HandbackNote, Inbound, OperatorId, Outcome, Requester, Speaker,
    Warmline,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "config/returns.toml".to_owned());
    let config = Config::load(path.as_ref())?;
    let warmline = Warmline::builder().config(config).start().await?;
    let conversation = ConversationId::new("terminal")?;
    println!("Write as the customer; /claim, /reply, /back and /close are the operator's.");

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut shown = 0;
    while let Some(line) = lines.next_line().await? {
        if line.trim().is_empty() {
            continue;
        }
        if let Err(error) = act(&warmline, &conversation, &line).await {
            println!("  ✗ {error}");
        }
        for entry in warmline.entries(&conversation, shown, 100)? {
            shown = entry.seq + 1;
            for turn in &entry.decided.turns {
                match &turn.speaker {
                    Speaker::Customer => {}
                    Speaker::Assistant => println!("  assistant: {}", turn.text),
                    Speaker::Operator { operator } => println!("  {operator}: {}", turn.text),
                    Speaker::Notice => println!("  · {}", turn.text),
                }
            }
            if let Some(trigger) = &entry.decided.trigger {
                println!("  → {} ({})", entry.decided.state, trigger.kind);
            }
        }
    }
    warmline.shutdown().await;
    Ok(())
}

async fn act(warmline: &Warmline, id: &ConversationId, line: &str) -> Result<(), Error> {
    let you = OperatorId::new("you").map_err(|error| Error::Invalid(error.to_string()))?;
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "/claim" => warmline.claim(id, &you).await.map(drop),
        "/reply" => warmline.reply(id, &you, rest, None).await.map(drop),
        "/back" => {
            let note = HandbackNote {
                remaining: vec![rest.to_owned()],
                ..HandbackNote::default()
            };
            warmline.hand_back(id, &you, note).await.map(drop)
        }
        "/close" => {
            let by_you = Requester::Operator { operator: you };
            warmline
                .close(id, by_you, Outcome::ResolvedByHuman)
                .await
                .map(drop)
        }
        _ => warmline
            .customer_says(id, Inbound::text(line))
            .await
            .map(drop),
    }
}
