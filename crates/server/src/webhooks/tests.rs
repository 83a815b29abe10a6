use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use warmline::core::privacy::Kinds;
use warmline::core::source::Source;
use warmline::detect::HashedEncoder;
use warmline::journal::MemoryJournal;
use warmline::{ConversationId, Inbound, OperatorId, Outcome, Requester, Warmline};

use super::config::Format;
use super::{Status, Webhooks, WebhooksConfig, deliveries, replay, run};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver that answers as it is told, and keeps what it got.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<Vec<u16>>>,
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    news: Arc<Notify>,
}

impl Receiver {
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let take = async |State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes| {
            let body = String::from_utf8(body.to_vec()).unwrap();
            receiver.got.lock().unwrap().push((headers, body));
            receiver.news.notify_one();
            let answer = receiver.answers.lock().unwrap().pop().unwrap_or(200);
            StatusCode::from_u16(answer).unwrap()
        };
        let router = Router::new()
            .route("/", post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/")
    }

    async fn until(&self, count: usize) -> Vec<(HeaderMap, String)> {
        loop {
            let got = self.got.lock().unwrap().clone();
            if got.len() >= count {
                return got;
            }
            self.news.notified().await;
        }
    }
}

fn webhooks(url: &str, more: &str) -> Webhooks {
    let text = format!("[webhooks.endpoints.desk]\nurl = '{url}'\nsecret_env = 'S'\n{more}");
    let config = WebhooksConfig::parse(&Source::new("w.toml", text)).unwrap();
    let environment = |name: &str| (name == "S").then(|| SECRET.to_owned());
    config.ready(Path::new(""), environment).unwrap()
}

async fn start(webhooks: &Webhooks) -> Warmline {
    let builder = Warmline::builder()
        .journal(Arc::new(MemoryJournal::new()))
        .encoder(Arc::new(HashedEncoder))
        .bookkeeper(webhooks.bookkeeper());
    builder.start().await.unwrap()
}

/// A customer asks for a person, gets one, and it ends.
async fn story(warmline: &Warmline) {
    let id = ConversationId::new("web-1").unwrap();
    let dana = OperatorId::new("dana").unwrap();
    let said = warmline.customer_says(&id, Inbound::text("my secret words"));
    said.await.unwrap();
    warmline.claim(&id, &dana).await.unwrap();
    let by = Requester::Operator { operator: dana };
    let closed = warmline.close(&id, by, Outcome::ResolvedByHuman);
    closed.await.unwrap();
}

