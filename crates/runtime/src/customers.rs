//! Which conversations a customer has had.

use sha2::{Digest, Sha256};
use warmline_core::{ConversationId, Entry, State};
use warmline_journal::{Collection, RecordChange};

use crate::records::{Bookkeeper, keep};

pub(crate) const COLLECTION: Collection = Collection::new("customer");

/// Notes under each customer the conversations in which they were named.
pub(crate) struct Customers;

impl Bookkeeper for Customers {
    fn book(
        &self,
        conversation: &ConversationId,
        before: &State,
        entry: &Entry,
        after: &State,
    ) -> Vec<RecordChange> {
        match &after.context.customer {
            Some(customer) if before.context.customer != after.context.customer => {
                // The latest comes first.
                let latest = u64::MAX - entry.at.0;
                let key = format!("{}{latest:016x}/{conversation}", prefix(customer));
                vec![keep(COLLECTION, &key, Some(conversation), conversation)]
            }
            _ => Vec::new(),
        }
    }
}

/// What the keys of a customer's conversations begin with: of one length, whatever they are called.
pub(crate) fn prefix(customer: &str) -> String {
    let hash = Sha256::digest(customer.as_bytes());
    let hash: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("{hash}/")
}
