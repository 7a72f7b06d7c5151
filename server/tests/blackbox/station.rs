//! Stations on plain sockets: every way in which a stream can reach the program.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use crate::program::{PATIENCE, Program, eventually};
use crate::service::tianshu;

/// A simulated network of stations (name, degrees north and east) at 100 m of height, playing on TCP ports: the program, and the ports in
/// their order.
pub(crate) fn simulated(
    folder: &Path,
    stations: &[(&str, f64, f64)],
    options: &[&str],
) -> (Program, Vec<String>) {
    let mut network = "name = \"simulated\"\n".to_owned();
    for (name, north, east) in stations {
        writeln!(network, "[[station]]\nname = \"{name}\"\nlatitude_deg = {north}\nlongitude_deg = {east}\nheight_m = 100").unwrap();
    }
    let file = folder.join("simulated.toml");
    fs::write(&file, network).unwrap();
    let mut command = tianshu();
    command.args(["simulate", "--scenario", "quiet", "--tcp-base", "127.0.0.1:0"]);
    let world = Program::start(command.args(options).arg("--network").arg(&file));
    let ports = eventually("all stations have a port", || {
        let out = world.out();
        let ports = out.lines().filter_map(|line| line.split(" at ").nth(1));
        let ports: Vec<String> = ports.map(str::to_owned).collect();
        (ports.len() == stations.len()).then_some(ports)
    });
    (world, ports)
}

/// How bytes are wrapped on their way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrap {
    Plain,
    Chunks,
}

/// A station whose connection is open.
pub(crate) struct Feed {
    socket: TcpStream,
    wrap: Wrap,
}

/// A port where the program is awaited.
pub(crate) struct Port {
    listener: TcpListener,
}

impl Port {
    /// A free port.
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Waits for the program to connect to a receiver.
    #[track_caller]
    pub(crate) fn accept(&self) -> Feed {
        let (socket, _) = eventually("the program connects", || self.listener.accept().ok());
        Feed::new(socket)
    }

    /// Waits for the program to connect to a caster, and answers its request. A request of NTRIP 2 is taken at its
    /// word if the answer is one of NTRIP 2; then the stream goes out in chunks.
    #[track_caller]
    pub(crate) fn accept_request(&self, answer: &str) -> (String, Feed) {
        let mut feed = self.accept();
        let request = feed.read_head();
        feed.socket.write_all(answer.as_bytes()).unwrap();
        if answer.contains("chunked") {
            feed.wrap = Wrap::Chunks;
        }
        (request, feed)
    }
}

impl Feed {
    /// A station that connects to the program.
    #[track_caller]
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::new(eventually("the program listens", || TcpStream::connect(address).ok()))
    }

    /// An upload of NTRIP 1, let in.
    pub(crate) fn source(caster: SocketAddr, password: &str, mountpoint: &str) -> Self {
        let mut feed = Self::connect(caster);
        let request =
            format!("SOURCE {password} /{mountpoint}\r\nSource-Agent: NTRIP test/1\r\n\r\n");
        feed.socket.write_all(request.as_bytes()).unwrap();
        assert_eq!(feed.read_head(), "ICY 200 OK\r\n\r\n");
        feed
    }

    /// An upload of NTRIP 2 in chunks, let in. The credentials are those of Basic, in base64.
    pub(crate) fn post(caster: SocketAddr, credentials: &str, mountpoint: &str) -> Self {
        let mut feed = Self::connect(caster);
        let request = format!(
            "POST /{mountpoint} HTTP/1.1\r\nHost: {caster}\r\nNtrip-Version: Ntrip/2.0\r\n\
             User-Agent: NTRIP test/2\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: gnss/data\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        feed.socket.write_all(request.as_bytes()).unwrap();
        let head = feed.read_head();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        Self { wrap: Wrap::Chunks, ..feed }
    }

    /// Sends bytes, cut and wrapped in any way. The chunk is cut in two, as they come over mobile networks.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if self.wrap == Wrap::Plain {
            self.socket.write_all(bytes).unwrap();
            return;
        }
        let mut chunk = format!("{:X}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        let (front, back) = chunk.split_at(chunk.len() / 2);
        self.socket.write_all(front).unwrap();
        self.socket.write_all(back).unwrap();
    }

    fn new(socket: TcpStream) -> Self {
        socket.set_nonblocking(false).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, wrap: Wrap::Plain }
    }

    /// What the program says, up to the empty line.
    fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }
}

/// A port that was free a moment ago, for programs that cannot be given port 0.
pub(crate) fn free_port() -> u16 {
    Port::open().address().port()
}
