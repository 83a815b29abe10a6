//! Which operator a waiting conversation is offered to.

use std::time::Duration;

use crate::ids::{OperatorId, Timestamp};
use crate::queue::{QueueSpec, Queued};

/// What is known of an operator who may be given conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub operator: OperatorId,
    /// What they know.
    pub skills: Vec<String>,
    /// Their languages as ISO 639-1 codes; none stands for all.
    pub languages: Vec<String>,
    /// How many conversations they may have.
    pub capacity: u32,
    /// How many they have.
    pub owned: u32,
    /// When they were last given or took one.
    pub last_claim: Timestamp,
}

impl Candidate {
    /// Whether they can work in `queue` with a customer who writes in `language`.
    pub fn fits(&self, queue: &QueueSpec, language: Option<&str>) -> bool {
        let skilled = queue.skills.iter().all(|skill| self.skills.contains(skill));
        let speaks = |language: &str| self.languages.iter().any(|known| known == language);
        let understood =
            !queue.same_language || self.languages.is_empty() || language.is_none_or(speaks);
        skilled && understood
    }

    /// Whether they have room for another one.
    pub fn has_room(&self) -> bool {
        self.owned < self.capacity
    }
}

/// Who is given `waiting` at `now`; `None` if nobody fits and has room, or if it is still kept for
/// an operator who is there and busy.
///
/// Whoever it is reserved for comes first; named by the one who let go of it, they need not fit, and
/// it is kept for them also while they are not there. Whoever let go of it is not given it again. Of
/// the others the one with the largest share of their
/// capacity free, and of those the one who has waited longest for work.
pub fn choose<'a>(
    queue: &QueueSpec,
    waiting: &Queued,
    language: Option<&str>,
    present: &'a [Candidate],
    now: Timestamp,
) -> Option<&'a OperatorId> {
    if let Some(wanted) = &waiting.reserved_for {
        let named = waiting.let_go_by.is_some();
        let known = present.iter().find(|one| one.operator == *wanted);
        let known = known.filter(|one| named || one.fits(queue, language));
        let kept = now.since(waiting.since) < queue.sticky;
        match known {
            Some(known) if known.has_room() => return Some(&known.operator),
            Some(_) if kept => return None,
            None if named && kept => return None,
            _ => {}
        }
    }
    let fitting = present.iter().filter(|one| {
        let let_go = waiting.let_go_by.as_ref() == Some(&one.operator);
        !let_go && one.has_room() && one.fits(queue, language)
    });
    // Shares of capacity as cross products: no division, no rounding.
    let best = fitting.min_by(|a, b| {
        let (load_a, load_b) = (
            u64::from(a.owned) * u64::from(b.capacity),
            u64::from(b.owned) * u64::from(a.capacity),
        );
        load_a
            .cmp(&load_b)
            .then_with(|| a.last_claim.cmp(&b.last_claim))
            .then_with(|| a.operator.cmp(&b.operator))
    });
    best.map(|one| &one.operator)
}

