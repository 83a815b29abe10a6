//! Customers who come back about the same thing.

use std::collections::HashMap;
use std::time::Duration;

use warmline_core::Timestamp;

use super::likeness::Words;

/// Customers whose last conversation is remembered.
const CUSTOMERS: usize = 50_000;
/// How long after a conversation another one counts as its continuation, as durable resolution is
/// counted.
const WINDOW: Duration = Duration::from_secs(7 * 24 * 3600);
/// The share of the shorter one's words from which two conversations are about the same.
const SAME: f32 = 0.4;

/// A conversation that was settled, by its mark or its outcome.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) words: Words,
    /// The pattern that would have handed it off first, where one would.
    pub(super) pattern: Option<u8>,
}

/// That a customer came back about something that was said to be settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Returned {
    /// The earlier conversation.
    pub to: String,
    /// After how many days.
    pub days: f32,
    /// The pattern that would have handed off the earlier one, where one would.
    pub caught_by: Option<u8>,
}

/// The last settled conversation of each customer.
#[derive(Default)]
pub(super) struct Visits {
    last: HashMap<String, Visit>,
}

impl Visits {
    /// Whether `customer` comes back, at `began`, about what was settled before.
    pub(super) fn returned(
        &self,
        customer: &str,
        began: Timestamp,
        words: &Words,
    ) -> Option<Returned> {
        let before = self.last.get(customer)?;
        let gap = began.since(before.at);
        let is_later = began > before.at && gap <= WINDOW;
        (is_later && words.overlap(&before.words) >= SAME).then(|| Returned {
            to: before.id.clone(),
            days: gap.as_secs_f32() / 86_400.0,
            caught_by: before.pattern,
        })
    }

    /// Remembers that a conversation of `customer` was settled.
    pub(super) fn settled(&mut self, customer: &str, visit: Visit) {
        if self.last.len() >= CUSTOMERS && !self.last.contains_key(customer) {
            // Who was last seen longest ago comes back least likely.
            let mut times: Vec<Timestamp> = self.last.values().map(|visit| visit.at).collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            self.last.retain(|_, visit| visit.at > median);
        }
        self.last.insert(customer.to_owned(), visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words::of([text].into_iter())
    }

    #[test]
    fn the_same_thing_within_a_week_is_a_return() {
        let day = |n: u64| Timestamp(n * 86_400_000);
        let mut visits = Visits::default();
        visits.settled(
            "c",
            Visit {
                id: "1".to_owned(),
                at: day(1),
                words: words("my router has no light"),
                pattern: Some(4),
            },
        );
        let again = words("the router still has no light at all");
        let returned = visits.returned("c", day(3), &again).unwrap();
        assert_eq!((returned.to.as_str(), returned.days), ("1", 2.0));
        assert_eq!(returned.caught_by, Some(4));
        assert_eq!(visits.returned("c", day(30), &again), None);
        assert_eq!(visits.returned("d", day(3), &again), None);
        let other = words("please change the address on my invoice");
        assert_eq!(visits.returned("c", day(3), &other), None);
    }

    #[test]
    fn no_more_customers_are_remembered_than_memory_allows() {
        let mut visits = Visits::default();
        for number in 0..2 * CUSTOMERS as u64 {
            let visit = Visit {
                id: String::new(),
                at: Timestamp(number),
                words: Words::default(),
                pattern: None,
            };
            visits.settled(&number.to_string(), visit);
        }
        assert!(visits.last.len() <= CUSTOMERS);
    }
}
