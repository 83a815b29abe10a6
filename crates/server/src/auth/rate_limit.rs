//! How much the visitors of one address may ask for.
//!
//! Whoever opens the chat needs no key, and every turn of theirs costs: encoding, a model, somebody's
//! time. This machine's own addresses are not counted: what comes from there is a proxy that
//! `server.trusted_proxies` does not name, and with it everybody.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::throttle::network;
use crate::config::ChatConfig;
use crate::problem::Problem;

/// Addresses that are remembered before those that have been quiet for long enough are forgotten for
/// the first time.
const REMEMBERED: usize = 8192;

type Limiter<C> =
    RateLimiter<IpAddr, HashMapStateStore<IpAddr>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// What addresses ask for of one kind.
struct Counted<C: Clock> {
    limiter: Limiter<C>,
    /// How many addresses are remembered when the quiet ones are forgotten the next time: twice as
    /// many as were left the last time, so that a flood of addresses costs each request little.
    sweep_at: AtomicUsize,
}

/// Counts what visitors ask for, by address.
pub(crate) struct RateLimit<C: Clock = DefaultClock> {
    conversations: Counted<C>,
    requests: Counted<C>,
    clock: C,
}

impl RateLimit {
    pub(crate) fn new(config: &ChatConfig) -> Self {
        Self::by(config, DefaultClock::default())
    }
}

impl<C: Clock + Clone> RateLimit<C> {
    fn by(config: &ChatConfig, clock: C) -> Self {
        let counted = |each| {
            let quota = Quota::per_minute(each);
            let store = HashMapStateStore::default();
            Counted {
                limiter: RateLimiter::new(quota, store, clock.clone()),
                sweep_at: AtomicUsize::new(REMEMBERED),
            }
        };
        Self {
            conversations: counted(config.conversations),
            requests: counted(config.requests),
            clock,
        }
    }

    /// Lets `address` begin a conversation, or says how long to wait.
    pub(crate) fn begins(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        self.take(&self.conversations, address)
    }

    /// Lets `address` ask for a change, or says how long to wait.
    pub(crate) fn asks(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        self.take(&self.requests, address)
    }

    fn take(&self, counted: &Counted<C>, address: Option<IpAddr>) -> Result<(), Problem> {
        let Some(address) = address.filter(|address| !address.is_loopback()) else {
            return Ok(());
        };
        let Counted { limiter, sweep_at } = counted;
        if limiter.len() >= sweep_at.load(Ordering::Relaxed) {
            limiter.retain_recent();
            sweep_at.store(REMEMBERED.max(2 * limiter.len()), Ordering::Relaxed);
        }
        limiter.check_key(&network(address)).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            Problem::too_many(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limit(clock: &FakeRelativeClock) -> RateLimit<FakeRelativeClock> {
        RateLimit::by(&ChatConfig::default(), clock.clone())
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_address_that_asks_for_too_much_waits_and_its_neighbour_does_not() {
        let clock = FakeRelativeClock::default();
        let limit = limit(&clock);
        for _ in 0..30 {
            limit.begins(address("203.0.113.9")).unwrap();
        }
        let refused = limit.begins(address("203.0.113.9")).unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (429, Some(2)));
        limit.begins(address("203.0.113.10")).unwrap();
        limit.asks(address("203.0.113.9")).unwrap();
        clock.advance(Duration::from_secs(2));
        limit.begins(address("203.0.113.9")).unwrap();
    }

    #[test]
    fn one_customer_of_a_provider_has_one_share() {
        let limit = limit(&FakeRelativeClock::default());
        for last in 0..30 {
            limit
                .begins(address(&format!("2001:db8::{last:x}")))
                .unwrap();
        }
        assert!(limit.begins(address("2001:db8::ffff:1")).is_err());
        limit.begins(address("2001:db8:0:1::1")).unwrap();
    }

    #[test]
    fn a_flood_of_addresses_is_forgotten_once_it_is_over() {
        let clock = FakeRelativeClock::default();
        let limit = limit(&clock);
        let flood = |from: u64, to: u64| {
            for number in from..to {
                let network = u128::from(number) << 64 | 0x2001 << 112;
                limit
                    .begins(Some(IpAddr::from(network.to_be_bytes())))
                    .unwrap();
            }
        };
        flood(0, 20_000);
        assert_eq!(limit.conversations.limiter.len(), 20_000);
        clock.advance(Duration::from_secs(60));
        flood(20_000, 33_000);
        assert!(limit.conversations.limiter.len() < 20_000);
    }

    #[test]
    fn this_machine_is_not_counted() {
        let limit = limit(&FakeRelativeClock::default());
        for _ in 0..1000 {
            limit.asks(address("127.0.0.1")).unwrap();
            limit.asks(None).unwrap();
        }
    }
}
