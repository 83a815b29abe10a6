//! A message with the same id is heard once and answered the same, whenever it comes again.

use std::time::Duration;

use warmline::{MessageId, Owner};

use crate::desk::{Desk, conversation, operator, settle, words};

fn times_heard(desk: &Desk, id: &str, text: &str) -> usize {
    let said = desk.said(id);
    said.iter().filter(|line| line.ends_with(text)).count()
}

#[tokio::test(start_paused = true)]
async fn repeated_at_once_it_is_heard_once() {
    let desk = Desk::open().await;
    let sends = || desk.sends("web-1", "m-1", "Where is my parcel?");
    let (a, b, c) = tokio::join!(sends(), sends(), sends());
    let a = a.unwrap();
    assert_eq!(words(&a), "You said: Where is my parcel?");
    assert_eq!(a, b.unwrap());
    assert_eq!(a, c.unwrap());
    assert_eq!(desk.assistant.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn repeated_later_it_gets_the_same_answer() {
    let desk = Desk::with("runtime.idle = '1s'").await;
    let first = desk
        .sends("web-1", "m-1", "Where is my parcel?")
        .await
        .unwrap();
    let second = desk.sends("web-1", "m-2", "I am furious").await.unwrap();
    assert_eq!(second.owner, Owner::Queue);
    let repeat = |message: &'static str| desk.sends("web-1", message, "whatever");
    assert_eq!(repeat("m-1").await.unwrap(), first);
    assert_eq!(repeat("m-2").await.unwrap(), second);

    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(desk.warmline.active(), 0);
    assert_eq!(repeat("m-1").await.unwrap(), first, "after passivation");
    assert_eq!(repeat("m-2").await.unwrap(), second);

    let desk = desk.crash("").await;
    let repeat = |message: &'static str| desk.sends("web-1", message, "whatever");
    assert_eq!(repeat("m-1").await.unwrap(), first, "after a restart");
    assert_eq!(repeat("m-2").await.unwrap(), second);
    assert_eq!(desk.said("web-1").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_repeated_as_it_was_answered() {
    let desk = Desk::open().await;
    let burst = [
        ("m-1", "hold on"),
        ("m-2", "one thing"),
        ("m-3", "my parcel"),
    ];
    let mut pending = Vec::new();
    for (message, text) in burst {
        pending.push(desk.begins_to_send("web-1", message, text));
        settle().await;
    }
    desk.assistant.permits.add_permits(1);
    let mut answers = Vec::new();
    for pending in pending {
        answers.push(pending.await.unwrap().unwrap());
    }
    assert_eq!(
        words(&answers[2]),
        "You said: hold on / one thing / my parcel"
    );
    desk.says("web-1", "Thanks").await;
    for ((message, _), answer) in burst.into_iter().zip(answers) {
        let again = desk.sends("web-1", message, "again").await.unwrap();
        assert_eq!(again, answer, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn repeated_while_it_is_being_answered_it_waits_for_the_same_answer() {
    let desk = Desk::open().await;
    let first = desk.sends("web-1", "m-1", "hold the line");
    let again = async {
        desk.until("web-1", "customer_spoke").await;
        settle().await;
        let again = desk.sends("web-1", "m-1", "hold the line");
        let release = async {
            settle().await;
            desk.assistant.permits.add_permits(1);
        };
        tokio::join!(again, release).0
    };
    let (first, again) = tokio::join!(first, again);
    assert_eq!(first.unwrap(), again.unwrap());
    assert_eq!(desk.assistant.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn in_human_hands_it_is_heard_once_too() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let first = desk.sends("web-1", "m-1", "Hello?").await.unwrap();
    desk.reply("web-1", "dana", "I am here").await;
    let again = desk.sends("web-1", "m-1", "Hello?").await.unwrap();
    assert_eq!(first, again);
    assert_eq!(times_heard(&desk, "web-1", "Hello?"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_operators_reply_is_said_once() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let message = || Some(MessageId::new("r-1").unwrap());
    let reply = || desk.warmline.reply(&id, &dana, "I am sorry", message());
    let (a, b) = tokio::join!(reply(), reply());
    let (a, b) = (a.unwrap().1, b.unwrap().1);
    assert_eq!(a, b);
    assert_eq!(reply().await.unwrap().1, a);
    assert_eq!(times_heard(&desk, "web-1", "I am sorry"), 1);
}

#[tokio::test(start_paused = true)]
async fn customer_and_operator_may_use_the_same_ids() {
    let desk = Desk::open().await;
    desk.sends("web-1", "1", "I am furious").await.unwrap();
    desk.claim("web-1", "dana").await;
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let message = |id| Some(MessageId::new(id).unwrap());
    let replied = desk.warmline.reply(&id, &dana, "I am sorry", message("1"));
    assert_eq!(replied.await.unwrap().1.text, "I am sorry");
    let replied = desk.warmline.reply(&id, &dana, "Really", message("2"));
    assert_eq!(replied.await.unwrap().1.text, "Really");
    desk.sends("web-1", "2", "Fine").await.unwrap();
    assert_eq!(times_heard(&desk, "web-1", "Fine"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_customers_id_never_stands_for_an_operators() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    // The key under which an operator's message `m-1` is recorded.
    let key = "operator/a461b472cb41a9ec3dee5c90cf8e4a78";
    for _ in ["once", "again"] {
        desk.sends("web-1", key, "Hello?").await.unwrap();
    }
    assert_eq!(times_heard(&desk, "web-1", "Hello?"), 1);
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let message = Some(MessageId::new("m-1").unwrap());
    let replied = desk.warmline.reply(&id, &dana, "I am sorry", message);
    assert_eq!(replied.await.unwrap().1.text, "I am sorry");
}
