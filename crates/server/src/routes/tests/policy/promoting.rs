//! What may come between a proposal and its promotion, and what is promoted one after the other.

use std::sync::Mutex;

use super::*;
use crate::policy::promotion;
use crate::policy::proposal::Proposal;

impl Server {
    /// What the schedule proposes; each at a moment of its own.
    async fn proposed_by_schedule(&self) -> Proposal {
        self.pass(1);
        let proposal = promotion::propose(&self.app, schedule::BY).await.unwrap();
        assert!(proposal.judgement.fit, "{:?}", proposal.judgement);
        proposal
    }

    /// Proposes and promotes by hand; the id.
    pub(super) async fn promoted(&self) -> String {
        self.pass(1);
        let proposed = self.does("/v1/policy/proposals").await;
        let id = proposed["id"].as_str().unwrap().to_owned();
        self.does(&format!("/v1/policy/proposals/{id}/promote"))
            .await;
        id
    }

    async fn promoted_by_itself(&self, proposal: &Proposal) -> Option<Proposal> {
        let promoted = promotion::promote_by_itself(&self.app, &proposal.id).await;
        promoted.unwrap()
    }
}

#[tokio::test]
async fn what_somebody_decided_otherwise_about_is_not_promoted_by_itself() {
    let server = server(Promote::Automatic).await;
    server.switch_on().await;

    let discarded = server.proposed_by_schedule().await;
    let path = format!("/v1/policy/proposals/{}/discard", discarded.id);
    server.does(&path).await;
    assert_eq!(server.promoted_by_itself(&discarded).await, None);
    assert_eq!(server.sentiment(), Some(0.5));

    let overtaken = server.proposed_by_schedule().await;
    let newer = server.promoted().await;
    assert_eq!(server.promoted_by_itself(&overtaken).await, None);
    assert_eq!(
        server.ask("/v1/policy").await["promoted"]["id"],
        newer.as_str()
    );

    server.does("/v1/policy/rollback").await;
    let paused = server.proposed_by_schedule().await;
    assert_eq!(server.promoted_by_itself(&paused).await, None);
    assert_eq!(server.sentiment(), Some(0.5));
    assert!(
        server
            .actions()
            .await
            .iter()
            .all(|(_, by)| by != "schedule")
    );
}

#[tokio::test]
async fn rolling_back_goes_round_in_no_circle() {
    let server = server(Promote::Review).await;
    let first = server.promoted().await;
    let second = server.promoted().await;
    server
        .does(&format!("/v1/policy/proposals/{first}/promote"))
        .await;
    let back = server.does("/v1/policy/rollback").await;
    assert_eq!(back["id"], first.as_str());
    let in_force = server.ask("/v1/policy").await["promoted"]["id"].clone();
    assert_eq!(in_force, second.as_str());
    // The second took the place of the first, which was taken back.
    server.does("/v1/policy/rollback").await;
    assert_eq!(server.ask("/v1/policy").await["promoted"], Value::Null);
    assert_eq!(server.sentiment(), None);
}

/// Finds something else each time.
struct Finds(Mutex<Vec<Vec<Fitted>>>);

impl Calibrator for Finds {
    fn calibrate(&self, warmline: &Warmline, wanted: &Wanted) -> Result<Found, String> {
        Ok(Found {
            thresholds: self.0.lock().unwrap().remove(0),
            ..Found075.calibrate(warmline, wanted)?
        })
    }
}

#[tokio::test]
async fn what_was_promoted_before_stays_where_nothing_new_was_found() {
    let fitted = |signal, segment: Option<&str>, score| Fitted {
        signal,
        channel: None,
        segment: segment.map(str::to_owned),
        score,
    };
    let of_vips = 0.123_456_79;
    let finds = Finds(Mutex::new(vec![
        vec![
            fitted(SignalKind::Sentiment, None, Some(0.75)),
            fitted(SignalKind::Sentiment, Some("vip"), Some(of_vips)),
            fitted(SignalKind::Verifier, None, None),
        ],
        vec![fitted(SignalKind::Sentiment, None, Some(0.8))],
    ]));
    let server = kept(Promote::Review, Arc::new(finds), second(), "/").await;
    server.promoted().await;
    let later = server.promoted().await;
    assert_eq!(server.sentiment(), Some(0.8));
    let vip = CustomerContext {
        segment: Some("vip".to_owned()),
        ..CustomerContext::default()
    };
    let workflow = server.warmline.workflow();
    let score = |signal| workflow.policy.threshold(signal, &vip).unwrap().score;
    assert_eq!(score(SignalKind::Sentiment), Some(of_vips));
    assert_eq!(score(SignalKind::Verifier), None);
    // The proposal says so.
    let shown = server.ask(&format!("/v1/policy/proposals/{later}")).await;
    let changes = shown["changes"].as_array().unwrap();
    let kept = changes.iter().find(|change| change["segment"] == "vip");
    let kept = kept.unwrap();
    assert_eq!(kept["now"], kept["then"]);
    assert_eq!(changes.len(), 3);
}

#[tokio::test]
async fn a_promotion_stands_though_its_reference_cannot_be_pinned() {
    let server = server(Promote::Review).await;
    server.looked_at("c1").await;
    server.put_today(json!("damaged")).await;
    server.promoted().await;
    assert_eq!(server.sentiment(), Some(0.75));
    // Once it can be, it is.
    server
        .put_today(json!({"turns": 300, "drafts": 0, "of_turns": {}, "of_drafts": {}}))
        .await;
    let drift = server.ask("/v1/policy/drift").await;
    assert_eq!(drift["reference"]["turns"], 300);
    server.does("/v1/policy/rollback").await;
    server.pass(24 * 3600);
    let later = server.ask("/v1/policy/drift").await;
    assert_eq!(later["reference"], drift["reference"], "it is pinned once");
}
