//! How often somebody may try to sign in.
//!
//! Failures are counted by the name that was tried and by the address that tried it. The memory
//! for that is bounded: who was not seen for the longest is forgotten first.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use warmline::Timestamp;

use super::secret::digest;

/// Names and addresses that are remembered, each.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(8192).expect("it is not zero");
/// Failures after which nothing is held against anybody any more.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// How a name is slowed down: somebody who only means to lock a colleague out gains one minute.
const NAME: Patience = Patience {
    free: 5,
    longest: Duration::from_secs(60),
};
/// How an address is slowed down; a whole office may share one.
const ADDRESS: Patience = Patience {
    free: 20,
    longest: Duration::from_secs(900),
};

/// What is borne of one name, or of one address.
struct Patience {
    /// Failures that cost nothing.
    free: u32,
    /// The longest wait, after waits that double from one second on.
    longest: Duration,
}

impl Patience {
    fn wait(&self, failures: u32) -> Duration {
        match failures.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(over) => Duration::from_secs(1 << over.min(20)).min(self.longest),
        }
    }
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

type Counted<K> = Mutex<LruCache<K, Failures>>;

/// Counts failed sign-ins, and says who must wait.
pub(crate) struct Throttle {
    names: Counted<String>,
    addresses: Counted<IpAddr>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            names: Mutex::new(LruCache::new(REMEMBERED)),
            addresses: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }
}

impl Throttle {
    /// How long whoever tries `name` from `peer` has to wait; zero if not at all.
    ///
    /// The try counts as a failure until [`succeeded`](Self::succeeded) is called, so that many
    /// tries at once are no way around it.
    pub(crate) fn try_now(&self, name: &str, peer: Option<IpAddr>, now: Timestamp) -> Duration {
        let address = peer.map(network);
        let name = digest(name);
        let wait = waited(&self.names, &name, &NAME, now);
        let wait = wait.max(address.map_or(Duration::ZERO, |address| {
            waited(&self.addresses, &address, &ADDRESS, now)
        }));
        if wait.is_zero() {
            count(&self.names, name, now);
            if let Some(address) = address {
                count(&self.addresses, address, now);
            }
        }
        wait
    }

    /// Forgets the failures of `name`, and the try that succeeded from `peer`.
    pub(crate) fn succeeded(&self, name: &str, peer: Option<IpAddr>) {
        lock(&self.names).pop(&digest(name));
        let mut addresses = lock(&self.addresses);
        if let Some(failures) = peer.and_then(|peer| addresses.get_mut(&network(peer))) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

fn waited<K: Hash + Eq>(
    counted: &Counted<K>,
    key: &K,
    patience: &Patience,
    now: Timestamp,
) -> Duration {
    let Some(failures) = lock(counted).get(key).copied() else {
        return Duration::ZERO;
    };
    let since = now.since(failures.last);
    match since >= FORGOTTEN {
        true => Duration::ZERO,
        false => patience.wait(failures.count).saturating_sub(since),
    }
}

fn count<K: Hash + Eq>(counted: &Counted<K>, key: K, now: Timestamp) {
    let mut counted = lock(counted);
    let before = counted
        .get(&key)
        .filter(|it| now.since(it.last) < FORGOTTEN);
    let count = before
        .map_or(0, |failures| failures.count)
        .saturating_add(1);
    counted.put(key, Failures { count, last: now });
}

/// What one customer of a provider has: an IPv4 address, or 64 bits of an IPv6 one.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(bits).into()
        }
        v4 => v4,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9)));

    fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    #[test]
    fn a_name_that_fails_waits_longer_each_time_and_at_most_a_minute() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            assert_eq!(throttle.try_now("dana", None, at(0)), Duration::ZERO);
        }
        assert_eq!(throttle.try_now("dana", None, at(0)).as_secs(), 1);
        assert_eq!(throttle.try_now("lee", None, at(0)), Duration::ZERO);
        assert_eq!(throttle.try_now("dana", None, at(1)), Duration::ZERO);
        assert_eq!(throttle.try_now("dana", None, at(1)).as_secs(), 2);
        let mut now = 3;
        for _ in 0..20 {
            throttle.try_now("dana", None, at(now));
            now += 60;
        }
        throttle.try_now("dana", None, at(now));
        assert_eq!(throttle.try_now("dana", None, at(now)).as_secs(), 60);
        assert_eq!(
            throttle.try_now("dana", None, at(now + 3600)),
            Duration::ZERO
        );
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let throttle = Throttle::default();
        for name in 0..20 {
            let wait = throttle.try_now(&format!("name-{name}"), PEER, at(0));
            assert_eq!(wait, Duration::ZERO);
        }
        assert!(!throttle.try_now("another", PEER, at(0)).is_zero());
        let neighbour = Some("203.0.113.10".parse().unwrap());
        assert!(throttle.try_now("another", neighbour, at(0)).is_zero());
    }

    #[test]
    fn a_success_clears_the_name() {
        let throttle = Throttle::default();
        for _ in 0..4 {
            throttle.try_now("dana", PEER, at(0));
        }
        throttle.try_now("dana", PEER, at(0));
        throttle.succeeded("dana", PEER);
        for _ in 0..5 {
            assert_eq!(throttle.try_now("dana", None, at(0)), Duration::ZERO);
        }
    }

    #[test]
    fn neighbours_of_one_ipv6_network_count_as_one() {
        let one = network("2001:db8::1".parse().unwrap());
        assert_eq!(one, network("2001:db8::ffff".parse().unwrap()));
        assert_ne!(one, network("2001:db8:0:1::1".parse().unwrap()));
        let mapped = network("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(mapped, "192.0.2.1".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for name in 0..REMEMBERED.get() + 100 {
            throttle.try_now(&name.to_string(), None, at(0));
        }
        assert_eq!(lock(&throttle.names).len(), REMEMBERED.get());
    }
}