#[tokio::test]
async fn events_leave_signed_and_without_a_customer_s_words() {
    let receiver = Receiver::default();
    let webhooks = webhooks(&receiver.listen().await, "");
    let warmline = start(&webhooks).await;
    let (_open, over) = watch::channel(false);
    tokio::spawn(run(warmline.clone(), webhooks, over));
    story(&warmline).await;
    let got = receiver.until(3).await;
    let mut kinds: Vec<String> = Vec::new();
    for (headers, body) in &got {
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let (id, seconds) = (header("webhook-id"), header("webhook-timestamp"));
        let secret = super::signature::Secret::new(SECRET).unwrap();
        let signature = secret.sign(&id, seconds.parse().unwrap(), body.as_bytes());
        assert_eq!(header("webhook-signature"), signature);
        let event: Value = serde_json::from_str(body).unwrap();
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["id"], id.as_str());
        assert_eq!(event["subject"], "web-1");
        kinds.push(event["type"].as_str().unwrap().to_owned());
        assert!(!body.contains("secret words"), "{body}");
    }
    kinds.sort();
    let expected = ["claimed", "closed", "handed_off"].map(|kind| format!("conversation.{kind}"));
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_dead_letter_is_replayed_under_the_same_id() {
    let receiver = Receiver::default();
    receiver.answers.lock().unwrap().push(410);
    let webhooks = webhooks(
        &receiver.listen().await,
        "events = ['conversation.handed_off']",
    );
    let warmline = start(&webhooks).await;
    story(&warmline).await;
    let records = warmline.records();
    let (waiting, _) = deliveries(&records, Status::Pending, None, 9).unwrap();
    assert_eq!(waiting.len(), 1, "written down with the step");

    let (_open, over) = watch::channel(false);
    let mut steps = warmline.subscribe();
    tokio::spawn(run(warmline.clone(), webhooks.clone(), over));
    let first = receiver.until(1).await;
    let dead = loop {
        let (dead, _) = deliveries(&records, Status::Dead, None, 9).unwrap();
        match dead.into_iter().next() {
            Some(dead) => break dead,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!((dead.answer, dead.attempts), (Some(410), 1));
    assert!(steps.try_recv().is_err(), "no conversation noticed");

    assert!(
        replay(&records, "msg_none.desk", dead.at)
            .await
            .unwrap()
            .is_none()
    );
    replay(&records, &dead.id(), dead.at)
        .await
        .unwrap()
        .unwrap();
    webhooks.wake();
    let second = receiver.until(2).await;
    assert_eq!(first[0].0["webhook-id"], second[1].0["webhook-id"]);
    assert_eq!(first[0].1, second[1].1);
}

#[tokio::test]
async fn chats_get_text_that_is_no_markup() {
    let more = "format = 'slack'\nevents = ['conversation.closed']";
    let webhooks = webhooks("http://127.0.0.1:9/", more);
    let warmline = start(&webhooks).await;
    let id = ConversationId::new("<!channel>").unwrap();
    let said = warmline.customer_says(&id, Inbound::text("hello"));
    said.await.unwrap();
    let outcome = Outcome::Unresolved;
    let closed = warmline.close(&id, Requester::Customer, outcome);
    closed.await.unwrap();
    let (waiting, _) = deliveries(&warmline.records(), Status::Pending, None, 9).unwrap();
    let body = waiting[0].body(Format::Slack, Kinds::default());
    let text = body["text"].as_str().unwrap();
    assert!(
        text.contains("&lt;!channel&gt;") && text.contains("outcome: unresolved"),
        "{text}"
    );
}

#[test]
fn what_is_wrong_is_said_and_no_secret_is_shown() {
    let problem = |text: &str| {
        let config = WebhooksConfig::parse(&Source::new("w.toml", text));
        match config.and_then(|config| config.ready(Path::new(""), |_| None)) {
            Ok(webhooks) => format!("{webhooks:?}"),
            Err(problems) => problems.to_string(),
        }
    };
    let at = "[webhooks.endpoints.a]\n";
    assert!(problem(&format!("{at}secret_env = 'S'")).contains("`url` or `url_env`"));
    let unset = problem(&format!("{at}url = 'https://a.example'\nsecret_env = 'S'"));
    assert!(unset.contains("`S` is not set"), "{unset}");
    assert!(problem(&format!("{at}url = 'https://a.example'")).contains("no secret"));
    assert!(
        problem(&format!("{at}url = 'file:///etc'\nformat='slack'")).contains("no web address")
    );
    assert!(problem(&format!("{at}evnts = []")).contains("did you mean `events`"));
    let fine = problem(&format!(
        "{at}url = 'https://a.example/hidden'\nformat = 'slack'"
    ));
    assert!(!fine.contains("hidden"), "{fine}");
}

#[tokio::test]
async fn a_return_about_the_same_thing_is_told_once() {
    let receiver = Receiver::default();
    let webhooks = webhooks(
        &receiver.listen().await,
        "events = ['conversation.reopened', 'conversation.rated']",
    );
    let warmline = start(&webhooks).await;
    let (_open, over) = watch::channel(false);
    tokio::spawn(run(warmline.clone(), webhooks, over));
    story(&warmline).await;
    let id = ConversationId::new("web-1").unwrap();
    for text in ["my secret words", "and my secret words again"] {
        let said = warmline.customer_says(&id, Inbound::text(text));
        said.await.unwrap();
    }
    let got = receiver.until(1).await;
    // Whatever else was told would have come before this.
    let by = Requester::Operator {
        operator: OperatorId::new("dana").unwrap(),
    };
    warmline.close(&id, by, Outcome::Unresolved).await.unwrap();
    warmline.rate(&id, 5).await.unwrap();
    assert_eq!(receiver.until(2).await.len(), 2);
    let event: Value = serde_json::from_str(&got[0].1).unwrap();
    assert_eq!(event["type"], "conversation.reopened");
    assert_eq!(event["subject"], "web-1");
    assert_eq!(event["data"]["outcome"], "reopened");
    assert_eq!(event["data"]["stated"], "resolved_by_human");
    assert!(!got[0].1.contains("secret"), "{}", got[0].1);
}

#[tokio::test]
async fn other_endpoints_are_told_from_a_reload_on() {
    let (before, after) = (Receiver::default(), Receiver::default());
    let only = "events = ['conversation.handed_off']";
    let told = webhooks(&before.listen().await, only);
    let warmline = start(&told).await;
    let (_open, over) = watch::channel(false);
    tokio::spawn(run(warmline.clone(), told.clone(), over));
    let says = async |id: &str| {
        let id = ConversationId::new(id).unwrap();
        let said = warmline.customer_says(&id, Inbound::text("I need a human"));
        said.await.unwrap();
    };
    says("web-1").await;
    before.until(1).await;
    told.replace(&webhooks(&after.listen().await, only));
    says("web-2").await;
    assert!(after.until(1).await[0].1.contains("web-2"));
    assert_eq!(before.until(1).await.len(), 1);
}

#[tokio::test]
async fn what_is_kept_from_webhooks_does_not_leave() {
    let console = "[webhooks]\nconsole = 'https://desk.example/console'\n";
    let endpoint = "[webhooks.endpoints.a]\nurl = 'http://127.0.0.1:9/'\nsecret_env = 'S'";
    let source = Source::new("w.toml", format!("{console}{endpoint}"));
    let config = WebhooksConfig::parse(&source).unwrap();
    let webhooks = config.ready(Path::new(""), |_| Some(SECRET.to_owned()));
    let warmline = start(&webhooks.unwrap()).await;
    for id in ["wa:+491711234567", "web-1"] {
        let id = ConversationId::new(id).unwrap();
        let mut inbound = Inbound::text("I need a human");
        inbound.context.segment = Some("ana@mail.example".to_owned());
        warmline.customer_says(&id, inbound).await.unwrap();
    }
    let (waiting, _) = deliveries(&warmline.records(), Status::Pending, None, 9).unwrap();
    let of = |id: &str| {
        let mut all = waiting.iter();
        let delivery = all.find(|delivery| delivery.conversation.as_str() == id);
        delivery.unwrap().clone()
    };
    let (telling, silent) = (of("wa:+491711234567"), of("web-1"));
    let open = telling.body(Format::CloudEvents, Kinds::default());
    assert_eq!(open["subject"], "wa:+491711234567");
    let link = "https://desk.example/console#wa%3A%2B491711234567";
    assert_eq!(open["data"]["link"], link);
    for format in [Format::CloudEvents, Format::Slack, Format::Teams] {
        let masked = telling.body(format, Kinds::all()).to_string();
        assert!(masked.contains("[phone number]"), "{masked}");
        assert!(!masked.contains("1711234567"), "{masked}");
        assert!(!masked.contains("mail.example"), "{masked}");
        let linked = silent.body(format, Kinds::all()).to_string();
        assert!(linked.contains("https://desk.example/console#web-1"));
        assert!(!linked.contains("mail.example"), "{linked}");
    }
    let masked = telling.body(Format::CloudEvents, Kinds::all());
    assert_eq!(masked["id"], open["id"]);
    assert_eq!(masked["time"], open["time"]);
}
