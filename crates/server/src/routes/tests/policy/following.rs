//! A conversation that is erased while the shadow follows it.

use tokio::sync::broadcast::Receiver;
use warmline::Happening;
use warmline::journal::Collection;

use super::*;
use crate::policy::shadow::following::{Followed, hear};
use crate::policy::shadow::remember;

const SHADOW: Collection = Collection::new("shadow");

/// Follows the feed by hand, in a server whose own shadow is another.
struct Following {
    server: Server,
    feed: Receiver<Happening>,
    candidate: Second,
    one: Option<Followed>,
}

impl Following {
    async fn start() -> Self {
        let server = server(Promote::Review).await;
        let candidate = Second {
            version: ConfigVersion::new("by-hand").unwrap(),
            share: None,
        };
        Self {
            feed: server.warmline.subscribe(),
            server,
            candidate,
            one: None,
        }
    }

    /// What a customer says, as the feed tells it.
    async fn said(&mut self, text: &str) -> Vec<Happening> {
        self.server.say("c1", text).await;
        std::iter::from_fn(|| self.feed.try_recv().ok()).collect()
    }

    async fn follow(&mut self, happenings: &[Happening], lost: u64) {
        for happening in happenings {
            let one = self.one.take();
            let heard = hear(&self.server.app, &self.candidate, one, happening, lost).await;
            self.one = heard.unwrap();
        }
    }

    async fn erase(&self) {
        self.server
            .warmline
            .erase(&"c1".parse().unwrap())
            .await
            .unwrap();
    }

    /// At which turn the candidate hands off, as is remembered; nothing where nothing is.
    fn remembered(&self) -> Option<Value> {
        let row = self.server.app.records();
        let row = row.get::<Value>(SHADOW, "by-hand/c1").unwrap()?;
        Some(row["candidate"]["turn"].clone())
    }
}

#[tokio::test]
async fn nothing_is_written_of_a_conversation_after_its_erasure() {
    let mut following = Following::start().await;
    let first = following.said("Hello").await;
    following.follow(&first, 0).await;
    assert_eq!(following.remembered(), Some(Value::Null));
    let second = following.said("Hello again").await;
    following.erase().await;
    assert_eq!(following.remembered(), None);
    // The candidate hands off at the second turn, which is heard of only now.
    following.follow(&second, 0).await;
    assert_eq!(following.remembered(), None);
    assert!(following.one.is_none(), "its words are dropped");
    // Nor of one that was never followed.
    following.follow(&first, 0).await;
    assert_eq!(following.remembered(), None);
}

#[tokio::test]
async fn a_conversation_that_begins_again_is_followed_from_its_beginning() {
    for lost in [0, 1] {
        let mut following = Following::start().await;
        let first = following.said("Hello").await;
        following.follow(&first, 0).await;
        following.erase().await;
        let mut again = following.said("Somebody else").await;
        if lost > 0 {
            // The feed lost everything up to a step with a number that would go on.
            again.extend(following.said("And more").await);
            again.drain(..first.len());
            assert_eq!(again[0].entry.seq, first.len() as u64);
        }
        following.follow(&again, lost).await;
        let turn = match lost {
            0 => Value::Null,
            _ => json!(2),
        };
        assert_eq!(following.remembered(), Some(turn));
    }
}

#[tokio::test]
async fn rows_of_conversations_that_are_gone_are_dropped_at_a_start() {
    let mut following = Following::start().await;
    let first = following.said("Hello").await;
    following.follow(&first, 0).await;
    let records = following.server.app.records();
    let row: Value = records.get(SHADOW, "by-hand/c1").unwrap().unwrap();
    let gone = "c2".parse().unwrap();
    records
        .keep(SHADOW, "by-hand/c2", Some(&gone), &row)
        .await
        .unwrap();
    let version = &following.candidate.version;
    remember(&following.server.app, version).await.unwrap();
    let left = records.all::<Value>(SHADOW, "by-hand/").unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].0, "by-hand/c1");
}
