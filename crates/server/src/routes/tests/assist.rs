use axum::http::StatusCode;
use serde_json::json;

use super::{Server, call, get, post};

async fn claimed(server: &Server) {
    server.say("c1", "please fail to send my refund").await;
    server
        .json(post("/v1/conversations/c1/claim").by("dana"))
        .await;
}

#[tokio::test]
async fn a_whisper_is_read_by_operators_and_by_nobody_else() {
    let server = Server::start().await;
    claimed(&server).await;
    let path = "/v1/conversations/c1/whispers";
    let whisper = json!({"text": "Offer the voucher."});
    let (status, view) = server.json(post(path).by("sue").body(&whisper)).await;
    assert_eq!(
        (status, &view["operator"]),
        (StatusCode::OK, &json!("dana"))
    );

    let (_, view) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(view["whispers"][0]["text"], "Offer the voucher.");
    assert_eq!(view["whispers"][0]["operator"], "sue");
    let last = view["turns"].as_array().unwrap().last().unwrap();
    assert_eq!(view["whispers"][0]["after"], last["turn"]);

    let mut stream = server.stream(get("/v1/conversations/c1/events")).await;
    let reply = json!({"text": "Hello, Dana here."});
    let path = "/v1/conversations/c1/replies";
    server.json(post(path).by("dana").body(&reply)).await;
    loop {
        let told = stream.next().await.unwrap().data.to_string();
        assert!(!told.contains("voucher"), "{told}");
        if told.contains("Dana here") {
            break;
        }
    }
}

#[tokio::test]
async fn what_was_said_of_a_handoff_is_shown_with_who_said_it_and_can_be_changed() {
    let server = Server::start().await;
    claimed(&server).await;
    let (_, view) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(view["feedback"], json!([]));
    for (by, needed) in [("dana", false), ("sue", true)] {
        let body = json!({ "needed": needed });
        let path = "/v1/conversations/c1/feedback";
        let (status, said) = server.json(post(path).by(by).body(&body)).await;
        assert_eq!((status, &said["by"]), (StatusCode::OK, &json!(by)));
        let (_, view) = server.json(get("/v1/conversations/c1")).await;
        assert_eq!(view["feedback"], json!([said]));
    }
}

