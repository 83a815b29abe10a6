//! Scores are counted once, whatever fails and whoever asks at the same time.

use metrics_exporter_prometheus::PrometheusBuilder;
use warmline::journal::Collection;

use super::*;
use crate::policy::drift;

const SCORES: Collection = Collection::new("scores");

impl Server {
    /// A customer says something in a conversation, and the turn is counted and kept.
    pub(super) async fn looked_at(&self, conversation: &str) {
        let turns = async || self.ask("/v1/policy/drift").await["turns"].clone();
        let before = turns().await;
        self.say(conversation, "Hello").await;
        while turns().await == before {
            tokio::task::yield_now().await;
        }
    }

    async fn today(&self) -> (String, Value) {
        let mut days = self.app.records().all(SCORES, "day/").unwrap();
        assert_eq!(days.len(), 1);
        days.remove(0)
    }

    /// Puts something in place of what is kept of this day.
    pub(super) async fn put_today(&self, value: Value) {
        let (key, _) = self.today().await;
        let records = self.app.records();
        records.keep(SCORES, &key, None, &value).await.unwrap();
    }

    /// The step at which detectors looked at a turn of a conversation.
    fn examined(&self, conversation: &str) -> Entry {
        let id = conversation.parse().unwrap();
        let entries = self.warmline.entries(&id, 0, 100).unwrap();
        let looked = |entry: &Entry| matches!(entry.event, Event::TurnExamined { .. });
        entries.into_iter().find(looked).unwrap()
    }

    fn drift(&self) -> &drift::Drift {
        &self.app.policing().drift
    }

    async fn turns(&self) -> Value {
        self.ask("/v1/policy/drift").await["turns"].clone()
    }
}

#[tokio::test]
async fn what_could_not_be_kept_stays_counted() {
    let server = server(Promote::Review).await;
    server.looked_at("c1").await;
    let (entry, (_, day)) = (server.examined("c1"), server.today().await);
    server.put_today(json!("damaged")).await;
    for _ in 0..3 {
        server.drift().hear(&entry, None);
    }
    drift::look(&server.app).await.unwrap_err();
    server.put_today(day).await;
    assert_eq!(server.turns().await, 4);
    assert_eq!(server.turns().await, 4, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_at_the_same_time_loses_nothing() {
    let server = server(Promote::Review).await;
    server.looked_at("c1").await;
    let entry = server.examined("c1");
    let asking = (0..40).map(|_| {
        let (app, entry) = (server.app.clone(), entry.clone());
        tokio::spawn(async move {
            app.policing().drift.hear(&entry, None);
            drift::look(&app).await.unwrap();
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
    assert_eq!(server.turns().await, 41);
}

#[tokio::test]
async fn what_a_candidate_decided_is_not_counted() {
    let server = server(Promote::Review).await;
    server.looked_at("c1").await;
    let entry = server.examined("c1");
    server.drift().hear(&entry, Some(&entry.config));
    assert_eq!(server.turns().await, 1);
    server.drift().hear(&entry, Some(&second().version));
    assert_eq!(server.turns().await, 2);
}

#[tokio::test]
async fn every_tenant_has_gauges_of_its_own() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let measured = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let server = kept(Promote::Review, Arc::new(Found075), second(), "/t/acme/").await;
    server.looked_at("c1").await;
    let tenths = [0, 0, 0, 0, 0, 0, 0, 300, 0, 0];
    let day = json!({
        "turns": 300, "drafts": 0, "of_turns": {"sentiment": tenths}, "of_drafts": {},
    });
    server.put_today(day).await;
    let proposed = server.does("/v1/policy/proposals").await;
    let id = proposed["id"].as_str().unwrap();
    server
        .does(&format!("/v1/policy/proposals/{id}/promote"))
        .await;
    server.ask("/v1/policy/drift").await;
    let text = measured.render();
    assert!(
        text.contains("warmline_score_drift{signal=\"sentiment\""),
        "{text}"
    );
    while !measured.render().contains("warmline_shadow_conversations") {
        tokio::task::yield_now().await;
    }
}
