//! Slows those who guess: each wrong password from an address makes the answer to the next one later.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;

/// The delay of the first refusal. It doubles with each further one.
pub const DELAY_FIRST: Duration = Duration::from_millis(250);

/// The longest delay. Below the time-outs of clients, so that a typing error is told as one.
pub const DELAY_MAX: Duration = Duration::from_secs(4);

/// Without a failure for so long, an address is forgotten.
pub const FORGET_AFTER: Duration = Duration::from_mins(10);

/// The most addresses remembered: 64 bytes each. Beyond it the address that failed longest ago makes room.
pub const ADDRESSES_MAX: usize = 10_000;

/// One subscriber of a network: an IPv4 address, or the /64 that one IPv6 subscriber has to himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subscriber(IpAddr);

impl From<IpAddr> for Subscriber {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => {
                Self(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))))
            }
        }
    }
}

/// Failed logins by address. Pure: it tells how long to wait, and does not wait.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: HashMap<Subscriber, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Uptime,
}

impl Throttle {
    /// A login failed: how long its answer is held back.
    pub fn on_failure(&mut self, address: IpAddr, now: Uptime) -> Duration {
        let subscriber = Subscriber::from(address);
        if !self.failures.contains_key(&subscriber) && self.failures.len() >= ADDRESSES_MAX {
            self.make_room(now);
        }
        let failures = self.failures.entry(subscriber).or_insert(Failures { count: 0, last: now });
        if now - failures.last > FORGET_AFTER {
            failures.count = 0;
        }
        let delay = DELAY_FIRST.saturating_mul(1 << failures.count.min(16)).min(DELAY_MAX);
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        delay
    }

    /// How many addresses are remembered.
    pub fn addresses(&self) -> usize {
        self.failures.len()
    }

    fn make_room(&mut self, now: Uptime) {
        self.failures.retain(|_, failures| now - failures.last <= FORGET_AFTER);
        if self.failures.len() >= ADDRESSES_MAX
            && let Some(oldest) =
                self.failures.iter().min_by_key(|(_, failures)| failures.last).map(|(s, _)| *s)
        {
            self.failures.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn guessing_becomes_slow_and_is_forgotten() {
        let mut throttle = Throttle::default();
        let guesser = "192.0.2.7".parse().unwrap();
        let delays: Vec<_> =
            (0..6).map(|s| throttle.on_failure(guesser, at(s)).as_millis()).collect();
        assert_eq!(delays, [250, 500, 1000, 2000, 4000, 4000]);
        let other = "192.0.2.8".parse().unwrap();
        assert_eq!(throttle.on_failure(other, at(7)), DELAY_FIRST);
        assert_eq!(throttle.on_failure(guesser, at(700)), DELAY_FIRST);
    }

    #[test]
    fn the_table_is_bounded() {
        let mut throttle = Throttle::default();
        for number in 0..u32::try_from(ADDRESSES_MAX).unwrap() + 100 {
            throttle.on_failure(IpAddr::V4(number.into()), at(u64::from(number) / 1000));
        }
        assert_eq!(throttle.addresses(), ADDRESSES_MAX);
    }

    #[test]
    fn one_subscriber_has_a_whole_64() {
        let subscriber = |text: &str| Subscriber::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(subscriber("2001:db8:1:2::3"), subscriber("2001:db8:1:2:9::"));
        assert_ne!(subscriber("2001:db8:1:2::3"), subscriber("2001:db8:1:3::3"));
        assert_eq!(subscriber("::ffff:192.0.2.7"), subscriber("192.0.2.7"));
    }
}
