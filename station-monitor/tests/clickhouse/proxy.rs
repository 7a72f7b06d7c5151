//! Somebody between the archive and the database, who refuses, hangs, fails, or swallows answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Hands everything on.
    Pass = 0,
    /// Ends connections as they come.
    Refuse = 1,
    /// Takes requests and never answers.
    Hang = 2,
    /// Answers 500.
    Fail = 3,
    /// Lets the database do what is asked, and ends the connection instead of handing its answer on.
    Swallow = 4,
}

/// The proxy.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mood: AtomicU8,
    swallowed: AtomicU64,
    target: u16,
}

impl Proxy {
    /// Starts one before a port.
    pub(crate) fn before(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared =
            Arc::new(Shared { mood: AtomicU8::new(0), swallowed: AtomicU64::new(0), target });
        let for_all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&for_all);
                std::thread::spawn(move || serve(&client, &shared));
            }
        });
        Self { port, shared }
    }

    /// Changes how it behaves, towards connections that are open too.
    pub(crate) fn turn(&self, mood: Mood) {
        self.shared.mood.store(mood as u8, Ordering::SeqCst);
    }

    /// How many answers were swallowed.
    pub(crate) fn swallowed(&self) -> u64 {
        self.shared.swallowed.load(Ordering::SeqCst)
    }
}

/// Serves a connection until it ends or the mood changes.
fn serve(client: &TcpStream, shared: &Shared) {
    let mood = shared.mood.load(Ordering::SeqCst);
    let same = || shared.mood.load(Ordering::SeqCst) == mood;
    if mood == Mood::Refuse as u8 {
        return;
    }
    if mood == Mood::Hang as u8 {
        while same() {
            std::thread::sleep(Duration::from_millis(5));
        }
        return;
    }
    if mood == Mood::Fail as u8 {
        let mut some = [0; 4096];
        let mut client = client;
        // Some of the request is enough to refuse it.
        let _read = client.read(&mut some);
        client
            .write_all(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\nno!\n")
            .ok();
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", shared.target)) else { return };
    std::thread::scope(|scope| {
        scope.spawn(|| hand_on(client, &server, same));
        let mut answer = vec![0; 1 << 16];
        let (mut from, mut to) = (&server, client);
        while let Ok(read) = from.read(&mut answer) {
            let swallows = mood == Mood::Swallow as u8;
            shared.swallowed.fetch_add(u64::from(swallows && read > 0), Ordering::SeqCst);
            if read == 0 || swallows || !same() || to.write_all(&answer[..read]).is_err() {
                break;
            }
        }
        client.shutdown(Shutdown::Both).ok();
        server.shutdown(Shutdown::Both).ok();
    });
}

fn hand_on(mut from: &TcpStream, mut to: &TcpStream, same: impl Fn() -> bool) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read) = from.read(&mut bytes) {
        if read == 0 || !same() || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}
