//! What the machine itself costs: a relay that copies one station's bytes to every rover and does nothing else.
//!
//! A single thread on mio (epoll). No accounts, no sourcetable, no frames, no queues: whoever asks anything is let in, and who does not
//! keep up is let go. The caster is held against it (docs/benchmarks.md says how):
//!
//! `cargo run --release -p tianshu-benches --example relay_floor -- 127.0.0.1:21501 127.0.0.1:25501`
#![expect(clippy::print_stderr, reason = "what it prints is for the person at the terminal")]

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(0);
const STATION: Token = Token(1);
/// Rovers' tokens count from here.
const ROVERS: usize = 2;
const EVENTS_MAX: usize = 4_096;
/// A station that is not there yet is tried again so often.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const YES: &[u8] = b"ICY 200 OK\r\n\r\n";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    ensure!(words.len() == 2, "usage: relay_floor LISTEN_HOST:PORT STATION_HOST:PORT");
    let address = |word: &str| -> anyhow::Result<SocketAddr> {
        word.parse().with_context(|| format!("{word} is not HOST:PORT"))
    };
    Relay::open(address(&words[0])?, address(&words[1])?)?.run()
}

struct Relay {
    poll: Poll,
    listener: TcpListener,
    at: SocketAddr,
    station: Option<TcpStream>,
    rovers: Vec<Option<Rover>>,
    free: Vec<usize>,
}

struct Rover {
    stream: TcpStream,
    is_in: bool,
}

impl Relay {
    fn open(listen: SocketAddr, station: SocketAddr) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(listen)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            at: station,
            station: None,
            rovers: Vec::new(),
            free: Vec::new(),
        })
    }

    fn run(mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut buffer = vec![0; 65_536];
        loop {
            if self.station.is_none() {
                self.connect()?;
            }
            match self.poll.poll(&mut events, Some(AGAIN_AFTER)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    STATION => self.relay(&mut buffer),
                    Token(rover) => self.hear(rover - ROVERS, &mut buffer),
                }
            }
        }
    }

    fn connect(&mut self) -> anyhow::Result<()> {
        if let Ok(stream) = std::net::TcpStream::connect(self.at) {
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            self.poll.registry().register(&mut stream, STATION, Interest::READABLE)?;
            self.station = Some(stream);
            eprintln!("relay_floor: the station is there");
        }
        Ok(())
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nodelay(true)?;
            let slot = self.free.pop().unwrap_or_else(|| {
                self.rovers.push(None);
                self.rovers.len() - 1
            });
            self.poll.registry().register(&mut stream, Token(slot + ROVERS), Interest::READABLE)?;
            self.rovers[slot] = Some(Rover { stream, is_in: false });
        }
    }

    /// A rover asks, or tells its position, or goes.
    fn hear(&mut self, slot: usize, buffer: &mut [u8]) {
        let Some(rover) = self.rovers.get_mut(slot).and_then(Option::as_mut) else { return };
        loop {
            match rover.stream.read(buffer) {
                Ok(1..) if rover.is_in => {}
                Ok(1..) => {
                    rover.is_in = true;
                    if rover.stream.write_all(YES).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => break,
            }
        }
        self.rovers[slot] = None;
        self.free.push(slot);
    }

    /// What the station said goes to everybody as it came.
    fn relay(&mut self, buffer: &mut [u8]) {
        loop {
            let Some(station) = &mut self.station else { return };
            let count = match station.read(buffer) {
                Ok(count @ 1..) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => {
                    self.station = None;
                    return;
                }
            };
            for slot in 0..self.rovers.len() {
                let Some(rover) = self.rovers[slot].as_mut().filter(|rover| rover.is_in) else {
                    continue;
                };
                if rover.stream.write(&buffer[..count]).ok() != Some(count) {
                    self.rovers[slot] = None;
                    self.free.push(slot);
                }
            }
        }
    }
}
