//! Rovers on plain sockets: they ask, and keep all that they get.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::program::{PATIENCE, eventually};

/// `anna:secret` in base64.
pub(crate) const ANNA: &str = "Authorization: Basic YW5uYTpzZWNyZXQ=\r\n";

/// A connection to a caster, and all that came over it.
pub(crate) struct Rover {
    socket: TcpStream,
    heard: Arc<Mutex<Heard>>,
    chunked: bool,
}

#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    ended: bool,
}

impl Rover {
    /// Connects and says this.
    pub(crate) fn connect(address: SocketAddr, request: &[u8]) -> Self {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.write_all(request).unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (mut reading, sink) = (socket.try_clone().unwrap(), Arc::clone(&heard));
        thread::spawn(move || {
            let mut piece = [0; 16 * 1024];
            while let Ok(read @ 1..) = reading.read(&mut piece) {
                sink.lock().unwrap().bytes.extend_from_slice(&piece[..read]);
            }
            sink.lock().unwrap().ended = true;
        });
        Self { socket, heard, chunked: false }
    }

    /// A rover of NTRIP 1 that was let in. The headers, if any, end with their line ends.
    pub(crate) fn v1(address: SocketAddr, mountpoint: &str, headers: &str) -> Self {
        let request =
            format!("GET /{mountpoint} HTTP/1.0\r\nUser-Agent: NTRIP test/1\r\n{headers}\r\n");
        let rover = Self::connect(address, request.as_bytes());
        assert_eq!(rover.head(), "ICY 200 OK\r\n\r\n");
        rover
    }

    /// A rover of NTRIP 2 that was let in, and gets chunks.
    pub(crate) fn v2(address: SocketAddr, mountpoint: &str, headers: &str) -> Self {
        let request = format!(
            "GET /{mountpoint} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: NTRIP test/2\r\n\
             Ntrip-Version: Ntrip/2.0\r\n{headers}\r\n"
        );
        let mut rover = Self::connect(address, request.as_bytes());
        let head = rover.head();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("\r\nTransfer-Encoding: chunked\r\n"), "{head}");
        rover.chunked = true;
        rover
    }

    /// Says more.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Everything so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.heard.lock().unwrap().bytes.clone()
    }

    /// The head of the answer, with its empty line.
    #[track_caller]
    pub(crate) fn head(&self) -> String {
        eventually("an answer's head comes", || {
            let bytes = self.bytes();
            let end = end_of_head(&bytes)?;
            Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
        })
    }

    /// What came behind the head so far, out of its chunks.
    pub(crate) fn body(&self) -> Vec<u8> {
        let bytes = self.bytes();
        let body = &bytes[end_of_head(&bytes).unwrap_or(bytes.len())..];
        if self.chunked { out_of_chunks(body) } else { body.to_vec() }
    }

    /// Whether the other side has closed.
    pub(crate) fn has_ended(&self) -> bool {
        self.heard.lock().unwrap().ended
    }

    /// Everything, when the other side has closed.
    #[track_caller]
    pub(crate) fn until_end(&self) -> String {
        eventually("the connection ends", || self.has_ended().then_some(()));
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

impl Drop for Rover {
    fn drop(&mut self) {
        // Lets the reading thread go; a connection that is gone already has none.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Asks for the sourcetable as NTRIP 1 does.
pub(crate) fn sourcetable(address: SocketAddr) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(b"GET / HTTP/1.0\r\nUser-Agent: NTRIP test/1\r\n\r\n").unwrap();
    let mut table = String::new();
    socket.read_to_string(&mut table).unwrap();
    table
}

/// The payload of whole chunks (RFC 9112, section 7.1), written for one who trusts nobody's decoder.
#[track_caller]
fn out_of_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(line) = body.windows(2).position(|two| two == b"\r\n") {
        let digits = std::str::from_utf8(&body[..line]).expect("the length of a chunk is text");
        let bytes = usize::from_str_radix(digits, 16).expect("a length without extension");
        let (begin, end) = (line + 2, line + 2 + bytes);
        let Some(behind) = body.get(end..end + 2) else { break };
        assert_eq!(behind, b"\r\n", "a chunk ends with its line end");
        out.extend_from_slice(&body[begin..end]);
        body = &body[end + 2..];
    }
    out
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Long enough that what should not come would have come, on a machine that is not asleep. A slower machine
/// lets such a test pass, never fail.
pub(crate) const QUIET: Duration = Duration::from_millis(1500);
