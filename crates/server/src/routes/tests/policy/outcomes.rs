//! How conversations end that a candidate really decides, beside those of what is in force.

use warmline::{Outcome, Requester};

use super::*;

impl Server {
    async fn ends(&self, conversation: &str, words: &str, outcome: Outcome) {
        self.say(conversation, words).await;
        let id = conversation.parse().unwrap();
        let operator = "dana".parse().unwrap();
        let requester = Requester::Operator { operator };
        let closed = self.warmline.close(&id, requester, outcome);
        closed.await.unwrap();
    }
}

#[tokio::test]
async fn a_candidate_that_decides_is_shown_by_how_conversations_end() {
    // The version of the file; what is loaded later is in force beside it.
    let version = Server::start().await.warmline.workflow().version.clone();
    let candidate = Second {
        version: version.clone(),
        share: Some(0.5),
    };
    let server = kept(Promote::Review, Arc::new(Found075), candidate, "/").await;
    assert_eq!(server.warmline.workflow().version, version);
    server
        .ends("a1", "please fail", Outcome::ResolvedByHuman)
        .await;
    server.ends("a2", "Hello", Outcome::ResolvedConfirmed).await;
    server.ends("a3", "Hello", Outcome::Abandoned).await;
    server.switch_on().await;
    server.ends("b1", "Hello", Outcome::ResolvedConfirmed).await;

    let outcomes = server.ask("/v1/policy/shadow").await["outcomes"].clone();
    assert_eq!(outcomes["from"].as_str().unwrap().len(), 10);
    let (candidate, live) = (&outcomes["candidate"], &outcomes["live"]);
    assert_eq!(candidate["version"], version.as_str());
    let in_force = server.warmline.workflow().version.clone();
    assert_eq!(live["version"], in_force.as_str());
    assert_eq!(
        (&candidate["ended"], &live["ended"]),
        (&json!(3), &json!(1))
    );
    let rate = |of: &Value, name: &str| {
        let rate = &of[name];
        (
            rate["of"].as_u64().unwrap(),
            rate["among"].as_u64().unwrap(),
        )
    };
    assert_eq!(rate(candidate, "handed_off"), (1, 3));
    assert_eq!(rate(candidate, "containment"), (2, 3));
    assert_eq!(rate(candidate, "durable_resolution"), (2, 3));
    assert_eq!(rate(candidate, "provisional"), (2, 2));
    assert_eq!(rate(live, "handed_off"), (0, 1));
    assert_eq!(rate(live, "durable_resolution"), (1, 1));
    let interval = candidate["handed_off"]["interval"].as_array().unwrap();
    assert!(interval[0].as_f64().unwrap() > 0.0 && interval[1].as_f64().unwrap() < 1.0);
}

#[tokio::test]
async fn the_two_are_compared_over_the_days_of_the_younger() {
    const DAY: u64 = 24 * 3600;
    let version = Server::start().await.warmline.workflow().version.clone();
    let candidate = Second {
        version,
        share: Some(0.5),
    };
    let server = kept(Promote::Review, Arc::new(Found075), candidate, "/").await;
    let sides = async || {
        let outcomes = server.ask("/v1/policy/shadow").await["outcomes"].clone();
        let ended = |side: &str| outcomes[side]["ended"].as_u64().unwrap();
        let younger = outcomes["younger"].clone();
        let from = outcomes["from"].as_str().unwrap().to_owned();
        (from, younger, ended("candidate"), ended("live"))
    };
    let day = || warmline::core::outcome::ended::day(server.app.now());
    server.ends("a1", "Hello", Outcome::ResolvedConfirmed).await;
    let first = day();
    server.pass(5 * DAY);
    server.ends("a2", "Hello", Outcome::ResolvedConfirmed).await;
    // Since then nothing but what was loaded decides.
    server.switch_on().await;
    let (from, younger, candidate, live) = sides().await;
    assert_eq!((from, younger), (first, json!("candidate")));
    assert_eq!((candidate, live), (2, 0));

    server.pass(2 * DAY);
    server.ends("b1", "Hello", Outcome::ResolvedConfirmed).await;
    let loaded = (day(), json!("live"), 0, 1);
    server.pass(DAY);
    assert_eq!(sides().await, loaded);

    server.promoted().await;
    assert_eq!(sides().await, (day(), json!("live"), 0, 0));
    server.pass(DAY);
    server.ends("c1", "Hello", Outcome::ResolvedConfirmed).await;
    assert_eq!(sides().await, (day(), json!("live"), 0, 1));

    server.pass(20 * DAY);
    let (from, younger, candidate, live) = sides().await;
    assert_eq!((younger, candidate, live), (Value::Null, 0, 0));
    assert!(from < day());
}

#[tokio::test]
async fn a_candidate_that_only_reports_has_no_outcomes() {
    let server = server(Promote::Review).await;
    assert_eq!(
        server.ask("/v1/policy/shadow").await["outcomes"],
        Value::Null
    );
}

#[tokio::test]
async fn whoever_reads_what_the_shadow_quotes_is_in_the_trail() {
    let server = server(Promote::Review).await;
    server.ask("/v1/policy/shadow").await;
    let trail = server.ask("/v1/trail").await;
    let rows = trail["rows"].as_array().unwrap().iter();
    let shown = rows.filter(|row| row["action"] == "shadow");
    assert_eq!(shown.count(), 1, "{trail}");
}
