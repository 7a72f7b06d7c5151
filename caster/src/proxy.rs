//! The PROXY protocol, versions 1 and 2: behind a load balancer, who is really at the other end.
//!
//! Only listeners that are configured for it take the header, only from proxies that are named, and from those they demand it:
//! a header that anybody may send is a way to be anybody.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest header of version 1, with its line end (PROXY protocol specification, section 2.1).
const V1_BYTES_MAX: usize = 107;
/// Signature, version, family and length of version 2 (section 2.2).
const V2_HEAD_BYTES: usize = 16;
/// The longest addresses and extensions of version 2 that are taken: 216 bytes are two UNIX addresses, the rest is room
/// for extensions such as the names of a TLS certificate.
const V2_REST_BYTES_MAX: usize = 2048;
/// Read at once at the beginning: the signature of version 2. The shortest header of version 1 is longer.
const FIRST_BYTES: usize = 12;

/// The proxies whose word counts: ranges of addresses, each from its first to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies(Vec<(IpAddr, IpAddr)>);

impl TrustedProxies {
    /// These ranges.
    pub fn new(ranges: Vec<(IpAddr, IpAddr)>) -> Self {
        Self(ranges)
    }

    /// Whether an address is one of them. An IPv4 address that came in over IPv6 counts as itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(first, last)| *first <= address && address <= *last)
    }
}

