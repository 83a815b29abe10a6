use serde_json::json;

use super::{Sent, Server, call, get, post};

/// What each event says that was said.
fn texts(events: &[Sent]) -> Vec<String> {
    events
        .iter()
        .flat_map(|event| event.data["turns"].as_array().cloned().unwrap_or_default())
        .map(|turn| turn["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_conversations_stream_resumes_without_loss_or_doubling() {
    let server = Server::start().await;
    server.say("c1", "one").await;
    let mut all = server.stream(get("/v1/conversations/c1/events")).await;
    let mut seen = all.take(2).await;
    assert_eq!(texts(&seen), ["one", "You asked: one"]);
    drop(all);

    server.say("c1", "two").await;
    let last = seen[0].id.clone();
    let path = "/v1/conversations/c1/events";
    let mut rest = server
        .stream(get(path).header("last-event-id", &last))
        .await;
    seen.truncate(1);
    seen.extend(rest.take(3).await);
    assert_eq!(
        texts(&seen),
        ["one", "You asked: one", "two", "You asked: two"]
    );

    server.say("c1", "three").await;
    assert_eq!(texts(&rest.take(2).await), ["three", "You asked: three"]);
}

#[tokio::test]
async fn an_id_of_another_stream_is_refused() {
    let server = Server::start().await;
    server.say("c1", "one").await;
    let call = get("/v1/conversations/c1/events").header("last-event-id", "abc");
    assert_eq!(server.json(call).await.0.as_u16(), 400);
}

#[tokio::test]
async fn a_reader_of_a_conversation_that_was_erased_is_told_anew() {
    let server = Server::start().await;
    server.say("c1", "new").await;
    let call = get("/v1/conversations/c1/events").header("last-event-id", "99");
    let mut events = server.stream(call).await;
    assert_eq!(events.next().await.unwrap().event, "reset");
    assert_eq!(texts(&events.take(2).await), ["new", "You asked: new"]);
}

#[tokio::test]
async fn the_stream_of_everything_resumes_too() {
    let server = Server::start().await;
    let mut live = server.stream(get("/v1/events")).await;
    server.say("c1", "one").await;
    server.say("c2", "please fail").await;
    let steps = live.take(6).await;
    assert!(steps.iter().all(|step| step.event == "step"));
    assert_eq!(steps[0].data["event"], "customer_spoke");
    assert_eq!(steps[5].data["trigger"]["kind"], "assistant_failure");

    let last = steps[2].id.clone();
    let mut again = server
        .stream(get("/v1/events").header("last-event-id", &last))
        .await;
    assert_eq!(again.take(3).await, steps[3..]);
}

#[tokio::test]
async fn a_reader_from_before_a_restart_is_told_to_read_again() {
    let server = Server::start().await;
    let call = get("/v1/events").header("last-event-id", "0badc0de0bad-7");
    let mut events = server.stream(call).await;
    assert_eq!(events.next().await.unwrap().event, "reset");
    server.say("c1", "one").await;
    assert_eq!(events.next().await.unwrap().data["conversation"], "c1");
}

#[tokio::test]
async fn an_erased_conversation_leaves_the_streams() {
    let server = Server::start().await;
    let mut live = server.stream(get("/v1/events")).await;
    server.say("c1", "my secret").await;
    let first = live.take(3).await[0].id.clone();
    let mut own = server.stream(get("/v1/conversations/c1/events")).await;
    own.take(2).await;
    server.json(call("DELETE", "/v1/conversations/c1")).await;
    assert_eq!(live.next().await.unwrap().event, "erased");
    assert_eq!(own.next().await, None);

    // Nobody who comes back reads what was said.
    let mut again = server
        .stream(get("/v1/events").header("last-event-id", &first))
        .await;
    let kept = again.take(3).await;
    assert!(kept.iter().all(|event| event.event == "erased"), "{kept:?}");
}

#[tokio::test]
async fn an_answer_can_be_streamed() {
    let server = Server::start().await;
    let path = "/v1/conversations/c1/messages";
    let ask = post(path)
        .header("accept", "text/event-stream")
        .body(&json!({"text": "one"}));
    let mut events = server.stream(ask).await;
    let answer = events.next().await.unwrap();
    assert_eq!(answer.event, "answer");
    assert_eq!(answer.data["reply"]["text"], "You asked: one");
    assert_eq!(events.next().await, None);
}
