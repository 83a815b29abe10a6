//! Who waits in which queue, in order, and how fast the queues move.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use warmline_core::queue::Queued;
use warmline_core::{ConfigVersion, ConversationId, Epoch, OperatorId, Timestamp};

use crate::warmline::Place;

/// Claims over which a queue's pace is taken: the latest ones, none older than an hour. Fewer than
/// the least tell nothing.
const CLAIMS: usize = 32;
const LEAST: usize = 3;
const HOUR: Duration = Duration::from_secs(3600);

/// Conversations erased before which every one of them is long past being told of.
const REMEMBERED: u64 = 32_768;

/// How many conversations were erased so far: what was known before an erasure is told from what
/// came after it, under the same id or another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Erasures(u64);

/// Where a conversation stands after the step `seq`, which happened `at`.
pub(crate) struct News<'n> {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) place: &'n Place,
}

/// A conversation that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) epoch: Epoch,
    pub(crate) queued: Queued,
    /// The configuration that the queue belongs to.
    pub(crate) config: Option<ConfigVersion>,
    pub(crate) language: Option<String>,
    /// Whether the customer left a way to reach them.
    pub(crate) reachable: bool,
}

/// Everybody who waits, and every conversation that an operator has.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The step after which each conversation stood where it stands, and who has it.
    known: HashMap<ConversationId, (u64, Option<OperatorId>)>,
    waiting: HashMap<ConversationId, Waiting>,
    /// The order of each queue.
    order: HashMap<String, BTreeSet<(i64, ConversationId)>>,
    /// The conversations that each operator has, and whether on a lease.
    owned: HashMap<OperatorId, HashMap<ConversationId, bool>>,
    /// When each operator last got one.
    got: HashMap<OperatorId, Timestamp>,
    claims: HashMap<String, VecDeque<Timestamp>>,
    erasures: Erasures,
    /// The conversations that were erased lately, and as the how manyeth.
    erased: HashMap<ConversationId, Erasures>,
}

impl Line {
    /// How many conversations were erased so far.
    pub(crate) fn erasures(&self) -> Erasures {
        self.erasures
    }

    /// Takes in news of a conversation that was `known` before so many erasures. Older news than is
    /// known is passed over, and news of one that was erased since.
    pub(crate) fn note(&mut self, id: &ConversationId, known: Erasures, news: News<'_>) {
        let News { seq, at, place } = news;
        if self.erased.get(id).is_some_and(|erased| known < *erased) {
            return;
        }
        let human = place.queued.is_some() || place.operator.is_some();
        match self.known.get(id) {
            Some((known, _)) if *known > seq => return,
            None if !human => return,
            _ => {}
        }
        let left = self.leave(id);
        if let Some(queued) = &place.queued {
            let order = self.order.entry(queued.queue.clone()).or_default();
            order.insert((queued.rank(), id.clone()));
            let waiting = Waiting {
                epoch: place.epoch,
                queued: queued.clone(),
                config: place.config.clone(),
                language: place.language.clone(),
                reachable: place.reachable,
            };
            self.waiting.insert(id.clone(), waiting);
        }
        if let Some(operator) = &place.operator {
            let theirs = self.owned.entry(operator.clone()).or_default();
            theirs.insert(id.clone(), place.leased);
            if let Some(left) = left {
                self.got.insert(operator.clone(), at);
                let claims = self.claims.entry(left.queued.queue).or_default();
                claims.push_back(at);
                if claims.len() > CLAIMS {
                    claims.pop_front();
                }
            }
        }
        if human {
            let now = (seq, place.operator.clone());
            self.known.insert(id.clone(), now);
        }
    }

    /// Takes a conversation from wherever it stands; where it waited.
    pub(crate) fn leave(&mut self, id: &ConversationId) -> Option<Waiting> {
        let waited = self.waiting.remove(id);
        if let Some(Waiting { queued, .. }) = &waited
            && let Some(order) = self.order.get_mut(&queued.queue)
        {
            order.remove(&(queued.rank(), id.clone()));
        }
        if let Some((_, Some(operator))) = self.known.remove(id)
            && let Some(theirs) = self.owned.get_mut(&operator)
        {
            theirs.remove(id);
            if theirs.is_empty() {
                self.owned.remove(&operator);
            }
        }
        waited
    }

    /// Forgets a conversation that was erased. Its last steps may still be on their way.
    pub(crate) fn forget(&mut self, id: &ConversationId) {
        self.leave(id);
        self.erasures.0 += 1;
        self.erased.insert(id.clone(), self.erasures);
        let now = self.erasures.0;
        if now.is_multiple_of(REMEMBERED) {
            self.erased.retain(|_, at| now - at.0 < REMEMBERED);
        }
    }

    /// The conversations that stand here and are not among `seen`.
    pub(crate) fn others(&self, seen: &HashSet<ConversationId>) -> Vec<ConversationId> {
        let others = self.known.keys().filter(|id| !seen.contains(*id));
        others.cloned().collect()
    }

