//! A whole story, meant to be read.

use warmline::{Outcome, Requester};

use crate::desk::{Desk, conversation, operator};

#[tokio::test(start_paused = true)]
async fn the_baton_goes_round_and_comes_back_to_the_same_operator() {
    let desk = Desk::open().await;
    let id = "web-1";
    desk.says(id, "Where is my parcel?").await;
    desk.says(id, "It is late and I am furious about it.").await;
    desk.claim(id, "dana").await;
    desk.reply(id, "dana", "I have sent a new one.").await;
    desk.says(id, "Thank you. When does it come?").await;
    desk.hand_back(id, "dana", "tell the customer the delivery day")
        .await
        .unwrap();
    desk.says(id, "And now?").await;
    desk.says(id, "Not again, furious, furious!").await;
    desk.claim(id, "dana").await;
    let (id_of, by) = (
        conversation(id),
        Requester::Operator {
            operator: operator("dana"),
        },
    );
    let closed = desk
        .warmline
        .close(&id_of, by, Outcome::ResolvedByHuman)
        .await;
    closed.unwrap();
    desk.warmline.rate(&conversation(id), 4).await.unwrap();
    desk.says(id, "One more thing.").await;
    insta::assert_snapshot!(desk.transcript(id), @r"
    start + customer_spoke -> ai_owned [start_timer(idle), examine(1)]
        1 customer: Where is my parcel?
    ai_owned + turn_examined -> ai_owned [ask_assistant(1)]
    ai_owned + draft_examined -> ai_owned [say(2)]
        2 assistant: You said: Where is my parcel?
    ai_owned + customer_spoke -> ai_owned [examine(3)]
        3 customer: It is late and I am furious about it.
    ai_owned + turn_examined -> pending_handoff [cancel_timer(idle), start_timer(claim), say(4), notify_operators(support), write_card]
        4 notice: I'm passing you on to a colleague. They see our whole conversation, so you won't have to repeat yourself.
    pending_handoff + operator_claimed -> human_owned [cancel_timer(claim), start_timer(silence), say(5)]
        5 notice: A colleague is with you now.
    human_owned + operator_replied -> human_owned [say(6)]
        6 dana: I have sent a new one.
    human_owned + customer_spoke -> human_owned []
        7 customer: Thank you. When does it come?
    human_owned + handed_back -> reverse_handed [cancel_timer(silence), start_timer(idle), say(8), examine(7)]
        8 notice: I'm taking over again from my colleague and know what you agreed on.
    reverse_handed + turn_examined -> reverse_handed [ask_assistant(7)]
    reverse_handed + draft_examined -> reverse_handed [say(9)]
        9 assistant: You said: Thank you. When does it come?
    reverse_handed + customer_spoke -> reverse_handed [examine(10)]
        10 customer: And now?
    reverse_handed + turn_examined -> reverse_handed [ask_assistant(10)]
    reverse_handed + draft_examined -> reverse_handed [say(11)]
        11 assistant: You said: And now?
    reverse_handed + customer_spoke -> reverse_handed [examine(12)]
        12 customer: Not again, furious, furious!
    reverse_handed + turn_examined -> pending_handoff [cancel_timer(idle), start_timer(claim), say(13), notify_operators(support, dana first), write_card]
        13 notice: I'm passing you on to a colleague. They see our whole conversation, so you won't have to repeat yourself.
    pending_handoff + operator_claimed -> human_owned [cancel_timer(claim), start_timer(silence), say(14)]
        14 notice: A colleague is with you now.
    human_owned + closed -> closed [cancel_timer(silence), say(15)]
        15 notice: This conversation is closed now. Just write again if there is anything else.
    closed + rated -> closed []
    closed + customer_spoke -> ai_owned [start_timer(idle), say(17), examine(16)]
        16 customer: One more thing.
        17 notice: Welcome back. I'm with you again.
    ai_owned + turn_examined -> ai_owned [ask_assistant(16)]
    ai_owned + draft_examined -> ai_owned [say(18)]
        18 assistant: You said: One more thing.
    ");
}

#[tokio::test(start_paused = true)]
async fn everybody_who_listens_hears_every_step_in_order() {
    let desk = Desk::open().await;
    let mut steps = desk.warmline.subscribe();
    desk.says("web-1", "Hello").await;
    desk.says("web-1", "I am furious").await;
    let recorded = desk.entries("web-1");
    for entry in recorded {
        let step = steps.recv().await.unwrap();
        assert_eq!(*step.entry, entry);
        assert_eq!(step.conversation, conversation("web-1"));
    }
    assert!(steps.try_recv().is_err());
}
