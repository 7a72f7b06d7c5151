//! Listeners behind proxies, and on IPv6.

use std::net::SocketAddr;

use crate::rover::{ANNA, Rover};
use crate::service::Service;
use crate::station::{Feed, Port};
use crate::stream::prologue;

/// The signature of version 2 (PROXY protocol specification, section 2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn door(caster: &str) -> (Service, Feed) {
    let receiver = Port::open();
    let config = format!(
        "[caster]\n{caster}\n[[user]]\nname = \"anna\"\npassword = \"secret\"\n\
         [[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\n",
        receiver.address()
    );
    let service = Service::start_with(tempfile::tempdir().unwrap(), &config, &[]);
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    (service, feed)
}

/// A header of version 2 for a peer of IPv6.
fn v2(peer: [u16; 8], port: u16) -> Vec<u8> {
    let address: Vec<u8> = peer.iter().flat_map(|part| part.to_be_bytes()).collect();
    let mut header = [SIGNATURE, &[0x21, 0x21, 0, 36]].concat();
    header.extend(&address);
    header.extend([0; 16]);
    header.extend(port.to_be_bytes());
    header.extend([0x08, 0x35]);
    header
}

fn asked() -> Vec<u8> {
    format!("GET /OUT HTTP/1.0\r\nUser-Agent: NTRIP t\r\n{ANNA}\r\n").into_bytes()
}

#[track_caller]
fn is_let_in(address: SocketAddr, header: &[u8]) -> Rover {
    let rover = Rover::connect(address, &[header, &asked()].concat());
    assert_eq!(rover.head(), "ICY 200 OK\r\n\r\n");
    rover
}

#[test]
fn the_header_of_a_trusted_proxy_tells_the_peer() {
    let (service, _feed) = door(
        "listen = [\"127.0.0.1:0\"]\nproxy_listen = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"127.0.0.0/8\"]\n\
         connections_per_address_max = 2",
    );
    let proxied = service.last_address();
    let peer = [0x2001, 0xdb8, 0, 1, 0, 0, 0, 7];
    let _one = is_let_in(proxied, &v2(peer, 4000));
    let _two = is_let_in(proxied, b"PROXY TCP4 192.0.2.7 127.0.0.1 4001 2101\r\n");
    // A health check is nobody.
    let health = [SIGNATURE, &[0x20, 0, 0, 0]].concat();
    let _three = is_let_in(proxied, &health);
    service.logged("peer=[2001:db8:0:1::7]:4000", 1);
    service.logged("peer=192.0.2.7:4001", 1);
    // Limits go by the peer, an IPv6 subscriber being a /64: not by the proxy, which has more connections already.
    let neighbour = [0x2001, 0xdb8, 0, 1, 9, 9, 9, 9];
    let _four = is_let_in(proxied, &v2(neighbour, 4002));
    let fifth = Rover::connect(proxied, &[v2(peer, 4003), asked()].concat());
    assert_eq!(fifth.until_end(), "");
    service.logged("the address has its 2 connections", 1);
    let _elsewhere = is_let_in(proxied, &v2([0x2001, 0xdb8, 0, 2, 0, 0, 0, 7], 4004));
}

#[test]
fn a_header_is_demanded_where_it_is_taken_and_taken_nowhere_else() {
    let (service, _feed) = door(
        "listen = [\"127.0.0.1:0\"]\nproxy_listen = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"127.0.0.1\"]",
    );
    let without = Rover::connect(service.last_address(), &asked());
    assert_eq!(without.until_end(), "");
    service
        .logged("refused: no trusted proxy: the connection does not begin with a PROXY header", 1);
    let plain = Rover::connect(service.address(), b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    assert!(plain.until_end().starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_stranger_at_a_proxys_port_is_nobody() {
    let (service, _feed) = door(
        "listen = [\"127.0.0.1:0\"]\nproxy_listen = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"10.0.0.0/8\"]",
    );
    let header = b"PROXY TCP4 192.0.2.7 127.0.0.1 4001 2101\r\n";
    // The connection may be reset before its bytes are read; either way nothing comes.
    let stranger = std::panic::catch_unwind(|| {
        Rover::connect(service.last_address(), &[&header[..], &asked()].concat()).until_end()
    });
    assert!(stranger.is_err() || stranger.is_ok_and(|answer| answer.is_empty()));
    assert!(!service.log().contains("192.0.2.7"));
}

#[test]
fn ipv6_and_ipv4_stand_side_by_side() {
    let port = crate::station::free_port();
    let (service, _feed) = door(&format!("listen = [\"0.0.0.0:{port}\", \"[::]:{port}\"]"));
    assert!(service.last_address().is_ipv6());
    let _four = is_let_in(SocketAddr::from(([127, 0, 0, 1], port)), b"");
    let _six = is_let_in(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)), b"");
    service.logged("peer=[::1]:", 1);
}
