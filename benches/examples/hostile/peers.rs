//! Peers of a caster that are no good rovers.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};
use tianshu_ntrip::credentials::Credentials;

/// The password of the good rovers' account.
pub(crate) const PASSWORD: &str = "right";
/// What a rover that stops reading takes in before its side is full, bytes.
const NARROW: usize = 4_096;

/// A connection that never blocks once it stands.
pub(crate) struct Peer {
    stream: TcpStream,
    has_ended: bool,
}

impl Peer {
    pub(crate) fn connect(caster: SocketAddr) -> anyhow::Result<Self> {
        Self::of(TcpStream::connect(caster)?)
    }

    /// One that takes in little.
    pub(crate) fn connect_narrow(caster: SocketAddr) -> anyhow::Result<Self> {
        let socket = Socket::new(Domain::for_address(caster), Type::STREAM, None)?;
        // Before it connects, since that tells the other side how much fits.
        socket.set_recv_buffer_size(NARROW)?;
        socket.connect(&caster.into())?;
        Self::of(socket.into())
    }

    fn of(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, has_ended: false })
    }

    /// Sends what is taken; gives how much that is.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> usize {
        match self.stream.write(bytes) {
            Ok(count) => count,
            Err(error) => {
                self.has_ended |= error.kind() != ErrorKind::WouldBlock;
                0
            }
        }
    }

    /// Reads what is there and forgets it; gives how much that was.
    pub(crate) fn skip(&mut self) -> usize {
        let mut buffer = [0; 16_384];
        let mut all = 0;
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.has_ended = true,
                Ok(count) => {
                    all += count;
                    continue;
                }
                Err(error) => self.has_ended |= error.kind() != ErrorKind::WouldBlock,
            }
            return all;
        }
    }

    /// Reads, and tells whether the other side has ended it.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.skip();
        self.has_ended
    }

    /// Whether the other side has let go of it, without reading anything.
    pub(crate) fn was_reset(&mut self) -> bool {
        // An empty write tells nothing; a position is what a rover would send.
        self.say(b"\r\n");
        self.has_ended
    }
}

/// A request for a mountpoint by the account of the good rovers, and what follows it.
pub(crate) fn request(mountpoint: &str, user: &str, then: Option<&str>) -> String {
    asking(mountpoint, user, PASSWORD) + then.unwrap_or_default()
}

/// A wrong password, another one each time; half of them for the account that exists.
pub(crate) fn guess(number: usize, accounts: usize) -> String {
    let user = if number.is_multiple_of(2) {
        "rover".to_owned()
    } else {
        format!("u{}", number % accounts)
    };
    asking("M", &user, &format!("guess{number}"))
}

fn asking(mountpoint: &str, user: &str, password: &str) -> String {
    let basic = Credentials::new(user, password).map(|c| c.to_header()).unwrap_or_default();
    format!(
        "GET /{mountpoint} HTTP/1.0\r\nUser-Agent: NTRIP hostile\r\nAuthorization: {basic}\r\n\r\n"
    )
}