#[tokio::test]
async fn a_handback_is_prepared_from_what_happened_since_the_claim() {
    let server = Server::start().await;
    claimed(&server).await;
    let reply = json!({"text": "I have refunded 40 EUR. Anything else?"});
    let path = "/v1/conversations/c1/replies";
    server.json(post(path).by("dana").body(&reply)).await;
    server.say("c1", "Where do I send it?").await;

    let path = "/v1/conversations/c1/handback";
    let (_, prepared) = server.json(get(path).by("dana")).await;
    assert_eq!(prepared["note"]["done"], json!(["I have refunded 40 EUR."]));
    assert_eq!(
        prepared["note"]["remaining"],
        json!(["Answer “Where do I send it?”"])
    );
    assert_eq!(prepared["refused"], json!(null));

    let (status, _) = server.json(get(path).by("lee")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    server
        .json(post(path).by("dana").body(&prepared["note"]))
        .await;
    let (_, view) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(view["owner"], "assistant");
}

#[tokio::test]
async fn a_handback_that_would_be_refused_says_so_before() {
    let server = Server::start().await;
    claimed(&server).await;
    let path = "/v1/conversations/c1/handback";
    let note = json!({"remaining": ["Help"]});
    loop {
        let (_, prepared) = server.json(get(path).by("dana")).await;
        let (status, problem) = server.json(post(path).by("dana").body(&note)).await;
        if status == StatusCode::OK {
            assert_eq!(prepared["refused"], json!(null));
            server
                .json(post("/v1/conversations/c1/claim").by("dana"))
                .await;
            continue;
        }
        assert_eq!(prepared["refused"], problem["detail"]);
        break;
    }
}

#[tokio::test]
async fn a_suggestion_answers_what_is_open_and_says_nothing() {
    let server = Server::start().await;
    claimed(&server).await;
    server.say("c1", "Where do I send it?").await;
    let path = "/v1/conversations/c1/suggestion";
    let (status, _) = server.json(post(path).by("lee")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (_, before) = server.json(get("/v1/conversations/c1")).await;

    // The scripted assistant fails at the first turn, which nobody has answered.
    let (status, _) = server.json(post(path).by("dana")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let reply = json!({"text": "One moment."});
    let said = "/v1/conversations/c1/replies";
    server.json(post(said).by("dana").body(&reply)).await;
    server.say("c1", "And when?").await;
    let (status, draft) = server.json(post(path).by("dana")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(draft["text"], "You asked: And when?");
    assert_eq!(draft["citations"][0]["title"], "Returns");

    let (_, after) = server.json(get("/v1/conversations/c1")).await;
    assert_eq!(after["epoch"], before["epoch"]);
    assert!(!after["turns"].to_string().contains("You asked: And when?"));
}

#[tokio::test]
async fn conversations_are_found_by_id_by_customer_and_by_words() {
    let server = Server::start().await;
    let path = "/v1/conversations/old/messages";
    let body = json!({"text": "Hello", "customer": "ada"});
    server.json(post(path).body(&body)).await;
    server.say("c1", "please fail: where is my rucksack?").await;
    let found = async |asked: &str| {
        let path = format!("/v1/conversations?{asked}");
        let (_, page) = server.json(get(&path)).await;
        let rows = page["conversations"].as_array().unwrap().iter();
        rows.map(|row| row["conversation"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("q=old").await, ["old"]);
    assert_eq!(found("q=ada").await, ["old"]);
    assert_eq!(found("q=RUCKSACK%20where").await, ["c1"]);
    assert_eq!(found("q=tent").await, [""; 0]);
    assert_eq!(found("ids=c1%20nowhere%20old").await, ["c1", "old"]);
}

#[tokio::test]
async fn the_past_of_a_customer_is_their_other_conversations() {
    let server = Server::start().await;
    for id in ["first", "second"] {
        let path = format!("/v1/conversations/{id}/messages");
        let body = json!({"text": "Hello", "customer": "ada"});
        server.json(post(&path).body(&body)).await;
    }
    let path = "/v1/conversations/first/close";
    let outcome = json!({"outcome": "resolved_confirmed"});
    server.json(post(path).body(&outcome)).await;
    let (_, past) = server.json(get("/v1/conversations/second/past")).await;
    assert_eq!(past["conversations"][0]["conversation"], "first");
    assert_eq!(past["conversations"][0]["outcome"], "resolved_confirmed");
    assert_eq!(past["conversations"][1], json!(null));
}

#[tokio::test]
async fn the_operator_who_has_a_conversation_is_seen_writing() {
    let server = Server::start().await;
    claimed(&server).await;
    let mut customer = server.stream(get("/v1/conversations/c1/events")).await;
    let mut everybody = server.stream(get("/v1/events")).await;
    let path = "/v1/conversations/c1/typing";
    for operator in ["lee", "dana"] {
        let (status, _) = server.json(post(path).by(operator)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let told = everybody.next().await.unwrap();
    assert_eq!(told.event, "typing");
    assert_eq!(
        told.data,
        json!({"conversation": "c1", "by": "operator", "operator": "dana"})
    );
    loop {
        let told = customer.next().await.unwrap();
        if told.event == "typing" {
            // Operators are not named to customers.
            assert_eq!((told.data, told.id), (json!({}), String::new()));
            break;
        }
    }
}

#[tokio::test]
async fn a_supervisor_takes_a_conversation_from_its_operator() {
    let server = Server::start().await;
    claimed(&server).await;
    let (status, view) = server
        .json(post("/v1/conversations/c1/take").by("sue"))
        .await;
    assert_eq!((status, &view["operator"]), (StatusCode::OK, &json!("sue")));
    let (_, view) = server.json(get("/v1/conversations/c1")).await;
    let whisper = view["whispers"][0]["text"].as_str().unwrap();
    assert_eq!(whisper, "took the conversation from dana");
}

#[tokio::test]
async fn canned_replies_are_kept_changed_and_dropped() {
    let server = Server::start().await;
    let path = "/v1/canned-replies/Good%20morning";
    let put = |text: &str| json!({"text": text, "key": "1", "then": "send"});
    for text in ["Morning.", "Good morning."] {
        let kept = call("PUT", path).by("dana").body(&put(text));
        assert_eq!(server.json(kept).await.0, StatusCode::NO_CONTENT);
    }
    let (_, page) = server.json(get("/v1/canned-replies")).await;
    let kept =
        json!([{"name": "Good morning", "text": "Good morning.", "key": "1", "then": "send"}]);
    assert_eq!(page["replies"], kept);
    for wrong in [json!({"text": " "}), json!({"text": "x", "key": "10"})] {
        let kept = call("PUT", path).by("dana").body(&wrong);
        assert_eq!(server.json(kept).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    server.json(call("DELETE", path).by("dana")).await;
    let (_, page) = server.json(get("/v1/canned-replies")).await;
    assert_eq!(page["replies"], json!([]));
}
