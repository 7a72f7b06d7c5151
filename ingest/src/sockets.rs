//! Sockets: opened within a limit, and told to notice a dead peer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};

/// How long a connection may take to open, name lookup included. Three SYNs (at 0, 1 and 3 s) fit into it.
pub const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A link idle for so long is probed. Stations behind mobile networks lose their address translation after a few
/// minutes without traffic.
pub const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
/// The pause between probes.
pub const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
/// So many unanswered probes end a connection.
pub const KEEPALIVE_PROBES: u32 = 3;
/// Sent bytes that are not acknowledged for so long end a connection. Phones as hotspots hold traffic back for
/// 10-20 s and then deliver it (docs/ntrip-in-the-field.md, note 33).
pub const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(45);
/// Connections that wait to be accepted on a station's port. A station opens one at a time.
const BACKLOG: i32 = 16;

/// Opens a connection to a host, by name or address.
pub async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let opened = tokio::time::timeout(CONNECT_MAX, TcpStream::connect((host, port))).await;
    let stream = opened.unwrap_or_else(|_| {
        let why = format!("no connection within {} s", CONNECT_MAX.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })?;
    set_options(&stream)?;
    Ok(stream)
}

/// Opens a port to listen on; port 0 takes any free one. Must be called within a runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted service must not wait for the old connections' last packets.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Makes a connection notice a dead peer, and send small lines at once.
pub fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_EVERY)
        .with_retries(KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    Ok(())
}