    /// The queues in which somebody waits, with the configuration of the next one there.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (&str, Option<&ConfigVersion>)> {
        self.order.iter().filter_map(|(queue, order)| {
            let (_, next) = order.first()?;
            Some((queue.as_str(), self.waiting.get(next)?.config.as_ref()))
        })
    }

    /// The conversations that wait in `queue`, the next one first.
    pub(crate) fn waiting(&self, queue: &str) -> impl Iterator<Item = (&ConversationId, &Waiting)> {
        let order = self.order.get(queue).into_iter().flatten();
        order.filter_map(|(_, id)| Some((id, self.waiting.get(id)?)))
    }

    /// Where a conversation waits, and its place: 1 is the next one.
    pub(crate) fn position(&self, id: &ConversationId) -> Option<(&Waiting, usize)> {
        let waiting = self.waiting.get(id)?;
        let place = (waiting.queued.rank(), id.clone());
        let before = self.order.get(&waiting.queued.queue)?.range(..&place);
        Some((waiting, before.count() + 1))
    }

    /// The mean time between two claims from `queue`, lately and up to `now`.
    pub(crate) fn pace(&self, queue: &str, now: Timestamp) -> Option<Duration> {
        let claims = self.claims.get(queue)?;
        let late: Vec<Timestamp> = claims
            .iter()
            .copied()
            .filter(|at| now.since(*at) <= HOUR)
            .collect();
        let first = late.first().filter(|_| late.len() >= LEAST)?;
        // From the first of them: so many claims since, and the time since the last one counts.
        now.since(*first).checked_div(late.len() as u32 - 1)
    }

    /// The conversations that an operator has.
    pub(crate) fn owned(&self, operator: &OperatorId) -> usize {
        self.owned.get(operator).map_or(0, HashMap::len)
    }

    /// The conversations that an operator keeps on a lease.
    pub(crate) fn leased(&self, operator: &OperatorId) -> Vec<ConversationId> {
        let theirs = self.owned.get(operator).into_iter().flatten();
        let leased = theirs.filter(|(_, leased)| **leased);
        leased.map(|(id, _)| id.clone()).collect()
    }

    /// Everybody who has a conversation.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &OperatorId> {
        self.owned.keys()
    }

    /// When an operator last got one.
    pub(crate) fn got(&self, operator: &OperatorId) -> Timestamp {
        self.got.get(operator).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ConversationId {
        ConversationId::new(name).unwrap()
    }

    fn dana() -> OperatorId {
        OperatorId::new("dana").unwrap()
    }

    fn waits(since: u64, points: i32) -> Place {
        Place {
            queued: Some(Queued {
                queue: "support".to_owned(),
                since: Timestamp(since),
                points,
                due: None,
                alarm: None,
                reserved_for: None,
                let_go_by: None,
                contact_wanted: false,
            }),
            ..Place::default()
        }
    }

    fn claimed() -> Place {
        Place {
            operator: Some(dana()),
            leased: true,
            ..Place::default()
        }
    }

    fn tell(line: &mut Line, name: &str, seq: u64, at: u64, place: &Place) {
        let at = Timestamp(at);
        line.note(&id(name), line.erasures(), News { seq, at, place });
    }

    #[test]
    fn what_was_on_its_way_at_an_erasure_is_no_news() {
        let mut line = Line::default();
        let known = line.erasures();
        let late = |line: &mut Line| {
            let (at, place) = (Timestamp(0), &waits(0, 0));
            line.note(&id("a"), known, News { seq: 3, at, place });
        };
        line.forget(&id("a"));
        late(&mut line);
        assert!(line.position(&id("a")).is_none());
        tell(&mut line, "a", 1, 0, &claimed());
        assert_eq!(line.owned(&dana()), 1, "the id begins anew");
        late(&mut line);
        assert_eq!(line.owned(&dana()), 1);
    }

    #[test]
    fn positions_follow_waiting_and_priority() {
        let mut line = Line::default();
        tell(&mut line, "a", 1, 0, &waits(0, 0));
        tell(&mut line, "b", 1, 0, &waits(60_000, 0));
        tell(&mut line, "c", 1, 0, &waits(90_000, 1));
        let place = |line: &Line, name| line.position(&id(name)).map(|(_, place)| place);
        assert_eq!(place(&line, "a"), Some(1));
        assert_eq!(place(&line, "c"), Some(2));
        assert_eq!(place(&line, "b"), Some(3));
        tell(&mut line, "a", 2, 0, &claimed());
        assert_eq!(place(&line, "a"), None);
        assert_eq!(place(&line, "b"), Some(2));
        assert_eq!(line.leased(&dana()), [id("a")]);
        tell(&mut line, "a", 3, 0, &Place::default());
        assert_eq!((line.owned(&dana()), line.known.len()), (0, 2));
    }

    #[test]
    fn old_news_is_passed_over() {
        let mut line = Line::default();
        tell(&mut line, "a", 5, 0, &claimed());
        tell(&mut line, "a", 4, 0, &waits(0, 0));
        assert_eq!(line.owned(&dana()), 1);
        assert!(line.position(&id("a")).is_none());
    }

    #[test]
    fn a_pace_is_told_once_there_is_one_and_slows_down_with_time() {
        let mut line = Line::default();
        for (number, at) in [0_u64, 10_000, 20_000].into_iter().enumerate() {
            let id = format!("c{number}");
            assert_eq!(line.pace("support", Timestamp(at)), None);
            tell(&mut line, &id, 1, at, &waits(at, 0));
            tell(&mut line, &id, 2, at, &claimed());
        }
        let pace = |at| line.pace("support", Timestamp(at));
        assert_eq!(pace(20_000), Some(Duration::from_secs(10)));
        assert_eq!(pace(60_000), Some(Duration::from_secs(30)));
        assert_eq!(pace(4_000_000), None, "an hour ago is no measure");
    }
}
