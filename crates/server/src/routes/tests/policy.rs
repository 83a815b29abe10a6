//! Thresholds proposed, promoted, rolled back; drift; the shadow.

mod drifting;
mod following;
mod outcomes;
mod promoting;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use warmline::core::policy::Policy;
use warmline::core::source::Source;
use warmline::journal::BoxFuture;
use warmline::{
    Config, ConfigVersion, CustomerContext, Disk, Entry, Event, SignalKind, TriggerKind, Warmline,
};

use super::{Server, TOKEN, get, post};
use crate::policy::{
    Beside, CalibrationConfig, Calibrator, Candidate, Data, Figures, Fitted, Found, Handed,
    Promote, Wanted, schedule,
};
use crate::{Access, Policing, Token};

/// Finds that customers need not be quite as angry, and that fewer alarms come of it.
struct Found075;

impl Calibrator for Found075 {
    fn calibrate(&self, _: &Warmline, wanted: &Wanted) -> Result<Found, String> {
        assert!(wanted.since < wanted.until);
        let threshold = |policy: &Policy| {
            let everybody = CustomerContext::default();
            let threshold = policy.threshold(SignalKind::Sentiment, &everybody);
            threshold.and_then(|threshold| threshold.score)
        };
        Ok(Found {
            data: Data {
                conversations: 400,
                needed: 160,
                held_out: 100,
            },
            thresholds: vec![Fitted {
                signal: SignalKind::Sentiment,
                channel: None,
                segment: None,
                score: Some(0.75),
            }],
            promise: Some("misses little".to_owned()),
            warnings: Vec::new(),
            held_out: Box::new(move |policy| Figures {
                conversations: 100,
                needed: 40,
                missed: 3,
                handoffs: 45,
                false_alarms: match threshold(policy) {
                    Some(score) if score > 0.7 => 8,
                    _ => 12,
                },
            }),
        })
    }
}

/// Hands off at the second turn, whoever speaks.
struct Second {
    version: ConfigVersion,
    share: Option<f64>,
}

impl Candidate for Second {
    fn name(&self) -> &str {
        "second.toml"
    }

    fn version(&self) -> &ConfigVersion {
        &self.version
    }

    fn share(&self) -> Option<f64> {
        self.share
    }

    fn begin(&self) -> Box<dyn Beside> {
        Box::new(Turns::default())
    }
}

#[derive(Default)]
struct Turns {
    heard: usize,
    live: Option<Handed>,
}

