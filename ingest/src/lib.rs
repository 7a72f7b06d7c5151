//! Station links: NTRIP, TCP, uploads and recorded files become station events.
//!
//! What to do is decided in [`session`], a value that takes bytes, timers and `now` and returns actions; how
//! it is done stands in the shells: [`ntrip_link`], [`tcp_link`], [`listener`], [`upload`], [`replay`].
//! All of them put what they hear through one door, [`sink`]. Start at [`link`], which starts and stops them.
#![warn(clippy::indexing_slicing)]

pub mod backoff;
pub mod clock;
pub mod decode;
mod dial;
pub mod greeting;
pub mod link;
pub mod listener;
pub mod messages;
pub mod ntrip_link;
pub mod random;
pub mod recording;
pub mod replay;
pub mod session;
pub mod shell;
pub mod sink;
pub mod snapshot;
pub mod sockets;
pub mod tcp_link;
pub mod tls;
pub mod upload;
