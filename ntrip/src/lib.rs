//! NTRIP 1 and 2, client and server, as state machines without sockets.
//!
//! A session takes the peer's bytes in any pieces and returns what they mean; what to send is returned as exact
//! bytes. Sockets, clocks and limits of time belong to the caller, whose loop is short. Oddities of the peer are
//! counted in [`findings::Findings`] and never an error; a refusal is an event that names its reaction.
//!
//! The notes quoted as "docs/ntrip-in-the-field.md, note n" are the collected quirks of real casters and clients; each has its test.
//!
//! # A caster's loop
//!
//! ```
//! use tianshu_ntrip::server::answer::Refusal;
//! use tianshu_ntrip::server::request::Request;
//! use tianshu_ntrip::server::session::{Chunking, ServerEvent, ServerSession};
//!
//! # let mut socket: std::collections::VecDeque<&[u8]> = [&b"GET /LD000 HTTP/1.1\r\n"[..], b"\r\n"].into();
//! # let mut sent: Vec<u8> = Vec::new();
//! let mut session = ServerSession::new();
//! 'connection: while let Some(bytes) = socket.pop_front() {
//!     for event in session.on_bytes(bytes) {
//!         let (answer, close) = match event {
//!             ServerEvent::Request(Request::Stream(rover)) if rover.mountpoint.as_str() == "LD000" => {
//!                 (session.accept(Chunking::WhenSpoken), false)
//!             }
//!             ServerEvent::Request(Request::Table(_)) => (session.send_table("ENDSOURCETABLE\r\n"), true),
//!             ServerEvent::Request(_) => (session.refuse(&Refusal::Unauthorized("Wrong password.")), true),
//!             ServerEvent::Fault { answer, .. } => (answer, true),
//!             ServerEvent::Gga(_) | ServerEvent::Upload(_) => continue, // where the rover is; a station's bytes
//!             ServerEvent::UploadEnd(_) => break 'connection,
//!         };
//!         sent.extend(answer);
//!         if close { break 'connection; }
//!     }
//! }
//! sent.extend(session.frame(b"\xD3\x00...").iter()); // from then on: one frame or epoch, one write
//! assert!(sent.starts_with(b"ICY 200 OK\r\n\r\n\xD3"));
//! ```
//!
//! # A client's loop
//!
//! ```
//! use tianshu_ntrip::client::answer::Reaction;
//! use tianshu_ntrip::client::request::{Caster, Errand, VersionChoice};
//! use tianshu_ntrip::client::session::{ClientEvent, ClientSession};
//! use tianshu_ntrip::mountpoint::Mountpoint;
//!
//! # let mut socket: std::collections::VecDeque<&[u8]> = [&b"ICY 200"[..], b" OK\r\n\r\n", b"\xD3\x00"].into();
//! # let mut sent: Vec<u8> = Vec::new();
//! # let mut received: Vec<u8> = Vec::new();
//! let caster = Caster { host: "caster.example".into(), port: 2101, version: VersionChoice::Auto, credentials: None };
//! let mountpoint = Mountpoint::new("LD000").expect("the name is legal");
//! let mut session = ClientSession::new(caster, Errand::Pull { mountpoint, gga: None });
//! sent.extend(session.request());
//! 'connection: loop {
//!     let events = match socket.pop_front() {
//!         Some(bytes) => session.on_bytes(bytes),
//!         None => session.on_end(),
//!     };
//!     for event in events {
//!         match event {
//!             ClientEvent::Accepted(_) => {} // now `gga_line` may be sent, or frames be pushed
//!             ClientEvent::Data(bytes) => received.extend(bytes),
//!             ClientEvent::Table(_) | ClientEvent::Ended(_) => break 'connection,
//!             ClientEvent::Refused(why) => match why.reaction() {
//!                 Reaction::RetryAsVersion1 => session = session.in_version1(), // on a new connection
//!                 Reaction::Retry | Reaction::TellOperator => break 'connection,
//!             },
//!         }
//!     }
//! }
//! assert_eq!(received, b"\xD3\x00");
//! ```
#![warn(clippy::indexing_slicing)]

pub mod chunked;
pub mod client;
pub mod credentials;
pub mod findings;
pub mod head;
pub mod mountpoint;
pub mod nmea;
pub mod server;
pub mod sourcetable;
pub mod version;
