//! Addresses of streams: `ntrip://user:password@host:port/MOUNT`, `tcp://host:port`, `host:port`.

use std::fmt;
use std::str::FromStr;

use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;

/// The port that NTRIP has by custom.
const NTRIP_PORT: u16 = 2101;
/// The port that NTRIP over TLS has at the casters that offer it (docs/ntrip-in-the-field.md, note 43).
const NTRIPS_PORT: u16 = 2102;

/// A host by name or number, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// Name or address, without brackets.
    pub name: String,
    /// Port.
    pub port: u16,
}

/// Where a stream is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StreamUrl {
    /// A mountpoint of a caster.
    Ntrip {
        /// The caster.
        host: Host,
        /// Whether to speak TLS.
        tls: bool,
        /// Its mountpoint.
        mountpoint: Mountpoint,
        /// As whom; the name may be empty, as NTRIP 1 uploads have a password alone.
        login: Option<Credentials>,
        /// The protocol version that the scheme names (`ntrip1`, `ntrip2`).
        version: Option<u8>,
    },
    /// A plain TCP port.
    Tcp(Host),
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAddress {
    /// No `host:port`.
    #[error("{0:?} is not host:port, as in 10.0.0.7:5017 or [::1]:5017")]
    NotHostPort(String),
    /// No known scheme.
    #[error("{0:?} does not begin with ntrip://, ntrips:// or tcp://")]
    UnknownScheme(String),
    /// No mountpoint.
    #[error("{0:?} does not end with a mountpoint, as in ntrip://host:2101/MOUNT")]
    NoMountpoint(String),
}

impl StreamUrl {
    /// The account that the address names, for Basic authentication.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Ntrip { login, .. } => login.clone(),
            Self::Tcp(_) => None,
        }
    }
}

impl FromStr for Host {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        split_port(text, None).ok_or_else(|| BadAddress::NotHostPort(without_login(text)))
    }
}

impl FromStr for StreamUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let unknown = || BadAddress::UnknownScheme(without_login(text));
        let (scheme, rest) = text.split_once("://").ok_or_else(unknown)?;
        let (tls, version) = match scheme {
            "tcp" => return rest.parse().map(Self::Tcp),
            "ntrip" => (false, None),
            "ntrip1" => (false, Some(1)),
            "ntrip2" => (false, Some(2)),
            "ntrips" => (true, None),
            _ => return Err(unknown()),
        };
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (split_login(login), place),
            None => (None, rest),
        };
        let (host, mountpoint) = place.split_once('/').unwrap_or((place, ""));
        let mountpoint = Mountpoint::new(mountpoint)
            .ok_or_else(|| BadAddress::NoMountpoint(without_login(text)))?;
        let port = if tls { NTRIPS_PORT } else { NTRIP_PORT };
        let host =
            split_port(host, Some(port)).ok_or_else(|| BadAddress::NotHostPort(host.to_owned()))?;
        Ok(Self::Ntrip { host, tls, mountpoint, login, version })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// An address as a message may show it: without the password.
fn without_login(text: &str) -> String {
    let Some((login, place)) = text.rsplit_once('@') else { return text.to_owned() };
    match login.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://...@{place}"),
        None => format!("...@{place}"),
    }
}

fn split_login(login: &str) -> Option<Credentials> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    Credentials::new(user, password)
}

fn split_port(text: &str, default: Option<u16>) -> Option<Host> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, port)) => (name, port.strip_prefix(':')),
        None => match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => default?,
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    let fits = !name.is_empty() && name.len() <= 255 && name.chars().all(legal);
    fits.then(|| Host { name: name.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_host(text: &str, expected: Option<(&str, u16)>) {
        let read = text.parse::<Host>().ok();
        let read = read.as_ref().map(|host| (host.name.as_str(), host.port));
        assert_eq!(read, expected, "{text:?}");
    }

    #[test]
    fn hosts_have_a_port() {
        check_host("10.0.0.7:5017", Some(("10.0.0.7", 5017)));
        check_host("[::1]:5017", Some(("::1", 5017)));
        check_host("receiver.local:1", Some(("receiver.local", 1)));
        check_host("receiver", None);
        check_host(":5017", None);
        check_host("a b:5017", None);
        check_host("receiver:70000", None);
    }

    #[test]
    fn a_caster_address_names_everything() {
        let url: StreamUrl = "ntrip://u:p@w@caster:2101/MOUNT".parse().unwrap();
        let StreamUrl::Ntrip { host, tls, mountpoint, login, version } = url else { panic!() };
        assert_eq!((host.to_string().as_str(), tls, version), ("caster:2101", false, None));
        assert_eq!(mountpoint.as_str(), "MOUNT");
        let login = login.expect("a login");
        assert_eq!((login.user(), login.password().reveal()), ("u", "p@w"));
    }

    #[test]
    fn defaults_follow_the_scheme() {
        let port = |text: &str| match text.parse() {
            Ok(StreamUrl::Ntrip { host, version, .. }) => Some((host.port, version)),
            _ => None,
        };
        assert_eq!(port("ntrip://caster/M"), Some((2101, None)));
        assert_eq!(port("ntrips://caster/M"), Some((2102, None)));
        assert_eq!(port("ntrip1://:p@caster/M"), Some((2101, Some(1))));
        assert_eq!(port("ntrip://caster"), None);
        assert_eq!(port("http://caster/M"), None);
    }

    #[test]
    fn a_message_about_an_address_hides_the_password() {
        let faulty = [
            "ntrip://u:hush@caster/",
            "tcp://u:hush@10.0.0.7:5017",
            "u:hush@caster:2101/M",
            "http://u:hush@caster/M",
        ];
        for text in faulty {
            let error = text.parse::<StreamUrl>().unwrap_err().to_string();
            assert!(!error.contains("hush") && error.contains("...@"), "{error}");
        }
    }
}
