//! The proxy between a client and a bot that says what each test wants, when it wants it.

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::routing;
use axum::{Json, Router};
use futures::{Stream, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{Access, Events, Server, TOKEN, Token, get, post};

/// A server in front of a bot.
struct Proxy {
    server: Server,
    requests: UnboundedReceiver<Request>,
}

/// A request that reached the bot, and the way of its answer.
struct Request {
    body: Value,
    chunks: UnboundedSender<Value>,
}

impl Request {
    fn chunk(&self, delta: &Value, finish: Option<&str>) {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let usage = finish
            .map(|_| json!({"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}));
        let chunk = json!({"id": "bot-1", "model": "m", "choices": [choice], "usage": usage});
        self.chunks.send(chunk).unwrap();
    }

    fn says(&self, words: &str) {
        self.chunk(&json!({"content": words}), None);
    }

    fn ends(self) {
        self.chunk(&json!({}), Some("stop"));
    }

    fn calls(self) {
        let call = json!({"index": 0, "id": "call-1", "type": "function",
            "function": {"name": "look", "arguments": "{}"}});
        self.chunk(&json!({"tool_calls": [call]}), Some("tool_calls"));
    }

    fn breaks_off(self) {}
}

async fn bot(
    State(requests): State<UnboundedSender<Request>>,
    Json(body): Json<Value>,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let (chunks, said) = mpsc::unbounded_channel();
    requests.send(Request { body, chunks }).unwrap();
    Sse::new(stream::unfold(said, |mut said| async move {
        let chunk: Value = said.recv().await?;
        Some((Ok(Event::default().data(chunk.to_string())), said))
    }))
}

impl Proxy {
    async fn start() -> Self {
        let (asked, requests) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/v1/chat/completions", routing::post(bot));
        let routes = routes.with_state(asked);
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let more = format!(
            "[server.proxy]\nrelease = \"sentences\"\n\
             [models.upstream]\nendpoints = [{{ base_url = \"http://{address}/v1\" }}]\n"
        );
        let access = Access::Token(Token::new(TOKEN).unwrap());
        let server = Server::configured(access, &more, "/").await;
        Self { server, requests }
    }

    /// The stream of a client that asks with these messages.
    async fn asks(&self, messages: &Value) -> Told {
        self.asks_with(messages, &json!({})).await
    }

    async fn asks_with(&self, messages: &Value, extension: &Value) -> Told {
        let body = json!({"model": "m", "messages": messages, "stream": true,
            "stream_options": {"include_usage": true}, "warmline": extension});
        let call = post("/v1/chat/completions").header("x-warmline-conversation", "c1");
        Told {
            events: self.server.stream(call.body(&body)).await,
            text: String::new(),
            finish: Value::Null,
            usage: Value::Null,
        }
    }

    /// The next request that reaches the bot.
    async fn asked(&mut self) -> Request {
        self.requests.recv().await.unwrap()
    }

    /// Asks, is answered, and tells what.
    async fn answered(&mut self, messages: &Value, words: &str) -> String {
        let told = self.asks(messages).await;
        let asked = self.asked().await;
        asked.says(words);
        asked.ends();
        told.whole().await.text
    }

    async fn operator(&self, command: &str, body: Value) {
        let path = format!("/v1/conversations/c1/{command}");
        let call = post(&path).by("dana").body(&body);
        let (status, answer) = self.server.json(call).await;
        assert!(status.is_success(), "{answer}");
    }

    /// What was said by `voice`, as it is recorded.
    async fn said_by(&self, voice: &str) -> Vec<String> {
        let (_, view) = self.server.json(get("/v1/conversations/c1")).await;
        let turns = view["turns"].as_array().unwrap().iter();
        let turns = turns.filter(|turn| turn["by"] == voice);
        turns
            .map(|turn| turn["text"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// What a client was told.
struct Told {
    events: Events,
    text: String,
    finish: Value,
    usage: Value,
}

impl Told {
    /// Reads on; false at the end.
    async fn more(&mut self) -> bool {
        let Some(sent) = self.events.next().await else {
            return false;
        };
        let choice = &sent.data["choices"][0];
        self.text
            .push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        for (known, news) in [
            (&mut self.finish, &choice["finish_reason"]),
            (&mut self.usage, &sent.data["usage"]),
        ] {
            if !news.is_null() {
                known.clone_from(news);
            }
        }
        true
    }

    /// Reads on until the words are there.
    async fn until(&mut self, words: &str) {
        while !self.text.ends_with(words) {
            assert!(self.more().await, "{} without {words}", self.text);
        }
    }

    async fn whole(mut self) -> Self {
        while self.more().await {}
        self
    }
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

/// The call that the bot made, with words beside it or without, and its result.
fn looked(words: Option<&str>, result: &str) -> [Value; 2] {
    let call = json!({"id": "call-1", "type": "function",
        "function": {"name": "look", "arguments": "{}"}});
    [
        json!({"role": "assistant", "content": words, "tool_calls": [call]}),
        json!({"role": "tool", "tool_call_id": "call-1", "content": result}),
    ]
}

#[tokio::test]
async fn a_customer_who_comes_back_reads_everything_once() {
    let mut proxy = Proxy::start().await;
    proxy.answered(&json!([user("Hello")]), "Good day.").await;
    proxy
        .operator("close", json!({"outcome": "resolved_confirmed"}))
        .await;

    let shown = json!({"role": "assistant", "content": "Good day."});
    let messages = json!([user("Hello"), shown, user("Me again")]);
    let mut told = proxy.asks(&messages).await;
    let asked = proxy.asked().await;
    asked.says("It left. It is");
    let closed = &proxy.said_by("notice").await[0];
    let front = format!("{closed}\n\nWelcome back. I'm with you again.\n\n");
    told.until(&format!("{front}It left. ")).await;
    asked.says(" late.");
    asked.ends();
    let told = told.whole().await;
    assert_eq!(told.text, format!("{front}It left. It is late."));
    assert_eq!(
        (told.finish, &told.usage["total_tokens"]),
        (json!("stop"), &json!(18))
    );

    let again = proxy.asks(&messages).await.whole().await;
    assert_eq!(again.text, format!("{front}It left. It is late."));
}

#[tokio::test]
async fn words_of_a_human_stand_in_front_and_notices_of_later_behind() {
    let mut proxy = Proxy::start().await;
    proxy.answered(&json!([user("Hello")]), "Good day.").await;
    proxy.operator("claim", json!({})).await;
    proxy
        .operator("replies", json!({"text": "Dana here."}))
        .await;
    proxy
        .operator(
            "handback",
            json!({"done": ["Helped"], "remaining": ["Say where it is"]}),
        )
        .await;

    let shown = json!({"role": "assistant", "content": "Good day."});
    let messages = json!([user("Hello"), shown, user("Where is it?")]);
    let mut told = proxy.asks(&messages).await;
    let asked = proxy.asked().await;
    asked.says("It left. It is");
    told.until("It left. ").await;
    asked.breaks_off();
    let told = told.whole().await.text;
    assert_eq!(told.matches("Dana here.").count(), 1, "{told}");
    let notices = proxy.said_by("notice").await;
    let notice = notices.last().unwrap();
    let (front, answer) = told.split_once("Dana here.").unwrap();
    assert!(!front.contains("It left."), "{told}");
    assert!(
        answer.ends_with(&format!("\n\nIt left. \n\n{notice}")),
        "{told}"
    );
}

#[tokio::test]
async fn marks_stay_where_passages_come_twice() {
    let mut proxy = Proxy::start().await;
    let passage = |name: &str| json!({"document": name, "passage": format!("About {name}.")});
    let passages = ["a", "b", "a", "c"].map(passage);
    let extension = json!({ "passages": passages });
    let messages = json!([user("How long?")]);
    let mut told = proxy.asks_with(&messages, &extension).await;
    let asked = proxy.asked().await;
    asked.says("Thirty days [2]. It");
    told.until("Thirty days [2]. ").await;
    asked.says(" is free [4]. Ask");
    told.until("It is free [4]. ").await;
    asked.says(" us [4].");
    asked.ends();
    let told = told.whole().await;
    let words = "Thirty days [2]. It is free [4]. Ask us [4].";
    assert_eq!(
        (told.text.as_str(), &told.usage["total_tokens"]),
        (words, &json!(18))
    );
    let again = proxy.asks_with(&messages, &extension).await.whole().await;
    assert_eq!(again.text, words);
}

#[tokio::test]
async fn words_beside_a_call_are_told_once_to_clients_that_do_not_repeat_them() {
    for begins in [true, false] {
        let mut proxy = Proxy::start().await;
        let told = proxy.asks(&json!([user("Where is it?")])).await;
        let asked = proxy.asked().await;
        asked.says("Let me look.");
        asked.calls();
        let told = told.whole().await;
        assert_eq!(
            (told.text.as_str(), told.finish),
            ("Let me look.", json!("tool_calls"))
        );

        let [call, result] = looked(None, "It left.");
        let mut told = proxy
            .asks(&json!([user("Where is it?"), call, result]))
            .await;
        let asked = proxy.asked().await;
        match begins {
            true => {
                asked.says("It left. It is");
                told.until("It left. ").await;
            }
            false => asked.says("It"),
        }
        asked.breaks_off();
        let told = told.whole().await.text;
        let notice = &proxy.said_by("notice").await[0];
        match begins {
            true => assert_eq!(told, format!("It left. \n\n{notice}")),
            false => assert_eq!(told, *notice),
        }
    }
}

#[tokio::test]
async fn a_client_that_did_not_receive_the_calls_gets_them_again() {
    let mut proxy = Proxy::start().await;
    let messages = json!([user("Where is it?")]);
    let lost = proxy.asks(&messages).await;
    let asked = proxy.asked().await;
    asked.says("Let me look.");
    asked.calls();
    lost.whole().await;

    let again = proxy.asks(&messages).await.whole();
    let again = tokio::select! {
        again = again => again,
        _ = proxy.requests.recv() => panic!("the bot was asked again"),
    };
    assert_eq!(
        (again.text.as_str(), again.finish),
        ("Let me look.", json!("tool_calls"))
    );

    let [call, result] = looked(Some("Let me look."), "It left.");
    let messages = json!([user("Where is it?"), call, result]);
    assert_eq!(proxy.answered(&messages, "It left.").await, "It left.");
    assert_eq!(
        proxy.said_by("assistant").await,
        ["Let me look.", "It left."]
    );
}

#[tokio::test]
async fn an_answer_of_more_parts_than_turns_are_kept_answers_one_turn() {
    let mut proxy = Proxy::start().await;
    let mut messages = vec![user("Where is it?")];
    let mut said = Vec::new();
    for round in ["Bonn", "Kiel", "Ulm"] {
        let mut told = proxy.asks(&json!(messages)).await;
        let asked = proxy.asked().await;
        let mut before = String::new();
        for place in [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        ] {
            let words = format!("It left {place} for {round}. ");
            asked.says(&words);
            told.until(&before).await;
            before = words;
        }
        asked.calls();
        let told = told.whole().await;
        said.push(told.text.clone());
        messages.extend(looked(Some(&told.text), "Look further."));
    }
    let told = proxy.asks(&json!(messages)).await;
    let asked = proxy.asked().await;
    assert_eq!(
        asked.body["messages"].as_array().unwrap().len(),
        messages.len()
    );
    asked.says("It left.");
    asked.ends();
    assert_eq!(told.whole().await.text, "It left.");
    assert_eq!(proxy.said_by("customer").await, ["Where is it?"]);
    let again = proxy
        .asks(&json!([user("Where is it?")]))
        .await
        .whole()
        .await;
    let whole = said.concat() + "It left.";
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(squeezed(&again.text), squeezed(&whole));
}