impl Beside for Turns {
    fn live<'a>(&'a mut self, entry: &'a Entry) -> BoxFuture<'a, Result<(), String>> {
        self.heard += usize::from(matches!(entry.event, Event::CustomerSpoke { .. }));
        if let (None, Some(trigger)) = (&self.live, &entry.decided.trigger) {
            self.live = Some(handed(self.heard, trigger.kind));
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn handed(&self) -> (Option<Handed>, Option<Handed>) {
        let candidate = (self.heard >= 2).then(|| handed(2, TriggerKind::Rule));
        (self.live.clone(), candidate)
    }

    fn is_over(&self) -> bool {
        self.live.is_some() && self.heard >= 2
    }
}

fn handed(turn: usize, trigger: TriggerKind) -> Handed {
    Handed {
        turn,
        trigger,
        words: "because".to_owned(),
    }
}

async fn server(promote: Promote) -> Server {
    kept(promote, Arc::new(Found075), second(), "/").await
}

fn second() -> Second {
    Second {
        version: ConfigVersion::new("second").unwrap(),
        share: None,
    }
}

/// A server whose policy is kept true by these.
async fn kept(
    promote: Promote,
    calibrator: Arc<dyn Calibrator>,
    candidate: Second,
    base: &str,
) -> Server {
    let policing = Policing {
        calibration: CalibrationConfig {
            promote,
            most_change: 0.3,
            ..CalibrationConfig::default()
        },
        calibrator: Some(calibrator),
        candidate: Some(Arc::new(candidate)),
    };
    let access = Access::Token(Token::new(TOKEN).unwrap());
    let server = Server::policed(access, "", base, policing).await;
    // The service marks the moment it began.
    schedule::look(&server.app).await.unwrap();
    server
}

impl Server {
    async fn ask(&self, path: &str) -> Value {
        let (status, answer) = self.json(get(path)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn does(&self, path: &str) -> Value {
        let (status, answer) = self.json(post(path).by("dana")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Sets the threshold in the file, so that what is proposed is a step within limits.
    async fn switch_on(&self) {
        let text = self.warmline.file().source.text;
        let text = text.replace("sentiment = \"off\"", "sentiment = 0.5");
        let source = Source::new("test.toml", text);
        let config = Config::parse(&source, "".as_ref(), &Disk).unwrap();
        self.warmline.reload(config).await.unwrap();
    }

    /// The threshold of the policy in force.
    fn sentiment(&self) -> Option<f32> {
        let workflow = self.warmline.workflow();
        let everybody = CustomerContext::default();
        let threshold = workflow.policy.threshold(SignalKind::Sentiment, &everybody);
        threshold.and_then(|threshold| threshold.score)
    }

    async fn actions(&self) -> Vec<(String, String)> {
        let trail = self.ask("/v1/trail").await;
        let rows = trail["rows"].as_array().unwrap().iter();
        let told = rows.filter(|row| row["action"].as_str().unwrap().ends_with("_thresholds"));
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        told.map(|row| (word(row, "action"), word(row, "by") + &word(row, "person")))
            .collect()
    }
}

#[tokio::test]
async fn a_proposal_is_promoted_decides_and_is_rolled_back() {
    let server = server(Promote::Review).await;
    // The file has it off: switching it on is beyond what is done without being asked.
    assert_eq!(server.sentiment(), None);
    let proposed = server.does("/v1/policy/proposals").await;
    assert_eq!(proposed["standing"], "proposed");
    assert_eq!(proposed["fit"], false);
    assert!(
        proposed["reasons"][0]
            .as_str()
            .unwrap()
            .contains("switched on")
    );
    assert_eq!(proposed["held_out"]["now"]["false_alarms"], 12);
    assert_eq!(proposed["held_out"]["then"]["false_alarms"], 8);
    assert_eq!(server.sentiment(), None, "a proposal changes nothing");

    server.say("c1", "Hello").await;
    let id = proposed["id"].as_str().unwrap();
    let path = format!("/v1/policy/proposals/{id}");
    let promoted = server.does(&format!("{path}/promote")).await;
    assert_eq!(promoted["standing"], "promoted");
    assert_eq!(server.sentiment(), Some(0.75));
    server.say("c1", "Hello again").await;
    let policy = server.ask("/v1/policy").await;
    assert_eq!(policy["promoted"]["by"], "dana");
    assert!(
        policy["promoted"]["patch"]
            .as_str()
            .unwrap()
            .contains("sentiment = 0.75")
    );
    let entries = server
        .warmline
        .entries(&"c1".parse().unwrap(), 0, 100)
        .unwrap();
    let versions: Vec<_> = entries
        .iter()
        .map(|entry| entry.config.to_string())
        .collect();
    assert_ne!(versions.first(), versions.last());
    assert_eq!(
        versions.last().map(String::as_str),
        policy["version"].as_str()
    );
    let (again, _) = server
        .json(post(&format!("{path}/promote")).by("dana"))
        .await;
    assert_eq!(again, StatusCode::CONFLICT);

    let back = server.does("/v1/policy/rollback").await;
    assert_eq!(
        (&back["id"], &back["standing"]),
        (&json!(id), &json!("rolled_back"))
    );
    assert_eq!(server.sentiment(), None);
    assert_eq!(server.ask("/v1/policy").await["promoted"], Value::Null);
    let (nothing, _) = server.json(post("/v1/policy/rollback").by("dana")).await;
    assert_eq!(nothing, StatusCode::CONFLICT);
    let actions = server.actions().await;
    let done: Vec<&str> = actions
        .iter()
        .rev()
        .map(|(action, _)| action.as_str())
        .collect();
    let expected = [
        "propose_thresholds",
        "promote_thresholds",
        "promote_thresholds",
        "roll_back_thresholds",
        "roll_back_thresholds",
    ];
    assert_eq!(done, expected);
    assert!(actions.iter().all(|(_, who)| who == "machinedana"));
}

#[tokio::test]
async fn another_promotion_is_rolled_back_to_the_one_before() {
    let server = server(Promote::Review).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let proposed = server.does("/v1/policy/proposals").await;
        let id = proposed["id"].as_str().unwrap().to_owned();
        server
            .does(&format!("/v1/policy/proposals/{id}/promote"))
            .await;
        ids.push(id);
        server.pass(3600);
    }
    let standing = async |id: &str| {
        let shown = server.ask(&format!("/v1/policy/proposals/{id}")).await;
        shown["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing(&ids[0]).await, "replaced");
    server.does("/v1/policy/rollback").await;
    assert_eq!(standing(&ids[0]).await, "promoted");
    assert_eq!(standing(&ids[1]).await, "rolled_back");
    assert_eq!(server.sentiment(), Some(0.75));
    assert_eq!(
        server.ask("/v1/policy").await["promoted"]["id"],
        ids[0].as_str()
    );
    server.does("/v1/policy/rollback").await;
    assert_eq!(server.sentiment(), None);

    let proposed = server.does("/v1/policy/proposals").await;
    let path = format!("/v1/policy/proposals/{}", proposed["id"].as_str().unwrap());
    assert_eq!(
        server.does(&format!("{path}/discard")).await["standing"],
        "discarded"
    );
    let (twice, _) = server
        .json(post(&format!("{path}/discard")).by("dana"))
        .await;
    assert_eq!(twice, StatusCode::CONFLICT);
    let nowhere = "/v1/policy/proposals/nowhere/promote";
    assert_eq!(
        server.json(post(nowhere).by("dana")).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_schedule_promotes_what_is_fit_until_somebody_rolls_back() {
    const WEEK: u64 = 7 * 24 * 3600;
    let server = server(Promote::Automatic).await;
    server.switch_on().await;

    schedule::look(&server.app).await.unwrap();
    assert!(server.actions().await.is_empty(), "it is not time yet");
    server.pass(WEEK);
    schedule::look(&server.app).await.unwrap();
    assert_eq!(server.sentiment(), Some(0.75));
    let done = server.actions().await;
    assert!(done.iter().all(|(_, who)| who == "schedule"), "{done:?}");
    assert_eq!(done.len(), 2);

    // The same again is no better.
    server.pass(WEEK);
    schedule::look(&server.app).await.unwrap();
    let list = server.ask("/v1/policy/proposals").await;
    assert_eq!(list["proposals"][0]["fit"], false);

    server.does("/v1/policy/rollback").await;
    server.pass(WEEK);
    schedule::look(&server.app).await.unwrap();
    assert_eq!(server.sentiment(), Some(0.5), "somebody said no");
    let policy = server.ask("/v1/policy").await;
    assert_eq!(
        (&policy["automatic"], &policy["paused"]),
        (&json!(true), &json!(true))
    );
    let list = server.ask("/v1/policy/proposals").await;
    assert_eq!(list["proposals"][0]["fit"], true);
    let id = list["proposals"][0]["id"].as_str().unwrap();
    server
        .does(&format!("/v1/policy/proposals/{id}/promote"))
        .await;
    assert_eq!(server.ask("/v1/policy").await["paused"], false);
}

#[tokio::test]
async fn scores_are_counted_and_compared_once_there_is_a_reference() {
    let server = server(Promote::Review).await;
    let turns = |drift: &Value| drift["turns"].as_u64().unwrap();
    for number in 0..3 {
        server
            .say(&format!("c{number}"), "Where is my parcel?")
            .await;
    }
    let mut drift = server.ask("/v1/policy/drift").await;
    while turns(&drift) < 3 {
        tokio::task::yield_now().await;
        drift = server.ask("/v1/policy/drift").await;
    }
    assert_eq!((turns(&drift), &drift["reference"]), (3, &Value::Null));
    server.pass(8 * 24 * 3600);
    assert_eq!(turns(&server.ask("/v1/policy/drift").await), 0);
}

#[tokio::test]
async fn the_shadow_tells_what_it_would_do_and_does_nothing() {
    let server = server(Promote::Review).await;
    server.say("c1", "Hello").await;
    server.say("c1", "Hello again").await;
    server.say("c2", "please fail").await;
    server.say("c3", "Hello").await;
    let counted = |shadow: &Value, change: &str| {
        let changes = shadow["changes"].as_array().unwrap();
        let row = changes.iter().find(|row| row["change"] == change);
        row.map_or(0, |row| row["conversations"].as_u64().unwrap())
    };
    let mut shadow = server.ask("/v1/policy/shadow").await;
    while counted(&shadow, "newly") < 1
        || shadow["conversations"] != 3
        || counted(&shadow, "no_more") < 1
    {
        tokio::time::sleep(Duration::ZERO).await;
        shadow = server.ask("/v1/policy/shadow").await;
    }
    assert_eq!(shadow["candidate"]["name"], "second.toml");
    assert_eq!(shadow["candidate"]["share"], json!(null));
    assert_eq!(counted(&shadow, "same"), 1);
    let changes = shadow["changes"].as_array().unwrap();
    let newly = changes.iter().find(|row| row["change"] == "newly").unwrap();
    assert_eq!(newly["examples"][0]["conversation"], "c1");
    assert_eq!(newly["examples"][0]["candidate"]["turn"], 2);
    assert_eq!(newly["examples"][0]["live"], Value::Null);
    let c1 = server.ask("/v1/conversations/c1").await;
    assert_eq!(c1["state"], "ai_owned");

    // What is erased is no example any more.
    let path = "/v1/conversations/c1";
    server.send(super::call("DELETE", path).by("dana")).await;
    let shadow = server.ask("/v1/policy/shadow").await;
    assert!(!shadow.to_string().contains("\"c1\""), "{shadow}");
}
