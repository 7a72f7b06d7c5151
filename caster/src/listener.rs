//! Listening sockets: bound with a deep queue, accepted from as long as there is room.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::proxy::TrustedProxies;
use crate::registry::Shared;
use crate::session;
use crate::tls::TlsPort;

/// Connections that wait to be accepted. After a restart all rovers come at once (docs/ntrip-in-the-field.md, notes 39 and 40);
/// the kernel cuts this to its own limit.
pub const LISTEN_BACKLOG: i32 = 4096;

/// The pause after a failed accept: the usual cause is that no file descriptor is free, and that takes a while to pass.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Unsent bytes that the kernel may hold for a rover: a few epochs. At 1 kB/s the kernel's own default would be
/// 47 minutes of stale corrections (docs/ntrip-in-the-field.md, note 32).
pub const UNSENT_BYTES_MAX: u32 = 8 * 1024;

/// What the kernel may hold for a rover, sent but not acknowledged. At 10 kB/s this covers round trips of 3 s.
pub const SEND_BUFFER_BYTES: usize = 32 * 1024;

/// Bytes sent but not acknowledged for so long: the peer is gone. Phones as hotspots pause for 10 to 20 s (note 33).
pub const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(45);

/// A peer to which nothing is sent is asked after so long whether it is there, then each [`PROBE_EVERY`].
pub const PROBE_AFTER: Duration = Duration::from_mins(1);

/// See [`PROBE_AFTER`].
pub const PROBE_EVERY: Duration = Duration::from_secs(15);

/// A listening socket.
///
/// An IPv6 address takes IPv6 alone, so that `[::]:2101` and `0.0.0.0:2101` stand side by side, on every system alike.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// What is spoken at a port beside NTRIP.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    /// TLS.
    pub(crate) tls: Option<Arc<TlsPort>>,
    /// The PROXY protocol, by these.
    pub(crate) proxies: Option<Arc<TrustedProxies>>,
}

/// Accepts until the caster stops.
pub(crate) async fn accept_all(listener: TcpListener, port: Port, shared: Arc<Shared>) {
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            () = shared.stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                begin(stream, peer, port.clone(), &shared);
            }
            Err(error) => {
                // Told once per run of failures: a stranger could make us repeat it.
                if !failing {
                    tracing::warn!(%error, "a connection could not be accepted");
                }
                failing = true;
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn begin(stream: TcpStream, peer: SocketAddr, port: Port, shared: &Arc<Shared>) {
    shared.counters.connections_accepted.add(1);
    let place = match &port.proxies {
        None => shared.admission.take_place(peer.ip()),
        // Counts for the address that the header will tell.
        Some(proxies) if proxies.contains(peer.ip()) => shared.admission.take_unnamed_place(),
        Some(_) => {
            shared.counters.proxies_refused.add(1);
            return;
        }
    };
    let Ok(place) = place else {
        // Closed without an answer: there is no request yet to fit one to, and a flood should cost us little.
        shared.counters.connections_over_limit.add(1);
        return;
    };
    if prepare(&stream).is_err() {
        return; // the peer has gone already
    }
    let shared_here = Arc::clone(shared);
    shared.sessions.spawn(async move {
        session::serve(&shared_here, stream, peer, port, place).await;
    });
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    let keepalive = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
        socket.set_tcp_user_timeout(Some(ACKNOWLEDGE_MAX))?;
    }
    Ok(())
}
