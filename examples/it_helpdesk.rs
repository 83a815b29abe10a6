//! A help desk behind a push channel. A colleague asks the same thing three times and gets a human;
//! the first tier passes the case to the second, which exists in the TOML alone.

use warmline::journal::{DeliveryKey, Outbound};
use warmline::{
    Channel, ChannelError, Config, ConversationId, CustomerContext, Inbound, OperatorId, Warmline,
};

/// A messenger of the company; here it prints what it would send.
struct Messenger;

impl Channel for Messenger {
    fn name(&self) -> &str {
        "messenger"
    }

    async fn deliver(&self, key: DeliveryKey, outbound: Outbound) -> Result<(), ChannelError> {
        println!("  [{key}] {}", outbound.turn.text);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load("config/it-helpdesk.toml".as_ref())?;
    let warmline = Warmline::builder()
        .config(config)
        .channel(Messenger)
        .start()
        .await?;
    let conversation = ConversationId::new("helpdesk-example")?;
    let context = CustomerContext {
        channel: Some("messenger".to_owned()),
        ..CustomerContext::default()
    };
    for words in [
        "The VPN does not connect from home, what can I do?",
        "I did all of that. Why does the VPN still not connect from home?",
        "still nothing. What else can I do when the VPN does not connect from home??",
    ] {
        println!("colleague: {words}");
        let inbound = Inbound {
            context: context.clone(),
            ..Inbound::text(words)
        };
        let answer = warmline.customer_says(&conversation, inbound).await?;
        if let Some(trigger) = answer.trigger {
            println!("handed over to `{}`: {}", answer.state, trigger.kind);
        }
    }

    let rui = OperatorId::new("rui")?;
    let view = warmline.view(&conversation).await?;
    if view.owner == warmline::Owner::Queue {
        warmline.claim(&conversation, &rui).await?;
        let view = warmline
            .release(&conversation, &rui, Some("second-tier"), None)
            .await?;
        println!("passed on to `{}`", view.state.name);
    }
    warmline.shutdown().await;
    Ok(())
}