/// Why a connection of a proxy is not served.
#[derive(Debug, thiserror::Error)]
pub enum ProxyFault {
    /// It broke off.
    #[error("the connection broke before its PROXY header: {0}")]
    Broken(#[from] io::Error),
    /// What came is no header.
    #[error("the connection does not begin with a PROXY header")]
    NoHeader,
}

/// Reads the header, and not a byte more. `None` where the proxy speaks for itself: a health check, or an unknown peer.
pub async fn read_header(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<SocketAddr>, ProxyFault> {
    let mut header = vec![0; FIRST_BYTES];
    stream.read_exact(&mut header).await?;
    if header == ppp::v2::PROTOCOL_PREFIX {
        read_v2(stream, header).await
    } else if header.starts_with(b"PROXY ") {
        read_v1(stream, header).await
    } else {
        Err(ProxyFault::NoHeader)
    }
}

async fn read_v2(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> Result<Option<SocketAddr>, ProxyFault> {
    header.resize(V2_HEAD_BYTES, 0);
    let (_, end_of_head) = header.split_at_mut(FIRST_BYTES);
    stream.read_exact(end_of_head).await?;
    let &[.., high, low] = header.as_slice() else { return Err(ProxyFault::NoHeader) };
    let rest = usize::from(u16::from_be_bytes([high, low]));
    if rest > V2_REST_BYTES_MAX {
        return Err(ProxyFault::NoHeader);
    }
    header.resize(V2_HEAD_BYTES + rest, 0);
    let (_, addresses) = header.split_at_mut(V2_HEAD_BYTES);
    stream.read_exact(addresses).await?;
    let read = ppp::v2::Header::try_from(header.as_slice()).map_err(|_| ProxyFault::NoHeader)?;
    if read.command == ppp::v2::Command::Local {
        return Ok(None);
    }
    Ok(match read.addresses {
        ppp::v2::Addresses::IPv4(v4) => Some((v4.source_address, v4.source_port).into()),
        ppp::v2::Addresses::IPv6(v6) => Some((v6.source_address, v6.source_port).into()),
        ppp::v2::Addresses::Unspecified | ppp::v2::Addresses::Unix(_) => None,
    })
}

/// A line has no length in front, so it is read byte by byte up to its end: a hundred calls once per connection.
async fn read_v1(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> Result<Option<SocketAddr>, ProxyFault> {
    while !header.ends_with(b"\r\n") {
        if header.len() >= V1_BYTES_MAX {
            return Err(ProxyFault::NoHeader);
        }
        header.push(stream.read_u8().await?);
    }
    let read = ppp::v1::Header::try_from(header.as_slice()).map_err(|_| ProxyFault::NoHeader)?;
    Ok(match read.addresses {
        ppp::v1::Addresses::Tcp4(v4) => Some((v4.source_address, v4.source_port).into()),
        ppp::v1::Addresses::Tcp6(v6) => Some((v6.source_address, v6.source_port).into()),
        ppp::v1::Addresses::Unknown => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a header tells.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Told {
        Peer(SocketAddr),
        Itself,
        Nothing,
    }

    fn peer(text: &str) -> Told {
        Told::Peer(text.parse().unwrap())
    }

    /// The header, and what is left for the request.
    fn read(bytes: &[u8]) -> (Told, usize) {
        let mut rest = bytes;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let header = runtime.block_on(read_header(&mut rest));
        let told = match header {
            Ok(Some(peer)) => Told::Peer(peer),
            Ok(None) => Told::Itself,
            Err(_) => Told::Nothing,
        };
        (told, rest.len())
    }

    #[track_caller]
    fn check(header: &[u8], expected: Told) {
        let bytes = [header, b"GET / HTTP/1.0\r\n\r\n"].concat();
        let (found, rest) = read(&bytes);
        assert_eq!(found, expected);
        if expected != Told::Nothing {
            assert_eq!(rest, 18, "the request is left whole");
        }
    }

    fn v2(command_family: [u8; 2], rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [ppp::v2::PROTOCOL_PREFIX, &command_family, &length, rest].concat()
    }

    #[test]
    fn both_versions_tell_the_peer() {
        let v4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x34, 0x08, 0x35];
        check(&v2([0x21, 0x11], &v4), peer("192.0.2.7:4660"));
        // With an extension behind the addresses: PP2_TYPE_NOOP.
        check(&v2([0x21, 0x11], &[&v4[..], &[4, 0, 1, 0]].concat()), peer("192.0.2.7:4660"));
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        v6[15] = 9;
        v6[32..34].copy_from_slice(&[0, 80]);
        check(&v2([0x21, 0x21], &v6), peer("[2001:db8::9]:80"));
        check(&v2([0x20, 0x00], &[]), Told::Itself); // a health check
        check(b"PROXY TCP4 192.0.2.7 198.51.100.1 4660 2101\r\n", peer("192.0.2.7:4660"));
        check(b"PROXY TCP6 2001:db8::9 ::1 80 2101\r\n", peer("[2001:db8::9]:80"));
        check(b"PROXY UNKNOWN\r\n", Told::Itself);
    }

    #[test]
    fn what_is_no_header_is_none() {
        check(b"", Told::Nothing);
        check(b"PROXY TCP4 192.0.2.7\r\n", Told::Nothing);
        check(format!("PROXY TCP4 {}\r\n", "1".repeat(200)).as_bytes(), Told::Nothing);
        check(&v2([0x21, 0x11], &[1, 2]), Told::Nothing);
        check(&v2([0x31, 0x11], &[0; 12]), Told::Nothing);
        check(&v2([0x21, 0x11], &[0; 3000]), Told::Nothing);
    }

    #[test]
    fn proxies_are_ranges() {
        let range = |first: &str, last: &str| (first.parse().unwrap(), last.parse().unwrap());
        let proxies = TrustedProxies::new(vec![
            range("10.0.0.0", "10.0.0.255"),
            range("2001:db8::", "2001:db8::ffff"),
        ]);
        for (address, expected) in [
            ("10.0.0.7", true),
            ("::ffff:10.0.0.7", true),
            ("10.0.1.0", false),
            ("2001:db8::7", true),
            ("2001:db8::1:0", false),
        ] {
            assert_eq!(proxies.contains(address.parse().unwrap()), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_none(
            begins in 0usize..3,
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let begin: &[u8] = [ppp::v2::PROTOCOL_PREFIX, b"PROXY TCP4 ", b""][begins];
            let _ = read(&[begin, &bytes].concat());
        }
    }
}
