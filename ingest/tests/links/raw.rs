//! TCP links and listeners.

use std::time::Duration;

use tianshu_ingest::link::Origin;
use tianshu_ingest::listener::ListenerConfig;
use tianshu_ingest::snapshot::LinkState;
use tianshu_ingest::tcp_link::TcpConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::peers::{frame, port, rig};

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);

fn tcp(port: u16) -> Origin {
    Origin::Tcp(TcpConfig { host: "127.0.0.1".to_owned(), port })
}

#[tokio::test]
async fn a_tcp_link_reads_and_comes_back() {
    let (listener, address) = port().await;
    let mut rig = rig(tcp(address.port()), LONG);
    for _ in 0..2 {
        let (mut stream, _) = listener.accept().await.unwrap();
        let bytes = frame();
        stream.write_all(&bytes[..7]).await.unwrap();
        stream.write_all(&bytes[7..]).await.unwrap();
        assert_eq!(rig.told().await, "up");
        assert_eq!(rig.told().await, "frame of 18");
        drop(stream);
        assert_eq!(rig.told().await, "down: closed: the other side closed");
    }
    let snapshot = rig.link.snapshot();
    assert_eq!((snapshot.times_up, snapshot.found.frames, snapshot.bytes), (2, 2, 36));
}

#[tokio::test]
async fn a_silent_server_is_left() {
    let (listener, address) = port().await;
    let mut rig = rig(tcp(address.port()), SHORT);
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(rig.told().await, "up");
    assert_eq!(rig.told().await, "down: silent for 0 s");
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0, "the link closed its side");
    listener.accept().await.unwrap();
}

#[tokio::test]
async fn a_server_of_endless_garbage_is_left() {
    let (listener, address) = port().await;
    let mut rig = rig(tcp(address.port()), SHORT);
    let (mut stream, _) = listener.accept().await.unwrap();
    let flood = tokio::spawn(async move { while stream.write_all(&[0x55; 8192]).await.is_ok() {} });
    assert_eq!(rig.told().await, "up");
    assert_eq!(rig.told().await, "down: silent for 0 s");
    drop(listener);
    rig.link.stop();
    flood.await.unwrap();
    assert!(rig.link.snapshot().found.noise_bytes > 0);
}

#[tokio::test]
async fn a_port_that_nobody_serves_is_told_once() {
    let (listener, address) = port().await;
    drop(listener);
    let mut rig = rig(tcp(address.port()), LONG);
    let told = rig.told().await;
    assert!(told.starts_with("down: closed: 127.0.0.1:"), "{told}");
    while rig.link.snapshot().failures < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.link.stop();
    assert_eq!(rig.told().await, "down: stopped", "the same failure is no news");
}

#[tokio::test]
async fn the_newest_connection_of_a_listener_wins() {
    let config = ListenerConfig::bind("127.0.0.1:0".parse().unwrap(), Vec::new()).unwrap();
    let address = config.local_addr().unwrap();
    let mut rig = rig(Origin::Listener(config), LONG);
    let mut first = TcpStream::connect(address).await.unwrap();
    assert_eq!(rig.told().await, "up");
    first.write_all(&frame()).await.unwrap();
    assert_eq!(rig.told().await, "frame of 18");
    let mut second = TcpStream::connect(address).await.unwrap();
    assert_eq!(rig.told().await, "down: replaced by a newer link");
    assert_eq!(rig.told().await, "up");
    assert_eq!(first.read(&mut [0; 8]).await.unwrap_or(0), 0, "the old one is closed");
    second.write_all(&frame()).await.unwrap();
    assert_eq!(rig.told().await, "frame of 18");
    drop(second);
    assert_eq!(rig.told().await, "down: closed: the other side closed");
    let _third = TcpStream::connect(address).await.unwrap();
    assert_eq!(rig.told().await, "up");
    assert_eq!(rig.link.snapshot().state, LinkState::Up);
    rig.link.stop();
    assert_eq!(rig.told().await, "down: stopped");
}

#[tokio::test]
async fn a_listener_lets_only_the_allowed_in() {
    let elsewhere = vec!["192.0.2.0/24".parse().unwrap()];
    let config = ListenerConfig::bind("127.0.0.1:0".parse().unwrap(), elsewhere).unwrap();
    let address = config.local_addr().unwrap();
    let mut rig = rig(Origin::Listener(config), LONG);
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
    rig.link.stop();
    assert_eq!(rig.told().await, "down: stopped", "it never came up");
}

#[tokio::test]
async fn a_port_in_use_is_told_at_the_start() {
    let (_listener, address) = port().await;
    assert!(ListenerConfig::bind(address, Vec::new()).is_err());
}
