//! Listeners: a station that opens a connection to a port of its own, one at a time; the newest wins.
//!
//! A station that lost its line comes back before its old connection is known to be dead, so the newcomer takes
//! its place. Who may come is decided by address, as a raw stream has no other name.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::{TcpListener, TcpStream};

use crate::shell::{Over, Shell};
use crate::sockets::{listen, set_options};

/// A port that a station opens.
#[derive(Debug)]
pub struct ListenerConfig {
    listener: TcpListener,
    allowed: Vec<AddressRange>,
    sent_away: AtomicU64,
}

impl ListenerConfig {
    /// Opens the port now, so that a port in use is told at the start. Without ranges anybody may come.
    /// Must be called within a runtime.
    pub fn bind(address: SocketAddr, allowed: Vec<AddressRange>) -> io::Result<Self> {
        Ok(Self { listener: listen(address)?, allowed, sent_away: AtomicU64::new(0) })
    }

    /// The port that was opened.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection of somebody who may come.
    async fn next(&self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) if self.may_come(from.ip()) && set_options(&stream).is_ok() => {
                    return stream;
                }
                Ok((_, from)) => self.tell_sent_away(from),
                // Too many open files, or the peer has gone again: neither is mended by asking at once.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// The log is told the first, the second, the fourth, the eighth time and so on, so that strangers cannot fill it.
    fn tell_sent_away(&self, from: SocketAddr) {
        let times = self.sent_away.fetch_add(1, Ordering::Relaxed) + 1;
        if times.is_power_of_two() {
            tracing::warn!(%from, times, "a connection was not allowed");
        }
    }

    fn may_come(&self, address: IpAddr) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|range| range.contains(address))
    }
}

/// The pause after a connection could not be accepted.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

pub(crate) async fn run(shell: &mut Shell, config: ListenerConfig) {
    let stop = shell.stop.clone();
    let mut newcomer = None;
    loop {
        shell.session.on_connecting();
        shell.board.show(shell.session.snapshot());
        let next = async {
            match newcomer.take() {
                Some(stream) => stream,
                None => config.next().await,
            }
        };
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => return shell.stopped(),
            stream = next => stream,
        };
        match shell.run(stream, config.next()).await {
            Over::Replaced(stream) => newcomer = Some(stream),
            Over::Reconnect(_) | Over::Ended => {}
            Over::Stopped => return,
        }
    }
}

/// A range of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    network: IpAddr,
    prefix_bits: u32,
}

/// A text that names no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address range: 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32 were expected")]
pub struct BadAddressRange(String);

impl AddressRange {
    /// The first and the last address of it.
    pub fn ends(&self) -> (IpAddr, IpAddr) {
        // A shift by all bits leaves none; `checked_shr` would call that an overflow.
        match self.network {
            IpAddr::V4(network) => {
                let host = u32::MAX.checked_shr(self.prefix_bits).unwrap_or(0);
                let bits = u32::from(network);
                (IpAddr::V4((bits & !host).into()), IpAddr::V4((bits | host).into()))
            }
            IpAddr::V6(network) => {
                let host = u128::MAX.checked_shr(self.prefix_bits).unwrap_or(0);
                let bits = u128::from(network);
                (IpAddr::V6((bits & !host).into()), IpAddr::V6((bits | host).into()))
            }
        }
    }

    /// Whether the address lies in it. An IPv4 address that came in over IPv6 counts as itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = u32::from(network) ^ u32::from(address);
                differing.leading_zeros() >= self.prefix_bits
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = u128::from(network) ^ u128::from(address);
                differing.leading_zeros() >= self.prefix_bits
            }
            _ => false,
        }
    }
}

impl FromStr for AddressRange {
    type Err = BadAddressRange;

    fn from_str(text: &str) -> Result<Self, BadAddressRange> {
        let bad = || BadAddressRange(text.to_owned());
        let (network, prefix) = match text.split_once('/') {
            Some((network, prefix)) => (network, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = network.parse().map_err(|_| bad())?;
        let bits = if network.is_ipv4() { 32 } else { 128 };
        let prefix_bits = prefix.map_or(Ok(bits), str::parse).map_err(|_| bad())?;
        if prefix_bits > bits { Err(bad()) } else { Ok(Self { network, prefix_bits }) }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, address: &str, expected: bool) {
        let range: AddressRange = range.parse().unwrap();
        assert_eq!(range.contains(address.parse().unwrap()), expected, "{range} {address}");
    }

    #[test]
    fn a_range_has_two_ends() {
        for (range, first, last) in [
            ("192.0.2.7/24", "192.0.2.0", "192.0.2.255"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("2001:db8::/126", "2001:db8::", "2001:db8::3"),
            ("::1", "::1", "::1"),
        ] {
            let ends = (first.parse().unwrap(), last.parse().unwrap());
            assert_eq!(range.parse::<AddressRange>().unwrap().ends(), ends, "{range}");
        }
    }

    #[test]
    fn a_range_contains_its_addresses() {
        check("192.0.2.0/24", "192.0.2.255", true);
        check("192.0.2.0/24", "192.0.3.0", false);
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "192.0.2.6", false);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("192.0.2.0/24", "::ffff:192.0.2.9", true);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("0.0.0.0/0", "2001:db8::1", false);
    }

    #[test]
    fn a_bad_range_is_refused() {
        for text in ["", "x", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "::/129"] {
            assert_eq!(text.parse::<AddressRange>(), Err(BadAddressRange(text.to_owned())));
        }
    }
}
