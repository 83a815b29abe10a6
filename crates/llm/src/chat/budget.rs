//! What models may use: counted for every conversation and every day.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lru::LruCache;
use warmline_core::ConversationId;

use super::completion::Usage;
use crate::config::{BudgetConfig, EndpointConfig};

/// Conversations whose use is remembered; the longest unused are forgotten first.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(65_536).expect("it is not zero");
const DAY: Duration = Duration::from_secs(86_400);

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// Tokens read and written.
    pub tokens: u64,
    /// What they cost, in the currency of the prices.
    pub cost: f64,
}

/// Counts what is used, by conversation and by day. A new configuration changes the limits and
/// takes nothing back.
#[derive(Debug)]
pub struct Budget {
    limits: Mutex<BudgetConfig>,
    spent: Mutex<Ledger>,
}

impl Default for Budget {
    /// No limits, and nothing is used yet.
    fn default() -> Self {
        let ledger = Ledger {
            day: today(),
            today: Spent::default(),
            conversations: LruCache::new(REMEMBERED),
        };
        Self {
            limits: Mutex::default(),
            spent: Mutex::new(ledger),
        }
    }
}

#[derive(Debug)]
struct Ledger {
    day: u64,
    today: Spent,
    conversations: LruCache<ConversationId, Spent>,
}

impl Budget {
    /// Puts other limits in force.
    pub fn limit(&self, limits: BudgetConfig) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// Whether a model may be asked once more; else which budget is used up.
    pub(super) fn admits(&self, conversation: Option<&ConversationId>) -> Result<(), String> {
        let mut ledger = self.ledger();
        let today = ledger.today;
        let own = conversation.and_then(|id| ledger.conversations.get(id).copied());
        let own = own.unwrap_or_default();
        let BudgetConfig {
            conversation_tokens,
            conversation_cost,
            day_tokens,
            day_cost,
        } = *self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = |limit: Option<u64>, spent: Spent| limit.is_some_and(|l| spent.tokens >= l);
        let cost = |limit: Option<f64>, spent: Spent| limit.is_some_and(|l| spent.cost >= l);
        for (over, key) in [
            (tokens(conversation_tokens, own), "conversation_tokens"),
            (cost(conversation_cost, own), "conversation_cost"),
            (tokens(day_tokens, today), "day_tokens"),
            (cost(day_cost, today), "day_cost"),
        ] {
            if over {
                return Err(format!("models.budget.{key} is used up"));
            }
        }
        Ok(())
    }

    /// Counts what an answer used.
    pub(super) fn spend(
        &self,
        role: &'static str,
        conversation: Option<&ConversationId>,
        usage: Usage,
        endpoint: &EndpointConfig,
    ) {
        let (read, written) = (usage.read, usage.written);
        let million = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        let cost = million(read, endpoint.price_in) + million(written, endpoint.price_out);
        metrics::counter!("warmline_model_tokens_total", "role" => role, "direction" => "in")
            .increment(read);
        metrics::counter!("warmline_model_tokens_total", "role" => role, "direction" => "out")
            .increment(written);
        for (direction, tokens) in [("in", read), ("out", written)] {
            let labels = [("role", role), ("direction", direction)];
            metrics::histogram!("warmline_model_request_tokens", &labels).record(tokens as f64);
        }
        metrics::histogram!("warmline_model_request_cost", "role" => role).record(cost);
        let mut ledger = self.ledger();
        ledger.today.add(read + written, cost);
        if let Some(id) = conversation {
            let own = ledger
                .conversations
                .get_or_insert_mut(id.clone(), Spent::default);
            own.add(read + written, cost);
        }
    }

    /// What a conversation used, as far as it is remembered.
    pub fn spent_by(&self, conversation: &ConversationId) -> Spent {
        let ledger = self.ledger();
        let spent = ledger.conversations.peek(conversation).copied();
        spent.unwrap_or_default()
    }

    /// What was used today.
    pub fn spent_today(&self) -> Spent {
        self.ledger().today
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        let mut ledger = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let day = today();
        if ledger.day != day {
            ledger.day = day;
            ledger.today = Spent::default();
        }
        ledger
    }
}

impl Spent {
    fn add(&mut self, tokens: u64, cost: f64) {
        self.tokens += tokens;
        self.cost += cost;
    }
}

/// Days since 1970, by UTC.
fn today() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs() / DAY.as_secs())
}
