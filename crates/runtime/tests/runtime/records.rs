//! What a host remembers beside its conversations, and of each of their steps.

use std::sync::Arc;

use warmline::core::State;
use warmline::journal::{Collection, MemoryJournal, RecordChange};
use warmline::{
    Bookkeeper, ConversationId, CustomerContext, Entry, Error, Inbound, Warmline, keep,
};

use crate::desk::{Desk, conversation};

const HANDOFFS: Collection = Collection::new("handoffs");
const SETTINGS: Collection = Collection::new("settings");

/// Counts handoffs under the conversation.
struct Handoffs;

impl Bookkeeper for Handoffs {
    fn book(
        &self,
        id: &ConversationId,
        before: &State,
        _: &Entry,
        after: &State,
    ) -> Vec<RecordChange> {
        match after.handoffs > before.handoffs {
            true => vec![keep(HANDOFFS, id.as_str(), Some(id), &after.handoffs)],
            false => Vec::new(),
        }
    }
}

async fn as_customer(warmline: &Warmline, id: &str, customer: &str) {
    let inbound = Inbound {
        context: CustomerContext {
            customer: Some(customer.to_owned()),
            ..CustomerContext::default()
        },
        ..Inbound::text("hello")
    };
    let id = conversation(id);
    warmline.customer_says(&id, inbound).await.unwrap();
}

#[tokio::test]
async fn a_bookkeeper_s_records_are_part_of_the_step() {
    let built = |builder: warmline::Builder| builder.bookkeeper(Handoffs);
    let desk = Desk::built(Arc::new(MemoryJournal::new()), "", built).await;
    let records = desk.warmline.records();
    desk.says("web-1", "hello").await;
    assert_eq!(records.get::<u32>(HANDOFFS, "web-1").unwrap(), None);
    desk.claim("web-1", "dana").await;
    assert_eq!(records.get(HANDOFFS, "web-1").unwrap(), Some(1_u32));
    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    assert_eq!(records.get::<u32>(HANDOFFS, "web-1").unwrap(), None);
}

#[tokio::test]
async fn a_customer_s_conversations_are_found_until_they_are_erased() {
    let desk = Desk::open().await;
    for (id, customer) in [("web-1", "ada"), ("web-2", "ada"), ("web-3", "bob")] {
        as_customer(&desk.warmline, id, customer).await;
    }
    as_customer(&desk.warmline, "web-1", "ada").await;
    let mut of_ada = desk.warmline.of_customer("ada", 9).unwrap();
    of_ada.sort();
    assert_eq!(of_ada, ["web-1", "web-2"].map(conversation));
    assert_eq!(desk.warmline.of_customer("ad", 9).unwrap(), []);
    desk.warmline.erase(&conversation("web-1")).await.unwrap();
    let of_ada = desk.warmline.of_customer("ada", 9).unwrap();
    assert_eq!(of_ada, [conversation("web-2")]);
}

#[tokio::test]
async fn records_are_typed_and_paged() {
    let desk = Desk::open().await;
    let records = desk.warmline.records();
    for (key, value) in [("a/1", 1_u32), ("a/2", 2), ("b", 3)] {
        records.keep(SETTINGS, key, None, &value).await.unwrap();
    }
    let page = records.list::<u32>(SETTINGS, "a/", None, 1).unwrap();
    assert_eq!(page.rows, [("a/1".to_owned(), 1)]);
    let page = records.list::<u32>(SETTINGS, "a/", page.next.as_deref(), 9);
    assert_eq!(page.unwrap().rows, [("a/2".to_owned(), 2)]);
    assert_eq!(records.all::<u32>(SETTINGS, "").unwrap().len(), 3);
    let error = records.get::<String>(SETTINGS, "b").unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    records.drop(SETTINGS, "b", None).await.unwrap();
    assert_eq!(records.get::<u32>(SETTINGS, "b").unwrap(), None);
}