/// How long somebody at `position` in a queue (1 is next) waits, if conversations go on being
/// claimed at `pace`: the mean time between two claims. `None` without a pace.
pub fn expected_wait(position: usize, pace: Option<Duration>) -> Option<Duration> {
    pace?.checked_mul(u32::try_from(position).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(name: &str, owned: u32, capacity: u32) -> Candidate {
        Candidate {
            operator: OperatorId::new(name).unwrap(),
            skills: vec!["billing".to_owned()],
            languages: vec!["en".to_owned()],
            capacity,
            owned,
            last_claim: Timestamp(0),
        }
    }

    fn waiting(reserved_for: Option<&str>) -> Queued {
        Queued {
            queue: "support".to_owned(),
            since: Timestamp(0),
            points: 0,
            due: None,
            alarm: None,
            reserved_for: reserved_for.map(|name| OperatorId::new(name).unwrap()),
            contact_wanted: false,
            let_go_by: None,
        }
    }

    fn chosen(queue: &QueueSpec, waiting: &Queued, present: &[Candidate], now: u64) -> String {
        choose(queue, waiting, Some("de"), present, Timestamp(now))
            .map_or("nobody".to_owned(), ToString::to_string)
    }

    #[test]
    fn the_freest_goes_first_and_of_equals_the_longest_idle() {
        let queue = QueueSpec::new("support");
        let present = [
            operator("ada", 1, 2),
            operator("bob", 1, 4),
            operator("cyd", 4, 4),
        ];
        assert_eq!(chosen(&queue, &waiting(None), &present, 0), "bob");
        let mut present = [operator("ada", 1, 4), operator("bob", 1, 4)];
        present[0].last_claim = Timestamp(9);
        assert_eq!(chosen(&queue, &waiting(None), &present, 0), "bob");
        assert_eq!(chosen(&queue, &waiting(None), &present[..0], 0), "nobody");
    }

    #[test]
    fn skills_and_languages_are_needed_where_the_queue_says_so() {
        let mut queue = QueueSpec::new("support");
        let present = [operator("ada", 0, 4)];
        queue.skills = vec!["billing".to_owned()];
        assert_eq!(chosen(&queue, &waiting(None), &present, 0), "ada");
        queue.skills.push("law".to_owned());
        assert_eq!(chosen(&queue, &waiting(None), &present, 0), "nobody");
        queue.skills.clear();
        queue.same_language = true;
        assert_eq!(chosen(&queue, &waiting(None), &present, 0), "nobody");
        let mut polyglot = operator("bob", 0, 4);
        polyglot.languages.clear();
        assert_eq!(chosen(&queue, &waiting(None), &[polyglot], 0), "bob");
    }

    #[test]
    fn whoever_the_customer_knows_is_waited_for_a_while_and_no_longer() {
        let queue = QueueSpec::new("support");
        let kept = waiting(Some("ada"));
        let (free, busy) = (operator("ada", 1, 4), operator("ada", 4, 4));
        let bob = operator("bob", 0, 4);
        assert_eq!(chosen(&queue, &kept, &[free, bob.clone()], 0), "ada");
        let present = [busy, bob.clone()];
        assert_eq!(chosen(&queue, &kept, &present, 29_999), "nobody");
        assert_eq!(chosen(&queue, &kept, &present, 30_000), "bob");
        assert_eq!(chosen(&queue, &kept, &[bob], 0), "bob", "she is not there");
    }

    #[test]
    fn whoever_let_go_of_it_is_not_given_it_again_unless_they_are_named() {
        let mut queue = QueueSpec::new("support");
        let (ada, bob) = (operator("ada", 0, 4), operator("bob", 3, 4));
        let mut let_go = waiting(None);
        let_go.let_go_by = Some(ada.operator.clone());
        let present = [ada.clone(), bob.clone()];
        assert_eq!(chosen(&queue, &let_go, &present, 0), "bob");
        assert_eq!(chosen(&queue, &let_go, &present[..1], 0), "nobody");
        // Whoever was named by a colleague need not fit, and may be away for a while.
        queue.skills = vec!["law".to_owned()];
        let_go.reserved_for = Some(bob.operator.clone());
        assert_eq!(chosen(&queue, &let_go, &present, 0), "bob");
        queue.skills.clear();
        let others = [ada, operator("cyd", 0, 4)];
        assert_eq!(chosen(&queue, &let_go, &others, 0), "nobody");
        assert_eq!(chosen(&queue, &let_go, &others, 30_000), "cyd");
    }

    #[test]
    fn nobody_promises_a_wait_that_nobody_measured() {
        assert_eq!(expected_wait(3, None), None);
        let pace = Some(Duration::from_secs(20));
        assert_eq!(expected_wait(3, pace), Some(Duration::from_secs(60)));
    }
}
