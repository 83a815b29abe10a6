//! Conversations put together from messages that come one by one.

use std::collections::HashMap;

use crate::audit::recorded::Recorded;

/// Conversations that are open at a time, and the bytes that they may take; over either, the one
/// that was silent longest is done.
const OPEN: usize = 4_096;
const BYTES: usize = 64 << 20;

/// Conversations that may still go on.
#[derive(Default)]
pub(super) struct Gathering {
    open: HashMap<String, (u64, Recorded)>,
    clock: u64,
    bytes: usize,
}

impl Gathering {
    /// Adds to the conversation `id`, and gives those that are done.
    pub(super) fn add(&mut self, id: &str, add: impl FnOnce(&mut Recorded)) -> Vec<Recorded> {
        self.clock += 1;
        let entry = self.open.entry(id.to_owned());
        let (touched, recorded) = entry.or_insert_with(|| (0, Recorded::new(id)));
        *touched = self.clock;
        let before = recorded.weight();
        add(recorded);
        self.bytes += recorded.weight() - before;
        let mut done = Vec::new();
        while self.open.len() > OPEN || (self.bytes > BYTES && self.open.len() > 1) {
            // Half of them at a time: looking for the oldest is not for every message.
            let mut ages: Vec<u64> = self.open.values().map(|(age, _)| *age).collect();
            let middle = ages.len() / 2;
            let (_, median, _) = ages.select_nth_unstable(middle);
            done.extend(self.take(*median));
        }
        done
    }

    /// Those that were silent since before `age`, oldest first.
    fn take(&mut self, age: u64) -> Vec<Recorded> {
        let old = self.open.extract_if(|_, (touched, _)| *touched < age);
        let mut old: Vec<(u64, Recorded)> = old.map(|(_, entry)| entry).collect();
        old.sort_by_key(|(touched, _)| *touched);
        let done: Vec<Recorded> = old.into_iter().map(|(_, recorded)| recorded).collect();
        let freed: usize = done.iter().map(Recorded::weight).sum();
        self.bytes = self.bytes.saturating_sub(freed);
        done
    }

    /// All that are left.
    pub(super) fn finish(&mut self) -> Vec<Recorded> {
        self.take(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::recorded::Party;

    #[test]
    fn mixed_messages_come_out_as_conversations() {
        let mut gathering = Gathering::default();
        for (id, text) in [("a", "1"), ("b", "2"), ("a", "3")] {
            let done = gathering.add(id, |r| r.say(Party::Customer, text, None));
            assert!(done.is_empty());
        }
        let done = gathering.finish();
        let ids: Vec<&str> = done.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids, ["b", "a"]);
        assert_eq!(done[1].customer().count(), 2);
    }

    #[test]
    fn no_more_are_open_than_memory_allows() {
        let mut gathering = Gathering::default();
        let mut done = 0;
        for number in 0..3 * OPEN {
            let id = number.to_string();
            done += gathering
                .add(&id, |r| r.say(Party::Customer, "x", None))
                .len();
            assert!(gathering.open.len() <= OPEN);
        }
        assert_eq!(done + gathering.finish().len(), 3 * OPEN);
    }
}
